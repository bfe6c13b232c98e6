"""An address that somebody gave us is asked for as it was given, to the letter, whoever is asked."""

import pytest
from aiohttp import ClientSession
from yarl import URL

from gateway.outbound.address import below, own, with_query
from schemas.ids import Ref
from schemas.queries import TransferData
from tests.gateway.handmade import Ask
from tests.gateway.scripted import WELL, Taken, scripted
from tests.gateway.spellings import QUERIES, TAILS
from tests.gateway.test_carriers import dialling
from tests.gateway.test_queries_hook import hooked
from tests.gateway.test_single_sign_on import signing_in
from tests.gateway.webhook_world import Receiver, World


def target(taken: Taken) -> str:
    """What stands in the first line, behind the path that our scripted server has."""
    return taken.line.split(" ")[1].removeprefix("/hook")


def test_there_are_twelve() -> None:
    assert len(set(TAILS)) >= 12


async def test_a_webhook(world: World) -> None:
    async with scripted() as receiver:
        for tail in TAILS:
            await world.subscriptions.test(await world.subscribe(receiver.url + tail))
            assert target(await receiver.next()) == tail


@pytest.mark.parametrize("tail", TAILS)
async def test_a_query_hook(tail: str) -> None:
    async with scripted() as server:
        receiver = Receiver()
        receiver.url = server.url + tail
        async with hooked(receiver) as (_, page):
            await page.say(Ask("t1", TransferData(), ref=Ref("c1")))
            assert target(await server.next()) == tail


@pytest.mark.parametrize("tail", TAILS)
async def test_a_platform_that_is_dialled(tail: str) -> None:
    async with scripted() as platform, dialling(platform.url.replace("http:", "ws:") + tail):
        assert target(await platform.next()) == tail


@pytest.mark.parametrize("tail", TAILS)
async def test_a_platform_that_is_polled(tail: str) -> None:
    path, mark, query = tail.partition("?")
    begun = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"line":"s/1"}'
    async with scripted() as platform:
        platform.script += [begun, WELL]
        async with dialling(platform.url + tail):
            begin, poll = await platform.next(), await platform.next()
    assert target(begin) == f"{path.rstrip('/')}/line{mark}{query}"
    assert target(poll) == f"{path.rstrip('/')}/hear{mark}{query}{'&' if mark else '?'}line=s%2F1"


@pytest.mark.parametrize("query", QUERIES)
async def test_an_identity_provider(query: str) -> None:
    async with signing_in() as (login, _, browser):
        login.metadata |= {
            "token_endpoint": f"{login.issuer}/token{query}",
            "jwks_uri": f"{login.issuer}/keys{query}",
        }
        _, got = await browser().sign_in()
        assert got.status == 200, got
        assert {f"/token{query}", f"/keys{query}"} <= set(login.lines)


@pytest.mark.parametrize("query", QUERIES)
async def test_where_people_are_sent_to_sign_in(query: str) -> None:
    async with signing_in() as (login, _, browser):
        login.metadata["authorization_endpoint"] = f"{login.issuer}/authorize{query}"
        begun = (await browser().begin()).json()
        assert str(begun["location"]).startswith(f"{login.issuer}/authorize{query}&response_type=code&")
        async with ClientSession() as http, http.get(URL(str(begun["location"]), encoded=True)) as page:
            assert page.status == 200
        assert login.lines[-1].startswith(f"/authorize{query}&response_type=code&")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("WSS://Platform.example", "wss://platform.example/"),
        ("wss://me:p%40ss@platform.example:8443?a=%2F#f", "wss://me:p%40ss@platform.example:8443/?a=%2F"),
        ("https://bücher.example/ü ?ö", "https://xn--bcher-kva.example/%C3%BC%20?%C3%B6"),
        ("tcp://10.0.0.1:99", "tcp://10.0.0.1:99/"),
        ("ws://[fe80::1%25eth0]:81/~a", "ws://[fe80::1%25eth0]:81/~a"),
    ],
)
def test_an_operators_own_address_may_have_any_host_and_keeps_the_rest(text: str, sent: str) -> None:
    assert str(own(text)) == sent


@pytest.mark.parametrize("text", ["", "wss://", "platform.example", "wss:///x", "1s://x", "wss://a:b:c/"])
def test_what_is_no_address_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        own(text)


def test_what_is_added_stands_behind_what_is_there() -> None:
    url = own("https://idp.example/%7Ea/?x=%2F")
    assert str(below(url, "keys")) == "https://idp.example/%7Ea/keys?x=%2F"
    assert (
        str(with_query(url, {"a b": "c&/d", "e": ""})) == "https://idp.example/%7Ea/?x=%2F&a%20b=c%26%2Fd&e="
    )
    assert str(with_query(own("https://idp.example/a?"), {"b": "c"})) == "https://idp.example/a?b=c"
    assert str(with_query(own("https://idp.example/a"), {"b": "c"})) == "https://idp.example/a?b=c"

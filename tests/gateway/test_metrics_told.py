"""Where the gateway counts: connections that are not let in, links that end, names that are looked up."""

import pytest
from aiohttp import ClientSession, WSMsgType

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.outbound.lookups import LookUpError, Lookups
from gateway.telemetry.metrics import LookUpOutcome
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, P, bench
from tests.gateway.name_server import name_server


def counted(gateway: Gateway, series: str) -> float:
    lines = dict(
        line.rsplit(" ", 1) for line in gateway.metrics.render().decode().splitlines() if line[0] != "#"
    )
    return float(lines[series])


def ended(standing: Bench, reason: str) -> float:
    return counted(standing.gateway, f'trunkline_links_ended_total{{platform="{P}",reason="{reason}"}}')


async def test_a_connection_that_is_one_too_many_is_counted_as_rejected() -> None:
    raw = {
        "server": {"port": 0, "max_connections": 1},
        "store": {"path": ":memory:"},
        "platforms": {"p": {"dialect": "softswitch"}},
    }
    series = 'trunkline_connections_rejected_total{reason="full"}'
    async with running(Gateway(parse(raw, "test"))) as one, ClientSession(one.addresses[0]) as http:
        async with http.ws_connect("/v1/stream") as socket:
            await socket.send_json({"type": "subscribe"})
            await socket.receive_str()
            assert counted(one, series) == 0
            async with http.get("/v1/events/stream") as response:
                assert response.status == 429
        assert counted(one, series) == 1
        assert counted(one, 'trunkline_peer_faults_total{fault="full"}') == 1


async def test_a_page_that_leaves_and_one_that_says_too_much_end_for_reasons_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.links.relay.hard_limit_bytes", lambda _: 4000)
    async with bench() as standing:
        page = await standing.page()
        await page.socket.close()
        await until(lambda: ended(standing, "went_away") == 1)
        page = await standing.page()
        await page.socket.send_frame(b"x" * 5000, WSMsgType.TEXT)
        await until(lambda: ended(standing, "too_large") == 1)
        assert ended(standing, "went_away") == 1


async def test_a_link_that_our_own_stopping_ends_is_counted_so() -> None:
    raw = {
        "server": {"port": 0},
        "store": {"path": ":memory:"},
        "platforms": {"p": {"dialect": "softswitch"}},
    }
    async with running(Gateway(parse(raw, "test"))) as one:
        assert counted(one, 'trunkline_links{platform="p",state="connected"}') == 1
    assert counted(one, 'trunkline_links_ended_total{platform="p",reason="shutdown"}') == 1


async def test_look_ups_are_told_by_outcome_and_what_is_kept_is_not() -> None:
    seen: list[tuple[LookUpOutcome, float]] = []
    async with name_server() as names:
        names.names["crm.example"] = ["192.0.2.1"]
        lookups = Lookups([names.address], FakeClock().monotonic, looked_up=lambda *told: seen.append(told))
        for _ in range(2):
            await lookups.find("crm.example")
        with pytest.raises(LookUpError):
            await lookups.find("no-such.example")
        await lookups.close()
    assert [outcome for outcome, _ in seen] == [LookUpOutcome.FOUND, LookUpOutcome.UNKNOWN]

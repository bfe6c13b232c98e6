"""Names are looked up with deadlines, each for itself, and judged whenever a connection is made."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import NoReturn

import pytest
from aiohttp import ClientConnectionError

from gateway.config import Config
from gateway.outbound import lookups as module
from gateway.outbound.client import Client
from gateway.outbound.egress import Egress
from gateway.outbound.lookups import LookUpError, Lookups
from gateway.store.memory import MemoryStore
from schemas.errors import ConfigError, RefusedError
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import P, bench
from tests.gateway.name_server import NameServer, name_server
from tests.gateway.test_carriers import CARRIED
from tests.gateway.webhook_world import Receiver, World
from tests.patience import PATIENCE_S


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """A name server."""
    async with name_server() as made:
        yield made


@pytest.fixture
async def lookups(names: NameServer) -> AsyncIterator[Lookups]:
    """Look-ups that ask it, by a clock that stands."""
    made = Lookups([names.address], FakeClock().monotonic)
    yield made
    await made.close()


async def test_an_answer_is_kept_for_its_time(names: NameServer) -> None:
    clock = FakeClock()
    lookups = Lookups([names.address], clock.monotonic)
    names.names["crm.example"] = ["192.0.2.1", "2001:db8::1"]
    first = await lookups.find("CRM.example")
    assert set(first) == {ip_address("192.0.2.1"), ip_address("2001:db8::1")}
    names.names["crm.example"] = ["192.0.2.2"]
    await clock.advance(59)
    assert await lookups.find("crm.example") == first
    await clock.advance(1)
    assert await lookups.find("crm.example") == (ip_address("192.0.2.2"),)


async def test_an_answer_that_gives_a_week_is_kept_for_five_minutes(names: NameServer) -> None:
    clock = FakeClock()
    lookups = Lookups([names.address], clock.monotonic)
    names.ttl_s = 7 * 24 * 3600
    names.names["crm.example"] = ["192.0.2.1"]
    await lookups.find("crm.example")
    names.names["crm.example"] = ["192.0.2.2"]
    await clock.advance(300)
    assert await lookups.find("crm.example") == (ip_address("192.0.2.2"),)


async def test_an_answer_that_is_not_to_be_kept_is_not(names: NameServer, lookups: Lookups) -> None:
    names.ttl_s = 0
    for address in ("192.0.2.1", "192.0.2.2"):
        names.names["crm.example"] = [address]
        assert await lookups.find("crm.example") == (ip_address(address),)


async def test_answers_are_kept_up_to_a_bound(
    names: NameServer, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    for one in ("a.example", "b.example", "c.example", "a.example"):
        names.names[one] = ["192.0.2.1"]
        await lookups.find(one)
    assert names.asked.count("a.example") == 4  # A and AAAA, twice


async def test_a_name_that_there_is_not_is_said_to_be_none(lookups: Lookups) -> None:
    with pytest.raises(LookUpError, match="not known") as caught:
        await lookups.find("no-such.example")
    assert not caught.value.silent


@pytest.mark.parametrize("name", ["localhost", "localhost.", "LOCALHOST", "crm.localhost"])
async def test_names_of_this_machine_are_asked_of_nobody(
    names: NameServer, lookups: Lookups, name: str
) -> None:
    assert all(one.is_loopback for one in await lookups.find(name))
    assert names.asked == []


async def test_those_who_ask_for_one_name_share_one_look_up(names: NameServer, lookups: Lookups) -> None:
    names.held = asyncio.Event()
    names.names["crm.example"] = ["192.0.2.1"]
    asking = [asyncio.create_task(lookups.find("crm.example")) for _ in range(9)]
    await until(lambda: len(names.asked) == 2)
    asking[0].cancel()  # the others go on
    names.held.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert found[1:] == [(ip_address("192.0.2.1"),)] * 8
    assert names.asked.count("crm.example") == 2


async def test_a_look_up_that_nobody_waits_for_is_over(names: NameServer, lookups: Lookups) -> None:
    names.names["silent.example"] = None
    asking = asyncio.create_task(lookups.find("silent.example"))
    await until(lambda: len(names.asked) == 2)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: not [one for one in asyncio.all_tasks() if "look-up" in one.get_name()])
    names.names["silent.example"] = ["192.0.2.1"]
    assert await lookups.find("silent.example") == (ip_address("192.0.2.1"),)
    assert names.asked.count("silent.example") == 4  # the first one asked no second time


async def test_look_ups_under_way_are_bounded(
    names: NameServer, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNDER_WAY", 1)
    names.names["silent.example"] = None
    asking = asyncio.create_task(lookups.find("silent.example"))
    await until(lambda: bool(names.asked))
    with pytest.raises(LookUpError, match="too many"):
        await lookups.find("other.example")
    asking.cancel()


# --- with webhooks


class Taken(ThreadPoolExecutor):
    """The loop's pool of threads, with every thread taken."""

    def submit(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Nothing can be done."""
        raise AssertionError("a look-up takes a thread of the loop's")


def config(names: NameServer) -> Config:
    return Config.model_validate({"look_ups": {"name_servers": [names.address]}})


async def test_a_healthy_receiver_is_not_delayed_by_six_whose_names_nobody_answers_for(
    names: NameServer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(MemoryStore(), FakeClock(), config(names))
    await world.deliverer.start()
    port = receiver.url.rpartition(":")[2]
    for number in range(6):
        names.names[f"silent-{number}.example"] = ["127.0.0.1"]
        await world.subscribe(f"http://silent-{number}.example:{port}/silent")
        names.names[f"silent-{number}.example"] = None
    names.names["crm.example"] = ["127.0.0.1"]
    monkeypatch.setattr(module, "LONGEST_KEPT_S", 0.0)
    world.deliverer.egress.lookups._kept.clear()  # noqa: SLF001  # their time is over
    asyncio.get_running_loop().set_default_executor(Taken())
    await world.subscribe(f"http://crm.example:{port}/well")
    threads = threading.active_count()
    await world.happen(*(f"i{n}" for n in range(20)))
    got = [await receiver.next() for _ in range(20)]
    assert {one.path for one in got} == {"/well"}
    assert threading.active_count() <= threads + 1
    await world.deliverer.stop()


async def test_a_webhook_whose_name_nobody_answers_for_is_refused_in_two_seconds(
    names: NameServer, receiver: Receiver
) -> None:
    world = World(MemoryStore(), FakeClock(), config(names))
    await world.deliverer.start()
    names.names["silent.example"] = None
    with pytest.raises(RefusedError, match=r"no name server answered in time; try again"):
        await world.subscribe("https://silent.example/hook")
    with pytest.raises(RefusedError, match="has a name that is not known"):
        await world.subscribe("https://no-such.example/hook")
    assert receiver.got.empty()
    await world.deliverer.stop()


async def test_a_name_that_moves_into_our_own_network_is_sent_to_no_more(
    names: NameServer, receiver: Receiver
) -> None:
    names.ttl_s = 0
    egress = Egress(lookups=Lookups([names.address]))
    names.names["crm.example"] = ["93.184.215.14"]
    url = f"https://crm.example:{receiver.url.rpartition(':')[2]}/hook"
    await egress.check_resolved(url)
    client = Client(egress)
    for moved in (["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["64:ff9b::7f00:1"]):
        names.names["crm.example"] = moved
        with pytest.raises(ClientConnectionError, match="may not be sent to"):
            async with client.post(url, {}, b"{}"):
                pass
    await client.close()
    assert receiver.got.empty()


async def test_without_tls_a_name_that_moves_into_the_world_is_sent_to_no_more(names: NameServer) -> None:
    names.ttl_s = 0
    egress = Egress(loopback=True, lookups=Lookups([names.address]))
    names.names["crm.example"] = ["127.0.0.1"]
    await egress.check_resolved("http://crm.example/hook")
    names.names["crm.example"] = ["93.184.215.14"]
    client = Client(egress)
    with pytest.raises(ClientConnectionError, match="must be https"):
        async with client.post("http://crm.example/hook", {}, b"{}"):
            pass
    await client.close()


@pytest.mark.parametrize("wrong", ["ns.example", "", "192.0.2.53/x", "192.0.2.53:dns"])
def test_a_name_server_that_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises((ValueError, ConfigError)):
        Config.model_validate({"look_ups": {"name_servers": [wrong]}})


# --- with platforms that we dial


@pytest.mark.parametrize("scheme", ["tcp", "ws", "http"])
async def test_a_platforms_name_is_asked_of_the_same_name_server(names: NameServer, scheme: str) -> None:
    reached = asyncio.Event()

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names.names["platform.example"] = ["::1", "127.0.0.1"]  # the first takes nobody
    platforms: dict[str, dict[str, Json]] = {
        P: {"dialect": "carried", "url": f"{scheme}://platform.example:{port}/"}
    }
    settings: dict[str, Json] = {"look_ups": {"name_servers": [names.address]}}
    async with (
        bench(platforms=platforms, dialects=[CARRIED], overrides=settings),
        asyncio.timeout(PATIENCE_S),
    ):
        await reached.wait()
    server.close()
    await server.wait_closed()

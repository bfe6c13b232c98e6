"""No socket, session or resolver outlives the gateway, on whatever way out of its start or its stop."""

import asyncio
import gc
import inspect
import os
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from gateway.app import Gateway
from gateway.config import parse
from gateway.outbound.lookups import Lookups
from gateway.store.base import Store
from gateway.store.memory import MemoryStore
from schemas import events as ev
from schemas.errors import ConfigError, StoreError
from schemas.ids import AgentId
from schemas.values import Json
from tests.fakes import START, until
from tests.gateway.handmade import DIALLED, HANDMADE, P
from tests.gateway.name_server import name_server
from tests.gateway.raw import HEAD, UPGRADE, connected, frame

DESCRIPTORS: Final = Path("/proc/self/fd")
SHUTDOWN_S: Final = 1.0


def sockets() -> set[str]:
    """Those that this process has open, as far as the system shows it."""
    found = set()
    for one in DESCRIPTORS.iterdir() if DESCRIPTORS.exists() else ():
        with suppress(OSError):  # it was the one that lists them
            found.add(str(one.readlink()))
    return {one for one in found if one.startswith("socket:")}


def left_open(scenario: Callable[[], Coroutine[object, object, None]]) -> list[str]:
    """What is still open, or was closed by nobody but the collector, once a loop has run that and is over."""
    gc.collect()
    before = sockets()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(scenario())
        after = sockets()
        gc.collect()
    return [*(str(one.message) for one in caught), *(after - before)]


def gateway(store: Store | None = None, **sections: Json) -> Gateway:
    raw: dict[str, Json] = {
        "server": {"port": 0, "shutdown_s": SHUTDOWN_S},
        "store": {"path": ":memory:"},
        "platforms": {P: {"dialect": HANDMADE.name}},
        **sections,
    }
    return Gateway(parse(raw, "test"), dialects=(HANDMADE, DIALLED), store=store)


# --- starts that fail


class Failing(MemoryStore):
    """A store of which one thing does not work."""

    failing = ""

    def __init__(self, failing: str) -> None:
        super().__init__()
        self.failing = failing

    def __getattribute__(self, name: str) -> object:
        """Whatever it has, but for that."""
        if name != "failing" and name == self.failing:

            async def fail(*_args: object, **_named: object) -> None:
                raise StoreError("it does not work")

            return fail
        return super().__getattribute__(name)


PARTS: Final = [
    name for name, one in vars(MemoryStore).items() if inspect.iscoroutinefunction(one) and name != "close"
]


@pytest.mark.parametrize("part", PARTS)
def test_a_start_that_fails_half_way_leaves_nothing(part: str) -> None:
    async def scenario() -> None:
        one = gateway(Failing(part))
        with suppress(StoreError):  # or it comes to that later, or never
            await one.start()
            with suppress(StoreError):
                await one.stop()

    assert left_open(scenario) == []


@asynccontextmanager
async def taken() -> AsyncIterator[int]:
    """A port of somebody else's."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_leaves_nothing() -> None:
    async def scenario() -> None:
        async with taken() as port:
            one = gateway(server={"port": port, "shutdown_s": SHUTDOWN_S})
            await one.start()
            with pytest.raises(ConfigError, match="cannot listen"):
                await one.listen()
            await one.stop()

    assert left_open(scenario) == []


@pytest.mark.parametrize("path", ["file", "none/socket", "x" * 200])
def test_a_socket_for_the_operator_that_cannot_be_leaves_nothing(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def scenario() -> None:
        server: dict[str, Json] = {"port": 0, "operator_socket": str(tmp_path / path)}
        one = gateway(server={**server, "shutdown_s": SHUTDOWN_S})
        await one.start()
        with pytest.raises(ConfigError, match="operator_socket"):
            await one.listen()
        await one.stop()

    assert left_open(scenario) == []


def test_a_gateway_that_would_be_exposed_leaves_nothing() -> None:
    async def scenario() -> None:
        with pytest.raises(ConfigError, match="no API key"):
            await gateway(server={"host": "0.0.0.0", "port": 0}).start()  # noqa: S104  # refused for that

    assert left_open(scenario) == []


# --- stops with somebody there


async def just_connected(url: str, stack: AsyncExitStack) -> None:
    """Connections that were not even seen yet."""
    host, _, port = url.removeprefix("http://").partition(":")
    for _ in range(50):
        one = stack.enter_context(socket.socket())
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect((host, int(port)))
    await asyncio.sleep(0)  # the listener takes them in this turn, the server has them in a later one


async def half_a_request(url: str, stack: AsyncExitStack) -> None:
    raw = await stack.enter_async_context(connected(url))
    raw.say("POST /v1/webhooks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    await raw.writer.drain()


async def streams_that_are_not_read(url: str, stack: AsyncExitStack) -> None:
    for path, more in (("/v1/stream", UPGRADE), ("/v1/events/stream", "")):
        raw = await stack.enter_async_context(connected(url))
        raw.say(HEAD.format(path=path) + more + "\r\n")
        assert (await raw.head()).split()[1] in {b"101", b"200"}
        if more:
            raw.say(frame(b'{"type":"subscribe"}'))
            while b"stream.subscribed" not in await raw.reader.read(1 << 16):
                pass
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's has it


async def an_operator_who_stays(url: str, stack: AsyncExitStack) -> None:
    assert url
    reader, writer = await asyncio.open_unix_connection(OPERATOR)
    stack.callback(writer.close)
    writer.write(HEAD.format(path="/healthz").encode() + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")


OPERATOR: Final = f"/tmp/trunkline-test-{os.getpid()}.sock"  # noqa: S108  # a short path, ours alone
GUESTS: Final[list[Callable[[str, AsyncExitStack], Awaitable[None]]]] = [
    just_connected,
    half_a_request,
    streams_that_are_not_read,
    an_operator_who_stays,
]


@pytest.mark.parametrize("within_s", [SHUTDOWN_S, 0.001])
@pytest.mark.parametrize("guest", GUESTS)
def test_whoever_is_there_when_it_stops_is_parted_from_or_cut(
    guest: Callable[[str, AsyncExitStack], Awaitable[None]], within_s: float
) -> None:
    """With no time for the steps of the stop, everything is cut short."""

    async def scenario() -> None:
        one = gateway(server={"port": 0, "shutdown_s": within_s, "operator_socket": OPERATOR})
        async with AsyncExitStack() as stack:
            await one.start()
            await one.listen()
            await guest(one.addresses[0], stack)
            notice = ev.PlatformNotice(
                time=START, platform_id=P, agent_id=AgentId("a"), code="n" * 10_000_000
            )
            one.router.publish([notice])
            await one.store.barrier()
            await one.stop()

    assert left_open(scenario) == []


def test_look_ups_without_an_answer_are_ended() -> None:
    async def scenario() -> None:
        async with name_server() as server, AsyncExitStack() as stack:
            server.names = dict.fromkeys(("deaf.test", "other.test"))
            platforms: dict[str, Json] = {
                "d": {"dialect": DIALLED.name, "url": "ws://deaf.test:9/"},
            }
            one = gateway(platforms=platforms, look_ups={"name_servers": [server.address]})
            await one.start()
            await until(lambda: "deaf.test" in server.asked)
            await one.stop()
            lookups = Lookups([server.address])
            stack.push_async_callback(lookups.close)
            with pytest.raises(OSError, match="no name server"):
                await lookups.find("other.test", 0.01)  # nobody waits for its task any more

    assert left_open(scenario) == []


def test_a_platform_that_never_finishes_the_handshake_is_left() -> None:
    async def scenario() -> None:
        accepted = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set()
            with suppress(ConnectionError):
                await reader.read()  # until the gateway has gone
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            url = f"ws://127.0.0.1:{port}/"
            one = gateway(platforms={"d": {"dialect": DIALLED.name, "url": url}})
            await one.start()
            await accepted.wait()
            await one.stop()

    assert left_open(scenario) == []

"""WebSockets before it is known who is there: one message of 64 KiB, however it is put, on every surface."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.doorway import STRANGER_BYTES, Doorway
from schemas.values import Json
from tests.fakes import until
from tests.gateway.handmade import Bench, bench
from tests.gateway.raw import HEAD, UPGRADE, Raw, connected, frame, head
from tests.gateway.test_strangers import keyed
from tests.patience import PATIENCE_S

BOTH: Final[dict[str, dict[str, Json]]] = {"p": {"dialect": "handmade"}, "b": {"dialect": "bright_pattern"}}
SURFACES: Final = ("/v1/links/p", "/v1/stream", "/v1/facades/b/bright_pattern", "/v1/facades/b/genesys_wwe")
HALF: Final = b'{"method":"' + b"x" * (STRANGER_BYTES // 2)
LARGE: Final[dict[str, bytes]] = {
    "announced": head(0x81, 15_500_000),
    "begun": head(0x81, 15_500_000) + b"x" * 200_000,
    "just too large": head(0x81, STRANGER_BYTES + 1),
    "more than there is": head(0x81, (1 << 63) - 1),
    "binary": head(0x82, 15_500_000),
    "in fragments": frame(HALF, fin=False) + frame(HALF, 0, fin=False) + frame(HALF, 0, fin=False),
    "fragments with pings between": frame(HALF, fin=False)
    + frame(b"", 9)
    + frame(HALF, 0, fin=False)
    + frame(b"", 9)
    + frame(HALF, 0),
}


async def upgraded(stack: AsyncExitStack, standing: Bench, path: str, extra: str = "") -> Raw:
    """A WebSocket that has said nothing."""
    raw = await stack.enter_async_context(connected(standing.url))
    raw.say(HEAD.format(path=path) + UPGRADE + extra + "\r\n")
    assert b" 101 " in await raw.head()
    return raw


@pytest.mark.parametrize("path", SURFACES)
@pytest.mark.parametrize("said", LARGE.values(), ids=LARGE)
async def test_a_large_message_of_a_stranger_ends_his_socket_with_code_and_reason(
    said: bytes, path: str
) -> None:
    overrides: dict[str, Json] = {"server": {"port": 0, "shutdown_s": 1.0}}
    async with bench(platforms=BOTH, overrides=overrides) as standing, AsyncExitStack() as stack:
        await standing.gateway.keys.create("t", ["links"])
        raw = await upgraded(stack, standing, path)
        raw.say(said)
        async with asyncio.timeout(PATIENCE_S):
            assert await raw.closed() == (1009, "more than 65536 bytes before it is known who it is")


@pytest.mark.parametrize("path", SURFACES)
async def test_compressed_frames_are_neither_agreed_on_nor_taken(path: str) -> None:
    async with bench(platforms=BOTH) as standing, AsyncExitStack() as stack:
        await standing.gateway.keys.create("t", ["links"])
        raw = await stack.enter_async_context(connected(standing.url))
        offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        raw.say(HEAD.format(path=path) + UPGRADE + offer)
        assert b"permessage-deflate" not in await raw.head()
        raw.say(frame(b"\x4a\x04", rsv1=True))
        async with asyncio.timeout(PATIENCE_S):
            assert (await raw.closed())[0] == 1002


async def test_a_hundred_sockets_that_begin_large_frames_cost_next_to_nothing() -> None:
    async with keyed() as (standing, _), AsyncExitStack() as stack:
        sockets = [await upgraded(stack, standing, "/v1/links/p") for _ in range(100)]
        gc.collect()
        tracemalloc.start()
        try:
            for raw in sockets:
                raw.say(head(0x81, 15_500_000) + b"x" * 100_000)
                await raw.closed()
                raw.say(b"x" * 100_000)  # it may go on, unheard
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert grown < 100 * 100_000  # those are the test's own


async def test_what_follows_the_hello_at_once_is_read_in_order_and_may_be_large() -> None:
    async with keyed() as (standing, key), AsyncExitStack() as stack:
        raw = await upgraded(stack, standing, "/v1/links/p")
        hello = msgspec.json.encode({"id": 1, "method": "trunkline.hello", "params": [{"token": key}]})
        seen = {"seen": "agent", "agent": "a1", "state": "ready", "extras": {"x": "x" * 500_000}}
        shown = msgspec.json.encode({"told": "seen", "observation": seen})
        ready = frame(b'{"told":"ready"}')
        raw.say(frame(hello) + frame(b"", 9) + frame(shown) + ready)
        await until(lambda: standing.gateway.platforms["p"].links == 1)  # type: ignore[index]
        assert len(standing.gateway.state.snapshots.sessions) == 1


async def test_who_is_let_in_by_his_header_may_begin_with_a_large_frame() -> None:
    async with keyed() as (standing, key), AsyncExitStack() as stack:
        raw = await upgraded(stack, standing, "/v1/links/p", f"Authorization: Bearer {key}\r\n")
        raw.say(frame(b'{"id":1,"method":"trunkline.hello","params":[{}]}'))
        assert (await raw.reader.readexactly(2))[0] == 0x81
        raw.say(frame(b'{"told":"ready","x":"' + b"x" * 300_000 + b'"}'))
        await until(lambda: standing.gateway.platforms["p"].links == 1)  # type: ignore[index]


# --- the part by itself


class Reader:
    """Takes note of what it is fed."""

    def __init__(self) -> None:
        self.fed = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Some more."""
        self.fed += data
        return False, b""

    def feed_eof(self) -> None:
        """No more."""


def doorway() -> tuple[Doorway, Reader, list[str], Callable[[], bool]]:
    """One, its reader, why it refused, and whether it has paused the connection."""
    reader, refused, paused = Reader(), list[str](), [False]

    def set_to(value: bool) -> Callable[[], None]:  # noqa: FBT001  # two functions in one
        return lambda: paused.__setitem__(0, value)

    made = Doorway(reader, set_to(True), set_to(False))
    made.on_refused(refused.append)
    return made, reader, refused, lambda: paused[0]


FIRST: Final = b"".join(
    (
        frame(b"", 9),
        frame(b'{"a":', fin=False),
        frame(b"ping", 9),
        frame(b"x" * 200, 0, fin=False),
        frame(b"}", 0),
    )
)


@given(st.lists(st.integers(1, 40)), st.binary(max_size=60))
def test_the_first_message_is_handed_on_however_it_is_cut_and_the_rest_once_it_is_open(
    cuts: list[int], rest: bytes
) -> None:
    made, reader, refused, paused = doorway()
    data, at = FIRST + rest, 0
    for size in [*cuts, len(data)]:
        if at < len(data):
            made.feed_data(data[at : at + size])
        at += size
    assert reader.fed == FIRST
    assert paused()
    made.open()
    assert reader.fed == data
    assert not paused()
    made.feed_data(b"more")
    assert reader.fed == data + b"more"
    assert refused == []


def test_what_comes_in_masses_after_the_first_message_is_refused() -> None:
    made, _, refused, _ = doorway()
    made.feed_data(FIRST)
    for _ in range(20):
        made.feed_data(b"x" * 100_000)
    assert len(refused) == 1

"""Streams: bad frames, slow readers, and going on where one left off, without a gap and without a repeat."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

import msgspec
import pytest
from aiohttp import ClientResponse, WSMsgType

from gateway.api.stream import Problem
from gateway.http.sockets import FORBIDDEN, TOO_SLOW
from schemas import events as ev
from schemas.results import Succeeded
from schemas.values import Json
from tests.e2e.test_bad_input import nothing_lost
from tests.e2e.test_bad_platform import in_a_call
from tests.e2e.world import World, platform, world
from tests.patience import PATIENCE_S

BULK: Final = "x" * 200_000  # attached data: every event of the call, and its vendor's frame, weighs as much
ROUNDS: Final = 40  # of hold and retrieve: far more than the sockets' buffers take

# Frames after the subscription, and what is said of them.
RUBBISH: Final[Mapping[str, tuple[bytes, str, str]]] = {
    "cut off": (b'{"type":"command"', "Input data was truncated", ""),
    "an array": (b"[]", "Expected `object`, got `array`", ""),
    "unknown frame": (b'{"type":"fly"}', "'fly' is no type; there are: subscribe", ""),
    "a second subscription": (b'{"type":"subscribe"}', "already subscribed", ""),
    "unknown command": (
        b'{"type":"command","ref":"1","command":{"type":"interaction.fly"}}',
        "'interaction.fly' is no type",
        "",
    ),
    "unknown target": (
        b'{"type":"command","ref":"2","command":{"type":"interaction.hold","interaction_id":"int_x"}}',
        "int_x",
        "2",
    ),
    "unknown question": (
        b'{"type":"answer","ref":"3","answer":{"needinfo_id":"nee_x","action":"cancel"}}',
        "nee_x",
        "3",
    ),
    "no UTF-8": (b'{"type":"subscribe","token":"\xff"}', "not UTF-8 (byte 29)", ""),
    "an abyss": (b'{"type":"command","command":' + b"[" * 200_000, "nested more than 100 deep", ""),
}
FIRST: Final[Mapping[str, tuple[bytes, str]]] = {
    "garbage": (b"hello", "first frame: JSON is malformed"),
    "no subscription": (
        b'{"type":"command","ref":"1","command":{"type":"agent.logout","session_id":"s"}}',
        "the first frame must be of type subscribe",
    ),
    "unknown field": (b'{"type":"subscribe","since":1}', "'since' is no field of subscribe"),
    "wrong type": (b'{"type":"subscribe","after":"x"}', "after: 'x' is not a cursor or a resume"),
}


@pytest.mark.parametrize("case", FIRST)
async def test_a_stream_that_begins_wrong_is_told_why_and_closed(case: str) -> None:
    async with world([platform("bright_pattern")]) as played:
        socket = await played.connect("/v1/stream")
        frame, reason = FIRST[case]
        await socket.send_frame(frame, WSMsgType.TEXT)
        async with asyncio.timeout(PATIENCE_S):
            problem = msgspec.json.decode((await socket.receive()).data, type=Problem)
            assert reason in problem.message
            assert (await socket.receive()).type is WSMsgType.CLOSE
        assert socket.close_code == FORBIDDEN


async def test_rubbish_on_a_stream_is_answered_and_the_stream_goes_on() -> None:
    async with world([platform("bright_pattern")]) as played:
        stream = await played.stream(after=0)
        call = await in_a_call(played)
        for frame, reason, ref in RUBBISH.values():
            await stream.socket.send_frame(frame, WSMsgType.TEXT)
            problem = await stream.frame(Problem)
            stream.frames.remove(problem)
            assert (reason in problem.message, problem.ref) == (True, ref), problem
        done = await stream.order("9", {"type": "interaction.hold", "interaction_id": call})
        assert isinstance(done.result, Succeeded)
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        await nothing_lost(played, stream)


async def _hold_and_retrieve(played: World, call: str) -> None:
    for _ in range(ROUNDS):
        for verb in ("hold", "retrieve"):
            record = await played.command(type=f"interaction.{verb}", interaction_id=call)
            assert isinstance(record.result, Succeeded)


async def test_who_reads_too_slowly_is_closed_and_resumes_while_others_get_everything() -> None:
    limits: dict[str, Json] = {"limits": {"subscriber_buffer_bytes": 1_000_000}}
    async with world([platform("bright_pattern")], overrides=limits) as played:
        await played.simulate("a1", "inbound_call", ani="+15550100", data={"bulk": BULK})
        other = await played.stream(after=0)
        offered = await other.until(lambda event: isinstance(event, ev.InteractionAlerting))
        assert isinstance(offered, ev.InteractionAlerting)
        call = offered.interaction.id
        await played.command(type="interaction.accept", interaction_id=call)

        slow = await played.connect("/v1/stream")
        await slow.send_str('{"type":"subscribe","after":0}')
        await _hold_and_retrieve(played, call)
        await nothing_lost(played, other)

        cursors = [0]
        async with asyncio.timeout(PATIENCE_S):
            while (message := await slow.receive()).type is WSMsgType.TEXT:
                cursors += _cursors(message.data)
        assert slow.close_code in {TOO_SLOW, 1006}  # or cut off, if it did not even take the close
        assert cursors == list(range(len(cursors)))
        assert cursors[-1] < other.seen[-1].cursor  # it did miss some
        resumed = await played.stream(after=cursors[-1])
        await resumed.until(lambda event: event.cursor == other.seen[-1].cursor)
        told = [event.cursor for event in resumed.seen]
        assert told == list(range(cursors[-1] + 1, other.seen[-1].cursor + 1))


def _cursors(text: str) -> list[int]:
    told = msgspec.json.decode(text, type=dict[str, Json])
    return [] if str(told["type"]).startswith("stream.") else [int(str(told["cursor"]))]


async def test_server_sent_events_resume_after_the_last_id() -> None:
    async with world([platform("genesys_wwe")]) as played:
        stream = await played.stream(after=0)
        call = await in_a_call(played)
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        first = await _sse(played, len(stream.seen), {"Last-Event-ID": "0"})
        assert first == [event.cursor for event in stream.seen][: len(first)]

        await played.command(type="interaction.hold", interaction_id=call)
        await stream.until(lambda event: isinstance(event, ev.CommandFinished) and "hold" in event.verb)
        second = await _sse(played, len(stream.seen) - len(first), {"Last-Event-ID": str(first[-1])})
        assert first + second == [event.cursor for event in stream.seen]


async def test_server_sent_events_come_as_they_happen() -> None:
    async with world([platform("channel_session")]) as played, asyncio.timeout(PATIENCE_S):
        url = f"{played.url}/v1/events/stream?type=interaction.*"
        async with played.http.get(url) as response:
            await in_a_call(played)
            names = [name async for name in _lines(response, b"event: ", 3)]
        assert names[:2] == ["interaction.created", "interaction.alerting"]


async def _sse(played: World, count: int, headers: dict[str, str]) -> list[int]:
    """The ids of the first so many events."""
    async with (
        asyncio.timeout(PATIENCE_S),
        played.http.get(f"{played.url}/v1/events/stream", headers=headers) as response,
    ):
        assert response.content_type == "text/event-stream"
        _, *ids = [
            int(text.rpartition(".")[2]) async for text in _lines(response, b"id: ", count + 1)
        ]  # the first: it begins there
        return ids


async def _lines(response: ClientResponse, prefix: bytes, count: int) -> AsyncIterator[str]:
    while count:
        line = await response.content.readline()
        assert line, "the stream ended"
        if line.startswith(prefix):
            count -= 1
            yield line.removeprefix(prefix).strip().decode()

"""Rubbish from clients: it is refused with what and where, and everything else goes on.

Every test has a call up while it misbehaves, goes on with that call on the same socket afterwards, and then
compares the journal with what a stream told: nothing accepted is lost, nothing is told twice.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.e2e.clients.page import Page, State
from tests.e2e.clients.registry import CLIENTS
from tests.e2e.world import Stream, World, platform, world

TOO_LARGE: Final = '{"id":"' + "x" * 10_000_000 + '"}'
BEYOND_ALL: Final = "x" * (16 * 1024 * 1024 + 1)

# What no dialect can read, and what the gateway says of it.
RUBBISH: Final[Mapping[str, tuple[bytes, str]]] = {
    "cut off": (b'{"jsonrpc":"2.0","id":1,"met', "frame: Input data was truncated"),
    "no JSON": (b"hello", "frame: JSON is malformed"),
    "an array": (b"[1,2]", "frame: Expected `object`, got `array`"),
    "a number": (b"42", "frame: Expected `object`, got `int`"),
    "a number for a text": (b'{"method":7,"command":7}', "frame: Expected `str"),
    "no UTF-8": (b'{"id":1,"method":"a","command":"a","data":["\xff"]}', "frame: not UTF-8 (byte 44)"),
    "an abyss": (b'{"method":"a","id":1,"params":' + b"[" * 200_000, "frame: nested more than 100 deep"),
    "10 MB": (TOO_LARGE.encode(), "frame: 10000009 bytes, at most 1048576 are taken"),
}

# Well-formed and not to be done: command, parameters, and what the client is told. `<name>` is a place.
Refusal = tuple[str, tuple[Json, ...], str]
REFUSALS: Final[Mapping[str, Mapping[str, Refusal]]] = {
    "bright_pattern": {
        "wrong type": ("acceptInteraction", (7,), "3 invalid_args: interactionId must be a string"),
        "missing": ("startCall", (), "3 invalid_args: phoneNumber must be a string"),
        "unknown target": ("acceptInteraction", ("int_x",), "13 no_interaction: no such interaction: int_x"),
        "unknown state": (
            "setAgentState",
            ("flying",),
            "3 invalid_args: state must be one of ready, not_ready",
        ),
        "unknown command": ("fly", (), "7 invalid_request: there is no method fly"),
        "wrong state": (
            "acceptInteraction",
            ("<call>",),
            "15 not_suitable_state: the interaction is connected",
        ),
        "unsupported": (
            "getDIDNumbersList",
            (),
            "14 api_method_not_implemented: getDIDNumbersList is not served",
        ),
    },
    "genesys_wwe": {
        "wrong type": ("voice.answer", (7,), "Parameters: Expected `str`, got `int` - at `$[0]`"),
        "missing": ("voice.dial", (), "Parameters: Expected `array` of at least length 1, got 0"),
        "unknown target": ("voice.answer", ("int_x",), "Unknown interaction: int_x"),
        "unknown state": ("agent.setState", ("flying",), "Unknown state: flying"),
        "unknown command": ("voice.fly", (), "Unknown service: voice.fly"),
        "wrong state": ("voice.answer", ("<call>",), "the interaction is connected"),
        "unsupported": ("outbound.getCampaigns", (), "outbound.getCampaigns is not available here"),
    },
    "channel_session": {
        "wrong type": (
            "channel.dial",
            ("<channel>", {"destination": 7}),
            "bad-request: Expected `str`, got `int` - at `$.destination`",
        ),
        "missing": (
            "channel.dial",
            ("<channel>", {}),
            "bad-request: Object missing required field `destination`",
        ),
        "unknown target": (
            "interaction.complete",
            ("<channel>.int_x", {}),
            "unknown-target: nothing is at <channel>.int_x",
        ),
        "wrong kind of target": (
            "interaction.complete",
            ("<channel>", {}),
            "wrong-target-kind: interaction.complete wants a target of the kind interaction",
        ),
        "unknown session": (
            "channel.dial",
            ("ses_x.v", {"destination": "1"}),
            "unknown-target: no such session, or it is not started: ses_x",
        ),
        "unknown state": ("channel.setagentstate", ("<channel>", {"state": "flying"}), "flying"),
        "unknown command": (
            "channel.fly",
            ("<channel>", {}),
            "unknown-command: there is no command channel.fly",
        ),
        "wrong state": (
            "conversation.answer",
            ("<conversation>", {}),
            "bad-state: the interaction is connected",
        ),
        "unsupported": (
            "session.addchannelgroup",
            ("<session>", {}),
            "unsupported: session.addchannelgroup is not supported",
        ),
    },
}


@asynccontextmanager
async def call_up(dialect: str) -> AsyncIterator[tuple[World, Page, Stream]]:
    """A client of the dialect at a platform of the same, in a call, and somebody who looks on."""
    async with world([platform(dialect)]) as played:
        stream = await played.stream(after=0)
        page = await CLIENTS[dialect].open(played)
        await page.sign_in()
        await played.simulate("a1", "inbound_call", ani="+15550100")
        await page.until(State.ALERTING)
        await page.accept()
        await page.until(State.CONNECTED)
        yield played, page, stream


async def goes_on(world: World, page: Page, stream: Stream) -> None:
    """The call is carried to its end on the same socket; journal and stream hold the same, without a gap."""
    await page.hold()
    await page.until(State.HELD)
    await page.retrieve()
    await page.until(State.CONNECTED)
    await page.release()
    await page.until(State.ENDED)
    await page.complete()
    await page.until(State.COMPLETED)
    await nothing_lost(world, stream)


async def nothing_lost(world: World, stream: Stream) -> None:
    """What the journal holds is what the stream told, each cursor once."""
    journal = await world.journal()
    await stream.until(lambda event: event.cursor == journal[-1].cursor)
    assert [event.id for event in stream.seen[: len(journal)]] == [event.id for event in journal]
    assert [event.cursor for event in stream.seen] == list(range(1, len(stream.seen) + 1))


# --- facades


@pytest.mark.parametrize("dialect", CLIENTS)
async def test_unreadable_frames_are_named_and_the_call_goes_on(dialect: str) -> None:
    async with call_up(dialect) as (played, page, stream):
        assert isinstance(page.socket, ClientWebSocketResponse)
        for frame, reason in RUBBISH.values():
            await page.socket.send_frame(frame, WSMsgType.TEXT)
            said = await page.problem()
            assert said.startswith(f"{dialect}: "), said
            assert reason in said, said
        assert f'trunkline_malformed_total{{platform="sim"}} {len(RUBBISH)}.0' in (
            (await played.request("GET", "/metrics")).body.decode()
        )
        await goes_on(played, page, stream)


@pytest.mark.parametrize("dialect", CLIENTS)
async def test_what_cannot_be_done_is_refused_with_the_reason_and_the_call_goes_on(dialect: str) -> None:
    async with call_up(dialect) as (played, page, stream):
        for command, params, reason in REFUSALS[dialect].values():
            said = await page.refused(command, *(_filled(page, one) for one in params))
            assert _text(page, reason) in said, (command, params, said)
        await goes_on(played, page, stream)


def _filled(page: Page, value: Json) -> Json:
    if isinstance(value, str) and "<" in value:
        before, _, rest = value.partition("<")
        name, _, after = rest.partition(">")
        return f"{before}{page.place(name)}{after}"
    return value


def _text(page: Page, value: str) -> str:
    return str(_filled(page, value))


@pytest.mark.parametrize("dialect", CLIENTS)
async def test_a_frame_beyond_all_bounds_ends_its_own_socket_only(dialect: str) -> None:
    async with call_up(dialect) as (played, page, stream):
        other = await CLIENTS[dialect].open(played)
        await other.sign_in()
        with suppress(ConnectionError):  # the gateway need not read it to the end
            await page.send(BEYOND_ALL)
        await page.ended.wait()
        await other.hold()
        await other.until(State.HELD)
        await nothing_lost(played, stream)


# --- /v1

BODIES: Final[Mapping[str, tuple[bytes, int, str]]] = {
    "cut off": (b'{"type":"interaction.hold"', 400, "Input data was truncated"),
    "no object": (b"[]", 400, "Expected `object`, got `array`"),
    "wrong type": (
        b'{"type":"interaction.hold","interaction_id":7}',
        400,
        "Expected `str`, got `int` - at `$.interaction_id`",
    ),
    "missing": (b'{"type":"interaction.hold"}', 400, "Object missing required field `interaction_id`"),
    "unknown command": (
        b'{"type":"interaction.fly"}',
        400,
        "'interaction.fly' is no type; is it interaction.",
    ),
    "unknown state": (
        b'{"type":"agent.set_state","session_id":"s","state":"flying"}',
        400,
        "Invalid enum value 'flying' - at `$.state`",
    ),
    "unknown interaction": (b'{"type":"interaction.hold","interaction_id":"int_x"}', 404, "int_x"),
    "unknown session": (b'{"type":"agent.logout","session_id":"ses_x"}', 404, "ses_x"),
    "unknown platform": (b'{"type":"agent.login","platform_id":"x","agent_id":"a1"}', 404, "x"),
    "no UTF-8": (b'{"type":"agent.logout","session_id":"\xff"}', 400, "not UTF-8 (byte 37)"),
    "an abyss": (
        b'{"type":"vendor.call","params":' + b"[" * 5000 + b"]" * 5000 + b"}",
        400,
        "nested more than 100 deep",
    ),
    "too large": (b'{"type":"' + b"x" * 10_000_000 + b'"}', 413, "POST /v1/commands: "),
}


async def test_bad_bodies_are_problems_that_say_what_and_where() -> None:
    async with call_up("bright_pattern") as (played, page, stream):
        before = len(await played.journal())
        for name, (body, status, reason) in BODIES.items():
            reply = await played.request("POST", "/v1/commands", body)
            assert (reply.status, reason in str(reply.json()["detail"])) == (status, True), (name, reply)
        assert len(await played.journal()) == before
        await goes_on(played, page, stream)


@pytest.mark.parametrize("vendor", CLIENTS)
async def test_a_command_that_cannot_be_done_fails_with_the_reason(vendor: str) -> None:
    async with call_up(vendor) as (played, page, stream):
        now = played.interactions()[0]
        wrong = await played.command(type="interaction.accept", interaction_id=now.id)
        assert isinstance(wrong.result, Failed)
        assert wrong.result.code is WRONG_STATE[vendor]
        assert wrong.result.message == "the interaction is connected"
        command = {"interaction_id": now.id, **UNSUPPORTED[vendor]}
        reply = await played.request("POST", "/v1/commands", command)
        result = reply.json()["result"]
        assert isinstance(result, dict)
        assert (result["outcome"], result["code"]) == ("failed", "unsupported")
        assert result["message"]
        await goes_on(played, page, stream)


# One platform refuses in words only, without a code.
WRONG_STATE: Final = {
    "bright_pattern": ErrorCode.WRONG_STATE,
    "genesys_wwe": ErrorCode.PLATFORM_ERROR,
    "channel_session": ErrorCode.WRONG_STATE,
}
UNSUPPORTED: Final[Mapping[str, dict[str, Json]]] = {
    "bright_pattern": {"type": "interaction.delete_data", "key": "case"},
    "genesys_wwe": {"type": "interaction.send_dtmf", "tones": "1"},
    "channel_session": {"type": "interaction.set_notes", "notes": "called"},
}

QUERIES: Final[Mapping[str, tuple[int, str]]] = {
    "/v1/events?after=x": (400, "after: 'x' is not a cursor"),
    "/v1/events?after=-1": (400, "after: '-1' is not a cursor"),
    "/v1/events?limit=many": (400, "limit: must be a whole number from 1 to 1000"),
    "/v1/events/stream?after=x": (400, "after: 'x' is not a cursor"),
    "/v1/events?after=99999999999999999999999": (400, "is not a cursor"),
    "/v1/commands/cmd_x": (404, "cmd_x"),
    "/v1/interactions/int_x": (404, "int_x"),
    "/v1/nothing": (404, "GET /v1/nothing: Not Found"),
    "/v1/facades/sim/klingon?agent=a1": (404, "no such platform, or that dialect is not offered there"),
}


async def test_bad_queries_are_problems_that_say_what_and_where() -> None:
    async with call_up("bright_pattern") as (played, page, stream):
        for path, (status, reason) in QUERIES.items():
            reply = await played.request("GET", path)
            assert (reply.status, reason in str(reply.json()["detail"])) == (status, True), (path, reply)
        await goes_on(played, page, stream)

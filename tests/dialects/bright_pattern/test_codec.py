"""What the documents print means what the manual says, in both roles."""

from collections.abc import Generator

import msgspec
import pytest

from adapters.bright_pattern import flows, queries, tables
from adapters.bright_pattern.binding import DIALECT
from adapters.bright_pattern.methods import METHODS
from adapters.bright_pattern.platform import IN_SNAPSHOT, BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Call, Context, Done, Execute, Outcome, Ready, Reply, Send
from adapters.kit import jsonrpc
from schemas.commands import AnyCommand
from schemas.events import AnyEvent
from schemas.interaction import Interaction
from schemas.needinfo import Question
from schemas.observations import NO_FRAME, AnyObservation, InteractionObserved, Observation
from schemas.results import Failed, FinalResult
from tests.clients import bodies
from tests.dialects.bright_pattern.peers import NOW, Desk, client
from tests.dialects.golden import FrameCase, load, same

OBSERVATIONS = load("bright_pattern", "observation")
CALLS = load("bright_pattern", "call")
OUTCOMES = load("bright_pattern", "outcome")
COMMANDS = load("bright_pattern", "command")
ANSWERS = load("bright_pattern", "answer")
EVENTS = load("bright_pattern", "event")
LOCAL = load("bright_pattern", "local")

LOGGED_IN = (
    b'{"jsonrpc":"2.0","id":-1,"result":{"status":"success","data":{"isLoggedIn":true,"agentId":"a-1"}}}'
)


class Given(msgspec.Struct, frozen=True):
    """The context of a call or an outcome."""

    command: AnyCommand | None = None
    interaction: Interaction | None = None


class Expected(msgspec.Struct, frozen=True):
    """One of the three outcomes."""

    done: Done | None = None
    question: Question | None = None
    failed: Failed | None = None


class CallFrame(msgspec.Struct, frozen=True):
    """The part of a request that a Call has."""

    method: str
    params: msgspec.Raw


def given(case: FrameCase) -> Given:
    return msgspec.json.decode(case.context, type=Given | None) or Given()


def run(flow: Generator[Call, Reply, Outcome], answers: list[msgspec.Raw]) -> tuple[list[Call], Outcome]:
    """Drive a flow with these answers; raises IndexError if it asks for more."""
    made: list[Call] = []
    try:
        made.append(next(flow))
        while True:
            made.append(flow.send(Reply(answers[len(made) - 1])))
    except StopIteration as end:
        assert len(made) == len(answers)
        outcome: Outcome = end.value
        return made, outcome


@pytest.mark.parametrize("case", OBSERVATIONS.values(), ids=OBSERVATIONS.keys())
def test_documented_frame_means_what_the_manual_says(case: FrameCase) -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    platform.received(LOGGED_IN, NOW)
    out = [one for one in platform.received(bytes(case.frame), NOW) if not isinstance(one, Ready | Send)]
    seen = [one for one in out if isinstance(one, Observation)]
    assert len(seen) == len(out)
    alone = {bytes(one) for one in jsonrpc.one_by_one(case.frame, IN_SNAPSHOT, "interactionId").values()}
    for one in seen:  # of many in one frame, each has what is its own
        assert bytes(one.vendor) in (alone or {bytes(case.frame)}) | (
            set() if isinstance(one, InteractionObserved) else {bytes(case.frame)}
        )
    bare = [msgspec.structs.replace(one, vendor=NO_FRAME) for one in seen]
    assert bare == msgspec.json.decode(case.canonical, type=list[AnyObservation])


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS.keys())
def test_command_becomes_the_documented_call(case: FrameCase) -> None:
    command: AnyCommand = msgspec.json.decode(case.canonical, type=AnyCommand)
    call = next(flows.begin(command, Context(interaction=given(case).interaction)))
    expected = msgspec.json.decode(case.frame, type=CallFrame)
    assert call.method == expected.method
    assert same(msgspec.json.encode(call.params), expected.params)
    frame = BrightPatternPlatform(None).send(call, 4)
    whole = msgspec.json.encode({"jsonrpc": "2.0", "id": 4, "method": call.method, "params": expected.params})
    assert same(frame, whole)


@pytest.mark.parametrize("case", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_documented_answer_ends_the_command_as_it_should(case: FrameCase) -> None:
    context = given(case)
    assert context.command is not None
    flow = flows.begin(context.command, Context(interaction=context.interaction))
    _, outcome = run(flow, msgspec.json.decode(case.frame, type=list[msgspec.Raw]))
    expected = msgspec.json.decode(case.canonical, type=Expected)
    assert outcome == (expected.done or expected.question or expected.failed)


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS.keys())
def test_clients_request_means_the_command(case: FrameCase) -> None:
    peer = client()
    expected = msgspec.json.decode(case.canonical, type=list[AnyCommand])
    (asked,) = peer.received(bytes(case.frame), NOW)
    for number, command in enumerate(expected):
        assert isinstance(asked, Execute)
        assert asked.command == command
        if number + 1 < len(expected):
            (asked,) = peer.finished(asked.token, msgspec.convert({"outcome": "succeeded"}, FinalResult), NOW)


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS.keys())
def test_result_is_told_in_the_documented_way(case: FrameCase) -> None:
    begins = jsonrpc.decode(tables.NAME, bytes(case.context)).method == "startCall"
    # a null id is the word of a platform of this dialect: of others the interaction is waited for
    peer = client(Desk(same_dialect=True)) if begins else client()
    (asked,) = peer.received(bytes(case.context), NOW)
    assert isinstance(asked, Execute)
    (sent,) = peer.finished(asked.token, msgspec.json.decode(case.canonical, type=FinalResult), NOW)
    assert isinstance(sent, Send)
    assert same(sent.frame, case.frame)


@pytest.mark.parametrize("case", LOCAL.values(), ids=LOCAL.keys())
def test_request_that_needs_no_platform_is_answered_at_once(case: FrameCase) -> None:
    peer = client(Desk(open=msgspec.json.decode(case.canonical, type=list[Interaction])))
    (sent,) = peer.received(bytes(case.frame), NOW)
    assert isinstance(sent, Send)
    assert same(sent.frame, case.context)


@pytest.mark.parametrize("case", EVENTS.values(), ids=EVENTS.keys())
def test_event_is_told_in_the_documented_frames(case: FrameCase) -> None:
    assert DIALECT.event_encoder is not None
    encode = DIALECT.event_encoder(BrightPatternSettings())
    frames = bodies(encode, msgspec.json.decode(case.canonical, type=AnyEvent))
    assert same(b"[" + b",".join(frames) + b"]", case.frame)


def test_tables_are_as_long_as_the_manual_says() -> None:
    assert len(METHODS) == 60
    assert len(DIALECT.vocabulary["south"].events) == 29
    assert len(queries.READ) == 9
    assert len(tables.REQUEST_ERRORS) == 21
    assert len(tables.SERVER_ERRORS) == 17
    assert len({*tables.STATE_IN, tables.PENDING}) == 9
    assert len(tables.ORIGINATIONS) == 17
    codes = {*tables.REQUEST_ERRORS.values(), *tables.SERVER_ERRORS.values()}
    assert set(tables.ERROR_IN) == codes
    assert len(codes) == 21 + 17


def test_name_in_both_error_lists_is_told_apart_by_its_code() -> None:
    dial = msgspec.convert({"type": "interaction.dial", "session_id": "s", "destination": "1"}, AnyCommand)
    for code, word in ((99, "unknown_error"), (300, "300 unknown_error")):
        answer = msgspec.Raw(b'{"status":"error","error":{"code":%d,"name":"unknown_error"}}' % code)
        _, outcome = run(flows.begin(dial, Context()), [answer])
        assert isinstance(outcome, Failed)
        assert outcome.vendor_code == word


def test_answer_that_cannot_be_read_fails_with_unknown_effect() -> None:
    dial = msgspec.convert({"type": "interaction.dial", "session_id": "s", "destination": "1"}, AnyCommand)
    _, outcome = run(flows.begin(dial, Context()), [msgspec.Raw(b'{"status":"success","data":[1]}')])
    assert isinstance(outcome, Failed)
    assert outcome.effect == "unknown"

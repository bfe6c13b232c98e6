"""Golden frames of the channel/session protocol: seed 003, completed by the reference."""

import msgspec
import pytest
from pydantic import SecretStr

from adapters.channel_session import tables
from adapters.channel_session.encode import encode
from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Call, Context, Done, Execute, Outcome, Reply, Send
from schemas.agent import AgentState
from schemas.commands import AnyCommand
from schemas.events import AnyEvent
from schemas.interaction import Interaction, InteractionState, Media
from schemas.needinfo import Question
from schemas.observations import NO_FRAME, AgentObserved, AnyObservation
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.channel_session.stage import AGENT, CALL, NOW, Desk, North
from tests.dialects.golden import FrameCase, load, same

OBSERVATIONS = load("channel_session", "observation")
CALLS = load("channel_session", "call")
OUTCOMES = load("channel_session", "outcome")
COMMANDS = load("channel_session", "command")
ANSWERS = load("channel_session", "answer")
EVENTS = load("channel_session", "event")
LOCAL = load("channel_session", "local")


class CallContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a flow is run with."""

    refs: dict[str, str]
    command: AnyCommand | None = None
    incontact: bool = False


class AnswerContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the client asked."""

    request: msgspec.Raw


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a flow may end."""

    done: Done | None = None
    question: Question | None = None
    failed: Failed | None = None


def context_of(case: FrameCase) -> CallContext:
    return msgspec.json.decode(case.context, type=CallContext)


def snapshots(refs: dict[str, str]) -> Context:
    """Interaction and agent as the refs say; without a target, there is no interaction."""
    shared = {key: refs[key] for key in ("session", "group", "channel") if key in refs}
    agent = msgspec.structs.replace(AGENT, refs=shared)
    interaction = msgspec.structs.replace(CALL, refs=refs) if "target" in refs else None
    return Context(agent=agent, interaction=interaction)


def first_call(command: AnyCommand, given: CallContext) -> Call:
    south = ChannelSessionConnection(ChannelSessionSettings(incontact=given.incontact))
    return next(south.flow(command, snapshots(given.refs)))


def started_client(*interactions: Interaction) -> North:
    north = North(Desk(*interactions))
    north.start()
    return north


def in_our_words(seen: AnyObservation) -> AnyObservation:
    """Without what is kept for clients of this protocol: see test_lossless."""
    bare = msgspec.structs.replace(seen, vendor=NO_FRAME)
    if isinstance(bare, AgentObserved):
        return msgspec.structs.replace(bare, vendor_event=msgspec.UNSET, extras=msgspec.UNSET)
    return bare


def resting_client() -> North:
    """One whose agent may sign out at once: nothing is open, and he is Not Ready."""
    north = North(Desk(agent=msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)))
    north.start()
    return north


@pytest.mark.parametrize("case", OBSERVATIONS.values(), ids=OBSERVATIONS.keys())
def test_an_event_means_what_the_document_says(case: FrameCase) -> None:
    south = ChannelSessionConnection(ChannelSessionSettings(agents={"a1": SecretStr("p")}))
    south.opened(NOW)
    prepared = b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}'
    south.received(prepared, NOW)
    south.received(b'{"command":"session.start","target":"s1","result":"success"}', NOW)
    earlier = [
        in_our_words(one)
        for frame in msgspec.json.decode(case.context, type=list[msgspec.Raw])
        for one in south.received(bytes(frame), NOW)
        if isinstance(one, AnyObservation)
    ]
    expected = msgspec.json.decode(case.canonical, type=list[AnyObservation])
    seen = [one for one in south.received(bytes(case.frame), NOW) if isinstance(one, AnyObservation)]
    assert all(same(one.vendor, case.frame) for one in seen)
    assert [one for one in map(in_our_words, seen) if one not in earlier] == expected


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS.keys())
def test_a_command_becomes_the_documented_request(case: FrameCase) -> None:
    given = context_of(case)
    command = msgspec.json.decode(case.canonical, type=AnyCommand)
    south = ChannelSessionConnection(ChannelSessionSettings(incontact=given.incontact))
    sent = msgspec.json.decode(south.send(first_call(command, given), 1), type=dict[str, object])
    assert sent.pop("requestId")
    assert sent == msgspec.json.decode(case.frame)


@pytest.mark.parametrize("case", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_a_response_means_what_the_document_says(case: FrameCase) -> None:
    given = context_of(case)
    assert given.command is not None
    south = ChannelSessionConnection(ChannelSessionSettings(incontact=given.incontact))
    flow = south.flow(given.command, snapshots(given.refs))
    next(flow)
    with pytest.raises(StopIteration) as stopped:
        flow.send(Reply(case.frame))
    outcome: Outcome = stopped.value.value
    printed = msgspec.json.decode(case.frame, type=dict[str, Json])
    kept = {key: printed[key] for key in ("failure", "uiExtension") if key in printed}
    assert outcome.extras in (kept, printed.get("data"))
    outcome = msgspec.structs.replace(outcome, extras={})
    expected = msgspec.json.decode(case.canonical, type=Reached)
    assert outcome in [one for one in (expected.done, expected.question, expected.failed) if one is not None]


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize("spelling", ["kind.verb", "kind.request.verb", " kind.verb "])
def test_a_request_means_the_same_in_every_spelling(case: FrameCase, spelling: str) -> None:
    request = msgspec.json.decode(case.frame, type=dict[str, object])
    kind, _, verb = str(request["command"]).replace(".request.", ".").partition(".")
    request["command"] = spelling.replace("kind", kind).replace("verb", verb)
    client = resting_client() if kind + verb == "sessionlogout" else started_client(CALL)
    (execute,) = client.connection.received(msgspec.json.encode(request), NOW)
    assert isinstance(execute, Execute)
    assert execute.command == msgspec.json.decode(case.canonical, type=AnyCommand)


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_result_is_answered_as_documented(case: FrameCase) -> None:
    given = msgspec.json.decode(case.context, type=AnswerContext)
    leaves = b"logout" in bytes(given.request)
    client = (resting_client() if leaves else started_client(CALL)).connection
    (execute,) = client.received(bytes(given.request), NOW)
    assert isinstance(execute, Execute)
    result = msgspec.json.decode(case.canonical, type=FinalResult)
    frames = [out.frame for out in client.finished(execute.token, result, NOW) if isinstance(out, Send)]
    assert [msgspec.json.decode(frame) for frame in frames] == msgspec.json.decode(case.frame)


@pytest.mark.parametrize("case", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_is_told_in_the_documented_order(case: FrameCase) -> None:
    event = msgspec.json.decode(case.canonical, type=AnyEvent)
    assert [msgspec.json.decode(frame) for frame in bodies(encode, event)] == msgspec.json.decode(case.frame)


@pytest.mark.parametrize("case", LOCAL.values(), ids=LOCAL.keys())
def test_a_request_without_a_counterpart_is_refused_by_name(case: FrameCase) -> None:
    client = started_client(*msgspec.json.decode(case.canonical, type=list[Interaction])).connection
    (sent,) = client.received(bytes(case.frame), NOW)
    assert isinstance(sent, Send)
    assert same(sent.frame, case.context)


def test_every_canonical_error_and_state_has_a_word_or_a_reason() -> None:
    assert set(tables.ERROR_OUT) == set(ErrorCode)
    assert set(tables.INTERACTION_OUT) | tables.NO_STATE == set(InteractionState)
    assert set(tables.AGENT_STATE_OUT) | {AgentState.UNKNOWN} == set(AgentState)
    assert set(tables.MEDIA_OUT) == set(Media)
    assert set(tables.ERROR_OUT.values()) <= set(tables.ERROR_IN)

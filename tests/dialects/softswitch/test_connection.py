"""The softswitch's protocol, at both ends."""

from datetime import UTC, datetime

import msgspec
import pytest

from adapters.contract.capabilities import Support
from adapters.contract.dialect import (
    Call,
    Context,
    Done,
    LinkKind,
    Outcome,
    PlatformOutput,
    Ready,
    Replied,
    Reply,
    Send,
)
from adapters.softswitch.binding import DIALECT
from adapters.softswitch.settings import SoftswitchSettings
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, RootId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import FieldType, Question
from schemas.observations import AgentObserved, InteractionObserved, InteractionsListed
from schemas.results import ErrorCode, Failed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = SoftswitchSettings.model_validate({"agents": [{"id": "a1", "extension": "101"}, {"id": "a2"}]})
SESSION = SessionId("session-of-ours")
AGENT = AgentSession(id=SESSION, platform_id=PlatformId("p"), agent_id=AgentId("a1"))
OURS = Interaction(
    id=InteractionId("ours"),
    root_id=RootId("ours"),
    platform_id=PlatformId("p"),
    session_id=SESSION,
    agent_id=AgentId("a1"),
    state=InteractionState.CONNECTED,
    refs={"id": "i-theirs"},
)
HOLD = c.Hold(interaction_id=OURS.id)
DONE = b'{"kind":"done","done":{"ref":"i-1"}}'


def first_call(command: AnyCommand, context: Context) -> Call:
    return next(DIALECT.platform_connection(SETTINGS, None).flow(command, context))


def outcome_of(command: AnyCommand, context: Context, body: bytes | None) -> Outcome:
    """Run a flow to its end; None: it must not call anybody."""
    flow = DIALECT.platform_connection(SETTINGS, None).flow(command, context)
    try:
        next(flow)
        assert body is not None
        flow.send(Reply(msgspec.Raw(body)))
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    raise AssertionError("the flow goes on")


def test_the_handshake_is_a_snapshot_of_all_agents_and_then_ready() -> None:
    connection = DIALECT.platform_connection(SETTINGS, None)
    assert DIALECT.peer is not None
    peer = DIALECT.peer(SETTINGS)
    (hello,) = connection.opened(NOW)
    assert isinstance(hello, Send)
    outputs: list[PlatformOutput] = []
    for frame in peer.received(hello.frame, NOW):
        outputs += connection.received(frame, NOW)
    assert [type(one) for one in outputs] == [
        AgentObserved,
        InteractionsListed,
        AgentObserved,
        InteractionsListed,
        Ready,
    ]


def test_a_snapshot_tells_open_interactions_before_the_focus_on_them() -> None:
    assert DIALECT.peer is not None
    peer = DIALECT.peer(SETTINGS)
    dial = c.Dial(session_id=SESSION, destination="+15550100")
    connection = DIALECT.platform_connection(SETTINGS, None)
    peer.received(connection.send(Call(method="", params=(dial,), target="a1"), 1), NOW)
    outputs: list[PlatformOutput] = []
    for frame in peer.received(b'{"id":0,"snapshot":true}', NOW):
        outputs += DIALECT.platform_connection(SETTINGS, None).received(frame, NOW)
    assert isinstance(outputs[0], AgentObserved)
    assert outputs[0].focused is msgspec.UNSET
    assert isinstance(outputs[1], InteractionObserved)
    assert isinstance(outputs[2], AgentObserved)
    assert outputs[2].focused == outputs[1].ref
    assert isinstance(outputs[3], InteractionsListed)
    assert outputs[3].refs == (outputs[1].ref,)


def test_an_observation_carries_the_frame_it_came_in() -> None:
    frame = b'{"observation":{"seen":"agent","agent":"a1","vendor":null,"state":"ready"}}'
    (seen,) = DIALECT.platform_connection(SETTINGS, None).received(frame, NOW)
    assert seen == AgentObserved(agent=Ref("a1"), state=AgentState.READY, vendor=msgspec.Raw(frame))


def test_a_command_goes_out_under_the_switchs_own_names() -> None:
    call = first_call(HOLD, Context(agent=AGENT, interaction=OURS))
    frame = DIALECT.platform_connection(SETTINGS, None).send(call, 7)
    assert msgspec.json.decode(frame) == {
        "id": 7,
        "agent": "a1",
        "command": {"type": "interaction.hold", "interaction_id": "i-theirs"},
    }


def test_a_login_goes_to_the_agent_it_names() -> None:
    login = c.Login(platform_id=PlatformId("p"), agent_id=AgentId("a2"))
    assert first_call(login, Context()).target == "a2"


def test_an_optional_interaction_is_translated_too() -> None:
    listing = c.ListDispositions(session_id=SESSION, interaction_id=OURS.id)
    (sent,) = first_call(listing, Context(agent=AGENT, interaction=OURS)).params
    assert isinstance(sent, c.ListDispositions)
    assert sent.interaction_id == "i-theirs"


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (Context(agent=AGENT), ErrorCode.UNKNOWN_INTERACTION),
        (
            Context(agent=AGENT, interaction=msgspec.structs.replace(OURS, refs={})),
            ErrorCode.UNKNOWN_INTERACTION,
        ),
        (Context(interaction=OURS), ErrorCode.UNKNOWN_SESSION),
    ],
)
def test_a_command_about_nothing_known_is_not_sent(context: Context, code: ErrorCode) -> None:
    outcome = outcome_of(HOLD, context, None)
    assert isinstance(outcome, Failed)
    assert outcome.code is code


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (DONE, Done),
        (
            b'{"kind":"question","question":{"kind":"confirm","title":"?","fields":[{"key":"k","type":"boolean"}]}}',
            Question,
        ),
        (b'{"kind":"failed","failed":{"outcome":"failed","code":"busy"}}', Failed),
    ],
)
def test_an_answer_is_the_outcome(body: bytes, kind: type[Outcome]) -> None:
    outcome = outcome_of(HOLD, Context(agent=AGENT, interaction=OURS), body)
    assert isinstance(outcome, kind)
    if isinstance(outcome, Question):
        assert outcome.fields[0].type is FieldType.BOOLEAN


def test_an_answer_comes_to_whoever_waits_and_to_nobody_twice() -> None:
    connection = DIALECT.platform_connection(SETTINGS, None)
    call = Call(method="", params=(HOLD,), target="a1")
    connection.send(call, 1)
    connection.send(call, 2)
    connection.forget(1)
    assert connection.received(b'{"id":1,"outcome":' + DONE + b"}", NOW) == ()
    frame = b'{"id":2,"outcome":' + DONE + b"}"
    assert connection.received(frame, NOW) == (Replied(2, Reply(msgspec.Raw(DONE))),)
    assert connection.received(frame, NOW) == ()
    assert connection.answer("t", None) == ()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"id":1}',
        b'{"id":"1","outcome":{}}',
        b'{"id":1,"outcome":{}}',
        b'{"id":1,"outcome":{"kind":"done","done":7}}',
        b'{"id":1,"outcome":{"kind":"what"}}',
        b'{"observation":{"seen":"agent"}}',
        b'{"observation":{"seen":"agent","agent":"a1","state":"asleep"}}',
        b'{"observation":{"seen":"something","agent":"a1"}}',
        b'{"id":1,"outcome":{"kind":"done","done":{}},"observation":{"seen":"agent","agent":"a1"}}',
    ],
)
def test_a_malformed_frame_is_said_to_be_one_and_harms_nothing(frame: bytes) -> None:
    connection = DIALECT.platform_connection(SETTINGS, None)
    connection.send(Call(method="", params=(HOLD,), target="a1"), 1)
    with pytest.raises(MalformedFrame):
        connection.received(frame, NOW)
    assert connection.received(b'{"id":1,"outcome":' + DONE + b"}", NOW)


@pytest.mark.parametrize(
    "frame",
    [b"", b"{", b"{}", b'{"id":1}', b'{"id":"x","snapshot":true}', b'{"id":1,"command":{},"snapshot":true}'],
)
def test_a_request_that_cannot_be_answered_is_malformed(frame: bytes) -> None:
    assert DIALECT.peer is not None
    with pytest.raises(MalformedFrame):
        DIALECT.peer(SETTINGS).received(frame, NOW)


@pytest.mark.parametrize(
    ("agent", "command", "code"),
    [
        ("a1", b'{"type":"interaction.fly"}', ErrorCode.INVALID_COMMAND),
        ("a1", b'{"type":"interaction.hold"}', ErrorCode.INVALID_COMMAND),
        ("a1", b"7", ErrorCode.INVALID_COMMAND),
        ("nobody", b'{"type":"agent.logout","session_id":"s"}', ErrorCode.UNKNOWN_SESSION),
        ("a1", b'{"type":"interaction.hold","interaction_id":"i"}', ErrorCode.UNKNOWN_INTERACTION),
    ],
)
def test_a_command_that_cannot_be_read_is_answered(agent: str, command: bytes, code: ErrorCode) -> None:
    assert DIALECT.peer is not None
    frame = b'{"id":5,"agent":"%s","command":%s}' % (agent.encode(), command)
    (answer,) = DIALECT.peer(SETTINGS).received(frame, NOW)
    connection = DIALECT.platform_connection(SETTINGS, None)
    connection.send(Call(method="", params=(HOLD,), target="a1"), 5)
    (replied,) = connection.received(answer, NOW)
    assert isinstance(replied, Replied)
    outcome = outcome_of(HOLD, Context(agent=AGENT, interaction=OURS), bytes(replied.reply.body))
    assert isinstance(outcome, Failed)
    assert outcome.code is code


def test_the_dialect_says_every_command_and_has_no_clients() -> None:
    assert (DIALECT.name, DIALECT.link) == ("softswitch", LinkKind.INTERNAL)
    assert {one.support for one in DIALECT.capabilities.commands_south.values()} == {Support.EXACT}
    assert DIALECT.client_connection is None

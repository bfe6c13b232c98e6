"""What shows that a command took effect, and that it did not, verb by verb."""

from collections.abc import Mapping
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from gateway.commands.proof import BEGINNINGS, UNSEEN, begun, of_agent, of_interaction
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import (
    Disposition,
    EndCause,
    Interaction,
    InteractionState,
    Media,
    Party,
    RecordingState,
)
from schemas.results import Proof
from tests.fakes import START

S = InteractionState
SESSION, I1 = SessionId("s"), InteractionId("i1")
DONE, NONE = Proof.DONE, Proof.NONE
AGENT: Final = AgentSession(
    id=SESSION, platform_id=PlatformId("p"), agent_id=AgentId("a"), state=AgentState.NOT_READY
)
OFFERED: Final = Interaction(
    id=I1,
    root_id=RootId("r"),
    platform_id=PlatformId("p"),
    session_id=SESSION,
    agent_id=AgentId("a"),
    state=S.ALERTING,
)
TALKING: Final = replace(OFFERED, state=S.CONNECTED, connected_at=START)
HELD: Final = replace(TALKING, state=S.HELD)
WRAP_UP: Final = replace(TALKING, state=S.WRAP_UP, ended_at=START, end_cause=EndCause.NORMAL)
MOVED: Final = replace(WRAP_UP, end_cause=EndCause.TRANSFERRED)
OVER: Final = replace(WRAP_UP, state=S.COMPLETED)

# A command on an interaction: what the snapshot must be, and what it proves.
SHOWN: Final[Mapping[type[c.AnyCommand], list[tuple[dict[str, object], Interaction, Proof | None]]]] = {
    c.Accept: [({}, TALKING, DONE), ({}, WRAP_UP, DONE), ({}, OFFERED, NONE)],
    c.Reject: [
        ({}, replace(OFFERED, ended_at=START, end_cause=EndCause.DECLINED), DONE),
        ({}, OFFERED, NONE),
        ({}, TALKING, NONE),
        ({}, replace(OFFERED, ended_at=START, state=S.COMPLETED), None),  # the caller may have left
    ],
    c.Release: [({}, WRAP_UP, DONE), ({}, TALKING, NONE), ({}, HELD, NONE)],
    c.Complete: [({}, OVER, DONE), ({}, WRAP_UP, NONE)],
    c.EndWrapUp: [({}, OVER, DONE), ({}, WRAP_UP, NONE)],
    c.Hold: [({}, HELD, DONE), ({}, TALKING, NONE), ({}, WRAP_UP, None)],
    c.Retrieve: [({}, TALKING, DONE), ({}, HELD, NONE), ({}, WRAP_UP, None)],
    c.Mute: [({}, replace(TALKING, muted=True), DONE), ({}, TALKING, None)],
    c.Unmute: [({}, TALKING, DONE), ({}, replace(TALKING, muted=True), None)],
    c.Focus: [({}, replace(TALKING, focused=True), DONE), ({}, TALKING, None)],
    c.StartRecording: [({}, replace(TALKING, recording_state=RecordingState.RECORDING), DONE)],
    c.StopRecording: [({}, TALKING, DONE)],
    c.PauseRecording: [({}, replace(TALKING, recording_state=RecordingState.PAUSED), DONE)],
    c.ResumeRecording: [({}, replace(TALKING, recording_state=RecordingState.PAUSED), None)],
    c.BlockCompletion: [({"message": "m"}, replace(TALKING, completion_blocked="m"), DONE)],
    c.UnblockCompletion: [({}, TALKING, DONE), ({}, replace(TALKING, completion_blocked="m"), None)],
    c.SetData: [
        ({"data": {"a": 1, "b": "x"}}, replace(TALKING, data={"a": "1", "b": "x", "c": 2}), DONE),
        ({"data": {"a": 1, "b": "x"}}, replace(TALKING, data={"a": 1}), None),
    ],
    c.DeleteData: [({"key": "a"}, TALKING, DONE), ({"key": "a"}, replace(TALKING, data={"a": 1}), None)],
    c.SetDisposition: [
        ({"disposition": "7"}, replace(TALKING, disposition=Disposition(id="d", code="7")), DONE),
        ({"disposition": "8"}, replace(TALKING, disposition=Disposition(id="d", code="7")), None),
    ],
    c.SetNotes: [({"notes": "n"}, replace(TALKING, notes="n"), DONE), ({"notes": "n"}, TALKING, None)],
    c.SingleStepTransfer: [
        ({"destination": "+1"}, MOVED, DONE),
        ({"destination": "+1"}, TALKING, NONE),
        ({"destination": "+1"}, WRAP_UP, None),
        ({"destination": "+1"}, replace(TALKING, transferring=True), None),
    ],
    c.CompleteTransfer: [({}, MOVED, DONE), ({}, HELD, NONE), ({}, WRAP_UP, None)],
    c.CompleteConference: [({}, replace(TALKING, conference=True), DONE), ({}, HELD, None)],
    c.SingleStepConference: [
        ({"destination": "+1 (2)"}, replace(TALKING, parties=(Party(id="1", address="+12"),)), DONE),
        ({"destination": "+13"}, replace(TALKING, parties=(Party(id="1", address="+12"),)), None),
    ],
    c.DropParty: [
        ({"party_id": "1"}, TALKING, DONE),
        ({"party_id": "1"}, replace(TALKING, parties=(Party(id="1"),)), None),
    ],
}
ON_AGENT: Final[list[tuple[dict[str, object], AgentSession, Proof | None]]] = [
    ({"type": "agent.login", "platform_id": "p", "agent_id": "a"}, AGENT, DONE),
    (
        {"type": "agent.login", "platform_id": "p", "agent_id": "a"},
        replace(AGENT, state=AgentState.LOGGED_OUT),
        NONE,
    ),
    ({"type": "agent.logout", "session_id": "s"}, replace(AGENT, state=AgentState.LOGGED_OUT), DONE),
    ({"type": "agent.logout", "session_id": "s"}, AGENT, NONE),
    ({"type": "agent.logout", "session_id": "s"}, replace(AGENT, state=AgentState.UNKNOWN), None),
    ({"type": "agent.set_state", "session_id": "s", "state": "not_ready"}, AGENT, DONE),
    ({"type": "agent.set_state", "session_id": "s", "state": "not_ready", "reason": "x"}, AGENT, None),
    ({"type": "agent.set_state", "session_id": "s", "state": "ready"}, AGENT, NONE),
    (
        {"type": "agent.set_state", "session_id": "s", "state": "ready"},
        replace(AGENT, state=AgentState.BUSY),
        None,
    ),
    (
        {"type": "agent.set_state", "session_id": "s", "state": "not_ready"},
        replace(AGENT, state=AgentState.BUSY, pending_state=AgentState.NOT_READY),
        DONE,
    ),
]


def test_every_verb_is_shown_by_something_or_named_as_one_that_nothing_shows() -> None:
    on_agent = (c.Login, c.Logout, c.SetState)
    verbs = sorted(c.verb(kind) for kind in (*SHOWN, *BEGINNINGS, *UNSEEN, *on_agent))
    assert verbs == sorted(c.COMMANDS)


@pytest.mark.parametrize(
    ("kind", "more", "seen", "proof"),
    [(kind, *case) for kind, cases in SHOWN.items() for case in cases],
)
def test_an_interaction_shows_what_became_of_a_command(
    kind: type[c.AnyCommand], more: dict[str, object], seen: Interaction, proof: Proof | None
) -> None:
    command = msgspec.convert({"type": c.verb(kind), "interaction_id": I1, **more}, c.AnyCommand)
    assert of_interaction(command, seen) is proof


@pytest.mark.parametrize(("command", "seen", "proof"), ON_AGENT)
def test_a_session_shows_what_became_of_a_command(
    command: dict[str, object], seen: AgentSession, proof: Proof | None
) -> None:
    assert of_agent(msgspec.convert(command, c.AnyCommand), seen) is proof


@pytest.mark.parametrize(
    ("command", "shown", "other"),
    [
        (
            c.Dial(session_id=SESSION, destination="+1 555-0123"),
            replace(OFFERED, remote_address="+15550123"),
            replace(OFFERED, remote_address="+15550124"),
        ),
        (
            c.Dial(session_id=SESSION, destination="anna"),
            replace(OFFERED, remote_address="anna"),
            replace(OFFERED, remote_address=""),
        ),
        (
            c.StartChat(session_id=SESSION, channel_type="sms", destination="+1"),
            replace(OFFERED, media=Media.CHAT, remote_address="+1"),
            replace(OFFERED, remote_address="+1"),
        ),
        (
            c.StartEmail(session_id=SESSION, destination="a@b"),
            replace(OFFERED, media=Media.EMAIL, remote_address="a@b"),
            replace(OFFERED, media=Media.EMAIL, remote_address="c@b"),
        ),
        (
            c.Consult(interaction_id=I1, destination="2"),
            replace(OFFERED, consult_of=I1),
            replace(OFFERED, consult_of=InteractionId("i2")),
        ),
    ],
)
def test_what_was_begun_is_known_by_where_it_goes(
    command: c.AnyCommand, shown: Interaction, other: Interaction
) -> None:
    assert begun(command, shown)
    assert not begun(command, other)

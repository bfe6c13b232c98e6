"""What shows that a command took effect: verb by verb, in the snapshots. Pure.

`DONE` means that the snapshot is as the command asked. It proves something only if it was not so before
(gateway.commands.unproved). `NONE` is said of states alone, and only right after a new link has told
how things stand: a state is in every snapshot, while a platform may leave anything else out. None is said of
a beginning: a call that was begun may have ended unseen.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.numbers.plan import DialPlan
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.interaction import EndCause, Interaction, InteractionState, Media, RecordingState
from schemas.results import Proof
from schemas.values import Json

S = InteractionState

# Verbs whose effect no snapshot shows, and why: nothing is found out about them later.
UNSEEN: Final[Mapping[type[c.AnyCommand], str]] = {
    c.SendDtmf: "tones leave no trace",
    c.SendChat: "what is said in a chat is in no snapshot",
    c.ReplyEmail: "nor what is written in an e-mail",
    c.ForwardEmail: "nor what is written in an e-mail",
    c.ExtendWrapUp: "a later limit may be somebody else's",
    c.Alternate: "one swap looks like none if somebody swaps back",
    c.ListDispositions: "it changes nothing",
    c.ListDirectory: "it changes nothing",
    c.VendorCall: "what it does is the platform's affair",
}
# Verbs that begin an interaction: shown by one that was not there before.
BEGINNINGS: Final = (c.Dial, c.StartChat, c.StartEmail, c.Consult)

# Verbs that an end shows. An end that we only inferred is nothing that the platform has shown.
_BY_THE_END: Final = (c.Reject, c.Release, c.Complete, c.EndWrapUp, c.SingleStepTransfer, c.CompleteTransfer)
_OFFERED: Final = frozenset({S.QUEUED, S.PREVIEW, S.ALERTING})
_OUT: Final = frozenset({AgentState.LOGGED_OUT})
_NOBODY: Final = frozenset({AgentState.LOGGED_OUT, AgentState.UNKNOWN})
_CHOSEN: Final = frozenset({AgentState.READY, AgentState.NOT_READY})  # the others come with the work
_RECORDING: Final[Mapping[type[c.AnyCommand], frozenset[RecordingState]]] = {
    c.StartRecording: frozenset({RecordingState.RECORDING, RecordingState.PAUSED}),
    c.StopRecording: frozenset({RecordingState.STOPPED}),
    c.PauseRecording: frozenset({RecordingState.PAUSED}),
    c.ResumeRecording: frozenset({RecordingState.RECORDING}),
}


def of_agent(command: c.AnyCommand, agent: AgentSession) -> Proof | None:
    """What an agent's session shows of a command on it."""
    match command:
        case c.Login():
            return _state(done=agent.state not in _NOBODY, none=agent.state in _OUT)
        case c.Logout():
            return _state(done=agent.state in _OUT, none=agent.state not in _NOBODY)
        case c.SetState(state=wanted, reason=reason):
            there = agent.state is wanted and reason in ("", agent.reason)
            other = agent.state in _CHOSEN and agent.state is not wanted and agent.pending_state is not wanted
            return _state(done=there or agent.pending_state is wanted, none=other)
        case _:
            return None


def of_interaction(command: c.AnyCommand, one: Interaction) -> Proof | None:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    """What the interaction that a command names shows of it."""
    if one.end_inferred and isinstance(command, _BY_THE_END):
        return None
    talking = one.ended_at is None and one.connected_at is not None
    match command:
        case c.Accept():
            return _state(done=one.connected_at is not None, none=one.state in _OFFERED)
        case c.Reject():
            return _state(done=one.end_cause is EndCause.DECLINED, none=one.state in _OFFERED or talking)
        case c.Release():
            return _state(done=one.ended_at is not None, none=talking)
        case c.Complete() | c.EndWrapUp():
            return _state(done=one.state is S.COMPLETED, none=True)
        case c.Hold():
            return _state(done=one.state is S.HELD, none=one.state is S.CONNECTED)
        case c.Retrieve():
            return _state(done=one.state is S.CONNECTED, none=one.state is S.HELD)
        case c.SingleStepTransfer() | c.CompleteTransfer():
            return _state(
                done=one.end_cause is EndCause.TRANSFERRED, none=one.ended_at is None and not one.transferring
            )
        case c.CompleteConference():
            return _shown(one.conference)
        case c.SingleStepConference(destination=destination):
            return _shown(any(_same_address(party.address, destination) for party in one.parties))
        case c.DropParty(party_id=party_id):
            return _shown(all(party.id != party_id for party in one.parties))
        case c.Mute() | c.Unmute():
            return _shown(one.muted is isinstance(command, c.Mute))
        case c.Focus():
            return _shown(one.focused)
        case c.StartRecording() | c.StopRecording() | c.PauseRecording() | c.ResumeRecording():
            return _shown(one.recording_state in _RECORDING[type(command)])
        case c.BlockCompletion() | c.UnblockCompletion():
            return _shown(bool(one.completion_blocked) is isinstance(command, c.BlockCompletion))
        case c.SetData(data=data):
            return _shown(all(key in one.data and _same(one.data[key], data[key]) for key in data))
        case c.DeleteData(key=key):
            return _shown(key not in one.data)
        case c.SetNotes(notes=notes):
            return _shown(one.notes == notes)
        case c.SetDisposition(disposition=wanted):
            chosen = one.disposition
            return _shown(chosen is not None and wanted in (chosen.id, chosen.code, chosen.name))
        case _:
            return None


def begun(command: c.AnyCommand, one: Interaction, plan: DialPlan | None = None) -> bool:
    """Whether an interaction that was not there before is the one that the command was to begin."""
    match command:
        case c.Dial(destination=destination):
            return one.media is Media.VOICE and (
                _same_address(one.remote_address, destination) or _same_number(one, destination, plan)
            )
        case c.StartChat(destination=destination):
            return one.media is Media.CHAT and _same_address(one.remote_address, destination)
        case c.StartEmail(destination=destination):
            return one.media is Media.EMAIL and _same_address(one.remote_address, destination)
        case c.Consult(interaction_id=consulted):
            return one.consult_of == consulted
        case _:
            return False


def _state(*, done: bool, none: bool) -> Proof | None:
    return Proof.DONE if done else Proof.NONE if none else None


def _shown(done: bool) -> Proof | None:  # noqa: FBT001  # it is the question
    return Proof.DONE if done else None


def _same(one: Json, other: Json) -> bool:
    """Some platforms keep text alone, and are given anything else as JSON."""
    return one == other or _text(one) == _text(other)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _same_address(one: str, other: str) -> bool:
    """Numbers are written in many ways; their digits stay."""
    digits = _digits(one)
    return bool(one) and (one == other or (bool(digits) and digits == _digits(other)))


def _same_number(one: Interaction, destination: str, plan: DialPlan | None) -> bool:
    """A platform may show it in another spelling than it was dialled in."""
    wanted, shown = None if plan is None else plan.read(destination), one.remote_number
    return wanted is not None and shown is not None and bool(shown.e164) and shown.e164 == wanted.e164


def _digits(address: str) -> str:
    return "" if any(char.isalpha() for char in address) else "".join(filter(str.isdigit, address))

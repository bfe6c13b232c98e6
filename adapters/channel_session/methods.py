"""The protocol's requests as rows. What else it can say stands in `coverage.toml`.

A request and its other spelling, with or without `.request.`, are one row, in the spelling that we send. The
rows of inContact are in `incontact`. prepareSession, a request of the service and not of a session, has none.
Source: seed 003 for the requests it prints, else reference channel-session.md sections 4 and 5.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import msgspec

from adapters.channel_session import client_channels as channels
from adapters.channel_session import incontact, tables
from adapters.channel_session.addressing import Asked, addressed
from adapters.channel_session.extras import Members
from adapters.channel_session.rows import Row
from adapters.contract.capabilities import Word, word, word_by_flow, word_nearly
from adapters.kit.declared import declared
from adapters.kit.methods import Plain, Reads, named, plain
from schemas import commands as c
from schemas.interaction import EndCause, InteractionState, RecordingState
from schemas.values import Json

CommandT = TypeVar("CommandT", bound=c.InteractionCommand | c.Logout)
Read = Reads[Asked, c.AnyCommand]
Said = tuple[Word, Word, tuple[Plain, ...], Read]  # what it is south and north, how it is said, how read

# --- how they are said and read


def _by_flow(kind: type[c.Command], read: Read) -> Said:
    """A command in both roles; south, a flow says it."""
    said = word(c.verb(kind))
    return said, said, (), read


def _plainly(
    kind: type[CommandT], read: Read | None = None, data: Callable[[CommandT], Json] = lambda _: {}
) -> Said:
    """A command that is one call, to the object that the request's name begins with."""
    call = plain(kind, lambda row, command, context: addressed(row(data(command)), context))
    said = word(c.verb(kind))
    return said, said, (call,), read or _about(kind)  # type: ignore[arg-type]  # all these have one


def _about(kind: Callable[..., c.AnyCommand]) -> Read:
    """North: that command on the interaction; the request's data do not matter."""
    return lambda asked, _: kind(interaction_id=asked.interaction_id)


# --- requests with data, and what else it takes to read them: the parameters are the members of the data


def _start(_: Asked) -> c.AnyCommand:
    raise channels.RefusedError("already-started", "the session has been started")


def _log_out(asked: Asked, reason: str = "") -> c.AnyCommand:
    return c.Logout(session_id=asked.session_id, reason=reason)


def _set_state(asked: Asked, state: str, reason: str = "") -> c.AnyCommand:
    found = tables.AGENT_STATE_IN.get(tables.word(state))
    if found not in tables.SETTABLE or found is None:
        raise ValueError(f"no state to set: {state}")
    return c.SetState(session_id=asked.session_id, state=found, reason=reason)


def _dial(asked: Asked, destination: str, extensions: Members | None = None) -> c.AnyCommand:
    kind, answers, rest = incontact.read_dial(extensions or {}, demanded=asked.demanded)
    return c.Dial(
        session_id=asked.session_id,
        destination=destination,
        destination_kind=kind,
        extensions=rest,
        answers=answers,
    )


def _set_data(asked: Asked, key: str, value: Json = "") -> c.AnyCommand:
    return c.SetData(interaction_id=asked.interaction_id, data={key: value})


def _set_disposition(asked: Asked, disposition: str) -> c.AnyCommand:
    return c.SetDisposition(interaction_id=asked.interaction_id, disposition=disposition)


def _complete(asked: Asked, data: msgspec.Raw) -> c.AnyCommand:
    answers = incontact.read_completion(data, asked.numbers)
    return c.Complete(interaction_id=asked.interaction_id, answers=answers)


def _release(asked: Asked, _: msgspec.Raw) -> c.AnyCommand:
    """On an alerting call it rejects."""
    if asked.interaction is not None and asked.interaction.state is InteractionState.ALERTING:
        return c.Reject(interaction_id=asked.interaction_id)
    return c.Release(interaction_id=asked.interaction_id)


def _to(kind: Callable[..., c.AnyCommand], asked: Asked, destination: str) -> c.AnyCommand:
    return kind(interaction_id=asked.interaction_id, destination=destination)


def _send_dtmf(asked: Asked, digits: str = "", dtmf: str = "", tones: str = "") -> c.AnyCommand:
    """The key is not printed anywhere, so three are read."""
    if not (found := digits or dtmf or tones):
        raise ValueError("digits: missing")
    return c.SendDtmf(interaction_id=asked.interaction_id, tones=found)


# --- the rows

START: Final = Row(
    "session.start", word_by_flow("agent.login"), word("the session's snapshot"), read=named(_start)
)
LOGOUT: Final = Row(
    "session.request.logout",
    *_plainly(
        c.Logout,
        named(_log_out),
        lambda it: {"reason": why} if (why := it.reason or it.answers.get("reason")) else {},
    ),
)
GET_DIRECTORY: Final = Row(
    "session.request.getdirectory",
    *_by_flow(c.ListDirectory, lambda asked, _: c.ListDirectory(session_id=asked.session_id)),
    event=tables.DIRECTORY_UPDATED,
)
GROUP_SET_STATE: Final = Row("channelgroup.request.setagentstate", *_by_flow(c.SetState, named(_set_state)))
CHANNEL_SET_STATE: Final = Row("channel.request.setagentstate", *_by_flow(c.SetState, named(_set_state)))
DIAL: Final = Row("channel.dial", *_by_flow(c.Dial, named(_dial)))
EXTERNAL_DISPOSITIONS: Final = Row(
    "channel.request.externaldispositions",
    *_by_flow(c.ListDispositions, lambda asked, _: c.ListDispositions(session_id=asked.session_id)),
    event=tables.DISPOSITIONS_UPDATED,
)
ANSWER: Final = Row("conversation.answer", *_by_flow(c.Accept, _about(c.Accept)))
ACCEPT: Final = Row("interaction.accept", *_by_flow(c.Accept, _about(c.Accept)))
REJECT: Final = Row("interaction.reject", *_plainly(c.Reject), ends=EndCause.DECLINED)
SET_DATA: Final = Row("interaction.setinteractiondata", *_by_flow(c.SetData, named(_set_data)))
SET_DISPOSITION: Final = Row(
    "interaction.setdisposition",
    *_plainly(c.SetDisposition, named(_set_disposition), lambda it: {"disposition": it.disposition}),
)
COMPLETE: Final = Row("interaction.complete", *_by_flow(c.Complete, _complete))
CONSULT: Final = Row(
    "interaction.consult", *_by_flow(c.Consult, named(partial(_to, c.Consult))), consults=True
)
ALTERNATE: Final = Row("interaction.alternate", *_plainly(c.Alternate), consulting=True)
CONSULT_TRANSFER: Final = Row(
    "interaction.consulttransfer", *_plainly(c.CompleteTransfer), ends=EndCause.TRANSFERRED, consulting=True
)
CONSULT_CONFERENCE: Final = Row(
    "interaction.consultconference",
    *_plainly(c.CompleteConference),
    ends=EndCause.CONFERENCED,
    consulting=True,
)
START_RECORDING: Final = Row(
    "interaction.request.recording.start", *_plainly(c.StartRecording), already=RecordingState.RECORDING
)
STOP_RECORDING: Final = Row(
    "interaction.request.recording.stop", *_plainly(c.StopRecording), already=RecordingState.STOPPED
)
PAUSE_RECORDING: Final = Row("interaction.request.recording.pause", *_plainly(c.PauseRecording))
RESUME_RECORDING: Final = Row("interaction.request.recording.resume", *_plainly(c.ResumeRecording))
RELEASE: Final = Row("conversation.release", *_plainly(c.Release, _release), ends=EndCause.NORMAL)
HOLD: Final = Row("conversation.hold", *_plainly(c.Hold))
RETRIEVE: Final = Row("conversation.retrieve", *_plainly(c.Retrieve))
MUTE: Final = Row("conversation.request.mute", *_plainly(c.Mute))
UNMUTE: Final = Row("conversation.request.unmute", *_plainly(c.Unmute))
SEND_DTMF: Final = Row(
    "conversation.senddtmf", *_plainly(c.SendDtmf, named(_send_dtmf), lambda it: {"digits": it.tones})
)
BLIND_TRANSFER: Final = Row(
    "conversation.blindtransfer",
    *_by_flow(c.SingleStepTransfer, named(partial(_to, c.SingleStepTransfer))),
    ends=EndCause.TRANSFERRED,
)
BLIND_CONFERENCE: Final = Row(
    "conversation.blindconference",
    *_by_flow(c.SingleStepConference, named(partial(_to, c.SingleStepConference))),
)

# Requests without a canonical command. North they change what one client has (`client_channels`); a platform
# of this protocol gets them itself, by vendor.call: the client then needs the scope for that.
_FOR_IT: Final = incontact.FOR_THIS_CLIENT
_OPTIONS: Final = f"{_FOR_IT}; channel options have no effect"
_ADDED: Final = "the channel stands in the one group, one of each type; its endpoint has no effect"
_ONE_GROUP: Final = "a session has one group: only after it was removed"
_OWN: Final = "the client's own channels"
_OWN_AND_STATE: Final = f"{_OWN}, agent.set_state"
_OF_A_CLIENT: Final[tuple[tuple[str, channels.Carries, str, str], ...]] = (
    ("session.request.addchannel", named(channels.add), _OWN, _ADDED),
    ("session.addchannelgroup", named(channels.add_group), _OWN, _ONE_GROUP),
    ("session.request.removechannel", named(channels.remove), _OWN, _FOR_IT),
    ("session.request.removechannelgroup", named(channels.remove_group), _OWN, _FOR_IT),
    ("channelgroup.request.activate", named(channels.activate), _OWN, _OPTIONS),
    ("channelgroup.request.activateall", lambda asked, _: channels.activate(asked), _OWN, _OPTIONS),
    ("channelgroup.request.deactivate", named(channels.deactivate), _OWN_AND_STATE, _OPTIONS),
    (
        "channelgroup.request.deactivateall",
        lambda asked, _: channels.deactivate(asked),
        _OWN_AND_STATE,
        _OPTIONS,
    ),
    ("channelgroup.request.addchannel", named(channels.add), _OWN, _ADDED),
    ("channelgroup.request.removechannel", named(channels.remove), _OWN, _FOR_IT),
    ("channel.activate", named(channels.activate), _OWN, _OPTIONS),
    ("channel.deactivate", named(channels.deactivate), _OWN_AND_STATE, _OPTIONS),
)

ROWS: Final = (
    *(one for one in globals().values() if isinstance(one, Row)),
    *(
        Row(name, word("vendor.call"), word_nearly(to, note), carries=carries)
        for name, carries, to, note in _OF_A_CLIENT
    ),
    *incontact.ROWS,
)
_BY_BARE: Final = {tables.bare(row.name): row for row in ROWS}


def row_of(command: str) -> Row | None:
    """The row of a request, in either spelling; None: there is no such request."""
    return _BY_BARE.get(tables.bare(command))


CAPABILITIES, VOCABULARY = declared(
    tables.PACKAGE, ROWS, globals(), voice_only=frozenset({"interaction.consult", "interaction.release"})
)

"""The protocol's requests as rows, and what it can say in both roles.

A request and its other spelling, with or without `.request.`, are one row, in the spelling that we send. The
rows of inContact are in `incontact`. prepareSession, a request of the service and not of a session, has none.
Source: seed 003 for the requests it prints, else reference channel-session.md sections 4 and 5.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.channel_session import incontact, tables, wire
from adapters.channel_session.addressing import Asked, Row, addressed
from adapters.contract.capabilities import (
    Capabilities,
    Support,
    Vocabulary,
    Word,
    approximate,
    by_gateway,
    exact,
    flow,
    unsupported,
    word,
    word_by_flow,
    word_nearly,
)
from adapters.contract.dialect import Call, Context
from adapters.kit import coverage
from adapters.kit.methods import (
    Makes,
    Plain,
    Reads,
    abilities,
    plain,
    reads,
    rows,
    served_by,
    unsaid,
    words_north,
    words_south,
)
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.interaction import EndCause, InteractionState, Media
from schemas.results import Failed
from schemas.values import Json

CommandT = TypeVar("CommandT", bound=c.InteractionCommand | c.Logout)
Read = Reads[Asked, c.AnyCommand]

# --- how they are said and read


def _no_data(_: object) -> Json:
    return {}


def _says(kind: type[CommandT], data: Callable[[CommandT], Json] = _no_data) -> Plain:
    """South: one call, to the object that the request's name begins with."""
    return plain(kind, lambda row, command, context: addressed(row(data(command)), context))


def _about(kind: Callable[..., c.AnyCommand]) -> Read:
    """North: that command on the interaction; the request's data do not matter."""
    return lambda asked, _: kind(interaction_id=asked.interaction_id)


def _both(name: str, kind: type[c.InteractionCommand]) -> Row:
    """A command without data, in both roles."""
    said = word(c.verb(kind))
    return Row(name, said, said, (_says(kind),), _about(kind))  # type: ignore[arg-type]  # all have interaction_id


def _by_flow(name: str, tag: str, read: Read) -> Row:
    """South, a flow says it."""
    return Row(name, word(tag), word(tag), read=read)


def _read_state(asked: Asked, data: wire.AgentStateData) -> c.AnyCommand:
    state = tables.AGENT_STATE_IN.get(tables.word(data.state))
    if state not in tables.SETTABLE or state is None:
        raise ValueError(f"no state to set: {data.state}")
    return c.SetState(session_id=asked.session_id, state=state, reason=data.reason)


def _read_dial(asked: Asked, data: wire.DialData) -> c.AnyCommand:
    kind, answers, rest = incontact.read_dial(data.extensions, demanded=asked.demanded)
    return c.Dial(
        session_id=asked.session_id,
        destination=data.destination,
        destination_kind=kind,
        extensions=rest,
        answers=answers,
    )


def _read_completion(asked: Asked, data: msgspec.Raw) -> c.AnyCommand:
    answers = incontact.read_completion(data, asked.numbers)
    return c.Complete(interaction_id=asked.interaction_id, answers=answers)


def _release(row: Makes, _: c.Release, context: Context) -> Call | Failed:
    if context.interaction is not None and context.interaction.media is not Media.VOICE:
        raise UnsupportedError(tables.NAME, "leaving a contact that is not a call")
    return addressed(row({}), context)


def _read_release(asked: Asked, _: msgspec.Raw) -> c.AnyCommand:
    """On an alerting call it rejects."""
    if asked.interaction is not None and asked.interaction.state is InteractionState.ALERTING:
        return c.Reject(interaction_id=asked.interaction_id)
    return c.Release(interaction_id=asked.interaction_id)


def _read_tones(asked: Asked, data: wire.TonesData) -> c.AnyCommand:
    tones = data.digits or data.dtmf or data.tones
    if not tones:
        raise ValueError("digits: missing")
    return c.SendDtmf(interaction_id=asked.interaction_id, tones=tones)


def _to(kind: Callable[..., c.AnyCommand]) -> Read:
    """North: that command with a destination."""

    def read(asked: Asked, data: wire.DestinationData) -> c.AnyCommand:
        return kind(interaction_id=asked.interaction_id, destination=data.destination)

    return reads(wire.DestinationData, read)


# --- the rows

START: Final = Row("session.start", word_by_flow("agent.login"), word("the session's snapshot"))
LOGOUT: Final = Row(
    "session.request.logout",
    word("agent.logout"),
    word("agent.logout"),
    (_says(c.Logout, lambda it: {"reason": why} if (why := it.reason or it.answers.get("reason")) else {}),),
    reads(wire.ReasonData, lambda asked, data: c.Logout(session_id=asked.session_id, reason=data.reason)),
)
GET_DIRECTORY: Final = _by_flow(
    "session.request.getdirectory",
    "directory.list",
    lambda asked, _: c.ListDirectory(session_id=asked.session_id),
)
GROUP_SET_STATE: Final = _by_flow(
    "channelgroup.request.setagentstate", "agent.set_state", reads(wire.AgentStateData, _read_state)
)
CHANNEL_SET_STATE: Final = _by_flow(
    "channel.request.setagentstate", "agent.set_state", reads(wire.AgentStateData, _read_state)
)
DIAL: Final = _by_flow("channel.dial", "interaction.dial", reads(wire.DialData, _read_dial))
EXTERNAL_DISPOSITIONS: Final = _by_flow(
    "channel.request.externaldispositions",
    "interaction.list_dispositions",
    lambda asked, _: c.ListDispositions(session_id=asked.session_id),
)
ANSWER: Final = _by_flow("conversation.answer", "interaction.accept", _about(c.Accept))
ACCEPT: Final = _by_flow("interaction.accept", "interaction.accept", _about(c.Accept))
REJECT: Final = _both("interaction.reject", c.Reject)
SET_DATA: Final = _by_flow(
    "interaction.setinteractiondata",
    "interaction.set_data",
    reads(
        wire.KeyValueData,
        lambda asked, data: c.SetData(interaction_id=asked.interaction_id, data={data.key: data.value}),
    ),
)
SET_DISPOSITION: Final = Row(
    "interaction.setdisposition",
    word("interaction.set_disposition"),
    word("interaction.set_disposition"),
    (_says(c.SetDisposition, lambda it: {"disposition": it.disposition}),),
    reads(
        wire.DispositionText,
        lambda asked, data: c.SetDisposition(
            interaction_id=asked.interaction_id, disposition=data.disposition
        ),
    ),
)
COMPLETE: Final = _by_flow("interaction.complete", "interaction.complete", _read_completion)
CONSULT: Final = _by_flow("interaction.consult", "interaction.consult", _to(c.Consult))
ALTERNATE: Final = _both("interaction.alternate", c.Alternate)
CONSULT_TRANSFER: Final = _both("interaction.consulttransfer", c.CompleteTransfer)
CONSULT_CONFERENCE: Final = _both("interaction.consultconference", c.CompleteConference)
START_RECORDING: Final = _both("interaction.request.recording.start", c.StartRecording)
STOP_RECORDING: Final = _both("interaction.request.recording.stop", c.StopRecording)
PAUSE_RECORDING: Final = _both("interaction.request.recording.pause", c.PauseRecording)
RESUME_RECORDING: Final = _both("interaction.request.recording.resume", c.ResumeRecording)
RELEASE: Final = Row(
    "conversation.release",
    word("interaction.release"),
    word("interaction.release"),
    (plain(c.Release, _release),),
    _read_release,
)
HOLD: Final = _both("conversation.hold", c.Hold)
RETRIEVE: Final = _both("conversation.retrieve", c.Retrieve)
MUTE: Final = _both("conversation.request.mute", c.Mute)
UNMUTE: Final = _both("conversation.request.unmute", c.Unmute)
SEND_DTMF: Final = Row(
    "conversation.senddtmf",
    word("interaction.send_dtmf"),
    word("interaction.send_dtmf"),
    (_says(c.SendDtmf, lambda it: {"digits": it.tones}),),
    reads(wire.TonesData, _read_tones),
)
BLIND_TRANSFER: Final = _by_flow(
    "conversation.blindtransfer", "interaction.single_step_transfer", _to(c.SingleStepTransfer)
)
BLIND_CONFERENCE: Final = _by_flow(
    "conversation.blindconference", "interaction.single_step_conference", _to(c.SingleStepConference)
)

# Requests without a canonical command. North they change what one client has (`client_channels`); a platform
# of this protocol gets them itself, by vendor.call: the client then needs the scope for that.
_OWN: Final = "the client's own channels"
_OWN_AND_STATE: Final = f"{_OWN}, agent.set_state"
_OPTIONS: Final = (
    "for this client only, unless the platform is of this protocol; channel options have no effect"
)
_ADDED: Final = "the channel stands in the one group, one of each type; its endpoint has no effect"


def _of_a_client(name: str, to: str, note: str) -> Row:
    return Row(name, word("vendor.call"), word_nearly(to, note))


ADD_CHANNEL: Final = _of_a_client("session.request.addchannel", _OWN, _ADDED)
ADD_GROUP: Final = _of_a_client(
    "session.addchannelgroup", _OWN, "a session has one group: only after it was removed"
)
REMOVE_CHANNEL: Final = _of_a_client("session.request.removechannel", _OWN, incontact.FOR_THIS_CLIENT)
REMOVE_GROUP: Final = _of_a_client("session.request.removechannelgroup", _OWN, incontact.FOR_THIS_CLIENT)
ACTIVATE_ONE: Final = _of_a_client("channelgroup.request.activate", _OWN, _OPTIONS)
ACTIVATE_ALL: Final = _of_a_client("channelgroup.request.activateall", _OWN, _OPTIONS)
DEACTIVATE_ONE: Final = _of_a_client("channelgroup.request.deactivate", _OWN_AND_STATE, _OPTIONS)
DEACTIVATE_ALL: Final = _of_a_client("channelgroup.request.deactivateall", _OWN_AND_STATE, _OPTIONS)
GROUP_ADD_CHANNEL: Final = _of_a_client("channelgroup.request.addchannel", _OWN, _ADDED)
GROUP_REMOVE_CHANNEL: Final = _of_a_client(
    "channelgroup.request.removechannel", _OWN, incontact.FOR_THIS_CLIENT
)
ACTIVATE: Final = _of_a_client("channel.activate", _OWN, _OPTIONS)
DEACTIVATE: Final = _of_a_client("channel.deactivate", _OWN_AND_STATE, _OPTIONS)

ROWS: Final[tuple[Row, ...]] = (*rows(globals()), *incontact.ROWS)
_BY_BARE: Final = {tables.bare(row.name): row for row in ROWS}


def row_of(command: str) -> Row | None:
    """The row of a request, in either spelling; None: there is no such request."""
    return _BY_BARE.get(tables.bare(command))


# Requests of ours that end a contact, and why it then ended. Nothing else tells.
ENDS: Final[Mapping[Row | None, EndCause]] = {
    RELEASE: EndCause.NORMAL,
    REJECT: EndCause.DECLINED,
    CONSULT_TRANSFER: EndCause.TRANSFERRED,
    CONSULT_CONFERENCE: EndCause.CONFERENCED,
    BLIND_TRANSFER: EndCause.TRANSFERRED,
}
# Requests whose list comes in an event, with the event's name.
TOLD_BY_EVENT: Final[Mapping[Row | None, str]] = {
    EXTERNAL_DISPOSITIONS: tables.DISPOSITIONS_UPDATED,
    GET_DIRECTORY: tables.DIRECTORY_UPDATED,
}

# --- what the protocol can say

_UNSAID: Final = unsaid(
    {
        c.StartChat: "no request begins a chat",
        c.StartEmail: "no request begins an e-mail",
        c.Focus: "the focus follows the talking conversation",
        c.SendChat: "no request carries the text of a chat",
        c.DropParty: "no request removes one party",
        c.DeleteData: "no request removes a key",
        c.SetNotes: "notes ride in interaction.complete",
    }
)
_COVERAGE: Final = coverage.load("adapters.channel_session", globals())
_SOUTH: Final[Mapping[str, Word]] = words_south(ROWS)
_NORTH: Final[Mapping[str, Word]] = words_north(ROWS)
CAPABILITIES: Final = Capabilities(
    commands_south=abilities(
        _SOUTH,
        {
            **_UNSAID,
            "agent.login": flow(f"{wire.PREPARE}, {START.name}"),
            "interaction.complete": served_by(
                COMPLETE, GROUP_SET_STATE, CHANNEL_SET_STATE, support=Support.FLOW
            ),
            "interaction.set_data": served_by(SET_DATA, support=Support.FLOW),
            "interaction.block_completion": by_gateway("the gateway holds the veto"),
            "interaction.unblock_completion": by_gateway("the gateway lifts the veto"),
            "vendor.call": exact("any command"),
        },
    ),
    events_south=_COVERAGE["south"].told,
    commands_north=abilities(
        _NORTH,
        {
            **_UNSAID,
            "agent.login": exact(wire.PREPARE),
            "agent.set_state": served_by(GROUP_SET_STATE, CHANNEL_SET_STATE),
            "interaction.block_completion": unsupported("no request vetoes completion"),
            "interaction.unblock_completion": unsupported("no request lifts a veto"),
            "vendor.call": approximate(
                "any other command", "to a platform of this protocol, which judges it"
            ),
        },
    ),
    events_north=_COVERAGE["north"].told,
    voice_only=frozenset({"interaction.consult", "interaction.release"}),
)
VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": _COVERAGE["south"].vocabulary(_SOUTH),
    "north": _COVERAGE["north"].vocabulary(_NORTH),
}

"""South: messages of the desktop as observations. Pure; what one message does not say is in `memory`.

Source: reference/bright-pattern.md section 7.2. The state of an interaction is in no member: the events of
calls tell it. Of undocumented data only the item is needed.

`screenpop_data` and `attached_data` together are the interaction's data; both stand apart in its extras.
That something is a call is taken from the events of calls; nothing says the medium of anything else.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.bright_pattern.embedded import tables, wire
from adapters.bright_pattern.embedded.memory import Known, text
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.kit import reading
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import (
    Disposition,
    EndCause,
    InteractionState,
    Media,
    Recording,
    RecordingState,
    Side,
)
from schemas.observations import NO_FRAME, AgentObserved, InteractionGone, InteractionObserved, Noticed
from schemas.values import Json

EventData = wire.LoginChanged | wire.StateChanged | wire.RecordingStatus | wire.Item | str | None


class ReceivedEvent(msgspec.Struct, frozen=True):
    """An event. Of screen recording, which is not documented, the data are a text; None: it is not known."""

    name: str
    data: EventData


_item = msgspec.json.Decoder(wire.Item)
_recording = msgspec.json.Decoder(wire.RecordingStatus)
DOCUMENTED: Final[Mapping[str, msgspec.json.Decoder[EventData]]] = {
    "LOGIN_CHANGED": msgspec.json.Decoder[EventData](wire.LoginChanged),
    "STATE_CHANGED": msgspec.json.Decoder[EventData](wire.StateChanged),
    tables.CALL_RECORDING: msgspec.json.Decoder[EventData](wire.RecordingStatus),
    tables.RENDERED: msgspec.json.Decoder[EventData](wire.Item),
    tables.COMPLETED: msgspec.json.Decoder[EventData](wire.Item),
}


# --- reading


def undocumented(name: str, data: msgspec.Raw) -> EventData:
    """An event of such data. Of a call: the members that are documented elsewhere, if they are as there."""
    if name == tables.SCREEN_RECORDING:
        return msgspec.json.format(bytes(data), indent=-1).decode()
    if name not in tables.CALL_EVENTS:
        return None
    try:
        return reading.decode(_item, data)
    except msgspec.DecodeError:
        return wire.Item()


def flag(value: Json) -> bool | None:
    """A flag, in whatever type it comes; None: not one that we know."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return tables.FLAG_IN.get(str(value).lower())
    return None


# --- the agent


def agent_state(status: wire.Text, reason: wire.Text, agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """A status and its reason. A word that is not known stays beside the state `unknown`."""
    word = text(status)
    if not word:
        return AgentObserved(agent=agent, vendor=vendor)
    state = tables.STATUS_IN.get(word.lower(), AgentState.UNKNOWN)
    return AgentObserved(agent=agent, state=state, reason=text(reason), vendor_state=word, vendor=vendor)


def logged_out(agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """The agent signed out."""
    return AgentObserved(agent=agent, state=AgentState.LOGGED_OUT, reason="", vendor=vendor)


def focused(known: Known, agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """The agent's screen shows this one."""
    return AgentObserved(agent=agent, focused=known.ref, vendor=vendor)


# --- interactions


def interaction(
    item: wire.Item, known: Known, settings: EmbeddedSettings, agent: Ref, vendor: msgspec.Raw
) -> InteractionObserved:
    """What a message says of an interaction; its ids and data together with those of earlier ones."""
    said = item.screenpop_data is not None or item.attached_data is not None
    return InteractionObserved(
        agent=agent,
        ref=known.ref,
        durable_ref=Ref(known.global_id) if known.durable else None,
        root_ref=Ref(known.global_id) if known.global_id else None,
        remote_address=text(item.phone_number) or UNSET,
        service=text(item.service) or UNSET,
        data=_data(known) if said else UNSET,
        disposition=_disposition(item.disposition, settings),
        notes=text(item.notes) or UNSET,
        recording=Recording(url=text(item.recording_url)) if item.recording_url else UNSET,
        refs=known.refs(),
        extras=_extras(known) if said else UNSET,
        vendor=vendor,
    )


def has_outcome(item: wire.Item) -> bool:
    """Whether it says what is learnt at the end, or later."""
    return any(text(one) for one in (item.recording_url, item.notes)) or bool(item.disposition)


def call(seen: InteractionObserved, event: tables.Event, known: Known) -> InteractionObserved:
    """The same, after an event of a call. That it was transferred is known only where an event said so."""
    over = event.state is InteractionState.WRAP_UP
    return msgspec.structs.replace(
        seen,
        media=Media.VOICE,
        state=UNSET if event.state is None else event.state,
        direction=UNSET if event.direction is None else event.direction,
        transferring=known.transferred and not over,
        end_cause=EndCause.TRANSFERRED if over and known.transferred else UNSET,
        ended_by=Side.AGENT if over and known.transferred else UNSET,
    )


def gone(known: Known, agent: Ref, vendor: msgspec.Raw) -> InteractionGone:
    """It was completed."""
    transferred = known.transferred
    return InteractionGone(
        agent=agent,
        ref=known.ref,
        end_cause=EndCause.TRANSFERRED if transferred else UNSET,
        ended_by=Side.AGENT if transferred else UNSET,
        vendor=vendor,
    )


def recording(
    told: wire.RecordingStatus, known: Known, agent: Ref, vendor: msgspec.Raw
) -> InteractionObserved | None:
    """The state of the recording; None if its flags are none that we know."""
    running, muted = flag(told.recording), flag(told.muted)
    if running is None or (running and muted is None):
        return None
    on = RecordingState.PAUSED if muted else RecordingState.RECORDING
    state, refs = on if running else RecordingState.STOPPED, known.refs()
    return InteractionObserved(agent=agent, ref=known.ref, recording_state=state, refs=refs, vendor=vendor)


def recording_answer(result: msgspec.Raw, known: Known, agent: Ref) -> InteractionObserved | None:
    """The same from the answer of a callback, if it has the data of the event: no page says what it has."""
    try:
        told = reading.decode(_recording, result)
    except msgspec.DecodeError:
        return None
    return recording(told, known, agent, NO_FRAME)


def screen_recording(told: str, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    """The model has no screen recording: told as it is."""
    return Noticed(agent=agent, code=tables.SCREEN_RECORDING, message=told, vendor=vendor)


def _data(known: Known) -> dict[str, Json] | UnsetType:
    said = [one for one in (known.screenpop, known.attached) if isinstance(one, dict)]
    return {name: value for one in said for name, value in one.items()} if said else UNSET


def _extras(known: Known) -> dict[str, Json] | UnsetType:
    said = {"screenpop_data": known.screenpop, "attached_data": known.attached}
    return {name: value for name, value in said.items() if value is not None} or UNSET


def _disposition(told: Json, settings: EmbeddedSettings) -> Disposition | UnsetType:
    """Whether it is a code or a name is not documented: what we choose one by."""
    if not isinstance(told, str) or not told:
        return UNSET
    by_name = settings.disposition_by == "name"
    return Disposition(id=told, name=told) if by_name else Disposition(id=told, code=told)

"""North: what a platform of the same dialect said, for its clients as it came. Pure.

A module of its own, beside `encode`: that writes what the model holds, this passes on what it does not.

Every member is the platform's own: words, unknown members, what is null, empty or missing. Two things are
not: the handles (interactionId, parentInteractionId), in whose place stand our ids, which outlive a reload of
the platform's page; and the keys of userData that our own read list keeps from the client. Source: reference
2.1, 4 and 5.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.change import Frame
from adapters.genesys_wwe import decode, snapshots, tables, wire
from adapters.genesys_wwe.settings import Settings
from adapters.kit import jsonrpc, reading, same_dialect
from adapters.kit.same_dialect import Handle, Members, Places, members_of, raw, text
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.interaction import Interaction
from schemas.values import Json

_Message = tuple[str, Members] | list[Members] | None

UPDATED: Final = "UPDATED"  # ours: a neutral label, since no vendor's name is known

_datas = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_listed = msgspec.json.Decoder(list[Members])
_states = msgspec.json.Decoder(tuple[wire.State, ...])
_TRUE: Final = msgspec.Raw(b"true")
_IDS: Final[Mapping[str, str]] = {  # where they stand in our refs
    "caseId": "case",
    "interactionUUID": "uuid",
    "callUuid": "call",
    "connId": "connection",
    "media": "media",
}
# With any of these an event is about an interaction, and wants its handle replaced.
_ABOUT_ONE: Final = frozenset({"interaction", "interactionId", "userData"})


def medium(media: msgspec.Raw, name: str) -> Members | None:
    """One of its media; the name stands under either member."""
    return next(
        (
            one
            for one in reading.decode(_listed, media)
            if name in (text(one.get("media")), text(one.get("name")))
        ),
        None,
    )


def operation(
    session: AgentSession, states: msgspec.Raw | None, wanted: str
) -> tuple[AgentState, str] | None:
    """The state that an operation of its list sets, and the reason that `agent.set_state` takes for it."""
    for one in () if states is None else reading.decode(_states, states):
        if one.operationName == wanted:
            state = tables.AGENT_STATE_IN.get(one.type or "", AgentState.UNKNOWN)
            plain = one.type in tables.PLAIN_STATES and session.refs.get(state.value) == wanted
            return state, "" if plain else wanted
    return None


# --- what it said of an interaction


def read(shown: Interaction, frame: msgspec.Raw, settings: Settings) -> Json:
    """The interaction out of the last frame that spoke of it; None: there is none in it.

    Which case is selected and which is expanded is told without the interaction, so later than that.
    """
    found = _within(frame, shown)
    if found is None:
        return None
    now = {"isCaseSelected": shown.focused, "isCaseExpanded": shown.expanded}
    later = {name: raw(value) for name, value in now.items() if (found.get(name) == _TRUE) is not value}
    return {**_ours(found, shown, settings), **later}


def rebuilt(shown: Interaction, settings: Settings, previous: str | None = None) -> Json:
    """The interaction as far as our snapshot holds it, where no frame of the platform's is at hand."""
    whole = snapshots.interaction(shown, settings, previous)
    members = {name: value for name, value in msgspec.to_builtins(whole).items() if name not in _IDS}
    ids = {name: shown.refs[key] for name, key in _IDS.items() if key in shown.refs}
    stands = shown.ended_at is None or tables.STATE_IN.get(shown.vendor_state) is shown.state
    if not stands:  # it was over without a word of the platform
        return {**shown.extras, **members, **ids}
    return {**members, **ids, "state": shown.vendor_state or members["state"], **shown.extras}


class PlatformEvent(msgspec.Struct, frozen=True):
    """What a frame of the platform's tells, with our handles; a frame tells it once."""

    frame: Frame
    about: str = ""  # the interaction of ours, out of a list of them


def interaction_event(
    event: e.InteractionEvent, settings: Settings, label: Callable[[str], str]
) -> PlatformEvent | None:
    """The event that a frame tells; None: no frame, or it tells nothing of this interaction.

    A list is no event, and has no label; it gets one by the platform's word for the state.
    """
    shown = event.interaction
    match _message_of(event):
        case list() as listed:
            found = _one_of(listed, shown)
            if found is None:
                return None
            word = label(text(found.get("state")))
            ours: Json = {"eventType": word, "interaction": _ours(found, shown, settings)}
            return PlatformEvent(jsonrpc.event("interaction", ours), shown.id)
        case (channel, data):
            inner = members_of(data.get("interaction"))
            named = text((inner or data).get("interactionId"))
            if channel not in tables.ABOUT_INTERACTIONS or named not in ("", shown.ref):
                return None
            return PlatformEvent(jsonrpc.event(channel, _event(data, inner, shown, settings)))
        case None:
            return None


def other_event(event: e.Event) -> PlatformEvent | None:
    """The event that a frame tells, where that holds nothing of an interaction; None: there is none."""
    message = _message_of(event)
    if not isinstance(message, tuple):
        return None
    channel, data = message
    if channel in tables.ABOUT_INTERACTIONS and not _ABOUT_ONE.isdisjoint(data):
        return None
    return PlatformEvent(jsonrpc.event(channel, data))


def of_one(event: e.VendorUnrecognised, shown: Interaction, settings: Settings) -> tuple[Frame, ...]:
    """A notice about an interaction that means nothing to our model; only who sees it can name it."""
    message = _message_of(event)
    if not isinstance(message, tuple) or message[0] not in tables.ABOUT_INTERACTIONS:
        return ()
    channel, data = message
    inner = members_of(data.get("interaction"))
    return (jsonrpc.event(channel, _event(data, inner, shown, settings)),)


def answered_state(event: e.Event) -> Members | None:
    """The agent's state, where an answer to agent.getState has told it."""
    frame = same_dialect.frame_of(event.vendor, tables.NAME)
    if frame is None:
        return None
    message = jsonrpc.decode(tables.NAME, bytes(frame))
    found = members_of(decode.data_of(message)) if message.method is UNSET else None
    return found if found is not None and "type" in found else None


def _message_of(event: e.Event) -> _Message:
    frame = same_dialect.frame_of(event.vendor, tables.NAME)
    return None if frame is None else _read(frame)


def _read(frame: msgspec.Raw) -> _Message:
    """Channel and data of a notification, or the objects that an answer lists; None: it is neither."""
    message = jsonrpc.decode(tables.NAME, bytes(frame))
    try:
        if message.method is UNSET:
            return reading.decode(_listed, decode.data_of(message))
        posted = decode.unwrapped(message.method, message.params)
        data = None if posted is None else members_of(_datas(posted[1])[0])
        return None if posted is None or data is None else (posted[0], data)
    except (msgspec.DecodeError, IndexError):
        return None


def _within(frame: msgspec.Raw, shown: Interaction) -> Members | None:
    """The interaction that an answer or an event holds."""
    match _read(frame):
        case list() as listed:
            return _one_of(listed, shown)
        case (channel, data):  # on its own channel the data itself may be the interaction
            found = members_of(data.get("interaction")) or (data if channel == "interaction" else {})
            return _one_of([found], shown)
        case None:
            return None


def _one_of(listed: Sequence[Members], shown: Interaction) -> Members | None:
    return same_dialect.one_of(listed, "interactionId", shown.ref)


def _event(data: Members, inner: Members | None, shown: Interaction, settings: Settings) -> Json:
    """The data of an event; `inner`: the interaction in it."""
    ours = _ours(data, shown, settings)
    return ours if inner is None else {**ours, "interaction": _ours(inner, shown, settings)}


def _ours(members: Members, shown: Interaction, settings: Settings) -> Mapping[str, Json]:
    """An interaction, or what an event about one says beside it; neither names any other but its parent."""
    parent = shown.consult_of or shown.parent_id
    places: Places = {"interactionId": lambda _: shown.id, "parentInteractionId": Handle.KNOWN}
    ours = same_dialect.renamed(members, places, lambda theirs: parent or theirs) or {}
    data = members_of(members.get("userData")) if settings.hides else None
    if data is None:
        return ours
    return {**ours, "userData": {key: value for key, value in data.items() if settings.readable(key)}}

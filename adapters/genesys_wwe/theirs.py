"""North: what a platform of the same dialect said, for its clients as it came. Pure.

Every member is the platform's own: words, unknown members, what is null, empty or missing. Two things are
not: the handles (interactionId, parentInteractionId), in whose place stand our ids, which outlive a reload of
the platform's page; and the keys of userData that our own read list keeps from the client. Source: reference
2.1, 4 and 5.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from adapters import jsonrpc
from adapters.genesys_wwe import answers, codec, showing, tables, wire
from adapters.genesys_wwe.settings import Settings
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.interaction import Interaction
from schemas.values import Json

Members = dict[str, msgspec.Raw]  # of one of the vendor's objects, each as it came

UPDATED: Final = "UPDATED"  # ours: a neutral label, since no vendor's name is known

_encode = msgspec.json.Encoder().encode
_text = msgspec.json.Decoder(str).decode
_members = msgspec.json.Decoder(Members)
_datas = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_listed = msgspec.json.Decoder(list[Members])
_states = msgspec.json.Decoder(tuple[wire.State, ...])
_IDS: Final[Mapping[str, str]] = {  # where they stand in our refs
    "caseId": "case",
    "interactionUUID": "uuid",
    "callUuid": "call",
    "connId": "connection",
    "media": "media",
}
# With any of these an event is about an interaction, and wants its handle replaced.
_ABOUT_ONE: Final = frozenset({"interaction", "interactionId", "userData"})


def is_theirs(shown: Interaction) -> bool:
    """Whether the interaction is one of a platform of this dialect."""
    return "interaction" in shown.refs


def speaks(session: AgentSession | None) -> bool:
    """Whether the agent's platform speaks this dialect."""
    return session is not None and not session.refs.keys().isdisjoint(answers.SAID)


# --- what the platform said of the agent


def said(session: AgentSession | None, method: str) -> msgspec.Raw | None:
    """Its last answer to that method; None: another platform, or no answer."""
    text = None if session is None else session.refs.get(method)
    return None if text in {None, "null"} else msgspec.Raw(text.encode())


def media_list(session: AgentSession) -> Sequence[Json]:
    """Each of the agent's media."""
    media = said(session, answers.MEDIA)
    return showing.media_list(session) if media is None else _listed.decode(media)


def case_of(shown: Interaction) -> str:
    """The id of its case: theirs, else ours."""
    return shown.refs.get("case", shown.root_id) if is_theirs(shown) else shown.root_id


def medium(media: msgspec.Raw, name: str) -> Members | None:
    """One of its media; the name stands under either member."""
    return next(
        (one for one in _listed.decode(media) if name in (_word(one, "media"), _word(one, "name"))), None
    )


def operation(session: AgentSession, wanted: str) -> tuple[AgentState, str] | None:
    """The state that an operation of its list sets, and the reason that `agent.set_state` takes for it."""
    states = said(session, answers.STATES)
    if states is None:
        return None
    for one in _states.decode(states):
        if one.operationName == wanted:
            state = tables.AGENT_STATE_IN.get(one.type or "", AgentState.UNKNOWN)
            plain = one.type in tables.PLAIN_STATES and session.refs.get(state.value) == wanted
            return state, "" if plain else wanted
    return None


# --- what it said of an interaction


def read(shown: Interaction, frame: msgspec.Raw, settings: Settings) -> Members | None:
    """The interaction out of the last frame that spoke of it; None: there is none in it.

    Which case is selected and which is expanded is told without the interaction, so later than that.
    """
    found = _within(frame, shown)
    if found is None:
        return None
    now = {"isCaseSelected": shown.focused, "isCaseExpanded": shown.expanded}
    later = {name: _raw(value) for name, value in now.items() if _flag(found, name) is not value}
    return {**_renamed(found, shown, settings), **later}


def rebuilt(shown: Interaction, settings: Settings, previous: str | None = None) -> Json:
    """The interaction as far as our snapshot holds it, where no frame of the platform's is at hand."""
    whole = showing.interaction(shown, settings, previous)
    if not is_theirs(shown):
        return whole
    members = {name: value for name, value in msgspec.to_builtins(whole).items() if name not in _IDS}
    ids = {name: shown.refs[key] for name, key in _IDS.items() if key in shown.refs}
    stands = shown.ended_at is None or tables.STATE_IN.get(shown.vendor_state) is shown.state
    if not stands:  # it was over without a word of theirs
        return {**shown.extras, **members, **ids}
    return {**members, **ids, "state": shown.vendor_state or members["state"], **shown.extras}


def interaction_event(event: e.InteractionEvent, settings: Settings) -> bytes | None:
    """The event that a frame tells; None: no frame, or it tells nothing of this interaction."""
    if event.vendor is None or event.vendor.dialect != tables.NAME:
        return None
    posted = _event_of(event.vendor.frame)
    if posted is None:
        found = _within(event.vendor.frame, event.interaction)
        if found is None:
            return None
        word = _word(found, "state")
        label = tables.LABEL_OF_STATE.get(word, word) or UPDATED
        ours: Json = {"eventType": label, "interaction": _renamed(found, event.interaction, settings)}
        return jsonrpc.notification("interaction", (ours,))
    channel, data = posted
    if channel not in tables.ABOUT_INTERACTIONS or _named(data) not in ("", event.interaction.ref):
        return None
    return jsonrpc.notification(channel, (_event_renamed(data, event.interaction, settings),))


def other_event(event: e.AnyEvent) -> bytes | None:
    """The event that a frame tells, where that holds nothing of an interaction; None: there is none."""
    if event.vendor is None or event.vendor.dialect != tables.NAME:
        return None
    posted = _event_of(event.vendor.frame)
    if posted is None:
        return None
    channel, data = posted
    if channel in tables.ABOUT_INTERACTIONS and not _ABOUT_ONE.isdisjoint(data):
        return None
    return jsonrpc.notification(channel, (data,))


def unrecognised(
    event: e.VendorUnrecognised, known: Sequence[Interaction], settings: Settings
) -> tuple[bytes, ...]:
    """A notice about an interaction, with a word that is not in our tables; only who sees it can name it."""
    posted = None
    if event.vendor is not None and event.vendor.dialect == tables.NAME:
        posted = _event_of(event.vendor.frame)
    if posted is None or posted[0] not in tables.ABOUT_INTERACTIONS:
        return ()
    one = next((one for one in known if one.ref == _named(posted[1])), None)
    if one is None:
        return ()
    return (jsonrpc.notification(posted[0], (_event_renamed(posted[1], one, settings),)),)


def _event_renamed(data: Members, shown: Interaction, settings: Settings) -> Members:
    ours = _renamed(data, shown, settings) if "interactionId" in data else dict(data)
    inner = _object(data, "interaction")
    if inner is not None:
        ours["interaction"] = _raw(_renamed(inner, shown, settings))
    return ours


def _event_of(frame: msgspec.Raw) -> tuple[str, Members] | None:
    """Channel and data of a notification; None: it is an answer, or its data is no object."""
    message = jsonrpc.decode(tables.NAME, bytes(frame))
    if message.method is UNSET:
        return None
    posted = codec.unwrapped(message.method, message.params)
    try:
        return None if posted is None else (posted[0], _members.decode(_datas(posted[1])[0]))
    except (msgspec.DecodeError, IndexError):
        return None


def _within(frame: msgspec.Raw, shown: Interaction) -> Members | None:
    """The interaction that an answer or an event holds."""
    posted = _event_of(frame)
    if posted is not None:
        found = _object(posted[1], "interaction") or posted[1]
        bare = (
            posted[0] == "interaction" or found is not posted[1]
        )  # of markdone, the id alone is no interaction
        return found if bare and _word(found, "interactionId") == shown.ref else None
    message = jsonrpc.decode(tables.NAME, bytes(frame))
    body = codec.read_answer(answers.body_of(message))
    if not isinstance(body, msgspec.Raw) or not bytes(body).startswith(b"["):
        return None
    return next((one for one in _listed.decode(body) if _word(one, "interactionId") == shown.ref), None)


def _named(data: Mapping[str, msgspec.Raw]) -> str:
    """The platform's handle of the interaction that the data of an event is about."""
    return _word(_object(data, "interaction") or data, "interactionId")


def _object(members: Mapping[str, msgspec.Raw], name: str) -> Members | None:
    value = members.get(name, jsonrpc.NOTHING)
    return _members.decode(value) if bytes(value).startswith(b"{") else None


def _renamed(members: Members, shown: Interaction, settings: Settings) -> Members:
    ours = {**members, "interactionId": _raw(shown.id)}
    parent = shown.consult_of or shown.parent_id
    if parent is not None and _word(members, "parentInteractionId"):
        ours["parentInteractionId"] = _raw(parent)
    data = _object(members, "userData") if settings.hides else None
    if data is not None:
        ours["userData"] = _raw({key: value for key, value in data.items() if settings.readable(key)})
    return ours


def _word(members: Mapping[str, msgspec.Raw], name: str) -> str:
    """A member that is a text; empty if it is missing or something else."""
    value = members.get(name, jsonrpc.NOTHING)
    return _text(value) if bytes(value).startswith(b'"') else ""


def _flag(members: Mapping[str, msgspec.Raw], name: str) -> bool:
    return bytes(members.get(name, jsonrpc.NOTHING)) == b"true"


def _raw(value: Json) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))

"""What each dialect cannot say of a snapshot, why not, and what is left of it then.

One table a dialect: field, reason, and what of it is compared all the same, of the truth and of what was seen
through the dialect alike. A field that no table names must be equal. The reasons are those of the dialect's
capabilities, vocabulary or codec. Identity (ids, refs, sequences) is no loss: it is related one to one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from schemas.agent import AgentSession, AgentState
from schemas.interaction import (
    Direction,
    Disposition,
    EndCause,
    Interaction,
    InteractionState,
    Kind,
    Media,
    PartyRole,
    RecordingState,
    Side,
)
from schemas.values import Json


def _nothing(_: Interaction) -> Json:
    return None


def _no_more(_: AgentSession) -> Json:
    return None


class Loss(NamedTuple):
    """Why a field of an interaction is not told as it is, and what can be told of it."""

    why: str
    shown: Callable[[Interaction], Json] = _nothing


class AgentLoss(NamedTuple):
    """The same of a field of the agent's session."""

    why: str
    shown: Callable[[AgentSession], Json] = _no_more


class Losses(NamedTuple):
    """Of one dialect. Why something ended is told of what a command of ours ended, and where `ends` says."""

    interaction: Mapping[str, Loss]
    agent: Mapping[str, AgentLoss]
    front: Callable[[Interaction], Json]  # what is told of the interaction in front
    hidden: Callable[[Interaction, Interaction | None], bool]  # one, and what it is a consultation of
    ends: Callable[[Interaction], bool]  # whether it tells by itself why one ended
    # Fields that are told as they change, and in no snapshot: of these interactions.
    passing: Mapping[str, Callable[[Interaction], bool]] = {}
    north: Mapping[str, Json] = {}  # settings of the northern role under which least is lost


def _voice(one: Interaction) -> bool:
    return one.media is Media.VOICE


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _several(one: Interaction) -> Json:
    return len(one.parties) > 1


def _named(one: Interaction) -> Json:
    chosen: Disposition | None = one.disposition
    return None if chosen is None else chosen.name


def _dialled_open(one: Interaction) -> bool:
    return one.state is InteractionState.DIALING and not _voice(one)


# --- Bright Pattern


def _bp_kind(one: Interaction) -> Json:
    told = one.kind is Kind.DIRECT or (one.consult_of is not None and _voice(one))
    return one.kind if told else Kind.UNKNOWN


def _bp_direction(one: Interaction) -> Json:
    told = _voice(one) and not one.internal and one.state is not InteractionState.ALERTING
    return one.direction if told else None


def _bp_parties(one: Interaction) -> Sequence[Json]:
    if one.media is Media.EMAIL:
        return []
    if _voice(one):
        return [(party.id, party.name, party.address, party.user_id) for party in one.parties]
    return [
        (party.id, party.role is PartyRole.CUSTOMER, party.name, party.address, party.email, party.user_id)
        for party in one.parties
    ]


def _bp_choices(one: AgentSession) -> Json:
    return [(x.id, x.state) for x in one.choices if one.state is not AgentState.LOGGED_OUT]


BRIGHT_PATTERN: Final = Losses(
    interaction={
        "wrap_up_until": Loss("no frame tells how long after-call work may last"),
        "wrap_up_set_by": Loss("nor who set that"),
        "state": Loss(
            "delivery_pending has a direction for calls only: without one it is read as an offer",
            lambda one: InteractionState.ALERTING if _dialled_open(one) else one.state,
        ),
        "kind": Loss("interactionKind knows direct calls; what a consultation is, its call shows", _bp_kind),
        "consult_of": Loss(
            "a consultation shares its call's globalInteractionId, which is not read of chats",
            lambda one: one.consult_of if _voice(one) else None,
        ),
        "parent_id": Loss("no field names it"),
        "direction": Loss(
            "of calls with the outside; until it is answered it says who is rung", _bp_direction
        ),
        "origination": Loss("no word of the widget's own is meant"),
        "contact": Loss("no field holds it"),
        "channel_type": Loss("a chat does not say its channel"),
        "parties": Loss("an e-mail has none; elsewhere they have no state", _bp_parties),
        "conference": Loss("more than one other party", lambda one: len(_bp_parties(one)) > 1),
        "disposition": Loss("by its name", _named),
        "data": Loss(
            "the values are text",
            lambda one: {k: v if isinstance(v, str) else _text(v) for k, v in one.data.items()},
        ),
        "completion_blocked": Loss("a veto is given when asked, and not told"),
        "recording_state": Loss(
            "a pause shows in no field", lambda one: one.recording_state is not RecordingState.STOPPED
        ),
    },
    agent={
        "name": AgentLoss("the username is the agent's id"),
        "choices": AgentLoss("the reasons, without labels, of who is logged in", _bp_choices),
        "channels": AgentLoss("no field holds them"),
        "pending_state": AgentLoss("no field holds it"),
    },
    front=lambda one: one.id,
    hidden=lambda _, __: False,
    ends=lambda _: False,  # no snapshot says it
    north={"newer_agent_states": True},
)

# --- Genesys WWE

_WWE_STATES: Final = {AgentState.RESERVED: AgentState.READY, AgentState.BUSY: AgentState.READY}
_WWE_KEYS: Final = frozenset({"Business Result", "Notes"})


def _wwe_consults(one: Interaction) -> bool:
    """CONSULT is the type of such a call at both ends; isConsultation is said at the one that began it."""
    return one.consult_of is not None or (one.kind is Kind.CONSULT and _voice(one))


def _wwe_state(one: Interaction) -> Json:
    if _dialled_open(one):
        return InteractionState.UNKNOWN
    held = one.state is InteractionState.HELD and not _voice(one)
    return InteractionState.CONNECTED if held else one.state


def _wwe_direction(one: Interaction) -> Json:
    typed = _wwe_consults(one) and one.direction is Direction.INTERNAL
    return one.direction if _voice(one) and not typed else Direction.UNKNOWN


def _wwe_remote(one: Interaction) -> Json:
    numbers = {Direction.INBOUND: one.ani, Direction.OUTBOUND: one.dnis}
    return numbers.get(one.direction, "") if _voice(one) else ""


def _wwe_contact(one: Interaction) -> Json:
    said = one.contact
    return None if said is None else (said.display_name, said.first_name, said.last_name)


def _wwe_ends(one: Interaction) -> bool:
    """By ronaCallState of an offer that rang out, and of open media the word for being over."""
    if _voice(one):  # of an offer of a call out, which was passed on, it is not said
        rang_out = one.end_cause is EndCause.NO_ANSWER and one.ended_by is Side.PLATFORM
        return rang_out and one.direction is not Direction.OUTBOUND
    at_once = one.ended_at == one.completed_at and one.connected_at is not None
    return at_once and one.end_cause in {EndCause.NORMAL, EndCause.TRANSFERRED}


GENESYS_WWE: Final = Losses(
    interaction={
        "wrap_up_until": Loss("no frame tells how long after-call work may last"),
        "wrap_up_set_by": Loss("nor who set that"),
        "state": Loss("of dialling and of hold only calls have a word", _wwe_state),
        "kind": Loss("nothing says why it is there but that it is a consultation", _wwe_consults),
        "parent_id": Loss(
            "of a consultation parentInteractionId is what it is about",
            lambda one: None if one.consult_of else one.parent_id,
        ),
        "direction": Loss("of calls; callType has one word of CONSULT and INTERNAL", _wwe_direction),
        "internal": Loss(
            "callType has one word of CONSULT and INTERNAL",
            lambda one: one.internal and _voice(one) and not _wwe_consults(one),
        ),
        "remote_address": Loss("ani or dnis, as the direction has it", _wwe_remote),
        "ani": Loss("of calls", lambda one: one.ani if _voice(one) else ""),
        "dnis": Loss("of calls", lambda one: one.dnis if _voice(one) else ""),
        "service": Loss("no member holds it"),
        "subject": Loss("no member holds it"),
        "origination": Loss("no member holds it"),
        "channel_type": Loss("the medium is chat"),
        "parties": Loss(
            "a party is a name",
            lambda one: [party.name or party.address or party.id for party in one.parties],
        ),
        "conference": Loss("taken from there being two others", _several),
        "contact": Loss("names only", _wwe_contact),
        "data": Loss(
            "disposition and notes stand in it",
            lambda one: {key: value for key, value in one.data.items() if key not in _WWE_KEYS},
        ),
        "disposition": Loss("a value of the attached data", _named),
        "muted": Loss("no event tells it: the client asks sipEndpoint.isMicrophoneMute"),
        "focused": Loss("a case is selected, with all that is in it"),
    },
    agent={
        "state": AgentLoss(
            "reserved and busy show as ready", lambda one: _WWE_STATES.get(one.state, one.state)
        ),
        "since": AgentLoss("of states that are not told the moment is not told either"),
        "reason": AgentLoss(
            "a reason stands in an operation's name", lambda one: one.reason.rpartition(":")[2]
        ),
        "choices": AgentLoss(
            "a choice is an operation's name",
            lambda one: [(x.id.rpartition(":")[2], x.state, x.label) for x in one.choices],
        ),
        "channels": AgentLoss(
            "a medium is told when it changes by itself", lambda one: [(x.id, x.media) for x in one.channels]
        ),
        "pending_state": AgentLoss("no member holds it"),
    },
    front=lambda one: one.root_id,
    hidden=lambda _, __: False,
    ends=_wwe_ends,
    passing={"completion_blocked": lambda _: True},  # by markdone events
)

# --- channel/session

_CS_STATES: Final = {AgentState.RESERVED: AgentState.BUSY}


def _cs_members(one: Interaction) -> Sequence[Json]:
    if not _voice(one) or one.ended_at is not None:
        return []
    return sorted((party.id, party.name, party.address) for party in one.parties)


def _cs_channels(one: AgentSession) -> Json:
    if one.state is AgentState.LOGGED_OUT:
        return []
    return [
        (x.id, x.name, x.media, x.state, _CS_STATES.get(x.agent_state, x.agent_state), x.reason)
        for x in one.channels
    ]


CHANNEL_SESSION: Final = Losses(
    interaction={
        "wrap_up_until": Loss("no frame tells how long after-call work may last"),
        "wrap_up_set_by": Loss("nor who set that"),
        "kind": Loss(
            "nothing says why it is there but that it is a consultation",
            lambda one: one.consult_of is not None,
        ),
        "parent_id": Loss("no field names it"),
        "direction": Loss("what rings or is dialled at first"),
        "internal": Loss("no field says it"),
        "remote_address": Loss("the first member's"),
        "ani": Loss("no field holds it"),
        "dnis": Loss("no field holds it"),
        "service": Loss("no field holds it"),
        "subject": Loss("no field holds it"),
        "origination": Loss("no field holds it"),
        "channel_type": Loss("a channel is a Chat"),
        "contact": Loss("no field holds it"),
        "parties": Loss(
            "a call's members, as they join, until it is disposed of; held is a conversation", _cs_members
        ),
        "conference": Loss("a conversation with two others", lambda one: len(_cs_members(one)) > 1),
        "data": Loss("a conversation has none", lambda one: None if one.consult_of else one.data),
        "recording_state": Loss(
            "of an interaction, not of one of its conversations",
            lambda one: None if one.consult_of else one.recording_state,
        ),
        "disposition": Loss("setting a disposition raises no event"),
        "notes": Loss("they are said in interaction.complete"),
        "completion_blocked": Loss("completion knows no veto"),
        "focused": Loss("interaction.focuschanged names the leg that is active within an interaction"),
    },
    agent={
        "name": AgentLoss("only a group has one"),
        "choices": AgentLoss("no list tells them"),
        "state": AgentLoss("no word for reserved", lambda one: _CS_STATES.get(one.state, one.state)),
        "since": AgentLoss("of states that are not told the moment is not told either"),
        "channels": AgentLoss("disposed of with the session; no word for reserved", _cs_channels),
        "pending_state": AgentLoss("no field holds it"),
    },
    front=_nothing,
    # A consultation is a conversation of a call, and goes with it.
    hidden=lambda one, about: (
        one.consult_of is not None
        and (not _voice(one) or about is None or about.state is InteractionState.COMPLETED)
    ),
    ends=lambda _: False,  # interaction.ended says nothing
    passing={"muted": lambda one: one.ended_at is not None},  # of a conversation, which is disposed of
)

LOSSES: Final[Mapping[str, Losses]] = {
    "bright_pattern": BRIGHT_PATTERN,
    "genesys_wwe": GENESYS_WWE,
    "channel_session": CHANNEL_SESSION,
}

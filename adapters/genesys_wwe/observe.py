"""South: what the vendor's objects mean, as observations. Pure; the memory is elsewhere.

Source: seed 002, type definitions; reference 4 and 5. State comes from `interaction.state` and
`previousState` alone; an eventType is a label. A member that is missing was not said: the read list of the
platform hides keys, and an event need not be whole. A member without a canonical place (previousState,
isMainCaseInteraction), a word that is not in our tables and a member that is not in the documents ride along
in `extras`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.genesys_wwe import decode, tables, wire
from adapters.genesys_wwe.memory import Known
from adapters.genesys_wwe.settings import Settings
from adapters.kit import reading
from schemas.agent import AgentState, Channel, StateChoice
from schemas.ids import Ref
from schemas.interaction import (
    Contact,
    Direction,
    Disposition,
    EndCause,
    InteractionState,
    Kind,
    Media,
    Party,
    Side,
)
from schemas.observations import AgentObserved, InteractionObserved, Noticed
from schemas.values import Json


class Owner(msgspec.Struct, frozen=True):
    """Whose page it is, and how the platform is set up. `names` may stand in a list of all parties."""

    agent: Ref
    settings: Settings
    names: frozenset[str] = frozenset()


def owner(agent: wire.Agent, ref: Ref, settings: Settings) -> Owner:
    """Who agent.get says it is; `ref` as we name the agent."""
    names = (agent.employeeId, agent.userName, agent.username, full_name(agent))
    return Owner(ref, settings, frozenset(name for name in names if name))


def full_name(agent: wire.Agent) -> str:
    """First and last name, as far as they are known."""
    return " ".join(name for name in (agent.firstname, agent.lastname) if name)


# --- the agent


def operations(states: tuple[wire.State, ...]) -> Iterator[tuple[str, StateChoice]]:
    """What agent.setState takes out of agent.getStateList, by name, and which entry of the state menu it is.

    A state that needs no reason has the empty id; the others have the name of their operation.
    """
    for one in states:
        name = one.operationName
        if name and one.type not in tables.UNSETTABLE:
            state = tables.AGENT_STATE_IN.get(one.type or "", AgentState.UNKNOWN)
            plain = one.type in tables.PLAIN_STATES
            yield name, StateChoice(id="" if plain else name, state=state, label=one.displayName or name)


def plain_operations(states: tuple[wire.State, ...]) -> dict[str, str]:
    """The name of the operation of each state that needs no reason, by the canonical state."""
    return {choice.state.value: name for name, choice in operations(states) if not choice.id}


def agent_state(
    agent: Ref, state: wire.State, operations: dict[str, str], said: dict[str, str], vendor: msgspec.Raw
) -> AgentObserved:
    """What a State says of the agent. A type newer than our tables is kept, its meaning is not guessed."""
    word = state.type or ""
    plain = word in tables.PLAIN_STATES or word not in tables.AGENT_STATE_IN
    return AgentObserved(
        agent=agent,
        state=tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN),
        reason="" if plain else state.operationName or state.displayName or word,
        refs=operations or UNSET,
        private=said,
        vendor_state=word,
        vendor=vendor,
    )


def channels(media: tuple[wire.Media, ...]) -> tuple[Channel, ...]:
    """The agent's media. Nothing is said about being signed in to one."""
    found = []
    for one in media:
        name = one.media or one.name
        if not name:
            continue
        state = one.state or wire.State()
        medium = tables.MEDIA_IN.get(name)
        found.append(
            Channel(
                id=name,
                name=name,
                media=name if medium is None else medium.value,
                agent_state=tables.AGENT_STATE_IN.get(state.type or "", AgentState.UNKNOWN),
                reason="" if state.type in tables.PLAIN_STATES else state.operationName or "",
            )
        )
    return tuple(found)


# --- the desktop and the campaigns


def notice(agent: Ref, event: wire.OtherEvent, vendor: msgspec.Raw) -> Noticed:
    """What the desktop says of itself or of a campaign, of which the text is its name and mode."""
    said = (event.message, event.campaign, event.mode)
    return Noticed(
        agent=agent,
        code=event.eventType or "",
        message=" ".join(one for one in said if one),
        error=event.eventType == tables.ERROR_NOTICE,
        vendor=vendor,
    )


# --- the interaction


def lifecycle(seen: wire.Interaction) -> str:
    """The word for where the interaction stands; empty if it says only that something happened."""
    if seen.state and seen.state not in tables.NOTIFICATIONS:
        return seen.state
    if seen.state and seen.previousState and seen.previousState not in tables.NOTIFICATIONS:
        return seen.previousState
    return ""


def media_of(seen: wire.Interaction) -> Media | None:
    """The medium, if the frame lets one know it."""
    if seen.media:
        return tables.MEDIA_IN.get(seen.media, Media.WORK_ITEM)  # a medium the customer added
    if seen.callUuid or seen.callType or seen.ronaCallState:
        return Media.VOICE
    return tables.MEDIA_OF_STATE.get(seen.state or "") or tables.MEDIA_OF_STATE.get(seen.previousState or "")


def interaction(
    of: Owner, shown: decode.Shown, vendor: msgspec.Raw, known: Known | None
) -> InteractionObserved:
    """What an Interaction says. `known` is what was told so far; None: it is new to us."""
    seen = shown.known
    word = lifecycle(seen)
    state = tables.STATE_IN.get(word)
    if seen.media == tables.PREVIEW_MEDIA and word in tables.PREVIEW_ACCEPTED:
        state = InteractionState.PREVIEW
    medium = media_of(seen)
    if medium is None and known is None:
        medium = Media.CHAT  # open media of which nothing more is known
    cause, side = _ended(seen, word, state)
    parties = UNSET if seen.parties is None else _parties(seen.parties, of.names)
    attached, notes = seen.userData or _NOTHING, of.settings.notes_key
    consult = seen.isConsultation
    parent = Ref(seen.parentInteractionId) if seen.parentInteractionId else None
    return InteractionObserved(
        agent=of.agent,
        ref=Ref(seen.interactionId),
        durable_ref=_durable(seen),
        root_ref=Ref(seen.caseId) if seen.caseId else None,
        consult_of_ref=UNSET if consult is None else (parent if consult else None),
        parent_ref=parent if parent and not consult else UNSET,
        state=UNSET if state is None else state,
        media=UNSET if medium is None else medium,
        channel_type=seen.media if seen.media and seen.media not in tables.MEDIA_IN else UNSET,
        direction=_direction(seen),
        kind=_kind(seen),
        remote_address={"IN": seen.ani, "OUT": seen.dnis}.get(seen.direction or "") or UNSET,
        ani=UNSET if seen.ani is None else seen.ani,
        dnis=UNSET if seen.dnis is None else seen.dnis,
        internal=tables.INTERNAL_IN.get(seen.callType or "", UNSET),
        parties=parties,
        conference=UNSET if parties is UNSET else len(parties) > 1,
        contact=_contact(seen.contact),
        data=UNSET if seen.userData is None else seen.userData,
        disposition=_disposition(attached, of.settings.disposition_key),
        notes=str(attached[notes] or "") if notes in attached else UNSET,
        focused=UNSET if seen.isCaseSelected is None else seen.isCaseSelected,
        expanded=UNSET if seen.isCaseExpanded is None else seen.isCaseExpanded,
        transferring=word == "TRANSFERRING" if state is not None else UNSET,
        recording_state=tables.RECORDING_IN.get(seen.recordingState or "", UNSET),
        created_at=reading.moment(seen.startDate) or UNSET,
        end_cause=cause,
        ended_by=side,
        refs=_refs(seen, {} if known is None else known.refs),
        vendor_state=word or UNSET,
        extras=_extras(shown, {} if known is None else known.extras),
        vendor=vendor,
    )


def _ended(
    seen: wire.Interaction, word: str, state: InteractionState | None
) -> tuple[EndCause | UnsetType, Side | UnsetType]:
    if state is InteractionState.WRAP_UP:
        # RINGING, then IDLE without a word: the caller left, or the agent refused. Not to be told apart.
        return tables.RONA_IN.get(seen.ronaCallState or "", (UNSET, UNSET))
    if state is InteractionState.COMPLETED:
        return tables.ENDED_IN.get(word, (UNSET, UNSET))
    return UNSET, UNSET


def _durable(seen: wire.Interaction) -> Ref | None:
    durable = seen.interactionUUID or seen.callUuid or seen.connId
    return Ref(durable) if durable else None


def _direction(seen: wire.Interaction) -> Direction | UnsetType:
    if seen.callType == tables.INTERNAL_CALL:
        return Direction.INTERNAL
    direction = tables.DIRECTION_IN.get(seen.direction or "", UNSET)
    if direction is UNSET or direction is Direction.UNKNOWN:
        return tables.CALL_TYPE_IN.get(seen.callType or "", direction)
    return direction


def _kind(seen: wire.Interaction) -> Kind | UnsetType:
    if seen.isConsultation or seen.callType == tables.CONSULT_CALL:
        return Kind.CONSULT
    if seen.state == "INVITED_CONFERENCE":
        return Kind.CONFERENCE
    return Kind.CAMPAIGN if seen.media == tables.PREVIEW_MEDIA else UNSET


def _parties(parties: tuple[wire.Party, ...], own_names: frozenset[str]) -> tuple[Party, ...]:
    """A party has a name and nothing else: the name is its id, numbered where two are called the same."""
    found: dict[str, Party] = {}
    for one in parties:
        name = one.name or ""
        if name in own_names:
            continue
        key, count = name, 1
        while key in found:
            count += 1
            key = f"{name}#{count}"
        found[key] = Party(id=key, name=name)
    return tuple(found.values())


def _contact(contact: wire.Contact | UnsetType | None) -> Contact | UnsetType | None:
    if contact is UNSET or contact is None:
        return contact
    return Contact(
        display_name=contact.displayName or "",
        first_name=contact.firstNname or contact.firstName or "",
        last_name=contact.lastName or "",
    )


def _disposition(attached: Mapping[str, Json], key: str) -> Disposition | UnsetType | None:
    if key not in attached:
        return UNSET  # not there, or not for us to see
    value = attached[key]
    return Disposition(id=str(value), name=str(value)) if value else None


_NOTHING: Final[Mapping[str, Json]] = {}

# Members that the model has a place for, whatever they hold.
_PLACED: Final = frozenset(
    {"interactionId", "parentInteractionId", "caseId", "interactionUUID", "callUuid", "connId"}
    | {"userData", "isConsultation", "isCaseSelected", "isCaseExpanded", "ani", "dnis", "media", "startDate"}
)
# Members that it has a place for as long as they hold no more than we know of.
_PARTY: Final = frozenset({"name"})
_CONTACT: Final = frozenset({"displayName", "firstNname", "firstName", "lastName"})
_PLACES: Final[Mapping[str, Callable[[Json], bool]]] = {
    "state": lambda word: isinstance(word, str) and word in tables.STATE_IN,
    "direction": lambda word: isinstance(word, str) and word in tables.DIRECTION_IN,
    "recordingState": lambda word: isinstance(word, str) and word in tables.RECORDING_IN,
    "parties": lambda parties: isinstance(parties, list) and all(_texts(one, _PARTY) for one in parties),
    "contact": lambda contact: _texts(contact, _CONTACT),
}


def _texts(found: Json, names: frozenset[str]) -> bool:
    """Whether it is an object of texts under these names, and no others."""
    return (
        isinstance(found, dict)
        and names.issuperset(found)
        and all(one is None or isinstance(one, str) for one in found.values())
    )


def _extras(shown: decode.Shown, known: Mapping[str, Json]) -> dict[str, Json] | UnsetType:
    """The members without a canonical place, as they came; one that is missing now was not said now."""
    said: dict[str, Json] = {}
    for name, value in shown.whole.items():
        if value is None:
            continue
        if name in _PLACED:
            if getattr(shown.known, name) is None:  # of another type than documented
                said[name] = value
        elif (placed := _PLACES.get(name)) is None or not placed(value):
            said[name] = value
    if known.keys() <= shown.whole.keys():
        return said if known or said else UNSET
    return {**{name: value for name, value in known.items() if name not in shown.whole}, **said}


def _refs(seen: wire.Interaction, known: Mapping[str, str]) -> dict[str, str]:
    """Every id of the vendor that a command or a later event needs."""
    said = (
        ("case", seen.caseId),
        ("parent", seen.parentInteractionId),
        ("uuid", seen.interactionUUID),
        ("call", seen.callUuid),
        ("connection", seen.connId),
        ("media", seen.media),
    )
    return {**known, "interaction": seen.interactionId, **{key: value for key, value in said if value}}

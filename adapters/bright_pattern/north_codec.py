"""North: canonical snapshots, results and failures as the vendor's values. Pure, no memory.

Source: seeds 000 and 001; reference/bright-pattern.md sections 2, 5 and 8 (row 1: what both generations of
InteractionData have is always there). Ids told to clients are canonical; globalInteractionId is the root's
id, so that a consultation can be known by sharing it with its call. Work items are not told: there is no
type for them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from adapters.bright_pattern import codec, tables, wire
from adapters.bright_pattern.questions import as_text
from adapters.bright_pattern.settings import BrightPatternSettings
from schemas.agent import AgentSession, AgentState
from schemas.interaction import (
    Direction,
    Disposition,
    Interaction,
    InteractionState,
    Kind,
    Media,
    Party,
    PartyRole,
    Record,
    RecordingState,
)
from schemas.needinfo import NeedInfoKind
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed

_COLLEAGUES: Final = frozenset({PartyRole.AGENT, PartyRole.SUPERVISOR})


def milliseconds(moment: datetime | None) -> int | None:
    """An aware time as epoch milliseconds."""
    return round(moment.timestamp() * 1000) if moment else None


def _state(one: Interaction) -> str:
    if one.state is InteractionState.WRAP_UP and one.wrap_up_paused:
        return "wrap_up_hold"
    if one.state is InteractionState.QUEUED and one.vendor_state == "ivr":
        return "ivr"
    return tables.STATE_OUT[one.state]


def _direction(one: Interaction) -> str | None:
    """Only calls have one. Until it is answered it says who is rung: delivery_pending itself does not.

    So a call out that is passed on to a colleague is offered inbound, and one between colleagues has none
    once they talk.
    """
    if one.media is not Media.VOICE:
        return None
    if one.state is InteractionState.ALERTING:
        return "inbound"
    if one.direction is Direction.OUTBOUND or one.consult_of or one.state is InteractionState.DIALING:
        return "outbound"
    return "inbound" if one.direction is Direction.INBOUND else None


def _call_party(party: Party) -> wire.CallParty:
    return wire.CallParty(id=party.id, name=party.name, phone=party.address, userId=party.user_id or None)


def _chat_party(party: Party) -> wire.ChatParty:
    internal = bool(party.user_id) or party.role in _COLLEAGUES
    return wire.ChatParty(
        id=party.id,
        type="internal" if internal else "external",
        name=party.name,
        userId=party.user_id or None if internal else None,
        contactId=None if internal else party.contact_id or None,
        email=party.email or None,
        phone=party.address or None,
    )


def associated(record: Record, source: str) -> wire.InteractionAssociatedObject:
    """A CRM record, with who supplied it."""
    return wire.InteractionAssociatedObject(
        id=record.id,
        type=record.type,
        displayName=record.display_name,
        displayType=record.display_type,
        customFields=record.fields,
        source=record.source or source,
    )


def associated_objects(records: Iterable[Record], *, as_list: bool) -> wire.InteractionAssociatedObjectsData:
    """The records of an interaction; `as_list` says which generation of `selected`."""
    listed = tuple(associated(one, tables.NAME) for one in records)
    chosen = tuple(one.id for one in records if one.selected)
    selected = chosen if as_list else chosen[0] if chosen else None
    return wire.InteractionAssociatedObjectsData(list=listed, selected=selected)


def _kind(one: Interaction) -> str | None:
    word = one.refs.get(codec.INTERACTION_KIND)
    if word in tables.KINDS:
        return word
    return "direct_call" if one.kind is Kind.DIRECT else None


def _disposition(one: Disposition | None) -> str | None:
    """The vendor tells the name; a platform that has none tells what it has."""
    return (one.name or one.code or one.id or None) if one else None


def visible(one: Interaction) -> bool:
    """Whether clients of this dialect are told of it."""
    return one.media not in tables.NO_MEDIA


def interaction(one: Interaction, settings: BrightPatternSettings) -> wire.InteractionData:
    """One interaction, whole."""
    voice, email = one.media is Media.VOICE, one.media is Media.EMAIL
    ended, started = one.ended_at, one.created_at
    return wire.InteractionData(
        interactionId=one.id,
        globalInteractionId=one.root_id,
        state=_state(one),
        type=tables.MEDIA_OUT[one.media],
        callParties=tuple(_call_party(party) for party in one.parties) if voice else (),
        chatParties=tuple(_chat_party(party) for party in one.parties) if one.media is Media.CHAT else (),
        callMuted=voice and one.muted,
        callRecording=voice and one.recording_state is not RecordingState.STOPPED,
        attachedData={key: as_text(value) for key, value in one.data.items()},
        internal=one.internal,
        subject=one.subject,
        associatedObjects=associated_objects(one.records, as_list=settings.selected_as_list),
        interactionKind=_kind(one),
        phoneNumber=None if email else one.remote_address or None,
        email=one.remote_address or None if email else None,
        callDirection=_direction(one),
        startTime=milliseconds(started),
        endTime=milliseconds(ended),
        duration=round((ended - started).total_seconds()) if ended and started else None,
        description=one.notes or None,
        disposition=_disposition(one.disposition),
        service=one.service or None,
        playbackUrl=one.recording.playback_url or None if one.recording else None,
        recordingUrl=one.recording.url or None if one.recording else None,
        DNIS=one.dnis or None,
        ANI=one.ani or None,
        origination=one.origination if one.origination in tables.ORIGINATIONS else None,
        agentId=one.agent_id,
    )


def activity(one: Interaction, settings: BrightPatternSettings) -> wire.InteractionActivityData:
    """What the CRM is asked to save."""
    whole = interaction(one, settings)
    contact = one.contact.display_name if one.contact else ""
    named = contact or next((party.name for party in one.parties if party.role not in _COLLEAGUES), "")
    return wire.InteractionActivityData(
        interactionId=whole.interactionId,
        globalInteractionId=whole.globalInteractionId,
        state=whole.state,
        type=whole.type,
        associatedObjects=whole.associatedObjects,
        attachedData=whole.attachedData,
        internal=whole.internal,
        contactName=named,
        phoneNumber=whole.phoneNumber,
        email=whole.email,
        callDirection=whole.callDirection,
        startTime=whole.startTime,
        endTime=whole.endTime,
        duration=whole.duration,
        description=whole.description,
        disposition=whole.disposition,
        service=whole.service,
        playbackUrl=whole.playbackUrl,
        recordingUrl=whole.recordingUrl,
        DNIS=whole.DNIS,
        ANI=whole.ANI,
        origination=whole.origination,
    )


def interactions_state(
    listed: Iterable[Interaction], active: str | None, settings: BrightPatternSettings
) -> wire.InteractionsState:
    """All interactions; the active one is among them, or there is none."""
    told = tuple(interaction(one, settings) for one in listed if visible(one))
    known = any(one.interactionId == active for one in told)
    return wire.InteractionsState(activeInteractionId=active if known else None, interactions=told)


# --- the agent


def login_state(session: AgentSession | None) -> wire.LoginStateData:
    """Whether the agent is logged in, and who that is."""
    if session is None or session.state is AgentState.LOGGED_OUT:
        return wire.LoginStateData(isLoggedIn=False)
    return wire.LoginStateData(
        isLoggedIn=True, agentId=session.agent_id, username=session.agent_id, sessionId=session.id
    )


def agent_state(session: AgentSession, settings: BrightPatternSettings) -> wire.AgentStateData:
    """The agent's state; without the newer words, a reserved agent is ready with the flag set."""
    reserved = session.state is AgentState.RESERVED
    word = tables.AGENT_STATE_OUT[session.state]
    if reserved and not settings.newer_agent_states:
        word = "ready"
    reason: str | msgspec.UnsetType = msgspec.UNSET
    if word == "not_ready" and session.reason:
        reason = session.reason
    return wire.AgentStateData(state=word, reservedForIncomingInteraction=reserved, notReadyReason=reason)


def not_ready_reasons(session: AgentSession) -> tuple[str, ...]:
    """The configured reasons, as setAgentState takes them."""
    return tuple(
        choice.id for choice in session.choices if choice.state is AgentState.NOT_READY and choice.id
    )


# --- what was asked for


def dispositions(data: object) -> tuple[wire.DispositionData, ...]:
    """The data of interaction.list_dispositions."""
    return tuple(
        wire.DispositionData(
            id=one.id,
            code=one.code or one.id,
            name=one.name or one.code or one.id,
            type=tables.DISPOSITION_TYPE.get(one.category, one.category.upper()),
        )
        for one in msgspec.convert(data or (), tuple[Disposition, ...])
    )


def _colleagues(data: object) -> list[DirectoryEntry]:
    entries = msgspec.convert(data or (), tuple[DirectoryEntry, ...])
    return [entry for entry in entries if entry.kind == "agent"]


def teams(data: object) -> tuple[wire.Team, ...]:
    """The data of directory.list, as the teams its agents are in; a team is known by its name."""
    sizes: dict[str, int] = {}
    for entry in _colleagues(data):
        sizes[entry.category] = sizes.get(entry.category, 0) + 1
    return tuple(
        wire.Team(id=name, displayName=name, isSupervised=False, usersCount=size)
        for name, size in sizes.items()
    )


def members(data: object, team: str) -> tuple[wire.User, ...]:
    """The data of directory.list, as the agents of one team."""
    return tuple(_user(entry, team) for entry in _colleagues(data) if entry.category == team)


def _user(entry: DirectoryEntry, team: str) -> wire.User:
    first, _, last = entry.name.partition(" ")
    return wire.User(
        id=entry.id or entry.address,
        teamId=team,
        firstName=first,
        lastName=last,
        phone=entry.address,
        state=entry.state or "offline",
    )


# --- refusals

_QUESTION_OUT: Final = {
    NeedInfoKind.DISPOSITION: "no_disposition",
    NeedInfoKind.SERVICE: "no_service",
    NeedInfoKind.OUTBOUND_SKILL: "no_service",  # the vendor's services are what is dialled for
    NeedInfoKind.CONFIRM: "not_suitable_state",
}


def error(name: str, message: str = "") -> wire.ResultError:
    """A request error by its name."""
    return wire.ResultError(tables.REQUEST_ERRORS[name], name, message or None)


def failure(failed: Failed) -> wire.ResultError:
    """Why a request failed. The platform's own word stays if it is the vendor's, for the same failure."""
    code = tables.REQUEST_ERRORS.get(failed.vendor_code)
    if code is not None and tables.ERROR_IN[code] is failed.code:
        return wire.ResultError(code, failed.vendor_code, failed.message or None)
    if failed.code is ErrorCode.NEEDS_INFO and failed.missing is not None:
        name = _QUESTION_OUT.get(failed.missing.kind, "invalid_args")
        return error(name, failed.missing.title)
    return error(tables.ERROR_OUT[failed.code], failed.message)

"""North: canonical snapshots, results and failures as the vendor's values. Pure, no memory.

Source: seeds 000 and 001; reference/bright-pattern.md sections 2, 5 and 8 (row 1: what both generations of
InteractionData have is always there). Ids told to clients are canonical; globalInteractionId is the root's
id, so that a consultation can be known by sharing it with its call. Work items are not told: there is no
type for them. What a platform of this dialect said itself is told in its own words (same_dialect.py); where
its frame is not at hand, they are made again of `vendor_state`, `refs` and `extras`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from adapters.bright_pattern import decode, tables, wire
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit.text import as_text
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
from schemas.needinfo import Choice, NeedInfoKind
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


def associated_objects(
    records: Iterable[Record], settings: BrightPatternSettings, *, same_dialect: bool
) -> wire.InteractionAssociatedObjectsData:
    """The records of an interaction; those of a platform of another dialect name a source."""
    listed = tuple(
        decode.associated(one, one.source or (msgspec.UNSET if same_dialect else tables.NAME))
        for one in records
    )
    chosen = tuple(one.id for one in records if one.selected)
    selected = (chosen[0] if chosen else None) if settings.selected_as_list is False else chosen
    return wire.InteractionAssociatedObjectsData(list=listed, selected=selected)


def _disposition(one: Disposition | None) -> str | None:
    """The vendor tells the name; a platform that has none tells what it has."""
    return (one.name or one.code or one.id or None) if one else None


def visible(one: Interaction) -> bool:
    """Whether clients of this dialect are told of it."""
    return one.media not in tables.NO_MEDIA


def interaction(
    one: Interaction, settings: BrightPatternSettings, *, same_dialect: bool = False
) -> wire.InteractionData:
    """One interaction, whole. `same_dialect`: its platform is of this dialect."""
    voice, email = one.media is Media.VOICE, one.media is Media.EMAIL
    written = wire.InteractionData(
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
        associatedObjects=associated_objects(one.records, settings, same_dialect=same_dialect),
        interactionKind="direct_call" if one.kind is Kind.DIRECT else None,
        phoneNumber=None if email else one.remote_address or None,
        email=one.remote_address or None if email else None,
        callDirection=_direction(one),
        startTime=milliseconds(one.created_at),
        endTime=milliseconds(one.ended_at),
        duration=_duration(one.created_at, one.ended_at),
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
    return _as_it_said(one, written) if same_dialect else written


def _duration(started: datetime | None, ended: datetime | None) -> int | None:
    return round((ended - started).total_seconds()) if ended and started else None


_SAID: Final = ("type", "interactionKind", "phoneNumber", "email", "callDirection", "transferANI", "agentId")


def _as_it_said(one: Interaction, written: wire.InteractionData) -> wire.InteractionData:
    """The same in the words of a platform of this dialect: its members, and its times where ours differ."""
    texts = {name: said for name, said in one.extras.items() if isinstance(said, str)}
    started = datetime.fromisoformat(texts["created_at"]) if "created_at" in texts else one.created_at
    ended = datetime.fromisoformat(texts["ended_at"]) if "ended_at" in texts else one.ended_at
    duration = one.extras.get("duration")
    return msgspec.structs.replace(
        written,
        globalInteractionId=one.refs.get(tables.GLOBAL_ID),
        state=one.vendor_state or written.state,
        startTime=milliseconds(started),
        endTime=milliseconds(ended),
        duration=duration if isinstance(duration, int | float) else _duration(started, ended),
        origination=one.origination or None,
        **{"agentId": None, **{name: texts[name] for name in _SAID if name in texts}},
    )


def activity(
    one: Interaction, settings: BrightPatternSettings, *, same_dialect: bool = False
) -> wire.InteractionActivityData:
    """What the CRM is asked to save; which values a form has, only a platform of this dialect says."""
    whole = interaction(one, settings, same_dialect=same_dialect)
    contact = one.contact.display_name if one.contact else ""
    named = contact or next((party.name for party in one.parties if party.role not in _COLLEAGUES), "")
    return wire.InteractionActivityData(**msgspec.structs.asdict(whole), contactName=named)


# --- the agent


def login_state(session: AgentSession | None, *, same_dialect: bool = False) -> wire.LoginStateData:
    """Whether the agent is logged in, and who that is. `same_dialect`: as the platform said it."""
    if session is None or session.state is AgentState.LOGGED_OUT:
        return wire.LoginStateData(isLoggedIn=False)
    if same_dialect:
        said = (session.refs.get(key) for key in (tables.AGENT_ID, tables.USERNAME, tables.SESSION_ID))
        return wire.LoginStateData(True, *said)
    return wire.LoginStateData(True, session.agent_id, session.agent_id, session.id)


def agent_state(
    session: AgentSession, settings: BrightPatternSettings, *, same_dialect: bool = False
) -> wire.AgentStateData:
    """The agent's state. For who does not know the newer words, a reserved agent is ready, with the flag."""
    same, newer = same_dialect and session.vendor_state != "", settings.newer_agent_states
    word = session.vendor_state if same else tables.AGENT_STATE_OUT[session.state]
    if word in tables.NEWER_AGENT_STATES and not (same if newer is None else newer):
        word = "ready"
    reasoned = session.reason != "" and (same or word == "not_ready")
    return wire.AgentStateData(
        state=word,
        reservedForIncomingInteraction=AgentState.RESERVED in (session.state, session.pending_state),
        notReadyReason=session.reason if reasoned else msgspec.UNSET,
    )


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
            type=one.category.upper(),
        )
        for one in msgspec.convert(data or (), tuple[Disposition, ...])
    )


def listed(data: object, kind: str) -> list[DirectoryEntry]:
    """The entries of that kind among the data of directory.list."""
    entries = msgspec.convert(data or (), tuple[DirectoryEntry, ...])
    return [entry for entry in entries if entry.kind == kind]


def services(data: object) -> tuple[Choice, ...]:
    """The services among the data of directory.list."""
    return tuple(Choice(id=one.id or one.address, label=one.name) for one in listed(data, "skill"))


def teams(data: object) -> tuple[wire.Team, ...]:
    """The data of directory.list, as the teams its agents are in; a team is known by its name."""
    return tuple(
        wire.Team(id=name, displayName=name, isSupervised=False, usersCount=size)
        for name, size in Counter(entry.category for entry in listed(data, "agent")).items()
    )


def members(data: object, team: str) -> tuple[wire.User, ...]:
    """The data of directory.list, as the agents of one team."""
    return tuple(_user(entry, team) for entry in listed(data, "agent") if entry.category == team)


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
    """Why a request failed. The platform's own word stays, and its number, if it is of this dialect."""
    told = tables.error_of(failed.vendor_code)
    if told is not None and tables.ERROR_IN.get(told[0], ErrorCode.PLATFORM_ERROR) is failed.code:
        return wire.ResultError(*told, failed.message or None)
    if failed.code is ErrorCode.NEEDS_INFO and failed.missing is not None:
        name = _QUESTION_OUT.get(failed.missing.kind, "invalid_args")
        return error(name, failed.missing.title)
    return error(tables.ERROR_OUT[failed.code], failed.message)

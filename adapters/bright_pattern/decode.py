"""South: the vendor's values as observations, and its refusals as failures. Pure, no memory.

Source: seeds 000 and 001; reference/bright-pattern.md sections 5 and 6. Every snapshot is whole, so
an optional field that is absent means that there is nothing; a field that only one generation of the
document has means, when absent, that nothing was said.

Every enumeration is open. A word that no list has is kept: of a state in `vendor_state`, of a disposition in
its category, of an origination as it is, of an error in `vendor_code`, and of an interaction's type, kind,
direction or chat party in its `extras`.
"""

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from adapters.bright_pattern import tables, wire
from adapters.kit import reading
from schemas.agent import AgentState, StateChoice
from schemas.ids import Ref
from schemas.interaction import (
    Direction,
    Disposition,
    InteractionState,
    Kind,
    Party,
    PartyRole,
    Record,
    Recording,
    RecordingState,
)
from schemas.observations import AgentObserved, DirectoryEntry, InteractionObserved, Noticed
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json


class Known(msgspec.Struct, frozen=True):
    """What the connection remembers of an interaction because no snapshot says it."""

    durable_ref: Ref | None = None
    consult_of: Ref | None = None
    recording_silenced: bool = False  # setCallRecordingMute shows in no field
    open: bool = False  # told before, and not removed


def state(data: wire.InteractionData) -> InteractionState | UnsetType:
    """The canonical state, if one is said. An unknown word is UNKNOWN: it travels in vendor_state.

    delivery_pending is an offer or an attempt. Without a direction only e-mail tells: it arrives, and one
    that is started is delivered at once, as a chat is. A call that does not say is taken for an offer.
    """
    if isinstance(data.state, UnsetType):
        return UNSET
    if data.state == tables.PENDING:
        return InteractionState.DIALING if data.callDirection == "outbound" else InteractionState.ALERTING
    return tables.STATE_IN.get(data.state, InteractionState.UNKNOWN)


def _parties(data: wire.InteractionData) -> tuple[Party, ...] | UnsetType:
    if data.type != "chat":
        if isinstance(data.callParties, UnsetType):
            return UNSET
        external = PartyRole.UNKNOWN if data.internal is True else PartyRole.CUSTOMER
        return tuple(
            Party(
                id=party.id,
                role=PartyRole.AGENT if party.userId else external,
                name=party.name,
                address=party.phone,
                user_id=party.userId or "",
            )
            for party in data.callParties
        )
    if isinstance(data.chatParties, UnsetType):
        return UNSET
    return tuple(
        Party(
            id=party.id,
            role=tables.CHAT_PARTY_IN.get(party.type, PartyRole.UNKNOWN),
            name=party.name,
            address=party.phone or "",
            email=party.email or "",
            user_id=party.userId or "",
            contact_id=party.contactId or "",
        )
        for party in data.chatParties
    )


def record(one: wire.InteractionAssociatedObject, *, selected: bool = False) -> Record:
    """A CRM record as the vendor writes it."""
    return Record(
        id=one.id,
        type=one.type,
        display_name=one.displayName,
        display_type=one.displayType,
        fields=one.customFields or {},
        source=one.source or "",
        selected=selected,
    )


def associated(one: Record, source: str | UnsetType = UNSET) -> wire.InteractionAssociatedObject:
    """The same record, as the vendor reads it."""
    return wire.InteractionAssociatedObject(
        id=one.id,
        type=one.type,
        displayName=one.display_name,
        displayType=one.display_type,
        customFields=one.fields,
        source=source,
    )


def records(data: wire.InteractionAssociatedObjectsData | None) -> tuple[Record, ...]:
    """The records of an interaction; both generations of `selected`."""
    if data is None:
        return ()
    chosen = (data.selected,) if isinstance(data.selected, str) else data.selected or ()
    return tuple(record(one, selected=one.id in chosen) for one in data.list)


def _extras(data: wire.InteractionData) -> dict[str, Json]:
    """What the platform says and the model has no place for, by the vendor's names."""
    extras: dict[str, Json] = {}
    if data.duration is not None:
        extras["duration"] = data.duration
    if data.agentId is not None:
        extras["agentId"] = data.agentId
    if data.interactionKind is not None:
        extras["interactionKind"] = data.interactionKind
    if data.email and data.phoneNumber:  # one of them is the address
        email = data.type == "email"
        extras["phoneNumber" if email else "email"] = data.phoneNumber if email else data.email
    if data.ANI and data.transferANI:
        extras["transferANI"] = data.transferANI
    if data.type and data.type not in tables.MEDIA_IN:
        extras["type"] = data.type
    if data.callDirection and data.callDirection not in tables.DIRECTION_IN:
        extras["callDirection"] = data.callDirection
    if data.chatParties and (
        odd := [one for one in data.chatParties if one.type and one.type not in tables.CHAT_PARTY_IN]
    ):
        extras["chatParties"] = [{"id": one.id, "type": one.type} for one in odd]
    return extras


def _recording_state(data: wire.InteractionData, known: Known) -> RecordingState | UnsetType:
    if isinstance(data.callRecording, UnsetType):
        return UNSET
    if not data.callRecording:
        return RecordingState.STOPPED
    return RecordingState.PAUSED if known.recording_silenced else RecordingState.RECORDING


def interaction(
    data: wire.InteractionData, agent: Ref, vendor: msgspec.Raw, known: Known
) -> InteractionObserved:
    """One whole interaction of the agent, with what the connection remembers of it.

    `completed` is the last snapshot but one: ON_INTERACTION_REMOVED has the final data, and completes it.
    """
    parties = _parties(data)
    finished = known.open and data.state == tables.FINISHED
    refs = {tables.INTERACTION_ID: data.interactionId}
    if data.globalInteractionId:
        refs[tables.GLOBAL_ID] = data.globalInteractionId
    kind = Kind.CONSULT if known.consult_of else tables.KIND_IN.get(data.interactionKind or "", Kind.UNKNOWN)
    email, phone = data.email or "", data.phoneNumber or ""
    return InteractionObserved(
        agent=agent,
        vendor=vendor,
        ref=Ref(data.interactionId),
        durable_ref=known.durable_ref,
        root_ref=Ref(data.globalInteractionId) if data.globalInteractionId else None,
        consult_of_ref=known.consult_of,
        state=UNSET if finished else state(data),
        media=UNSET if isinstance(data.type, UnsetType) else tables.MEDIA_IN.get(data.type, UNSET),
        direction=tables.DIRECTION_IN.get(data.callDirection or "", Direction.UNKNOWN),
        kind=kind,
        remote_address=(email or phone) if data.type == "email" else (phone or email),
        ani=data.ANI or data.transferANI or "",
        dnis=data.DNIS or "",
        service=data.service or "",
        subject=UNSET if isinstance(data.subject, UnsetType) else data.subject or "",
        origination=data.origination or "",
        internal=data.internal,
        parties=parties,
        data=UNSET if isinstance(data.attachedData, UnsetType) else data.attachedData or {},
        records=UNSET if isinstance(data.associatedObjects, UnsetType) else records(data.associatedObjects),
        disposition=Disposition(name=data.disposition) if data.disposition else None,
        notes=data.description or "",
        muted=data.callMuted,
        # the agent itself is not listed, so two others make a conference (inferred, reference 3.5)
        conference=UNSET if isinstance(parties, UnsetType) else len(parties) > 1,
        wrap_up_paused=UNSET if isinstance(data.state, UnsetType) else data.state == "wrap_up_hold",
        recording_state=_recording_state(data, known),
        recording=Recording(url=data.recordingUrl or "", playback_url=data.playbackUrl or "")
        if data.recordingUrl or data.playbackUrl
        else None,
        created_at=reading.moment(data.startTime) or UNSET,
        ended=finished,
        ended_at=(reading.moment(data.endTime) if data.state in tables.OVER else None) or UNSET,
        refs=refs,
        vendor_state=data.state,
        extras=_extras(data),
    )


def same_but_state(was: wire.InteractionData, data: wire.InteractionData) -> bool:
    """Whether nothing differs but the state, and time that counts on."""
    counted = was.duration is not None and data.duration is not None
    duration = data.duration if counted else was.duration
    return replace(was, state=data.state, duration=duration) == data


def removed(data: wire.InteractionData, agent: Ref, vendor: msgspec.Raw, known: Known) -> InteractionObserved:
    """The last word about an interaction: closed, whatever state the snapshot was taken in."""
    return msgspec.structs.replace(
        interaction(data, agent, vendor, known),
        state=InteractionState.COMPLETED,
        ended=True,
        ended_at=reading.moment(data.endTime) or UNSET,
    )


def login_state(data: wire.LoginStateData, agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """Who is logged in. The state itself is asked for separately, except that nobody is logged in."""
    if data.isLoggedIn is False:
        return logged_out(agent, vendor)
    said = (
        (tables.AGENT_ID, data.agentId),
        (tables.USERNAME, data.username),
        (tables.SESSION_ID, data.sessionId),
    )
    refs = {tables.LOGGED_IN: "true", **{key: value for key, value in said if value is not None}}
    return AgentObserved(agent=agent, vendor=vendor, name=data.username or UNSET, refs=refs)


def agent_state(
    word: str | None, reason: str | None, agent: Ref, vendor: msgspec.Raw, *, reserved: bool = False
) -> AgentObserved:
    """The agent's state; an agent that is ready for nothing but the offer under way is RESERVED.

    One that still does something else will be: only the answer of getAgentState says so, no event does.
    """
    if word is None:  # nothing is said of it
        return AgentObserved(agent=agent, vendor=vendor)
    seen = tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN)
    if reserved and seen is AgentState.READY:
        seen = AgentState.RESERVED
    return AgentObserved(
        agent=agent,
        vendor=vendor,
        state=seen,
        reason=reason or "",
        pending_state=AgentState.RESERVED if reserved and seen is not AgentState.RESERVED else None,
        vendor_state=word,
    )


def logged_out(agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """Nobody is logged in on that page."""
    return AgentObserved(
        agent=agent,
        vendor=vendor,
        state=AgentState.LOGGED_OUT,
        reason="",
        pending_state=None,
        focused=None,
        vendor_state="",
    )


def focused(active: str | None, agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """Which interaction is active; None: nothing is."""
    return AgentObserved(agent=agent, vendor=vendor, focused=Ref(active) if active else None)


def choices(reasons: tuple[str, ...], agent: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """The agent's state menu: only ready and not_ready can be set, the latter with a configured reason."""
    plain = tuple(StateChoice(id="", state=state) for state in tables.SETTABLE_OUT)
    reasoned = tuple(StateChoice(id=one, state=AgentState.NOT_READY, label=one) for one in reasons)
    return AgentObserved(agent=agent, vendor=vendor, choices=plain + reasoned)


def server_error(data: wire.ServerErrorData, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    """An error of the system or session, by its name; with its number too, unless a list has the pair."""
    return Noticed(
        agent=agent,
        vendor=vendor,
        time=reading.moment(data.timestamp),
        code=tables.error_word(data.code, data.name, tables.TOLD_ERRORS),
        message=data.message or "",
        error=True,
    )


def failure(error: wire.ResultError) -> Failed:
    """A refusal, by its number: names stand in two lists."""
    return Failed(
        code=tables.ERROR_IN.get(error.code, ErrorCode.PLATFORM_ERROR),
        effect=Effect.UNKNOWN if error.code in tables.MAYBE_DONE else Effect.NONE,
        message=error.message or "",
        vendor_code=tables.error_word(error.code, error.name, tables.GIVEN_ERRORS),
    )


def disposition(data: wire.DispositionData) -> Disposition:
    """One disposition to choose from."""
    return Disposition(
        id=data.id,
        code=data.code,
        name=data.name,
        category=tables.DISPOSITION_CATEGORY.get(data.type, data.type),
    )


def colleague(data: wire.User, team: wire.Team) -> DirectoryEntry:
    """A member of a team."""
    return DirectoryEntry(
        name=f"{data.firstName} {data.lastName}".strip(),
        address=data.phone,
        id=data.id,
        category=team.displayName,
        kind="agent",
        state=tables.USER_STATE_SPELT.get(data.state, data.state),
    )


def is_voice(data: wire.InteractionData) -> bool:
    """Whether it is a call."""
    return data.type == "voice"

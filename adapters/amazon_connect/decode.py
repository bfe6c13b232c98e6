"""South: an update as observations, and an answer as what it says. Pure, but for the memory that it is given.

An update is the whole truth. A leg beside the agent's and the first one is a consultation, an interaction of
its own to us, until all are connected at once: then it is a party. Why something ended nobody says; what can
be told from the legs is. The contact's state counts, not that of its legs. Source:
docs/sources/amazon-connect.md, sections 6 and 14.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.amazon_connect import calls, tables, wire
from adapters.amazon_connect.memory import Known, Memory, leg_ref
from adapters.kit.jsonrpc import NOTHING
from schemas.agent import AgentState, StateChoice
from schemas.ids import Ref
from schemas.interaction import (
    Direction,
    EndCause,
    InteractionState,
    Kind,
    Media,
    Party,
    PartyRole,
    Side,
)
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    DirectoryEntry,
    InteractionGone,
    InteractionObserved,
)
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

_OVER: Final = frozenset({"ended", "missed", "rejected", "error"})
_CAUSES: Final = {"missed": EndCause.NO_ANSWER, "rejected": EndCause.DECLINED}


class Answer(msgspec.Struct, frozen=True):
    """The answer to a method."""

    data: msgspec.Raw = NOTHING
    err: msgspec.Raw = NOTHING


_answer = msgspec.json.Decoder(Answer)
_error = msgspec.json.Decoder(wire.Error)
_text = msgspec.json.Decoder(str)


def read_answer(body: msgspec.Raw) -> msgspec.Raw | Failed:
    """The data of an answer, or why there is none. An error is an object, or a text with one, or a text."""
    try:
        answer = _answer.decode(body)
    except msgspec.DecodeError:
        message = "An answer that is none"
        return Failed(code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message=message)
    if bytes(answer.err) == b"null":
        return answer.data
    error = _read_error(answer.err)
    if error.type == tables.UNANSWERED:
        return Failed(code=ErrorCode.TIMEOUT, effect=Effect.UNKNOWN, message=error.message)
    code = tables.ERROR_IN.get(error.type, ErrorCode.PLATFORM_ERROR)
    return Failed(code=code, message=error.message, vendor_code=error.type)


def _read_error(raw: msgspec.Raw) -> wire.Error:
    text = bytes(raw)
    try:
        text = _text.decode(raw).encode()
        return _error.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        return _error.decode(text)
    except msgspec.DecodeError:
        return wire.Error("", text.decode())


# --- the agent


def name_of(update: wire.Update) -> str | None:
    """Who it is."""
    said = update.configuration
    return said.username or said.agentARN


def agent(update: wire.Update, named: Ref, vendor: msgspec.Raw) -> AgentObserved:
    """His state: the type is what counts, and where the platform hides what he chose, its name."""
    snapshot, said = update.snapshot, update.configuration
    state, reason = _agent_state(snapshot)
    states = said.agentStates or ()
    queue = said.routingProfile.defaultOutboundQueue if said.routingProfile else None
    queues = said.routingProfile.queues if said.routingProfile else ()
    pending = snapshot.nextState
    return AgentObserved(
        agent=named,
        time=snapshot.snapshotTimestamp,
        state=state,
        reason=reason,
        pending_state=None if pending is None else tables.SETTABLE.get(pending.type or ""),
        name=said.name or UNSET,
        choices=tuple(
            StateChoice(
                id=one.agentStateARN or "", state=tables.SETTABLE[one.type or ""], label=one.name or ""
            )
            for one in states
            if one.type in tables.SETTABLE
        ),
        vendor_state=snapshot.state.name or "",
        extras={
            calls.STATES: [msgspec.to_builtins(one) for one in states],
            calls.OUTBOUND_QUEUE: msgspec.to_builtins(queue),
            calls.QUEUES: [one.queueARN for one in queues or () if one.queueARN],
        },
        vendor=vendor,
    )


def _agent_state(snapshot: wire.Snapshot) -> tuple[AgentState | UnsetType, str | UnsetType]:
    said = snapshot.state
    if any(one.type == "monitoring" and _talks(one) for two in snapshot.contacts for one in two.connections):
        return AgentState.SUPERVISING, UNSET
    if said.type in tables.SETTABLE and said.name != "Pending":
        return tables.SETTABLE[said.type or ""], said.agentStateARN or ""
    if said.type == "error":
        return AgentState.NOT_READY, f"error:{said.name}"
    return tables.STATE_IN.get(said.name or "", UNSET), UNSET


# --- contacts


def contacts(
    update: wire.Update, named: Ref, memory: Memory, vendor: msgspec.Raw, *, whole: bool
) -> Iterator[AnyObservation]:
    """All of them; what is not there any more is over. Not `whole`: an entry was unreadable."""
    for one in update.snapshot.contacts:
        yield from _contact(one, named, memory.of(one.contactId), vendor)
    if not whole:
        return
    for contact_id, known in memory.absent({one.contactId for one in update.snapshot.contacts}):
        for leg in sorted(known.consultations):
            yield InteractionGone(agent=named, ref=leg_ref(contact_id, leg), vendor=vendor)
        yield InteractionGone(agent=named, ref=Ref(contact_id), vendor=vendor)


class _Legs(msgspec.Struct, frozen=True):
    """Those of one contact: the agent's, that of whom it began with, and the others."""

    own: wire.Connection | None
    first: wire.Connection | None
    third: tuple[wire.Connection, ...]

    def merged(self, known: Known) -> tuple[wire.Connection, ...]:
        """The others that have talked to all."""
        return tuple(leg for leg in self.third if leg.connectionId in known.merged)

    def staying(self, known: Known) -> list[wire.Connection]:
        """Who is there but the agent and whom he consults."""
        return [leg for leg in (self.first, *self.merged(known)) if leg is not None and _active(leg)]


def _legs(one: wire.Contact) -> _Legs:
    own = next((leg for leg in one.connections if leg.type in tables.OWN_LEGS), None)
    first = next((leg for leg in one.connections if leg.initial and leg is not own), None)
    return _Legs(own, first, tuple(leg for leg in one.connections if leg is not own and leg is not first))


def _contact(one: wire.Contact, named: Ref, known: Known, vendor: msgspec.Raw) -> Iterator[AnyObservation]:
    legs, on = _legs(one), one.state.type == "connected"
    talking = [leg for leg in (legs.first, *legs.third) if leg is not None and _talks(leg)]
    if on and len(talking) > 1:
        known.merged.update(leg.connectionId for leg in talking if leg is not legs.first)
    known.connected = known.connected or on
    known.voice = tables.MEDIA_IN.get(one.type or "voice") is Media.VOICE
    yield _main(one, legs, known, named, vendor)
    yield from _consultations(one, legs, known, named, vendor)
    known.state = one.state.type


def _main(
    one: wire.Contact, legs: _Legs, known: Known, named: Ref, vendor: msgspec.Raw
) -> InteractionObserved:
    own, first = legs.own, legs.first
    state = _state(one, legs)
    cause, side = _end(one.state.type, legs, known)
    address = _address(first) or _endpoint_address(one.customerEndpoint)
    direction = _direction(one, first)
    return InteractionObserved(
        agent=named,
        ref=Ref(one.contactId),
        root_ref=Ref(one.initialContactId or one.contactId),
        time=one.state.timestamp,
        state=state,
        media=tables.MEDIA_IN.get(one.type or "", UNSET),
        channel_type=_subtype(one),
        direction=direction,
        kind=_kind(one),
        remote_address=address or UNSET,
        ani=address if direction is Direction.INBOUND and address else UNSET,
        dnis=address if direction is Direction.OUTBOUND and address else UNSET,
        service=(one.queue.name if one.queue else None) or UNSET,
        subject=one.name or UNSET,
        parties=tuple(_party(leg, first=leg is first) for leg in legs.staying(known)),
        data=_data(one),
        muted=UNSET if own is None or own.mute is None else own.mute,
        conference=any(_active(leg) for leg in legs.merged(known)),
        ended=state is InteractionState.WRAP_UP,
        end_cause=cause,
        ended_by=side,
        refs={
            calls.CONTACT: one.contactId,
            **({} if own is None else {calls.AGENT_LEG: own.connectionId}),
            **({} if first is None else {calls.INITIAL_LEG: first.connectionId}),
        },
        vendor_state=one.state.type,
        origination=one.initiationMethod or UNSET,
        vendor=vendor,
    )


def _state(one: wire.Contact, legs: _Legs) -> InteractionState | UnsetType:
    word = one.state.type
    if word == "connecting":
        rings = one.type != "queue_callback" and (legs.first is None or legs.first.type != "outbound")
        return InteractionState.ALERTING if rings else InteractionState.DIALING
    held = any(leg is not None and leg.state.type == "hold" for leg in (legs.own, legs.first))
    if word == "connected" and held:
        return InteractionState.HELD
    return tables.CONTACT_IN.get(word, UNSET)


_End = tuple[EndCause | UnsetType, Side | UnsetType]


def _end(word: str, legs: _Legs, known: Known) -> _End:
    """By the legs, and by what we did; the first word of it counts."""
    if word not in _OVER or known.state in _OVER:
        return UNSET, UNSET
    if word != "ended":
        return (EndCause.UNKNOWN, UNSET) if known.connected else _untaken(word, legs, known)
    if known.handing_over or len(legs.staying(known)) > 1:
        return EndCause.TRANSFERRED, Side.AGENT
    if not known.voice or not known.connected:
        return UNSET, UNSET
    return EndCause.NORMAL, _first_to_leave(legs.own, legs.first)


def _untaken(word: str, legs: _Legs, known: Known) -> _End:
    """Missed and rejected are not told apart for calls, and come as an error at times."""
    if known.refused:
        return EndCause.DECLINED, Side.AGENT
    if word in _CAUSES:
        return _CAUSES[word], Side.AGENT
    if legs.first is not None and not _active(legs.first):
        return EndCause.ABANDONED, Side.REMOTE
    if legs.own is not None and not _active(legs.own):
        return EndCause.NO_ANSWER, Side.AGENT
    return EndCause.UNKNOWN, UNSET


def _first_to_leave(own: wire.Connection | None, first: wire.Connection | None) -> Side | UnsetType:
    if own is None or first is None or own.state.timestamp is None or first.state.timestamp is None:
        return UNSET
    if _active(first) or own.state.timestamp < first.state.timestamp:
        return Side.AGENT
    return Side.REMOTE if first.state.timestamp < own.state.timestamp else UNSET


def _consultations(
    one: wire.Contact, legs: _Legs, known: Known, named: Ref, vendor: msgspec.Raw
) -> Iterator[AnyObservation]:
    """A leg is one until it is merged or gone. Of a queue it is connected before anybody has answered."""
    over = one.state.type not in {"connected", "connecting"}
    open_ = {leg.connectionId for leg in legs.third if _active(leg) and not over} - known.merged
    for leg in legs.third:
        if leg.connectionId not in open_:
            continue
        known.consultations.add(leg.connectionId)
        to_queue = leg.endpoint is not None and leg.endpoint.type == "queue"
        state = tables.LEG_IN.get(leg.state.type, UNSET)
        address = _address(leg)
        yield InteractionObserved(
            agent=named,
            ref=leg_ref(one.contactId, leg.connectionId),
            root_ref=Ref(one.initialContactId or one.contactId),
            consult_of_ref=Ref(one.contactId),
            time=leg.state.timestamp,
            state=InteractionState.DIALING if to_queue and state is InteractionState.CONNECTED else state,
            media=tables.MEDIA_IN.get(one.type or "", UNSET),
            direction=Direction.OUTBOUND,
            kind=Kind.CONSULT,
            remote_address=address or UNSET,
            dnis=address or UNSET,
            parties=(_party(leg, first=False),),
            data=_data(one),
            refs={calls.CONTACT: one.contactId, calls.LEG: leg.connectionId},
            vendor_state=leg.state.type,
            vendor=vendor,
        )
    merged_by = EndCause.TRANSFERRED if known.handing_over else EndCause.CONFERENCED
    for name in sorted(known.consultations - open_):
        known.consultations.discard(name)
        yield InteractionGone(
            agent=named,
            ref=leg_ref(one.contactId, name),
            end_cause=merged_by if name in known.merged else UNSET,
            vendor=vendor,
        )


# --- members


def entry(endpoint: wire.Endpoint) -> DirectoryEntry:
    """A quick connect. Numbers are dialled, all others are known by their name of the platform's."""
    kind = endpoint.type or tables.PHONE_NUMBER
    number = kind == tables.PHONE_NUMBER
    address = _endpoint_address(endpoint) if number else endpoint.endpointARN or ""
    return DirectoryEntry(
        name=endpoint.name or address,
        address=address,
        id=endpoint.endpointARN or "",
        kind="external" if number else kind,
    )


def _talks(leg: wire.Connection) -> bool:
    return leg.state.type in tables.TALKING


def _active(leg: wire.Connection) -> bool:
    return leg.state.type in tables.ACTIVE


def _address(leg: wire.Connection | None) -> str:
    return "" if leg is None else _endpoint_address(leg.endpoint)


def _endpoint_address(endpoint: wire.Endpoint | None) -> str:
    """A number as it is dialled: one of SIP's has its host after it."""
    if endpoint is None:
        return ""
    number = (endpoint.phoneNumber or "").removeprefix("sip:").partition("@")[0]
    return number or endpoint.agentLogin or endpoint.name or ""


def _party(leg: wire.Connection, *, first: bool) -> Party:
    endpoint = leg.endpoint or wire.Endpoint()
    colleague = endpoint.type == "agent"
    role = PartyRole.AGENT if colleague else PartyRole.CUSTOMER if first else PartyRole.UNKNOWN
    return Party(
        id=leg.connectionId,
        role=role,
        name=endpoint.name or leg.quickConnectName or "",
        address=_endpoint_address(endpoint),
        user_id=endpoint.agentLogin or "" if colleague else "",
        held=leg.state.type == "hold",
        muted=bool(leg.mute),
    )


def _direction(one: wire.Contact, first: wire.Connection | None) -> Direction | UnsetType:
    said = tables.DIRECTION_IN.get(one.initiationMethod or "")
    if said is None and first is not None and first.type in {"inbound", "outbound"}:
        return Direction(first.type)
    return UNSET if said is None else said


def _kind(one: wire.Contact) -> Kind:
    if one.type == "queue_callback":
        return Kind.CALLBACK
    by_queue = Kind.QUEUE if one.queue is not None and one.queue.name else Kind.UNKNOWN
    return tables.KIND_IN.get(one.initiationMethod or "", by_queue)


def _subtype(one: wire.Contact) -> str | UnsetType:
    """SMS and the like: narrower than the medium."""
    said = (one.segmentAttributes or {}).get("connect:Subtype")
    word = (said.ValueString or "").removeprefix("connect:") if said else ""
    return UNSET if word in {"", "Telephony", "Chat", "Task", "Email"} else word.casefold()


def _data(one: wire.Contact) -> dict[str, Json] | UnsetType:
    if one.attributes is None:
        return UNSET
    return {key: said.value for key, said in one.attributes.items()}

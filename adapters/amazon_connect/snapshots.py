"""North: snapshots as the vendor's objects. Pure.

Every update is the whole truth, so it is made anew of all that the client has been told. A consultation is
folded into the contact that it is about, as its third leg; it is a contact where nobody knows that. The ids
shown are ours. Source: docs/sources/amazon-connect.md, sections 3 to 6 and 14.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum

import msgspec

from adapters.amazon_connect import tables, wire
from adapters.amazon_connect.settings import Settings
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.ids import AgentId, InteractionId
from schemas.interaction import Direction, EndCause, Interaction, InteractionState, Media, Party, PartyRole
from schemas.observations import DirectoryEntry
from schemas.values import Json


class LegKind(Enum):
    """What a leg is to its contact."""

    AGENT = "agent"
    INITIAL = "initial"
    CONSULTATION = "consultation"  # an interaction of its own, to us
    PARTY = "party"  # one more in a conference


class Leg(msgspec.Struct, frozen=True):
    """One leg of a contact: what a client means by its id."""

    id: str
    kind: LegKind
    about: Interaction  # what it stands for
    state: str
    party: Party | None = None


class Contact(msgspec.Struct, frozen=True):
    """An interaction with the consultations about it: one contact."""

    main: Interaction
    consultations: tuple[Interaction, ...] = ()
    merged: Mapping[str, str] = {}  # by a party's address: the leg that it was while it was consulted

    @property
    def consultation(self) -> Interaction | None:
        """The one that is going on."""
        return next((one for one in self.consultations if one.state in tables.OPEN), None)

    def legs(self) -> tuple[Leg, ...]:
        """The agent's own first, then whom the contact began with, then the others."""
        main = self.main
        first, others = _parties(main)
        # Whoever hands the call over leaves two who go on talking: their legs say so, his contact is over.
        go_on = main.end_cause is EndCause.TRANSFERRED
        over = main.state is InteractionState.WRAP_UP and not go_on
        agent, initial = _two_party_legs(main)
        initial = "connected" if go_on else initial
        named = {one.id: self.merged.get(one.address, f"{main.id}:{one.id}") for one in others}
        return (
            Leg(f"{main.id}:agent", LegKind.AGENT, main, agent),
            Leg(f"{main.id}:initial", LegKind.INITIAL, main, initial, first),
            *(
                Leg(one.id, LegKind.CONSULTATION, one, tables.LEG_OUT[one.state], _parties(one)[0])
                for one in self.consultations
                if one.id not in named.values()
            ),
            *(Leg(named[one.id], LegKind.PARTY, main, _party_leg(one, over=over), one) for one in others),
        )


def _parties(one: Interaction) -> tuple[Party | None, Sequence[Party]]:
    """Whom it began with, and the rest."""
    by_address = [party for party in one.parties if party.address and party.address == one.remote_address]
    customers = [party for party in one.parties if party.role is PartyRole.CUSTOMER]
    first = next(iter((*by_address, *customers, *one.parties)), None)
    return first, [party for party in one.parties if party is not first]


def _two_party_legs(one: Interaction) -> tuple[str, str]:
    """The agent's leg and the first party's. Only the agent's tells whether a call in is answered."""
    match one.state:
        case InteractionState.ALERTING:
            return "connecting", "connected"
        case InteractionState.DIALING | InteractionState.PREVIEW | InteractionState.UNKNOWN:
            return "connected", "connecting"
        case InteractionState.HELD if one.conference:
            return "hold", "connected"  # he is not heard, and the others go on
        case InteractionState.HELD:
            return "connected", "hold"
        case state:
            return tables.LEG_OUT[state], tables.LEG_OUT[state]


def _party_leg(party: Party, *, over: bool) -> str:
    if over:
        return "disconnected"
    return "hold" if party.held else "connected"


Merged = Mapping[InteractionId, Mapping[str, str]]


def contacts(interactions: Iterable[Interaction], settings: Settings, merged: Merged) -> tuple[Contact, ...]:
    """Those that this API shows, in the order given; `merged` are the legs of consultations, by contact."""
    shown = {
        one.id: one
        for one in interactions
        if one.state not in tables.NOT_SHOWN and (settings.tasks or one.media is not Media.WORK_ITEM)
    }
    return tuple(
        Contact(
            one,
            tuple(other for other in shown.values() if other.consult_of == one.id),
            merged.get(one.id, {}) if one.conference else {},
        )
        for one in shown.values()
        if one.consult_of not in shown
    )


def update(
    session: AgentSession | None,
    agent_id: AgentId,
    shown: Iterable[Contact],
    settings: Settings,
    at: datetime,
) -> wire.Update:
    """How everything stands."""
    states = [state for state, _ in agent_states(session, settings)]
    return wire.Update(
        wire.Snapshot(
            state=_state(session, settings),
            contacts=tuple(_contact(one, settings) for one in shown),
            nextState=_next_state(session, settings),
            agentAvailabilityState=_availability(session, settings),
            snapshotTimestamp=at,
        ),
        wire.Configuration(
            name=agent_id if session is None or not session.name else session.name,
            username=agent_id,
            agentARN=f"{settings.instance_arn}/agent/{agent_id}",
            permissions=("outboundCall",),
            agentStates=tuple(states),
            dialableCountries=settings.dialable_countries,
            routingProfile=_routing_profile(settings),
            agentPreferences={},
        ),
    )


# --- the agent


def agent_states(
    session: AgentSession | None, settings: Settings
) -> tuple[tuple[wire.AgentState, StateChoice], ...]:
    """What can be set, with the choice that it is. Signed out is a state like the others here."""
    choices = list(() if session is None else session.choices)
    for state in (AgentState.NOT_READY, AgentState.READY):
        if not any(one.state is state for one in choices):
            choices.insert(0, StateChoice(id="", state=state))
    listed = [
        (_named(one.id, tables.TYPE_OUT[one.state], one.label, settings), one)
        for one in choices
        if one.state in (AgentState.READY, AgentState.NOT_READY)
    ]
    offline = StateChoice(id="", state=AgentState.NOT_READY)
    return (*listed, (_named("", tables.OFFLINE, "", settings), offline))


def _named(
    reason: str, kind: str, label: str, settings: Settings, since: datetime | None = None
) -> wire.AgentState:
    arn = f"{settings.instance_arn}/agent-state/{kind}{f'/{reason}' if reason else ''}"
    return wire.AgentState(arn, kind, label or reason or tables.NAMES[kind], since)


def _state(session: AgentSession | None, settings: Settings) -> wire.AgentState:
    if session is None:
        return _named("", tables.OFFLINE, "", settings)
    if (system := tables.SYSTEM_OUT.get(session.state)) is not None:
        name, kind = system
        return wire.AgentState(
            f"{settings.instance_arn}/agent-state/{kind}/{name}", kind, name, session.since
        )
    return _chosen(session.state, session.reason, session, settings, session.since)


def _chosen(
    state: AgentState, reason: str, session: AgentSession, settings: Settings, since: datetime | None
) -> wire.AgentState:
    kind = tables.TYPE_OUT[state]
    same = [one for one in session.choices if one.state is state and (one.id == reason or not reason)]
    found = same[0] if same else StateChoice(id=reason, state=state)
    return _named(found.id, kind, found.label, settings, since)


def _next_state(session: AgentSession | None, settings: Settings) -> wire.AgentState | None:
    pending = None if session is None else session.pending_state
    if session is None or pending is None or pending not in tables.TYPE_OUT:
        return None
    return _chosen(pending, "", session, settings, None)


def _availability(session: AgentSession | None, settings: Settings) -> wire.AvailabilityState:
    shown = _state(session, settings)
    return wire.AvailabilityState(shown.name, shown.startTimestamp, shown.startTimestamp)


def _routing_profile(settings: Settings) -> wire.RoutingProfile:
    arn = f"{settings.instance_arn}/routing-profile/default"
    queue = _queue("default", settings)
    return wire.RoutingProfile("Default", arn, arn, queue, (queue,), {"VOICE": 1, "CHAT": 10, "TASK": 10})


def _queue(name: str, settings: Settings) -> wire.Queue:
    arn = f"{settings.instance_arn}/queue/{name}"
    return wire.Queue(name, arn, arn)


# --- contacts


def _contact(shown: Contact, settings: Settings) -> wire.Contact:
    one = shown.main
    return wire.Contact(
        contactId=one.id,
        state=wire.State(contact_state(one), _since(one)),
        connections=tuple(_connection(leg, settings) for leg in shown.legs()),
        type=tables.MEDIA_OUT[one.media],
        initialContactId=one.root_id,
        queue=_queue(one.service, settings) if one.service else None,
        queueTimestamp=one.created_at,
        attributes={key: wire.Attribute(key, _text(value)) for key, value in one.data.items()},
        name=one.subject or None,
        references={},
        initiationMethod=tables.INITIATION_OUT.get(one.kind, _by_direction(one)),
        contactFeatures=wire.Features(multiPartyConferenceEnabled=True, attachmentsEnabled=False),
        segmentAttributes={"connect:Subtype": wire.Segment(tables.SUBTYPE_OUT[one.media])},
        customerEndpoint=_endpoint(one.remote_address, None, settings),
    )


def contact_state(one: Interaction) -> str:
    """The word for where it stands. A call in that nobody took is missed, whoever let it go."""
    never_taken = one.connected_at is None and one.direction is not Direction.OUTBOUND
    if one.state is InteractionState.WRAP_UP and never_taken:
        return "missed"
    return tables.CONTACT_OUT[one.state]


def _since(one: Interaction) -> datetime | None:
    match one.state:
        case InteractionState.WRAP_UP:
            return one.ended_at or one.created_at
        case InteractionState.CONNECTED | InteractionState.HELD:
            return one.connected_at or one.created_at
        case _:
            return one.created_at


def _by_direction(one: Interaction) -> str:
    return "outbound" if one.direction is Direction.OUTBOUND else "inbound"


def _connection(leg: Leg, settings: Settings) -> wire.Connection:
    one, own = leg.about, leg.kind is LegKind.AGENT
    kind = _by_direction(one) if leg.kind is LegKind.INITIAL else "outbound"
    address = one.remote_address if leg.kind is not LegKind.PARTY else ""
    return wire.Connection(
        connectionId=leg.id,
        state=wire.State(leg.state, _since(one)),
        type="agent" if own else kind,
        initial=leg.kind is LegKind.INITIAL,
        endpoint=None if own else _endpoint(address, leg.party, settings),
        mute=one.muted if own else leg.party is not None and leg.party.muted,
        quickConnectName=None if own or leg.party is None else leg.party.name or None,
    )


def _endpoint(address: str, party: Party | None, settings: Settings) -> wire.Endpoint | None:
    colleague = party is not None and bool(party.user_id)
    known = address or ("" if party is None else party.address or party.user_id)
    if not known:
        return None
    kind = "agent" if colleague else tables.PHONE_NUMBER
    name = None if party is None else party.name or None
    return endpoint(DirectoryEntry(name=name or known, address=known, kind=_KIND[kind]), settings)


_KIND: Mapping[str, str] = {"agent": "agent", tables.PHONE_NUMBER: "external"}


def endpoint(entry: DirectoryEntry, settings: Settings) -> wire.Endpoint:
    """An entry of the quick connects. Its name says the address, as a page gives the whole of it back."""
    kind = tables.ENDPOINT_OUT.get(entry.kind, tables.PHONE_NUMBER)
    arn = f"{settings.instance_arn}/transfer-destination/{kind}/{entry.address}"
    return wire.Endpoint(
        type=kind,
        endpointARN=arn,
        name=entry.name,
        phoneNumber=entry.address if kind == tables.PHONE_NUMBER else None,
        agentLogin=entry.address if kind == "agent" else None,
        queue=wire.Queue(entry.name, arn, arn) if kind == "queue" else None,
    )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

"""The switch as it is observed: whole snapshots of agents and interactions."""

import msgspec

from adapters.softswitch.model import Agent, Leg, Outsider
from adapters.softswitch.settings import SoftswitchSettings
from adapters.softswitch.wire import NULL
from schemas.agent import AgentState, Channel, ChannelState, StateChoice
from schemas.ids import Ref
from schemas.interaction import Direction, InteractionState, Media, Party, PartyRole
from schemas.observations import AgentObserved, InteractionObserved, InteractionsListed

CHANNELS = ((Media.VOICE, "Voice"), (Media.CHAT, "Chat"), (Media.EMAIL, "E-mail"))


def choices(settings: SoftswitchSettings) -> tuple[StateChoice, ...]:
    """The state menu, the same for every agent."""
    return (
        StateChoice(id="", state=AgentState.READY, label="Ready"),
        StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
        *(
            StateChoice(id=reason, state=AgentState.NOT_READY, label=reason)
            for reason in settings.not_ready_reasons
        ),
    )


def agent_view(agent: Agent, menu: tuple[StateChoice, ...]) -> AgentObserved:
    """The agent's session, without a time."""
    state = agent.state
    reason = agent.reason if state is AgentState.NOT_READY else ""
    signed_in = ChannelState.ACTIVE if agent.logged_in else ChannelState.INACTIVE
    return AgentObserved(
        agent=Ref(agent.id),
        vendor=NULL,
        state=state,
        reason=reason,
        pending_state=agent.pending[0] if agent.pending else None,
        name=agent.name,
        choices=menu,
        channels=tuple(
            Channel(id=media.value, name=name, media=media, state=signed_in, agent_state=state, reason=reason)
            for media, name in CHANNELS
        ),
        focused=agent.focused.ref if agent.focused else None,
        refs={"id": agent.id, "extension": agent.extension},
        vendor_state=state.value,
    )


def listed(agent: Agent) -> InteractionsListed:
    """The agent's open interactions."""
    return InteractionsListed(agent=Ref(agent.id), vendor=NULL, refs=tuple(agent.legs))


def leg_view(leg: Leg) -> InteractionObserved:
    """The interaction, without a time."""
    call, root = leg.call, leg.call.root
    parties = parties_of(leg)
    first = next((party for party in parties if party.role is PartyRole.CUSTOMER), None)
    if first is None and parties:
        first = parties[0]
    view = InteractionObserved(
        agent=Ref(leg.agent.id),
        vendor=NULL,
        ref=leg.ref,
        durable_ref=leg.ref,
        root_ref=root.ref,
        consult_of_ref=leg.consult_of.ref if leg.consult_of else None,
        parent_ref=leg.parent,
        state=leg.state,
        media=call.media,
        channel_type=call.channel_type,
        direction=call.direction,
        kind=leg.kind,
        remote_address=first.address or first.email if first else call.dnis,
        ani=call.ani,
        dnis=call.dnis,
        service=leg.service,
        subject=call.subject,
        origination=leg.origination,
        internal=call.direction is Direction.INTERNAL,
        parties=parties,
        contact=root.contact,
        data=root.data,
        records=leg.records,
        disposition=leg.disposition,
        notes=leg.notes,
        muted=leg.muted,
        focused=leg.agent.focused is leg,
        expanded=False,
        conference=leg.talking and len(parties) > 1,
        transferring=False,
        wrap_up_paused=False,
        wrap_up_until=leg.wrap_up_until,
        wrap_up_set_by=leg.wrap_up_set_by,
        recording_state=leg.recording_state,
        recording=None,
        completion_blocked=leg.blocked,
        completion_blocked_until=leg.blocked_until,
        created_at=leg.created_at,
        ended=leg.ended_at is not None,
        ended_at=leg.ended_at,
        refs={"id": leg.ref, "root": root.ref, "call": call.ref, "service": leg.service},
        vendor_state=leg.state.value,
    )
    if leg.end_cause is None or leg.ended_by is None:
        return view
    return msgspec.structs.replace(view, end_cause=leg.end_cause, ended_by=leg.ended_by)


def parties_of(leg: Leg) -> tuple[Party, ...]:
    """The others in the call. Whoever still rings is shown only to those who wait for an answer too."""
    if not leg.live:
        return leg.last_parties
    waits = not leg.talking
    held = leg.state is InteractionState.HELD
    return (
        *(
            _outsider(one, leg, held=held)
            for one in leg.call.outsiders
            if (one.connected or waits) and one.user_id != leg.agent.id  # rung elsewhere, in vain
        ),
        *(
            Party(
                id=other.agent.id,
                role=PartyRole.AGENT,
                name=other.agent.name,
                address=other.agent.extension or other.agent.id,
                user_id=other.agent.id,
                held=held,
                muted=other.muted,
            )
            for other in leg.call.legs
            if other is not leg and (other.talking or waits)
        ),
    )


def _outsider(one: Outsider, leg: Leg, *, held: bool) -> Party:
    return Party(
        id=one.id,
        role=one.role,
        name=one.name,
        address=one.address,
        email=one.address if leg.call.media is Media.EMAIL else "",
        user_id=one.user_id,
        held=held,
        typing=one.typing,
    )

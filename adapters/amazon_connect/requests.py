"""North: what a client's requests mean, as commands or as an answer from what is known. Pure.

Which method is read by what stands in `methods`; a module of its own, because those rows stand on it. What
a function takes after the scope are the members of the method's parameters. Source:
docs/sources/amazon-connect.md, sections 10.4 and 14.
"""

from msgspec import to_builtins

from adapters.amazon_connect import snapshots, tables, wire
from adapters.amazon_connect.scope import Plan, Scope, plan
from adapters.amazon_connect.snapshots import LegKind
from adapters.kit.under_way import listed
from schemas import commands as c
from schemas.commands import DestinationKind
from schemas.errors import RefusedError
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState, Media
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Succeeded
from schemas.values import Json

_OFFERED = frozenset({InteractionState.ALERTING, InteractionState.PREVIEW})
_ON = frozenset({InteractionState.CONNECTED, InteractionState.HELD, InteractionState.DIALING})

# --- contacts


def accept(scope: Scope, contact_id: str) -> Plan:
    """Take it."""
    return plan(c.Accept(interaction_id=scope.contact(contact_id).main.id))


def reject(scope: Scope, contact_id: str) -> Plan:
    """Do not."""
    return plan(c.Reject(interaction_id=scope.contact(contact_id).main.id))


def complete(scope: Scope, contact_id: str) -> Plan:
    """Its after-call work is done."""
    return plan(c.Complete(interaction_id=scope.contact(contact_id).main.id))


def release(scope: Scope, contact_id: str) -> Plan:
    """Leave it."""
    return plan(c.Release(interaction_id=scope.contact(contact_id).main.id))


def destroy(scope: Scope, contact_id: str, connection_id: str) -> Plan:
    """End a leg. Whoever leaves while the other two are there hands the call over: the cold transfer."""
    contact, leg = scope.leg(contact_id, connection_id)
    main = contact.main
    match leg.kind:
        case LegKind.AGENT if main.state in _OFFERED:
            return plan(c.Reject(interaction_id=main.id))
        case LegKind.AGENT if main.state is InteractionState.WRAP_UP:
            return plan(c.Complete(interaction_id=main.id))
        case LegKind.AGENT if contact.consultation is not None:
            return plan(c.CompleteTransfer(interaction_id=main.id))
        case LegKind.INITIAL if main.conference and leg.party is not None:
            return plan(c.DropParty(interaction_id=main.id, party_id=leg.party.id))
        case LegKind.PARTY if leg.party is not None:
            return plan(c.DropParty(interaction_id=main.id, party_id=leg.party.id))
        case _:
            return plan(c.Release(interaction_id=leg.about.id))


def hold(scope: Scope, contact_id: str, connection_id: str) -> Plan:
    """Put it on hold."""
    return plan(c.Hold(interaction_id=_one_of_two(scope, contact_id, connection_id).id))


def resume(scope: Scope, contact_id: str, connection_id: str) -> Plan:
    """Take it back."""
    return plan(c.Retrieve(interaction_id=_one_of_two(scope, contact_id, connection_id).id))


def _one_of_two(scope: Scope, contact_id: str, connection_id: str) -> Interaction:
    """The interaction that a leg stands for; one of several in a conference stands for none."""
    contact, leg = scope.leg(contact_id, connection_id)
    several = contact.main.conference and leg.kind is not LegKind.AGENT
    if several or leg.kind is LegKind.PARTY:
        raise RefusedError(ErrorCode.UNSUPPORTED, "One party of a conference cannot be put on hold")
    return leg.about


def pause(scope: Scope, contact_id: str) -> Plan:
    """A task, for the time being."""
    return plan(c.Hold(interaction_id=scope.contact(contact_id).main.id))


def go_on(scope: Scope, contact_id: str) -> Plan:
    """With a task."""
    return plan(c.Retrieve(interaction_id=scope.contact(contact_id).main.id))


def toggle(scope: Scope, contact_id: str, connection_id: str = "") -> Plan:
    """Talk to the other one."""
    del connection_id  # there are two, and it is always the other one's turn
    return plan(c.Alternate(interaction_id=scope.contact(contact_id).main.id))


def conference(scope: Scope, contact_id: str) -> Plan:
    """All talk."""
    return plan(c.CompleteConference(interaction_id=scope.contact(contact_id).main.id))


def send_digits(scope: Scope, contact_id: str, connection_id: str, digits: str) -> Plan:
    """To the leg that shall hear them."""
    _, leg = scope.leg(contact_id, connection_id)
    return plan(c.SendDtmf(interaction_id=leg.about.id, tones=digits))


def mute_leg(scope: Scope, contact_id: str, connection_id: str) -> Plan:
    """His own leg: nobody mutes another one."""
    return plan(c.Mute(interaction_id=_own_leg(scope, contact_id, connection_id)))


def unmute_leg(scope: Scope, contact_id: str, connection_id: str) -> Plan:
    """His own leg."""
    return plan(c.Unmute(interaction_id=_own_leg(scope, contact_id, connection_id)))


def _own_leg(scope: Scope, contact_id: str, connection_id: str) -> InteractionId:
    _, leg = scope.leg(contact_id, connection_id)
    if leg.kind is not LegKind.AGENT:
        raise RefusedError(ErrorCode.UNSUPPORTED, "Only the agent's own leg can be muted here")
    return leg.about.id


# --- other parties


def _destination(endpoint: wire.Endpoint) -> tuple[str, DestinationKind]:
    """Whom an endpoint reaches. Raises RefusedError."""
    kind = tables.ENDPOINT_IN.get(endpoint.type or tables.PHONE_NUMBER)
    if kind is None:
        raise RefusedError(ErrorCode.BAD_DESTINATION, f"No such kind of endpoint: {endpoint.type}")
    if kind is DestinationKind.EXTERNAL and endpoint.phoneNumber:
        return endpoint.phoneNumber.removeprefix("sip:").partition("@")[0], kind
    _, known, address = (endpoint.endpointARN or "").partition(f"/transfer-destination/{endpoint.type}/")
    found = address if known else endpoint.agentLogin
    if not found:
        raise RefusedError(ErrorCode.BAD_DESTINATION, "The endpoint is none of those listed")
    return found, kind


def dial(scope: Scope, endpoint: wire.Endpoint) -> Plan:
    """A call out. Which contact comes of it, the next update shows."""
    destination, kind = _destination(endpoint)
    return plan(c.Dial(session_id=scope.session_id(), destination=destination, destination_kind=kind))


def consult(scope: Scope, contact_id: str, endpoint: wire.Endpoint) -> Plan:
    """Somebody else, while the customer is on hold."""
    destination, kind = _destination(endpoint)
    about = scope.contact(contact_id).main.id
    return plan(c.Consult(interaction_id=about, destination=destination, destination_kind=kind))


def invite(scope: Scope, contact_id: str, endpoint: wire.Endpoint) -> Plan:
    """One more for a chat."""
    destination, kind = _destination(endpoint)
    about = scope.contact(contact_id).main.id
    return plan(c.SingleStepConference(interaction_id=about, destination=destination, destination_kind=kind))


def transfer(scope: Scope, contact_id: str, endpoint: wire.Endpoint) -> Plan:
    """Hand it over."""
    destination, kind = _destination(endpoint)
    about = scope.contact(contact_id).main.id
    return plan(c.SingleStepTransfer(interaction_id=about, destination=destination, destination_kind=kind))


def endpoints(scope: Scope) -> Plan:
    """The quick connects, in one page."""

    def read(result: Succeeded) -> Json:
        entries = listed(result, DirectoryEntry)
        return {"endpoints": [to_builtins(snapshots.endpoint(one, scope.settings)) for one in entries]}

    return Plan(commands=(c.ListDirectory(session_id=scope.session_id()),), read=read)


# --- the agent


def set_state(scope: Scope, state: wire.AgentState, enqueue_next_state: bool | None = False) -> Plan:  # noqa: FBT001, FBT002  # as the page names it
    """One of the list, by its name of the platform's. Waiting for the end of a call is to be asked for."""
    found = next(
        (
            choice
            for known, choice in snapshots.agent_states(scope.session, scope.settings)
            if known.agentStateARN == state.agentStateARN
        ),
        None,
    )
    if found is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"There is no state {state.name or state.type}")
    busy = any(one.main.media is Media.VOICE and one.main.state in _ON for one in scope.contacts())
    if busy and not enqueue_next_state:
        raise RefusedError(ErrorCode.WRONG_STATE, "A call is going on: the state has to be enqueued")
    return plan(c.SetState(session_id=scope.session_id(), state=found.state, reason=found.id))


def mute(scope: Scope, mute: bool) -> Plan:  # noqa: FBT001  # as the page says it
    """The microphone, which is every call's. Closed again, it is a command less."""
    kind = c.Mute if mute else c.Unmute
    return plan(
        *(
            kind(interaction_id=one.id)
            for one in scope.interactions.values()
            if one.media is Media.VOICE and one.muted is not mute and one.state is InteractionState.CONNECTED
        )
    )


def view(scope: Scope, contact_id: str | None = None) -> Plan:
    """In front; of none there is nothing to do."""
    return plan(c.Focus(interaction_id=scope.contact(contact_id).main.id)) if contact_id else Plan()


def logout(scope: Scope) -> Plan:
    """Sign out."""
    return plan(c.Logout(session_id=scope.session_id()))

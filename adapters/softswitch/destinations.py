"""Whom an address names, and calling them."""

import re
from dataclasses import dataclass

from adapters.softswitch import routing
from adapters.softswitch.model import Agent, Call
from adapters.softswitch.switch import Switch
from schemas.commands import DestinationKind
from schemas.errors import RefusedError
from schemas.ids import Ref
from schemas.interaction import EndCause, InteractionState, Kind, Media, PartyRole
from schemas.results import ErrorCode

_NUMBER = re.compile(r"\+?[0-9*#() .-]{2,}|[^@\s]+@[^@\s]+|sips?:\S+")


@dataclass(frozen=True)
class Colleague:
    """An agent of this switch."""

    agent: Agent


@dataclass(frozen=True)
class Group:
    """Whoever of a service is ready first."""

    service: str


@dataclass(frozen=True)
class Number:
    """Somebody outside."""

    address: str


Target = Colleague | Group | Number


def resolve(switch: Switch, agent: Agent, address: str, kind: DestinationKind, media: Media) -> Target:
    """Read an address. Raises RefusedError(BAD_DESTINATION): nobody has it, or it is the agent's own."""
    address = address.strip()
    match kind:
        case DestinationKind.EXTERNAL | DestinationKind.AGENT:
            found = _colleague(switch, address)
            if found is agent:
                raise RefusedError(ErrorCode.BAD_DESTINATION, "that is the agent's own address")
            if found is not None:
                return Colleague(found)
            outside = kind is DestinationKind.EXTERNAL and media is Media.VOICE
            if outside and _NUMBER.fullmatch(address):
                return Number(address)
        case (
            DestinationKind.SKILL
            | DestinationKind.QUEUE
            | DestinationKind.AGENT_GROUP
            | DestinationKind.ROUTING_POINT
        ):
            for service in switch.services.values():
                if address and address in (service.id, service.name):
                    return Group(service.id)
    raise RefusedError(ErrorCode.BAD_DESTINATION, f"no {kind} has this address")


def hindrance(target: Target, call: Call) -> EndCause | None:
    """Why a colleague could not be reached in this call; None also for all others, who are only tried."""
    if not isinstance(target, Colleague):
        return None
    if not target.agent.logged_in:
        return EndCause.DEVICE_UNAVAILABLE
    for leg in target.agent.legs.values():
        if leg.live and (leg.call.root is call.root or leg.call.media is call.media is Media.VOICE):
            return EndCause.BUSY
    return None


def invite(
    switch: Switch, call: Call, target: Target, kind: Kind, origination: str, parent: Ref | None = None
) -> None:
    """Call them into the call. What cannot be reached fails later, as a call to it would."""
    match target:
        case Group(service):
            routing.enqueue(switch, call, service, kind, origination, parent)
        case Number(address):
            outsider = switch.new_outsider(call, address)
            rules = switch.settings.numbers
            fits = (r for r in rules if address.startswith(r.prefix) and address.endswith(r.suffix))
            outsider.cause = next((rule.cause for rule in fits), None)
            _try(switch, outsider.id, outsider.cause)
        case Colleague(agent):
            cause = hindrance(target, call)
            if cause is None:
                switch.new_leg(agent, call, InteractionState.ALERTING, kind, origination, parent=parent)
                return
            absent = switch.new_outsider(call, agent.extension or agent.id)
            absent.name, absent.role, absent.user_id = agent.name, PartyRole.AGENT, agent.id
            absent.cause = cause
            _try(switch, absent.id, cause)


def _try(switch: Switch, outsider_id: str, cause: EndCause | None) -> None:
    after = switch.settings.answer_after_s
    if cause is EndCause.NO_ANSWER:
        after = switch.settings.ring_timeout_s
    elif cause is not None:
        after = after or 0.0
    if after is not None:
        switch.timers.start(("outsider", outsider_id), switch.later(after))


def _colleague(switch: Switch, address: str) -> Agent | None:
    if not address:
        return None
    return switch.agents.get(address) or next(
        (agent for agent in switch.agents.values() if agent.extension == address), None
    )

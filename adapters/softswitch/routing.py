"""The queue: contacts that wait for an agent with a skill, oldest first, to the longest idle agent."""

from adapters.softswitch.model import Agent, Call, Waiting
from adapters.softswitch.switch import Switch
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import InteractionState, Kind

S = InteractionState


def enqueue(
    switch: Switch, call: Call, service: str, kind: Kind, origination: str, parent: Ref | None = None
) -> None:
    """Let the call wait for an agent of the service; an empty service is for everybody."""
    call.waiting = Waiting(service=service, kind=kind, origination=origination, parent=parent)
    switch.queue.append(call)


def offer_all(switch: Switch) -> None:
    """Offer what waits to whoever is ready. To be called after every change."""
    for call in switch.queue:
        if any(leg.offered and leg.state is S.ALERTING for leg in call.legs):
            continue
        if call.waiting is not None and (agent := _longest_idle(switch, call.waiting)):
            wanted = call.waiting
            leg = switch.new_leg(
                agent, call, S.ALERTING, wanted.kind, wanted.origination, parent=wanted.parent
            )
            leg.offered = True
            leg.service = wanted.service or call.service


def _longest_idle(switch: Switch, waiting: Waiting) -> Agent | None:
    fit = (
        agent
        for agent in switch.agents.values()
        if agent.state is AgentState.READY
        and agent.id not in waiting.refused
        and (not waiting.service or waiting.service in agent.config.skills)
    )
    return min(fit, key=lambda agent: agent.since, default=None)

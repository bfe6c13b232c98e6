"""What an agent chooses to be when no work is open."""

from adapters.softswitch.model import Agent
from adapters.softswitch.switch import Switch
from schemas.agent import AgentState
from schemas.errors import RefusedError
from schemas.results import ErrorCode

MISSED = "missed"  # the reason of an agent who let an offer of the queue ring out
CHOSEN = (AgentState.READY, AgentState.NOT_READY)  # what an agent may choose


def check(switch: Switch, state: AgentState, reason: str) -> None:
    """Raise RefusedError unless an agent may choose that."""
    if state not in CHOSEN:
        raise RefusedError(ErrorCode.UNSUPPORTED, f"{state} cannot be chosen")
    if reason and (state is AgentState.READY or reason not in switch.settings.not_ready_reasons):
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"no reason {reason!r} for {state}")


def choose(switch: Switch, agent: Agent, state: AgentState, reason: str) -> None:
    """What the agent wants to be once nothing is open."""
    if not agent.legs:
        agent.chosen, agent.reason, agent.pending = state, reason, None
    elif (state, reason) == (agent.chosen, agent.reason):
        agent.pending = None
    else:
        agent.pending = (state, reason)
    if state is AgentState.READY:
        welcome(switch, agent)
    switch.touch_agent(agent)


def welcome(switch: Switch, agent: Agent) -> None:
    """Who is ready anew may be offered again what they refused."""
    for call in switch.queue:
        if call.waiting is not None:
            call.waiting.refused.pop(agent.id, None)


def miss(switch: Switch, agent: Agent) -> None:
    """The agent let an offer ring out: no more offers until they say so."""
    if agent.chosen is AgentState.READY:
        agent.chosen, agent.reason = AgentState.NOT_READY, MISSED
        switch.touch_agent(agent)

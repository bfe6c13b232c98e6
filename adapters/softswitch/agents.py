"""Signing in and out, and the agent's own choice of state."""

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import presence, work
from adapters.softswitch.model import Agent
from adapters.softswitch.switch import Switch
from schemas.commands import Login, Logout, SetState
from schemas.errors import RefusedError
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode

CONFIRM = Question(
    kind=NeedInfoKind.CONFIRM,
    title="The agent is signed in already. Take the session over?",
    fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over"),),
)


def login(switch: Switch, command: Login) -> Outcome:
    """Sign in, or take over a session that is there: its interactions stay."""
    agent = switch.agents.get(command.agent_id)
    password = agent.config.password if agent else None
    if agent is None or (password is not None and password.get_secret_value() != command.password):
        raise RefusedError(ErrorCode.BAD_CREDENTIALS, "unknown agent or wrong password")
    extension = command.extension
    if extension and any(one.extension == extension for one in switch.agents.values() if one is not agent):
        raise RefusedError(ErrorCode.NO_CHANNEL, f"extension {extension} is another agent's")
    if agent.logged_in and not command.force:
        confirmed = command.answers.get("confirm")
        if switch.settings.confirm_takeover and confirmed is None:
            return CONFIRM
        if not switch.settings.confirm_takeover or confirmed is not True:
            raise RefusedError(ErrorCode.ALREADY_LOGGED_IN, "the agent is signed in already")
    if not agent.logged_in:
        agent.logged_in, agent.chosen, agent.reason, agent.pending = True, agent.config.state, "", None
        presence.welcome(switch, agent)
    agent.extension = extension or agent.extension
    switch.touch_agent(agent)
    return Done()


def logout(switch: Switch, agent: Agent, command: Logout) -> Outcome:
    """Sign out; not while anything is open."""
    if agent.legs:
        raise RefusedError(ErrorCode.WRONG_STATE, f"the agent has open interactions: {len(agent.legs)}")
    reasons = switch.settings.logout_reasons
    reason = command.reason or command.answers.get("reason", "")
    if not reason and switch.settings.require_logout_reason:
        kind = FieldType.CHOICE if reasons else FieldType.TEXT
        choices = tuple(Choice(id=one, label=one) for one in reasons)
        return Question(
            kind=NeedInfoKind.LOGOUT_REASON,
            title="Why does the agent sign out?",
            fields=(Field(key="reason", type=kind, title="Reason", choices=choices),),
        )
    if reason and reasons and reason not in reasons:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"no logout reason {reason!r}")
    agent.logged_in, agent.reason, agent.pending = False, "", None
    switch.touch_agent(agent)
    return Done()


def set_state(switch: Switch, agent: Agent, command: SetState) -> Outcome:
    """Take the state now, or after the work; completes what was asked for the next state."""
    presence.check(switch, command.state, command.reason)
    presence.choose(switch, agent, command.state, command.reason)
    for leg in list(agent.legs.values()):
        if leg.asked_state and not leg.blocked:
            work.finish(switch, leg)
    return Done()

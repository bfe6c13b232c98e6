"""What a command says: whether that can be said at all, in whose words, and without asking whom. Pure."""

import re
from typing import Final

from msgspec.structs import replace

from gateway.commands.config import NeedInfoConfig
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import (
    AnyCommand,
    Complete,
    Consult,
    Dial,
    Logout,
    SendDtmf,
    SetState,
    SingleStepConference,
    SingleStepTransfer,
)
from schemas.errors import RefusedError
from schemas.needinfo import Question
from schemas.results import ErrorCode
from schemas.values import Json

_TONES: Final = re.compile(r"[0-9A-D*#,]*[0-9A-D*#][0-9A-D*#,]*")

_TO_A_NUMBER: Final = (Dial, Consult, SingleStepTransfer, SingleStepConference)


def require_sendable(command: AnyCommand) -> None:
    """Raises RefusedError for tones that no telephone has, or none at all."""
    if isinstance(command, SendDtmf) and not _TONES.fullmatch(command.tones):
        message = "tones: at least one of 0-9, A-D, * and #; a comma is a pause"
        raise RefusedError(ErrorCode.INVALID_COMMAND, message)


def with_reasons(command: AnyCommand, agent: AgentSession | None) -> AnyCommand:
    """The command with the id of each reason that it gives by its label."""
    if agent is None:
        return command
    match command:
        case SetState(state=state, reason=reason) if reason:
            return replace(command, reason=_reason(agent, state, reason))
        case Logout(reason=reason) if reason:
            return replace(command, reason=_reason(agent, AgentState.LOGGED_OUT, reason))
        case Complete(answers={"agent_state": str(given)}) if ":" in given:
            into, _, reason = given.partition(":")
            answers = {**command.answers, "agent_state": f"{into}:{_reason(agent, into, reason)}"}
            return replace(command, answers=answers)
        case _:
            return command


def _reason(agent: AgentSession, state: str, given: str) -> str:
    """An id is what it is; a label, in whatever case, stands for the choice of that state that bears it."""
    choices = [one for one in agent.choices if one.state == state]
    if any(one.id == given for one in choices):
        return given
    named = _named(choices, given)
    return given if named is None else named.id


def _named(choices: list[StateChoice], label: str) -> StateChoice | None:
    exact = next((one for one in choices if one.label == label), None)
    return exact or next((one for one in choices if one.label.casefold() == label.casefold()), None)


def unasked(command: AnyCommand, question: Question, config: NeedInfoConfig) -> dict[str, Json] | None:
    """What is answered without asking anybody; None if somebody has to be asked.

    A number that must not wait is dialled with the first choice of whatever the platform wants to know.
    """
    if not isinstance(command, _TO_A_NUMBER) or not config.never_asks(command.destination):
        return None
    answers: dict[str, Json] = {}
    for field in question.fields:
        value = field.default if field.default is not None or not field.choices else field.choices[0].id
        if value is not None:
            answers[field.key] = value
        elif field.required:
            return {f"skip_{question.kind}": True} if question.skippable else None
    return answers

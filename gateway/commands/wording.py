"""What a command says: whether that can be said at all, in whose words, and without asking whom. Pure."""

import re
from typing import Final

from msgspec.structs import replace

from adapters.contract.wrap_up import completing
from gateway.numbers.plan import Dialled, DialPlan
from gateway.platforms.needinfo import NeedInfoConfig
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import (
    AnyCommand,
    Complete,
    Consult,
    DestinationKind,
    Dial,
    Logout,
    SendDtmf,
    SetState,
    SingleStepConference,
    SingleStepTransfer,
)
from schemas.errors import RefusedError
from schemas.needinfo import Question
from schemas.results import ErrorCode, FinalResult, Succeeded
from schemas.values import Json

_TONES: Final = re.compile(r"[0-9A-D*#,]*[0-9A-D*#][0-9A-D*#,]*")

_TO_A_NUMBER: Final = (Dial, Consult, SingleStepTransfer, SingleStepConference)


def require_sendable(command: AnyCommand) -> None:
    """Raises RefusedError for tones that no telephone has, or none at all."""
    if isinstance(command, SendDtmf) and not _TONES.fullmatch(command.tones):
        message = "tones: at least one of 0-9, A-D, * and #; a comma is a pause"
        raise RefusedError(ErrorCode.INVALID_COMMAND, message)


def worded(
    command: AnyCommand, agent: AgentSession | None, plan: DialPlan
) -> tuple[AnyCommand, Dialled | None]:
    """The command in the platform's words, and its destination, where that is another spelling now.

    The number of an emergency is dialled as it was written.
    """
    command = completing(command)
    if not isinstance(command, _TO_A_NUMBER) or command.destination_kind is not DestinationKind.EXTERNAL:
        return with_reasons(command, agent), None
    dialled = plan.dialled(command.destination)
    if dialled.text == command.destination:
        return command, None
    return replace(command, destination=dialled.text), dialled


def saying(result: FinalResult, dialled: Dialled | None) -> FinalResult:
    """The result with what was dialled instead of what the command has."""
    if dialled is None:
        return result
    if isinstance(result, Succeeded) and dialled.warning:
        return replace(result, dialled=dialled.text, warnings=(*result.warnings, dialled.warning))
    return replace(result, dialled=dialled.text)


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


def unasked(
    command: AnyCommand, question: Question, config: NeedInfoConfig, plan: DialPlan
) -> dict[str, Json] | None:
    """What is answered without asking anybody; None if somebody has to be asked.

    A number that must not wait is dialled with the first choice of whatever the platform wants to know.
    """
    if not isinstance(command, _TO_A_NUMBER):
        return None
    if not (config.never_asks(command.destination) or plan.is_emergency(command.destination)):
        return None
    answers: dict[str, Json] = {}
    for field in question.fields:
        value = field.default if field.default is not None or not field.choices else field.choices[0].id
        if value is not None:
            answers[field.key] = value
        elif field.required:
            return {f"skip_{question.kind}": True} if question.skippable else None
    return answers

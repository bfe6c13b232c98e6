"""North: `login`, and what is wrong with one. Source: reference/bright-pattern.md sections 2.2 and 3.1."""

from collections.abc import Sequence
from typing import Final

from adapters.bright_pattern import tables, wire
from adapters.bright_pattern.scope import OperationError, argument
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.ids import AgentId, PlatformId
from schemas.needinfo import NeedInfoKind
from schemas.results import ErrorCode, Failed
from schemas.values import Json

_forced: type[bool | str | None] = bool | str | None  # type: ignore[assignment]  # a union
# A login is accepted or refused; the vendor tells the latter by an event too. (2.2)
_ERRORS: Final = {
    ErrorCode.ALREADY_LOGGED_IN: "user_already_logged_in",
    ErrorCode.BAD_CREDENTIALS: "invalid_credentials",
}


def command(given: Sequence[Json], session: AgentSession | None, agent: AgentId | None) -> c.Login:
    """The command, of a client that stands for that agent. Raises OperationError."""
    data = argument(given, 0, "loginData", wire.LoginData)
    force = argument(given, 1, "force", _forced) in (True, "true")
    if agent is not None and data.username != agent:
        raise OperationError("not_enough_privileges", "this client stands for another agent")
    return c.Login(
        platform_id=session.platform_id if session else PlatformId(""),
        agent_id=AgentId(data.username),
        password=data.password,
        tenant=data.tenant or "",
        force=force,
        answers={"confirm": True} if force else {},
    )


def error(result: Failed) -> wire.ResultError | None:
    """The server error that says why; None: it is none of those.

    The platform's own word if it stands in the list of server errors only, for the same failure.
    """
    word, asks = result.vendor_code, result.missing
    number = tables.SERVER_ERRORS.get(word)
    name = _ERRORS.get(result.code)
    if asks is not None and asks.kind is NeedInfoKind.CONFIRM:
        name = "user_already_logged_in"
    elif number and word not in tables.REQUEST_ERRORS and tables.ERROR_IN[number] is result.code:
        name = word
    return (
        None if name is None else wire.ResultError(tables.SERVER_ERRORS[name], name, result.message or None)
    )

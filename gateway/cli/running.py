"""The gateway that runs on a store, asked on its operator's socket; and the loop that commands run on."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Final, NamedTuple, NoReturn, TypeVar

import msgspec
import typer
import uvloop
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from gateway.config import Config
from gateway.http import operator_socket
from gateway.http.problems import ProblemDetails
from gateway.security.audit import Action
from gateway.telemetry import logs
from gateway.telemetry.config import LogConfig
from gateway.workers.asking import follows
from schemas.errors import ConfigError, RefusedError
from schemas.results import ErrorCode

_ANSWER: Final = ClientTimeout(total=10.0)
_REFUSED: Final = 400  # from this status on
T = TypeVar("T")


class Answer(NamedTuple):
    """What it says: JSON."""

    status: int
    body: bytes


def carry_out(work: Coroutine[object, object, int]) -> NoReturn:
    """Run a command on uvloop, and end with its code. Until it knows better, it logs to the terminal.

    It never logs by structlog's own rules: those print the locals of a traceback, secrets among them.
    """
    logs.configure(LogConfig(level="warning", format="console"))
    try:
        code = uvloop.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = 130
    raise typer.Exit(code)


def file_of(config: Config) -> str:
    """The store's file. Raises ConfigError where the bus keeps it: then a gateway that runs is asked."""
    if config.bus is not None:
        raise ConfigError(
            "bus: the store is on NATS, and no file of this machine. Ask where a gateway runs on it, on its"
            " operator socket or over its API"
        )
    return config.store.path


async def ask(
    config: Config,
    method: str,
    path: str,
    body: object = None,
    within: ClientTimeout = _ANSWER,
) -> Answer | None:
    """Its answer; None if no gateway is there, or it has no socket. Of several the one at work is asked."""
    first = operator_socket.path_of(config.server.operator_socket, config.store.path)
    if first is None:
        return None
    sockets = [one for one in operator_socket.all_beside(first) if one.is_socket()]
    for where in sockets:
        if len(sockets) > 1 and await follows(where):
            continue
        answer = await _ask(where, method, path, body, within)
        if answer is not None:
            return answer
    return None


async def _ask(where: Path, method: str, path: str, body: object, within: ClientTimeout) -> Answer | None:
    sent = None if body is None else msgspec.json.encode(body)
    try:
        async with (
            ClientSession(connector=UnixConnector(str(where)), timeout=within) as http,
            http.request(method, f"http://operator{path}", data=sent) as response,
        ):
            return Answer(response.status, await response.read())
    except (ClientError, OSError):
        return None


async def asked(
    config: Config, method: str, path: str, body: object, kind: type[T], within: ClientTimeout = _ANSWER
) -> T | None:
    """What the gateway that runs answers; None if none does. Raises RefusedError with its reason."""
    answer = await ask(config, method, path, body, within)
    if answer is None:
        return None
    try:
        if answer.status >= _REFUSED:
            problem = msgspec.json.decode(answer.body, type=ProblemDetails)
            raise RefusedError(ErrorCode.INVALID_COMMAND, problem.detail or problem.title)
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        what = f"the gateway that runs is of another version: it answers {answer.status}"
        raise RefusedError(ErrorCode.UNSUPPORTED, what) from error


async def noted(config: Config, action: Action, **details: str) -> None:
    """Have it noted in the audit, if a gateway is running: nobody else writes to its store."""
    await ask(config, "POST", "/audit", {"action": action.value, "details": dict(details)})

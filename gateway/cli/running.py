"""The gateway that runs on a store, asked on its operator's socket; and the loop that commands run on."""

import asyncio
from collections.abc import Coroutine
from typing import Final, NamedTuple, NoReturn

import msgspec
import typer
import uvloop
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from gateway.config import Config
from gateway.http import operator_socket
from schemas.values import Json

_ANSWER: Final = ClientTimeout(total=10.0)


class Answer(NamedTuple):
    """What it says: JSON."""

    status: int
    body: bytes


def carry_out(work: Coroutine[object, object, int]) -> NoReturn:
    """Run a command on uvloop, and end with its code."""
    try:
        code = uvloop.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = 130
    raise typer.Exit(code)


async def ask(config: Config, method: str, path: str, body: Json = None) -> Answer | None:
    """Its answer; None if no gateway is there, or it has no socket."""
    where = operator_socket.path_of(config.server.operator_socket, config.store.path)
    if where is None or not where.is_socket():
        return None
    sent = None if body is None else msgspec.json.encode(body)
    try:
        async with (
            ClientSession(connector=UnixConnector(str(where)), timeout=_ANSWER) as http,
            http.request(method, f"http://operator{path}", data=sent) as response,
        ):
            return Answer(response.status, await response.read())
    except (ClientError, OSError):
        return None

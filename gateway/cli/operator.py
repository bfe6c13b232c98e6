"""Asking the gateway that runs on a store, over its operator's socket."""

from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from gateway.config import Config
from gateway.http import operator_socket
from gateway.security.audit import Action

_ANSWER: Final = ClientTimeout(total=10.0)


async def asked(
    config: Config,
    method: str,
    path: str,
    body: object = None,
    timeout: ClientTimeout = _ANSWER,  # noqa: ASYNC109  # it is aiohttp's
) -> dict[str, object] | None:
    """What the gateway that runs on the store answers on its operator's socket; None if none is there."""
    where = operator_socket.path_of(config.server.operator_socket, config.store.path)
    if where is None or not where.is_socket():
        return None
    try:
        async with (
            ClientSession(connector=UnixConnector(str(where)), timeout=timeout) as http,
            http.request(method, f"http://operator{path}", json=body) as response,
        ):
            answer: dict[str, object] = await response.json()
            return answer
    except (ClientError, OSError):
        return None


async def noted(config: Config, action: Action, **details: str) -> None:
    """Have it noted in the audit, if a gateway is running: nobody else writes to its store."""
    await asked(config, "POST", "/audit", {"action": action.value, "details": details})

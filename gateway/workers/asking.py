"""What a gateway of this machine says at its operator's socket."""

from pathlib import Path
from typing import Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

_ANSWER: Final = ClientTimeout(total=2.0)


class _Readiness(msgspec.Struct):
    notes: dict[str, str] = {}


async def _asked(socket: Path, what: str) -> bytes | None:
    try:
        async with (
            ClientSession(connector=UnixConnector(str(socket)), timeout=_ANSWER) as http,
            http.get(f"http://operator{what}") as response,
        ):
            return await response.read()
    except (ClientError, OSError, TimeoutError):
        return None


async def lives(socket: Path) -> bool:
    """Whether it answers."""
    return await _asked(socket, "/healthz") is not None


async def follows(socket: Path) -> bool:
    """Whether it says that another gateway is at work."""
    said = await _asked(socket, "/readyz")
    try:
        return said is not None and "node" in msgspec.json.decode(said, type=_Readiness).notes
    except msgspec.DecodeError:
        return False

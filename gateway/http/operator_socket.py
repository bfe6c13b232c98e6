"""A local socket for the operator: health and metrics, when the network's way in is crowded or not to be had.

It is a file that only its owner may open, so nobody is asked for a key.
"""

import asyncio
import os
import socket
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

log = structlog.get_logger("trunkline")

LONGEST: Final = 100  # bytes of its path; systems differ, the shortest bound is 103
_OWNER_ONLY: Final = 0o600


def path_of(wanted: str | None, store: str) -> Path | None:
    """Where it is; None: there is none. `wanted`: as configured, None for beside the store (no path: "")."""
    if wanted is not None:
        return Path(wanted) if wanted else None
    if not store:
        return None
    beside = Path(store)  # not by a name that begins as the store's: such files are copied with it
    return beside.with_name(f"operator.{beside.name}.sock")


def numbered(first: Path, number: int) -> Path:
    """Of one of several gateways that share a store's path; the first has no number."""
    return first.with_suffix(f".{number}{first.suffix}") if number else first


def all_beside(first: Path) -> list[Path]:
    """That one, and those with a number that are there."""
    return [first, *sorted(first.parent.glob(f"{first.stem}.[0-9]*{first.suffix}"))]


class OperatorSocket:
    """One, for an application."""

    def __init__(self, app: web.Application, path: Path) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._path = path
        self._server: asyncio.AbstractServer | None = None

    async def listen(self) -> None:
        """Begin. What a former run has left there is replaced. Raises OSError."""
        await self._runner.setup()
        if self._path.exists():
            if not stat.S_ISSOCK(self._path.stat().st_mode):
                raise FileExistsError(f"{self._path} is there already, and no socket")
            self._path.unlink()
        server = self._runner.server
        if server is None:
            raise RuntimeError("setup makes it")
        with ExitStack() as stack:
            one = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            one.bind(os.fspath(self._path))
            self._path.chmod(_OWNER_ONLY)  # nobody can have connected: it does not listen yet
            self._server = await asyncio.get_running_loop().create_unix_server(server, sock=one)
            stack.pop_all()  # it is the server's now
        log.info("listening for the operator", path=str(self._path))

    async def stop(self) -> None:
        """End it, and take the file away."""
        if self._server is not None:
            self._server.close()
            with suppress(FileNotFoundError):
                self._path.unlink()
        await self._runner.cleanup()

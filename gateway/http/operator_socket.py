"""A local socket for the operator: health and metrics, when the network's way in is crowded or not to be had.

It is a file that only its owner may open, so nobody is asked for a key.
"""

import asyncio
import os
import socket
import stat
from contextlib import suppress
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
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            one.bind(os.fspath(self._path))
            self._path.chmod(_OWNER_ONLY)  # nobody can have connected: it does not listen yet
            server = self._runner.server
            if server is not None:
                loop = asyncio.get_running_loop()
                self._server = await loop.create_unix_server(server, sock=one)
        except OSError:
            one.close()
            raise
        log.info("listening for the operator", path=str(self._path))

    async def stop(self) -> None:
        """End it, and take the file away."""
        if self._server is not None:
            self._server.close()
            with suppress(FileNotFoundError):
                self._path.unlink()
        await self._runner.cleanup()

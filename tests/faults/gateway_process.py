"""The gateway as a process, on a port and a store file that stay the same: started, killed, started again."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

READY_S: Final = 90.0  # on a machine that is busy with other things
_POLL_S: Final = 0.02
_QUICK: Final = ClientTimeout(total=1.0)
TRUNKLINE: Final = str(Path(sys.executable).with_name("trunkline"))
SERVE: Final = (TRUNKLINE, "serve", "--config")


def free_port(dice: Random) -> int:
    """A free port below those that the system gives to clients: else one of ours might get it meanwhile."""
    while True:
        port = dice.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class GatewayProcess:
    """One at a time. `command` is followed by the path of the configuration."""

    def __init__(self, folder: Path, dice: Random, command: Sequence[str] = SERVE) -> None:
        self.port = free_port(dice)
        self.url = f"http://127.0.0.1:{self.port}"
        self.kills = 0
        self.log = folder / "gateway.log"
        self._config = folder / "config.json"
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    def configure(self, config: Mapping[str, object]) -> None:
        """Write the configuration; JSON is YAML too."""
        server = {"host": "127.0.0.1", "port": self.port, "shutdown_s": 5.0}
        self._config.write_text(json.dumps({"server": server, **config}), encoding="utf-8")

    @property
    def pid(self) -> int:
        """Of the one that runs."""
        if self._process is None:
            raise RuntimeError("no gateway runs")
        return self._process.pid

    @property
    def pid_or_none(self) -> int | None:
        """The same; None if none runs."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def ended(self) -> None:
        """Return once it has."""
        if self._process is not None:
            await self._process.wait()

    async def begin(self) -> None:
        """Start it; it may not be ready yet."""
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, str(self._config), stdout=output, stderr=output, cwd=self._config.parent
            )

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with the end of its log."""
        await self.begin()
        try:
            async with asyncio.timeout(READY_S):
                while not (await self.readiness())[0]:
                    if self._process is None or self._process.returncode is not None:
                        raise RuntimeError(f"the gateway ended by itself:\n{self.last_words()}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise RuntimeError(
                f"the gateway is not ready after {READY_S:g} s:\n{self.last_words()}"
            ) from None

    async def another(self, store: Path) -> int | None:
        """The exit status of one more gateway, on that store; None if it runs, until it is ended."""
        config: dict[str, Any] = json.loads(self._config.read_text(encoding="utf-8"))
        config["store"]["path"] = str(store)
        config["server"]["port"] = 0
        path = self._config.with_name("another.json")
        path.write_text(json.dumps(config), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *(*SERVE, str(path)), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(READY_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            return None

    async def kill(self) -> None:
        """SIGKILL: it gets to do nothing more."""
        if self._process is not None:
            self.kills += 1
            os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            self._process = None

    async def stop(self) -> None:
        """End it in order; with force if it takes too long."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(READY_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._process = None

    async def readiness(self) -> tuple[bool, dict[str, str]]:
        """What /readyz says: whether it is ready, and the text of each check."""
        try:
            async with ClientSession(timeout=_QUICK) as http, http.get(f"{self.url}/readyz") as response:
                answer: dict[str, Any] = await response.json()
                return bool(answer["ready"]), dict(answer["checks"])
        except (ClientError, OSError, TimeoutError):
            return False, {}

    async def journal_findings(self) -> list[str]:
        """What `trunkline journal verify` finds wrong, beside the gateway that runs."""
        process = await asyncio.create_subprocess_exec(
            *(TRUNKLINE, "journal", "verify", "--config", str(self._config)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await process.communicate()
        lines = told.decode(errors="replace").splitlines()
        return lines or (["it failed"] if process.returncode else [])

    def complaints(self) -> list[str]:
        """What it logged as an error of its own."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        grave = ('"level": "error"', '"level": "critical"', "Traceback")
        return [line[:2000] for line in lines if any(mark in line for mark in grave)]

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

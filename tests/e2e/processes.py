"""The trunkline command as a process: run to its end, or started and told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import ClientSession

from tests.patience import PATIENCE_S
from tests.planted import WATCH

ROOT: Final = Path(__file__).parents[2]
TRUNKLINE: Final = Path(sys.executable).with_name("trunkline")
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
CONFIG: Final = """
server: {host: HOST, port: PORT, shutdown_s: 5}
store: {path: FOLDER/trunkline.db}
platforms:
  sim: {dialect: softswitch, settings: {agents: [{id: ann, extension: "101"}, {id: bob, extension: "102"}]}}
"""


@dataclass(frozen=True)
class Ended:
    """A process that is over."""

    code: int
    out: str
    err: str


async def start(*args: str, cwd: Path = ROOT, **environment: str) -> asyncio.subprocess.Process:
    """Start the command."""
    return await asyncio.create_subprocess_exec(
        TRUNKLINE,
        *args,
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def started(*args: str, cwd: Path = ROOT) -> AsyncIterator[asyncio.subprocess.Process]:
    """Running, and surely not any more in the end."""
    process = await start(*args, cwd=cwd)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def run(*args: str, cwd: Path = ROOT, **environment: str) -> Ended:
    """Run the command to its end. None of its errors may be a trace."""
    process = await start(*args, cwd=cwd, **environment)
    try:
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert b"Traceback" not in err, err.decode()
    WATCH.look(f"trunkline {' '.join(args)}", [err.decode()])
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def stop(process: asyncio.subprocess.Process, number: signal.Signals = signal.SIGTERM) -> Ended:
    """Tell it to stop, and wait until it has."""
    process.send_signal(number)
    out, err = await process.communicate()
    assert b"Traceback" not in err, err.decode()
    WATCH.look("a process that was stopped", [out.decode(), err.decode()])
    return Ended(process.returncode or 0, out.decode(), err.decode())


def configure(folder: Path, host: str = "127.0.0.1", port: int = 0) -> str:
    """Write a configuration; returns its path."""
    path = folder / "config.yaml"
    text = CONFIG.replace("HOST", host).replace("PORT", str(port)).replace("FOLDER", str(folder))
    path.write_text(text, encoding="utf-8")
    return str(path)


@asynccontextmanager
async def served(config: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A gateway that listens, and where."""
    async with started("serve", "--config", config) as process:
        assert process.stderr is not None
        told: dict[str, Any] = {}
        while told.get("event") != "listening":
            line = await process.stderr.readline()
            WATCH.look("a process that was started", [line.decode()])
            assert line, "it ended"
            told = msgspec.json.decode(line)
        yield process, told["addresses"][0]


async def journal(http: ClientSession, url: str, after: int = 0) -> list[dict[str, Any]]:
    """All events after a cursor, page by page."""
    told: list[dict[str, Any]] = []
    while True:
        async with http.get(f"{url}/v1/events", params={"after": after, "limit": 1000}) as response:
            page = await response.json()
        if not page["events"]:
            return told
        told += page["events"]
        after = page["cursor"]

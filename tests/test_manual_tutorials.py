"""The tutorials are done here as they are written, in their order: only the ports are others."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.manual import ROOT
from tests.patience import PATIENCE_S

STAYS: Final = "# leave it running\n"
PORTS: Final = (8080, 9000, 9464)
PAGES: Final = ("crm-developer", "webhook-subscriber", "operator")


class Block(NamedTuple):
    """What stands between fences."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / "docs" / "start" / f"{page}.md").read_text(encoding="utf-8")
    return [Block(*one) for one in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Terminals:
    """A folder, and what is typed there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {port: free_port() for port in PORTS}
        self.left: list[asyncio.subprocess.Process] = []
        self.outputs: list[Path] = []
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "NO_COLOR": "1",
            "TRUNKLINE_WEBHOOKS__SCHEDULE__RECORDS": f"[0{', 1' * 29}]",  # soon enough for a test
            "TRUNKLINE_SERVER__PORT": str(self.ports[8080]),
        }

    def here(self, text: str) -> str:
        """With ports that are free."""
        for port, free in self.ports.items():
            text = re.sub(rf"\b{port}\b", str(free), text)
        return text

    def write(self, block: Block) -> bool:
        """Keep a file, if the block is one: its first line names it."""
        named = re.match(r"# ([\w.]+)\n", block.text)
        if named is not None and block.language != "sh":
            (self.folder / named[1]).write_text(self.here(block.text), encoding="utf-8")
        return named is not None and block.language != "sh"

    async def run(self, command: str) -> str:
        """Type it, and wait for its end."""
        done = await self._start(command, asyncio.subprocess.PIPE)
        async with asyncio.timeout(PATIENCE_S):
            told, _ = await done.communicate()
        assert done.returncode == 0, told.decode()
        return told.decode()

    async def leave(self, command: str) -> None:
        """Type it, and leave it running."""
        output = self.folder / f"{len(self.left)}.out"
        with output.open("wb") as file:
            self.left.append(await self._start(f"exec {command}", file.fileno()))
        self.outputs.append(output)
        if "serve" in command:
            await self.run(
                f"until curl --silent http://127.0.0.1:{self.ports[8080]}/healthz; do sleep 0.2; done"
            )

    async def _start(self, command: str, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *("bash", "-euo", "pipefail", "-c", self.here(command)),
            cwd=self.folder,
            env=self.environment,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def says(self, text: str) -> None:
        """Wait until the last that was left running has said that, and nothing else."""
        async with asyncio.timeout(PATIENCE_S):
            while not (said := self.outputs[-1].read_text()).startswith(text):
                assert text.startswith(said), said
                await self.run("sleep 0.1")


@asynccontextmanager
async def terminals(folder: Path) -> AsyncIterator[Terminals]:
    made = Terminals(folder)
    try:
        yield made
    finally:
        for process in made.left:
            if process.returncode is None:
                process.terminate()
        for process in made.left:
            await process.wait()


def files_of(page: str) -> Iterator[Block]:
    """The files that a page takes from another."""
    if page == "webhook-subscriber":
        yield next(one for one in blocks("crm-developer") if one.text.startswith("# first.yaml"))


@pytest.mark.whole
@pytest.mark.parametrize("page", PAGES)
async def test_tutorial_can_be_followed_to_the_letter(page: str, tmp_path: Path) -> None:
    async with terminals(tmp_path) as typed:
        for block in (*files_of(page), *blocks(page)):
            if typed.write(block):
                continue
            if block.language == "text":
                await typed.says(block.text)
            elif block.text.startswith(STAYS):
                command = block.text.removeprefix(STAYS)
                await typed.leave(re.sub(r"^(\w+=\S+(?: \S+\))?) ", r"env \1 ", command))
                if "desk.py" in command:
                    await typed.says("following\n")
            else:
                assert block.language == "sh"
                await typed.run(block.text)


def test_every_tutorial_is_followed() -> None:
    assert {path.stem for path in (ROOT / "docs" / "start").glob("*.md")} == set(PAGES)

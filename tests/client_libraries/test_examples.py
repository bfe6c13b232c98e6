"""The examples of both clients do what they say, at a real gateway with a platform that asks."""

import base64
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Final

import msgspec
import pytest

from clients.generator.files import CLIENTS
from schemas import events as ev
from schemas.results import CommandRecord, Succeeded
from schemas.values import Json
from tests.client_libraries.programs import PYTHON, Program, command, installed, program
from tests.e2e import needinfo_stage
from tests.e2e.needinfo_stage import CHANNEL
from tests.e2e.world import World
from tests.fakes import until

EXAMPLES: Final = CLIENTS.parent / "docs" / "examples"
LANGUAGES: Final = (("python", ".py"), ("javascript", ".js"))
SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Examples:
    """Those of one language, running against a world."""

    def __init__(self, w: World, folder: Path, suffix: str, stack: AsyncExitStack) -> None:
        self._w = w
        self._folder = folder
        self._suffix = suffix
        self._stack = stack

    async def start(self, name: str, **told: str) -> Program:
        """One of them, by its name."""
        told = {"TRUNKLINE_URL": self._w.url, "PYTHONPATH": str(PYTHON), **told}
        path = self._folder / f"{name}{self._suffix}"
        return await self._stack.enter_async_context(program(command(path), self._folder, told))


@asynccontextmanager
async def examples(w: World, tmp_path: Path, language: str, suffix: str) -> AsyncIterator[Examples]:
    folder = tmp_path / language
    shutil.copytree(EXAMPLES / language, folder)
    installed(folder)
    async with AsyncExitStack() as stack:
        yield Examples(w, folder, suffix, stack)


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def subscribe(w: World, port: int) -> None:
    body: dict[str, Json] = {"url": f"http://127.0.0.1:{port}/trunkline", "secret": SECRET}
    reply = await w.request("POST", "/v1/webhooks", body)
    assert reply.status == 201, reply


def kept(path: Path) -> list[str]:
    """The ids in a warehouse."""
    try:
        with closing(sqlite3.connect(path)) as database:
            return [str(one) for (one,) in database.execute("select id from events")]
    except sqlite3.OperationalError:
        return []  # it has not begun


def activities(path: Path) -> list[dict[str, Json]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [msgspec.json.decode(one, type=dict[str, Json]) for one in lines]


@pytest.mark.whole
async def test_examples_pop_log_keep_and_answer(tmp_path: Path) -> None:
    """Both languages at once, each for an agent of its own: a1 and a2."""
    async with needinfo_stage.stage(CHANNEL) as w, AsyncExitStack() as stack:
        running: dict[str, Examples] = {}
        pops: dict[str, Program] = {}
        for (language, suffix), agent in zip(LANGUAGES, ("a1", "a2"), strict=True):
            port = free_port()
            made = running[agent] = await stack.enter_async_context(examples(w, tmp_path, language, suffix))
            database = str(tmp_path / f"{agent}.db")
            warehouse = await made.start("warehouse", SECRETS=SECRET, DATABASE=database, PORT=str(port))
            assert await warehouse.line()  # it listens
            await subscribe(w, port)
            pops[agent] = await made.start("screen_pop", AGENT=agent)
            await made.start("activity_log", LOG=str(tmp_path / f"{agent}.jsonl"))
        for agent, made in running.items():
            await w.simulate(agent, "inbound_call", ani="+15550142", service="may")
            assert await pops[agent].line() == "open https://crm.example/search?phone=%2B15550142"
            bot = await made.start("bot", AGENT=agent, SKILL="Support")
            (ringing,) = w.interactions(agent)
            answers: dict[str, Json] = {"disposition": "1"}
            for verb in ("accept", "release", "complete"):
                given = answers if verb == "complete" else {}
                record = await w.command(type=f"interaction.{verb}", interaction_id=ringing.id, answers=given)
                assert isinstance(record.result, Succeeded), record
            await dialled(w, agent)
            assert (await bot.line()).endswith(": Support")
        for agent in running:
            await two_lines(tmp_path / f"{agent}.jsonl")
        told = [one for one in await w.journal() if isinstance(one, ev.InteractionEvent)]
        journal = {str(one.id) for one in told if one.interaction.remote_address == "+15550142"}
        for agent in running:
            found = await keeps(tmp_path / f"{agent}.db", journal)
            assert len(found) == len(set(found))
        # An activity log that was stopped has missed nothing, and writes nothing twice.
        stopped = activities(tmp_path / "a2.jsonl")[:1]
        for agent, made in running.items():
            log = tmp_path / f"again-{agent}.jsonl"
            log.write_bytes(msgspec.json.encode(stopped[0]) + b"\n")
            await made.start("activity_log", LOG=str(log))
            await two_lines(log)
            assert [one["agent"] for one in activities(log)] == ["a1", "a2"]


async def two_lines(log: Path) -> None:
    await until(lambda: len(activities(log)) >= 2)


async def keeps(database: Path, events: set[str]) -> list[str]:
    """What is in a warehouse once it has all of these."""
    await until(lambda: events <= {*kept(database)})
    return kept(database)


async def dialled(w: World, agent: str) -> None:
    """A call to the outside, which asks, and goes through as the bot answers."""
    body = {"type": "interaction.dial", "session_id": w.session(agent), "destination": "+15551234"}
    reply = await w.request("POST", "/v1/commands", body)
    record = msgspec.json.decode(reply.body, type=CommandRecord)

    async def look() -> CommandRecord:
        reply = await w.request("GET", f"/v1/commands/{record.id}")
        return msgspec.json.decode(reply.body, type=CommandRecord)

    while not isinstance(record.result, Succeeded):
        record = await look()


def test_every_example_is_there_in_both_languages() -> None:
    names = [{path.stem for path in (EXAMPLES / one).glob(f"*{suffix}")} for one, suffix in LANGUAGES]
    assert names[0] == names[1] == {"screen_pop", "activity_log", "warehouse", "bot"}

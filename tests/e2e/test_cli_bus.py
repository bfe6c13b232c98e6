"""Commands that work on a store's file, where there is none: the store is on NATS."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.processes import run

pytestmark = pytest.mark.whole

COMMANDS = (
    ("keys", "list"),
    ("keys", "create", "--name", "n", "--scope", "admin"),
    ("backup", "there.db"),
    ("restore", "there.db"),
    ("activate",),
    ("journal", "verify"),
    ("audit", "verify"),
    ("privacy", "erase", "--party", "+15550177042"),
)


def names(folder: Path) -> list[str]:
    """What is in it."""
    return [one.name for one in folder.iterdir()]


async def test_what_works_on_a_file_says_that_there_is_none_and_makes_none(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("bus: nats://127.0.0.1:1\nstore: {path: t.db}\n", encoding="utf-8")
    for some in (COMMANDS[:4], COMMANDS[4:]):
        ended = await asyncio.gather(*(run(*one, "--config", str(config), cwd=tmp_path) for one in some))
        for command, one in zip(some, ended, strict=True):
            assert one.code != 0, command
            assert "the store is on NATS" in one.err, (command, one.err)
    assert names(tmp_path) == ["c.yaml"]


async def test_a_bus_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    text = "bus: nats://127.0.0.1:1\nserver: {port: 0}\nstore: {path: t.db}\n"
    config.write_text(text, encoding="utf-8")
    ended = await run("serve", "--config", str(config))
    assert ended.code != 0
    assert "NATS: cannot be reached" in ended.err

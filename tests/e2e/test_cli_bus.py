"""Commands that work on a store's file, where there is none: the store is on NATS."""

import asyncio
from pathlib import Path
from secrets import token_hex

import pytest

from gateway.store.sqlite import SqliteStore
from tests.contract.records import events, ignore
from tests.e2e.processes import run
from tests.nats_server import NatsServer

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


async def test_a_store_is_moved_to_nats_and_back(tmp_path: Path, nats_server: NatsServer) -> None:
    config, prefix = tmp_path / "c.yaml", f"t{token_hex(6)}"
    config.write_text(
        f"bus: {{servers: ['{nats_server.url}'], prefix: {prefix}}}\nstore: {{path: t.db}}\n",
        encoding="utf-8",
    )
    store = SqliteStore(str(tmp_path / "t.db"))
    await store.open()
    store.append(events(1, 20), ignore)
    await store.barrier()
    there_and_back = ("--from sqlite --to nats", "--from nats --to sqlite", "--from nats --to nats")
    there, back, nowhere = (("migrate", "--config", str(config), *one.split()) for one in there_and_back)
    refused = await run(*there)
    assert refused.code == 1
    assert "stop the gateway first" in refused.err
    await store.close()

    moved = await run(*there)
    assert moved.code == 0, moved.err
    assert f"NATS {prefix}: events=20 cursors=1..20 rows=" in moved.out
    assert "verified" in moved.out
    (tmp_path / "t.db").rename(tmp_path / "former.db")
    moved = await run(*back)
    assert moved.code == 0, moved.err
    assert f"{tmp_path / 't.db'}: events=20 cursors=1..20 rows=" in moved.out

    refused = await run(*nowhere)
    assert refused.code == 1
    assert "that is where it is" in refused.err

"""`trunkline backup`, `restore` and `activate` as operators run them, and an export that has to wait."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession

from gateway.store.base import Appended
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor
from tests.contract.records import ignore
from tests.e2e.processes import configure, run, served, started, stop

pytestmark = pytest.mark.whole


async def commands(http: ClientSession, url: str, enough: asyncio.Event) -> int:
    """An agent who changes her state all the time; how often she did."""
    async with http.get(f"{url}/v1/sessions") as response:
        session = (await response.json())["sessions"][0]["id"]
    count = 0
    while not enough.is_set():
        state = ("ready", "not_ready")[count % 2]
        body = {"type": "agent.set_state", "session_id": session, "state": state}
        async with http.post(f"{url}/v1/commands", json=body) as response:
            assert response.status == 200
        count += 1
    return count


async def last(http: ClientSession, url: str) -> int:
    async with http.get(f"{url}/v1/sessions") as response:
        return int((await response.json())["cursor"])


async def test_a_backup_is_made_beside_commands_and_laid_back(tmp_path: Path) -> None:
    config, copy, enough = configure(tmp_path), str(tmp_path / "copy.db"), asyncio.Event()
    async with (
        served(config) as (process, url),
        ClientSession() as http,
        asyncio.TaskGroup() as group,
    ):
        load = group.create_task(commands(http, url, enough))
        before = await last(http, url)
        made = await run("backup", copy, "--config", config)
        assert made.code == 0, made.err
        assert f"{copy}: events=" in made.out
        again = await run("backup", copy, "--config", config)
        assert (again.code, "--force" in again.err) == (1, True)
        refused = await run("restore", copy, "--config", config, "--force")
        assert (refused.code, "a gateway is running on it" in refused.err) == (1, True)
        enough.set()
        assert await load > 0
        after = await last(http, url)
        assert (await stop(process)).code == 0
    refused = await run("restore", copy, "--config", config)
    assert (refused.code, "--force moves it aside" in refused.err) == (1, True)
    done = await run("restore", copy, "--config", config, "--force")
    assert (done.code, "the former store is" in done.err) == (0, True), done.err
    verdict = msgspec.json.decode((await run("journal", "verify", "--config", config, "--json")).out)
    assert before <= verdict["last"] <= after
    assert not verdict["findings"]
    async with served(config) as (process, url), ClientSession() as http:
        assert await last(http, url) >= verdict["last"]
        assert (await stop(process)).code == 0


async def test_standby_ends_by_a_word_to_the_gateway_or_on_the_file(tmp_path: Path) -> None:
    config, copy = configure(tmp_path), str(tmp_path / "copy.db")
    async with served(config) as (process, _):
        assert (await stop(process)).code == 0
    assert (await run("backup", copy, "--config", config)).code == 0
    done = await run("restore", copy, "--config", config, "--force", "--standby")
    assert (done.code, "on standby" in done.err) == (0, True)
    async with served(config) as (process, url), ClientSession() as http:
        async with http.get(f"{url}/readyz") as response:
            assert "standby" in (await response.json())["notes"]
        assert (await run("activate", "--config", config)).out == "active\n"
        async with http.get(f"{url}/readyz") as response:
            assert (await response.json())["notes"] == {}
        assert (await stop(process)).code == 0
    assert (await run("restore", copy, "--config", config, "--force", "--standby")).code == 0
    assert (await run("activate", "--config", config)).out == "active\n"
    assert (await run("activate", "--config", config)).out == "it was not on standby\n"


async def test_an_export_that_nobody_reads_on_holds_nothing(tmp_path: Path) -> None:
    config, path = configure(tmp_path), str(tmp_path / "trunkline.db")
    store = SqliteStore(path)
    await store.open()
    for n in range(1, 301):
        store.append([Appended(Cursor(n), "t", "sim", "", "", "", b"x" * 50_000)], ignore)
        await store.barrier()
    async with started("journal", "export", "--config", config) as export:
        assert export.stdout is not None
        await export.stdout.readexactly(50_001)  # more than a pipe holds is left
        store.append([Appended(Cursor(301), "t", "sim", "", "", "", b"x")], ignore)
        await store.barrier()
        db = sqlite3.connect(path)
        assert db.execute("pragma wal_checkpoint(truncate)").fetchone() == (0, 0, 0)
        db.close()
        export.kill()
    await store.close()

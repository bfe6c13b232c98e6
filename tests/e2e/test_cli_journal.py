"""`trunkline journal` as its users run it."""

import signal
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession

from tests.e2e.processes import configure, run, served, started, stop

pytestmark = pytest.mark.whole


def events_of(text: str) -> list[dict[str, Any]]:
    """JSON Lines, read."""
    return [msgspec.json.decode(line) for line in text.splitlines()]


async def test_the_journal_is_read_and_checked_beside_a_running_gateway(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config) as (process, url), ClientSession() as http:
        async with http.get(f"{url}/v1/events?after=0") as response:
            events = (await response.json())["events"]
        assert len(events) > 3
        whole = await run("journal", "export", "--config", config)
        assert events_of(whole.out) == events
        assert whole.err == f"{len(events)} events\n"
        file = tmp_path / "part.jsonl"
        wanted = [one for one in events if one["type"].startswith("agent.")]
        part = await run(
            *("journal", "export", "--config", config, "--type", "agent.*", "--after", "1"),
            *("--until", str(events[-2]["cursor"]), "--output", str(file)),
        )
        assert part.code == 0
        last = events[-2]["cursor"]
        assert events_of(file.read_text()) == [one for one in wanted if 1 < one["cursor"] <= last]
        assert file.stat().st_mode & 0o077 == 0
        newest = await run("journal", "tail", "--config", config, "-n", "2", "--type", "agent.*")
        assert events_of(newest.out) == wanted[-2:]
        found = await run("journal", "verify", "--config", config)
        assert (found.code, found.err) == (0, "")
        assert found.out.startswith(f"events={len(events)} cursors=1..{events[-1]['cursor']} ")
        assert (await stop(process)).code == 0


async def test_a_tail_that_follows_tells_what_comes(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with (
        served(config) as (process, url),
        started("journal", "tail", "--config", config, "--follow", "-n", "1") as tail,
        ClientSession() as http,
    ):
        assert tail.stdout is not None
        newest = msgspec.json.decode(await tail.stdout.readline())
        async with http.get(f"{url}/v1/sessions") as response:
            sessions = (await response.json())["sessions"]
        body = {"type": "agent.set_state", "session_id": sessions[0]["id"], "state": "not_ready"}
        async with http.post(f"{url}/v1/commands", json=body) as response:
            assert response.status == 200
        following = msgspec.json.decode(await tail.stdout.readline())
        assert following["cursor"] == newest["cursor"] + 1
        assert (await stop(tail, signal.SIGINT)).code == 130
        assert (await stop(process)).code == 0


async def test_a_damaged_journal_is_found_and_told_by_the_exit_code(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config) as (process, _):
        assert (await stop(process)).code == 0
    db = sqlite3.connect(tmp_path / "trunkline.db")
    db.execute("update journal set body = zeroblob(9)")
    db.commit()
    db.close()
    found = await run("journal", "verify", "--config", config)
    assert found.code == 1
    assert "the checksum differs" in found.err
    told = msgspec.json.decode((await run("journal", "verify", "--config", config, "--json")).out)
    assert told["findings"]
    refused = await run("journal", "export", "--config", config)
    assert refused.code == 1
    assert "the journal is damaged" in refused.err

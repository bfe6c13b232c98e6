"""`trunkline privacy erase` as operators run it: on a running gateway, and on the file of a stopped one."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.e2e.processes import configure, run, served, stop
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole
HERS = "+15550177042"


async def called(http: ClientSession, url: str) -> str:
    """She is called, and it is over: the id of that."""
    async with http.get(f"{url}/v1/sessions") as response:
        session = (await response.json())["sessions"][0]["id"]

    async def give(command: dict[str, str]) -> dict[str, object]:
        async with http.post(f"{url}/v1/commands?wait=30", json=command) as response:
            record: dict[str, object] = await response.json()
            assert response.status == 200, record
            return record

    await give({"type": "agent.set_state", "session_id": session, "state": "ready"})
    record = await give({"type": "interaction.dial", "session_id": session, "destination": HERS})
    result = record["result"]
    assert isinstance(result, dict), record
    made = str(result["interaction_id"])
    await give({"type": "interaction.release", "interaction_id": made})
    await give({"type": "interaction.complete", "interaction_id": made})
    after = f"{url}/v1/events?after=0&type=interaction.completed&wait={min(60, int(PATIENCE_S))}"
    async with http.get(after) as response:
        assert (await response.json())["events"]
    return made


def in_files(folder: Path) -> bool:
    return any(HERS.encode() in file.read_bytes() for file in folder.glob("trunkline.db*"))


@pytest.mark.parametrize("running", [True, False])
async def test_a_person_is_erased_and_it_is_proved(tmp_path: Path, running: bool) -> None:  # noqa: FBT001  # a parameter of a test
    config, done = configure(tmp_path), None
    async with served(config) as (process, url), ClientSession() as http:
        await called(http, url)
        if running:
            done = await run("privacy", "erase", "--config", config, "--party", "1 555 0177042")
            async with http.get(f"{url}/v1/events?after=0&limit=1000") as response:
                assert HERS not in await response.text()
        assert (await stop(process)).code == 0
    if not running:
        assert in_files(tmp_path)
        done = await run("privacy", "erase", "--config", config, "--party", HERS)
    assert done is not None
    assert (done.code, done.err) == (0, ""), done
    assert "interactions=1" in done.out
    assert "commands=3" in done.out  # to call her, and the two about that call
    assert "proved" in done.out
    assert not in_files(tmp_path)
    verdict = await run("journal", "verify", "--config", config)
    assert verdict.code == 0, verdict.err
    assert (await run("audit", "verify", "--config", config)).code == 0
    exported = await run("journal", "export", "--config", config)
    assert '"erased":true' in exported.out
    assert HERS not in exported.out
    async with served(config) as (process, url), ClientSession() as http:  # and a start goes on from there
        async with http.get(f"{url}/v1/events?after=0&limit=1000") as response:
            assert HERS not in await response.text()
        assert (await stop(process)).code == 0


async def test_what_is_too_short_to_go_by_is_refused(tmp_path: Path) -> None:
    config = configure(tmp_path)
    refused = await run("privacy", "erase", "--config", config, "--party", "12")
    assert (refused.code, "too short" in refused.err) == (1, True)
    missing = await run("privacy", "erase", "--config", config, "--party", HERS)
    assert (missing.code, "no such file" in missing.err) == (1, True)

"""`trunkline serve --workers`: several gateways and a NATS server of theirs, as one service."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from gateway.store.sqlite import SqliteStore
from tests.contract.records import events, ignore
from tests.e2e.processes import configure, journal, run, started, stop
from tests.fakes import until
from tests.faults.gateway_process import free_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole

DICE = Random()  # noqa: S311  # for free ports


def children(pid: int) -> dict[int, str]:
    """The processes that one has started, and their command lines."""
    try:
        numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = {int(one): Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ") for one in numbers}
    except OSError:  # one of them has just ended
        return {}
    return {number: line.decode() for number, line in lines.items() if line}


def lives(pid: int) -> bool:
    """Whether there is such a process, and it is not over."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def gateways(pid: int) -> list[int]:
    return [number for number, line in children(pid).items() if "gateway serve" in line]


def server(pid: int) -> int:
    found = [number for number, line in children(pid).items() if "nats-server --config" in line]
    return found[0] if found else 0


async def ready(folder: Path, sockets: Sequence[str]) -> None:
    """Return once the gateways with these sockets say that they are."""
    for name in sockets:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await _is_ready(folder / name):
                    break
                await asyncio.sleep(0.05)  # nobody tells


async def _is_ready(socket: Path) -> bool:
    try:
        async with (
            ClientSession(
                connector=UnixConnector(str(socket)), timeout=ClientTimeout(total=PATIENCE_S)
            ) as http,
            http.get("http://operator/readyz") as answer,
        ):
            return answer.ok
    except (ClientError, OSError):
        return False


async def told(url: str, key: str = "") -> int:
    """The cursor of the newest event."""
    async with ClientSession(headers={"Authorization": f"Bearer {key}"} if key else {}) as http:
        return int((await journal(http, url))[-1]["cursor"])


SOCKETS = ("operator.trunkline.db.sock", "operator.trunkline.db.1.sock")


async def test_who_dies_is_started_again_and_nobody_is_left_behind(tmp_path: Path) -> None:
    port = free_port(DICE)
    config, url = configure(tmp_path, port=port), f"http://127.0.0.1:{port}"
    async with started("serve", "--config", config, "--workers", "2") as process:
        await ready(tmp_path, SOCKETS)
        first = gateways(process.pid)
        assert len(first) == 2
        before = await told(url)
        settings = (tmp_path / "trunkline.db.nats" / "nats.conf").read_text()
        assert 'listen: "127.0.0.1:' in settings

        os.kill(min(first), signal.SIGKILL)  # the one at work: it was started first
        await until(lambda: len(gateways(process.pid)) == 2 and min(first) not in gateways(process.pid))
        await ready(tmp_path, SOCKETS)
        assert await told(url) > before  # the other one has taken over, and begun anew with its platform

        made = await run("keys", "create", "--config", config, "--name", "n", "--scope", "events:read")
        assert made.code == 0, made.err  # asked is the one at work

        nats = server(process.pid)
        os.kill(nats, signal.SIGKILL)
        await until(lambda: server(process.pid) not in {0, nats})
        await ready(tmp_path, SOCKETS)

        all_of_them = list(children(process.pid))
        assert len(all_of_them) == 3
        process.kill()
        await process.wait()
        await until(lambda: not any(map(lives, all_of_them)))

    async with started("serve", "--config", config, "--workers", "2") as process:
        await ready(tmp_path, SOCKETS)
        assert await told(url, made.out.strip()) > before
        assert (tmp_path / "trunkline.db.nats" / "nats.conf").read_text() != settings  # another password
        all_of_them = list(children(process.pid))
        ended = await stop(process)
        assert ended.code == 0, ended.err
        assert not any(map(lives, all_of_them))
    assert not [one for one in names(tmp_path) if ".node" in one]

    refused = await run("serve", "--config", config)
    assert refused.code == 1
    assert "--workers" in refused.err


async def test_a_store_is_moved_for_them_and_back(tmp_path: Path) -> None:
    port = free_port(DICE)
    config = configure(tmp_path, port=port)
    store = SqliteStore(str(tmp_path / "trunkline.db"))
    await store.open()
    store.append(events(1, 20), ignore)
    await store.barrier()
    await store.close()
    refused = await run("serve", "--config", config, "--workers", "2")
    assert refused.code == 1
    assert "trunkline migrate --from sqlite --to nats" in refused.err
    moved = await run("migrate", "--config", config, "--from", "sqlite", "--to", "nats")
    assert moved.code == 0, moved.err
    back = await run("migrate", "--config", config, "--from", "nats", "--to", "sqlite", "--force")
    assert back.code == 0, back.err
    assert "nothing was written" in back.err  # the file is there still, and the same


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"server": {"port": 0}}, "server.port"),
        ({"server": {"port": 8080}, "store": {"path": ":memory:"}}, "store.path"),
        ({"server": {"port": 8080, "operator_socket": ""}}, "server.operator_socket"),
    ],
)
async def test_what_several_cannot_share_is_refused(
    settings: dict[str, object], why: str, tmp_path: Path
) -> None:
    config = tmp_path / "c.json"
    config.write_bytes(msgspec.json.encode(settings))
    ended = await run("serve", "--config", str(config), "--workers", "2")
    assert ended.code == 1
    assert why in ended.err

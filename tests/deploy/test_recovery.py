"""docs/operate/recovery.md, followed to the letter: its code blocks are what is run.

`trunkline` and `systemctl` are scripts on the path: the one is the former program or this one, as installed
at that point of the procedure, the other starts and stops a process where systemd would. The store is one of
the commit before the access rules (see `stores/before_access.sql`, whose key is `KEY`).
"""

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector, web
from aiohttp.test_utils import TestServer

from tests.deploy.described import ROOT
from tests.e2e.processes import ENVIRONMENT
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole

FORMER: Final = "dcf188e4900fa49fecb501a7259e1a1eecf07aed"
STORE: Final = ROOT / "tests" / "deploy" / "stores" / "before_access.sql"
KEY: Final = "tlk_77d3520b2e21_BUeVqbMqxnsNIMvEYDcnlkDyq2TQIgKyXvAc7uF87Lc"
EVENTS: Final = 20
CONFIG: Final = """
server: {port: 0}
store: {path: STORE}
platforms:
  sim: {dialect: softswitch, settings: {agents: [{id: ann, extension: "101"}, {id: bob, extension: "102"}]}}
"""
SYSTEMCTL: Final = """#!/bin/sh
case "$2" in trunkline) file=config.yaml ;; trunkline-standby) file=standby.yaml ;; *) exit 4 ;; esac
case "$1" in
  start) trunkline serve --config "$file" >>"$2.log" 2>&1 & echo $! >"$2.pid" ;;
  stop) [ -e "$2.pid" ] || exit 0
    kill "$(cat "$2.pid")"; while kill -0 "$(cat "$2.pid")" 2>/dev/null; do sleep 0.05; done; rm "$2.pid" ;;
  *) exit 4 ;;
esac
"""


def blocks() -> Mapping[str, str]:
    text = (ROOT / "docs" / "operate" / "recovery.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^```sh ([\w -]+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def former_program() -> Path | None:
    """A folder with the sources of before; None where the history does not reach so far back."""
    found = subprocess.run(  # noqa: S603  # of this repository
        ["git", "archive", FORMER, "gateway", "adapters", "schemas"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if found.returncode:
        return None
    folder = Path(tempfile.mkdtemp(prefix="tl-former-"))
    with tarfile.open(fileobj=BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Machine:
    """Where the procedure is followed."""

    def __init__(self, folder: Path, receiver: str) -> None:
        self.folder = folder
        self.receiver = receiver
        self._bin = folder / "bin"
        self._bin.mkdir()
        (folder / "config.yaml").write_text(CONFIG.replace("STORE", "trunkline.db"), encoding="utf-8")
        (folder / "standby.yaml").write_text(CONFIG.replace("STORE", "standby.db"), encoding="utf-8")
        self._script("systemctl", SYSTEMCTL)
        self.install(ROOT)

    def _script(self, name: str, text: str) -> None:
        path = self._bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def install(self, program: Path) -> None:
        """Of those sources."""
        command = f'PYTHONPATH={program} exec {sys.executable} -P -m gateway "$@"'
        self._script("trunkline", f"#!/bin/sh\n{command}\n")

    def lay(self, dump: Path) -> None:
        """Make the store of a dump, with a receiver that there is."""
        with sqlite3.connect(self.folder / "trunkline.db") as database:
            database.executescript(dump.read_text(encoding="utf-8"))
            database.execute(
                "update webhooks set body = cast(replace(cast(body as text), ?, ?) as blob)",
                ("http://127.0.0.1:9/", self.receiver),
            )
        database.close()

    async def follow(self, block: str) -> str:
        """Run a block of the document; each of its commands has to end well. Returns what it printed."""
        with (self.folder / "out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *("bash", "-euc", blocks()[block]),
                cwd=self.folder,
                env={**ENVIRONMENT, "PATH": f"{self._bin}:{os.environ['PATH']}"},
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
            )
            code = await process.wait()
        told = (self.folder / "out").read_text(encoding="utf-8")
        assert code == 0, told + self.logs()
        return told

    def logs(self) -> str:
        """Of all gateways."""
        return "\n".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))

    async def ask(self, path: str, store: str = "trunkline.db") -> Any:
        """What the gateway of that store answers on its operator's socket, once it is there."""
        socket = self.folder / f"operator.{store}.sock"
        async with asyncio.timeout(PATIENCE_S), ClientSession(connector=UnixConnector(str(socket))) as http:
            while True:
                try:
                    async with http.get(f"http://x{path}") as response:
                        return (
                            json.loads(await response.text()) if path != "/metrics" else await response.text()
                        )
                except ClientError:
                    await asyncio.sleep(0.1)  # it begins, and has no way of telling

    async def get(self, path: str, unit: str = "trunkline") -> Any:
        """What it answers a client."""
        store = "trunkline.db" if unit == "trunkline" else "standby.db"
        assert (await self.ask("/readyz", store))["ready"]
        log, headers = self.folder / f"{unit}.log", {"Authorization": f"Bearer {KEY}"}
        async with asyncio.timeout(PATIENCE_S):
            while True:
                url = re.findall(r'"addresses": ?\["(http[^"]+)"', log.read_text(encoding="utf-8"))[-1]
                try:
                    async with ClientSession(url, headers=headers) as http, http.get(path) as response:
                        assert response.status == 200, await response.text()
                        return await response.json()
                except ClientError:
                    await asyncio.sleep(0.1)  # that was the last one's address

    def stop(self) -> None:
        """Whatever still runs."""
        for unit in ("trunkline", "trunkline-standby"):
            command = [str(self._bin / "systemctl"), "stop", unit]
            subprocess.run(command, cwd=self.folder, check=False, capture_output=True)  # noqa: S603


@pytest.fixture
async def machine() -> AsyncIterator[Machine]:
    async with _machine() as one:
        yield one


@asynccontextmanager
async def _machine() -> AsyncIterator[Machine]:
    app = web.Application()
    app.router.add_post("/", _take)
    receiver = TestServer(app, host="127.0.0.1")
    await receiver.start_server()
    with tempfile.TemporaryDirectory(prefix="tl-") as folder:
        one = Machine(Path(folder), str(receiver.make_url("/")))
        try:
            yield one
        finally:
            await asyncio.to_thread(one.stop)
            await receiver.close()


async def _take(_request: web.Request) -> web.Response:
    return web.Response(status=204)


async def first_events(machine: Machine) -> list[Any]:
    found: list[Any] = (await machine.get("/v1/events?limit=1000"))["events"]
    return found[:EVENTS]


def migrations(path: Path) -> int:
    with sqlite3.connect(path) as database:
        (found,) = database.execute("select max(version) from migrations").fetchone()
    database.close()
    return int(found)


async def test_an_upgrade_keeps_all_and_a_rollback_gets_it_back(machine: Machine) -> None:
    former = former_program() or ROOT
    machine.lay(STORE)
    assert migrations(machine.folder / "trunkline.db") == 7
    machine.install(former)
    await machine.follow("before the upgrade")
    assert migrations(machine.folder / "backups" / "before-upgrade.db") == 7
    machine.install(ROOT)
    await machine.follow("after the upgrade")
    kept = await first_events(machine)
    assert len(kept) == EVENTS
    assert [one["name"] for one in (await machine.get("/v1/webhooks"))["webhooks"]] == ["crm"]
    upgraded = migrations(machine.folder / "trunkline.db")
    assert upgraded > 7
    await machine.follow("stop for the rollback")
    machine.install(former)
    await machine.follow("rollback")
    assert await first_events(machine) == kept or former == ROOT
    (aside,) = machine.folder.glob("trunkline.db*.former-*")
    assert migrations(aside) == upgraded


async def test_an_older_program_refuses_a_newer_store_and_leaves_it_alone(machine: Machine) -> None:
    machine.lay(STORE)
    store = machine.folder / "trunkline.db"
    with sqlite3.connect(store) as database:
        database.execute("insert into migrations values (9999, '9999_later.sql', '')")
    database.close()
    before = store.read_bytes()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve", "--config", "config.yaml"),
        cwd=machine.folder,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 1
    assert b"9999_later.sql is unknown" in told
    with sqlite3.connect(store) as database:
        assert database.execute("select count(*) from migrations").fetchone() == (8,)
    database.close()
    assert len(store.read_bytes()) == len(before)


async def test_a_backup_is_restored_and_stands_by_until_it_is_activated(machine: Machine) -> None:
    machine.lay(STORE)
    await machine.follow("backup")
    await machine.follow("restore")
    assert len(await first_events(machine)) == EVENTS
    assert not (await machine.ask("/readyz"))["notes"].get("standby")
    await asyncio.to_thread(machine.stop)
    told = await machine.follow("standby")
    assert "on standby" in told
    notes = (await machine.ask("/readyz", "standby.db"))["notes"]
    assert "standby" in notes
    assert "trunkline_standby 1.0" in await machine.ask("/metrics", "standby.db")
    assert (await machine.get("/v1/sessions", "trunkline-standby"))["sessions"]
    assert "active" in await machine.follow("activate")
    assert "trunkline_standby 0.0" in await machine.ask("/metrics", "standby.db")

"""What goes wrong with the files of the store, and the disk that they are on."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.disk import Disk
from tests.faults.outcome import Outcome, concluded
from tests.faults.world import Plan, World, world

_NOTICED_S: Final = 20.0  # that the log was removed
_WITHIN_S: Final = 1.0  # an answer, or a refusal
_TRIES: Final = 3  # of which one has to be in time: what else runs on this machine is not the gateway's fault
_REFUSALS: Final = ("404", "503", "unavailable")
_ONCE: Final = ClientTimeout(total=5.0)


async def disk(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The disk gets full under load, and has room again."""
    small = Disk(folder / "disk")
    await small.attach()
    try:
        async with world(Plan(store=small.folder), dice, folder) as there:
            for _ in range(2):
                await asyncio.sleep(dice.uniform(1.0, 2.0))
                small.fill(there.gateway.pid)
                told = await _readiness(there, ready=False)
                if not re.search("is full|no room", told.get("store", "")):
                    there.notes.unmet.append(f"with a full disk /readyz said {told}")
                await _read_at_once(there)
                await asyncio.sleep(dice.uniform(0.5, 2.0))
                small.room()
                told = await _readiness(there, ready=True)
                if set(told.values()) != {"ok"}:
                    there.notes.unmet.append(f"with room on the disk again /readyz said {told}")
            return await concluded(there, expected="store in trouble")
    finally:
        await small.detach()


async def _read_at_once(there: World) -> None:
    """What is durable is served though nothing can be written; what would have to wait is refused."""
    durable = max(event.cursor for one in there.notes.followed for event in one.events)
    unborn = durable + 10**6
    kept = ("interactions", "sessions", "events?after=0&limit=10", f"events/{durable}")
    later = (f"events?after={unborn}", f"events/{unborn}")
    async with ClientSession(timeout=_ONCE) as http:
        for path in (*kept, *later):
            await _answered(there, path, partial(_get, http, there, path), path in later)
        for after in (0, unborn):
            what = f"a stream after {after}"
            await _answered(there, what, partial(_first_of_stream, http, there, after), after == unborn)


async def _answered(there: World, what: str, ask: Callable[[], Awaitable[str]], may_refuse: bool) -> None:  # noqa: FBT001
    took_s = inf
    for _ in range(_TRIES):
        begun_s = time.monotonic()
        try:
            answer = await ask()
        except (ClientError, TimeoutError, TypeError) as error:
            answer = type(error).__name__
        took_s = min(took_s, time.monotonic() - begun_s)
        if answer != "200" and not (may_refuse and answer in _REFUSALS):
            there.notes.unmet.append(f"with a full disk {what} was answered {answer}")
            return
        if took_s <= _WITHIN_S:
            return
    there.notes.unmet.append(f"with a full disk {what} took {took_s:.1f} s")


async def _get(http: ClientSession, there: World, path: str) -> str:
    async with http.get(f"{there.gateway.url}/v1/{path}") as response:
        await response.read()
        return str(response.status)


async def _first_of_stream(http: ClientSession, there: World, after: int) -> str:
    """200 for an event or a gap, and the code of a refusal."""
    async with http.ws_connect(f"{there.gateway.url}/v1/stream", max_msg_size=0) as socket:
        await socket.send_json({"type": "subscribe", "after": after})
        while True:
            told: dict[str, object] = json.loads(await socket.receive_str())
            if told["type"] == "stream.error":
                return str(told["code"])
            if told["type"] not in ("stream.hello", "stream.subscribed"):
                return "200"


async def _readiness(there: World, *, ready: bool, within_s: float = 15.0) -> dict[str, str]:
    """What /readyz says once it says so, or in the end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        now, checks = await there.gateway.readiness()
        if now is ready or loop.time() > end:
            return checks
        await asyncio.sleep(0.05)


async def wal(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The store's log is removed while it is written, and a kill follows, noticed or not: nothing is lost."""
    async with world(Plan(), dice, folder) as there:
        log = there.store / "trunkline.db-wal"
        for noticed in (True, False, False, True):
            await asyncio.sleep(dice.uniform(1.0, 2.0))
            log.unlink(missing_ok=True)
            if noticed:
                told = await _readiness(there, ready=False, within_s=_NOTICED_S)
                if "ok" in (told.get("store_files"), told.get("store")):
                    there.notes.unmet.append(f"the -wal file was removed, and /readyz said {told}")
            await asyncio.sleep(dice.uniform(0.0, 1.0))
            await there.gateway.kill()
            await there.gateway.start()
        return await concluded(there, expected="store")


async def second(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Another gateway is started on the same store, by other names of it; it is refused."""
    async with world(Plan(pages=3, agents=1, commanders=1), dice, folder) as there:
        store = there.store / "trunkline.db"
        await asyncio.sleep(dice.uniform(1.0, 2.0))
        (there.store / "trunkline.db.lock").unlink(missing_ok=True)
        by_symlink, by_link = there.store / "by-symlink.db", there.store / "by-link.db"
        by_symlink.symlink_to(store)
        by_link.hardlink_to(store)
        for path in (store, by_symlink, by_link):
            if (status := await there.gateway.another(path)) in (0, None):
                there.notes.unmet.append(f"a second gateway on {path.name} was not refused ({status})")
        by_link.unlink()
        await there.gateway.kill()
        await there.gateway.start()
        return await concluded(there)

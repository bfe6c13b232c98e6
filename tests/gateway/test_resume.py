"""Cursors and the journal they are of: what was shown is never taken back, and a foreign place is a gap."""

import asyncio
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from gateway.api import history
from gateway.api.history import Gap, Snapshot
from gateway.api.stream import PROGRESS_S, Progress, Subscribed
from gateway.security.access import Scope
from gateway.store.epochs import MOST_EMPTY, Epochs, Place, read_place
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.errors import RefusedError, StoreError
from schemas.ids import AgentId, Cursor, Resume
from schemas.interaction import InteractionState
from tests.contract.full_disk import full_disk
from tests.contract.records import events, ignore
from tests.fakes import START, FakeClock, until
from tests.gateway.handmade import Bench, P, bench, call

OLD_STORE = Path(__file__).parents[1] / "contract" / "stores" / "before_epochs.sql"


async def tell(standing: Bench, count: int, agent: str = "a1") -> None:
    standing.gateway.router.publish(
        [
            ev.PlatformNotice(time=START, platform_id=P, agent_id=AgentId(agent), code="n")
            for _ in range(count)
        ]
    )
    await standing.gateway.store.barrier()


async def resume_of(standing: Bench) -> str:
    return str((await standing.request("GET", "/v1/sessions")).json()["resume"])


async def begun(standing: Bench, after: str) -> list[type]:
    """How a stream, a page and server-sent events begin after a place."""
    page = (await standing.request("GET", f"/v1/events?after={after}")).json()
    stream = await standing.stream(after=after)
    await stream.frame(Subscribed)
    assert ("gap" in page) == isinstance(stream.frames[0], Gap)
    async with standing.http.get(
        f"{standing.url}/v1/events/stream", headers={"Last-Event-ID": after}
    ) as heard:
        assert (await heard.content.readline() == b"event: stream.gap\n") == ("gap" in page)
    return [type(one) for one in stream.frames]


async def test_every_beginning_names_a_place_that_can_be_gone_on_from(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        await tell(standing, 5)
        place = await resume_of(standing)
        for _ in range(2):
            stream = await standing.stream(snapshot=True)
            assert (await stream.frame(Snapshot)).resume == place
            assert (await stream.frame(Subscribed)).resume == place
            assert (await standing.request("GET", "/v1/interactions")).json()["resume"] == place
            assert (await standing.request("GET", "/v1/events")).json()["resume"] == place
        await tell(standing, 2)
        page = (await standing.request("GET", f"/v1/events?after={place}")).json()
        assert "gap" not in page
        assert page["cursor"] == 7
    async with bench(path=path) as standing:  # an orderly restart loses nothing
        assert await begun(standing, place) == [Subscribed]
        assert await begun(standing, "5") == [Subscribed]


async def test_a_backup_that_is_laid_back_is_a_gap_though_the_numbers_come_again(tmp_path: Path) -> None:
    path, copy = tmp_path / "t.db", tmp_path / "copy.db"
    async with bench(path=str(path)) as standing:
        await tell(standing, 10)
        common = await resume_of(standing)
    shutil.copy(path, copy)
    async with bench(path=str(path)) as standing:
        await tell(standing, 10)
        lost = await resume_of(standing)
    shutil.copy(copy, path)
    async with bench(path=str(path)) as standing:
        await tell(standing, 40)
        assert await begun(standing, lost) == [Gap, Subscribed]
        assert await begun(standing, common) == [Subscribed]
        snapshot = await standing.stream(after=lost, snapshot=True)
        assert (await snapshot.frame(Gap)).restart_after == (await snapshot.frame(Snapshot)).cursor


async def test_a_tail_that_was_lost_is_a_gap_and_so_is_another_file(tmp_path: Path) -> None:
    path, copy = tmp_path / "t.db", tmp_path / "copy.db"
    async with bench(path=str(path)) as standing:
        await tell(standing, 10)
        db = sqlite3.connect(path)
        with sqlite3.connect(copy) as target:
            db.backup(target)
        db.close()
        await tell(standing, 10)  # of the same epoch, and not in the copy
        lost = await resume_of(standing)
    async with bench(path=str(copy)) as standing:
        await tell(standing, 40)
        assert await begun(standing, lost) == [Gap, Subscribed]
    async with bench(path=str(tmp_path / "other.db")) as standing:
        await tell(standing, 40)
        assert await begun(standing, lost) == [Gap, Subscribed]


async def test_what_is_shown_is_what_is_durable(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call())
        await standing.gateway.store.barrier()
        durable = standing.gateway.router.durable
        with full_disk(path):
            await page.see(call(state=InteractionState.HELD))
            await page.see(call("c2"))
            await until(lambda: bool(standing.gateway.store.trouble))
            assert standing.gateway.state.snapshots.interaction(one.id) != one
            listed = (await standing.request("GET", "/v1/interactions")).json()
            assert listed["cursor"] == durable
            assert [dict(each)["state"] for each in list(listed["interactions"])] == [one.state]  # type: ignore[call-overload]  # JSON
            shown = (await standing.request("GET", f"/v1/interactions/{one.id}")).json()
            assert shown["state"] == one.state
            stream = await standing.stream(snapshot=True)
            snapshot = await stream.frame(Snapshot)
            assert (snapshot.cursor, snapshot.interactions) == (durable, [one])


async def test_what_is_durable_is_read_while_the_disk_is_full_and_nobody_waits_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LONGEST_WAIT_S", 0.1)
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        await tell(standing, 20)
        with full_disk(path):
            for _ in range(200):
                standing.gateway.router.publish(
                    [ev.PlatformNotice(time=START, platform_id=P, code="n" * 500)]
                )
            await until(lambda: bool(standing.gateway.store.trouble))
            durable = standing.gateway.router.durable
            assert (await standing.request("GET", "/v1/events?after=3")).json()["cursor"] == durable
            assert (await standing.request("GET", "/v1/events/7")).json()["cursor"] == 7
            assert await begun(standing, "3") == [Subscribed]
            for waiting in ("/v1/events/{0}", "/v1/events?after={0}", "/v1/events/stream?after={0}"):
                refused = await standing.request("GET", waiting.format(durable + 1))
                assert refused.status == 503
                assert "no room" in refused.body.decode()


async def test_a_client_that_nothing_is_for_is_told_how_far_it_is() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        stream = await standing.stream(filter={"agents": ["a1"]})
        await stream.frame(Subscribed)
        await tell(standing, 5, "a2")
        await clock.advance(PROGRESS_S)
        told = await stream.frame(Progress)
        assert (told.cursor, told.resume) == (5, await resume_of(standing))
        await clock.advance(10 * PROGRESS_S)  # and nothing new to say
        await tell(standing, 1, "a1")
        await stream.until(lambda event: event.cursor == 6)
        assert sum(isinstance(one, Progress) for one in stream.frames) == 1


async def test_epochs_are_few_and_those_of_kept_events_stay(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "t.db"))
    await store.open()
    store.append(events(1, 10), ignore)
    await store.barrier()
    place = read_place(store.epochs.resume(Cursor(4)))
    await store.close()
    for _ in range(MOST_EMPTY + 20):
        store = SqliteStore(str(tmp_path / "t.db"))
        await store.open()
        await store.close()
    assert len(list(store.epochs)) == MOST_EMPTY + 2
    assert store.epochs.holds(place)


def test_an_epoch_of_which_nothing_is_kept_is_forgotten() -> None:
    one = Epochs(()).begun(Cursor(0), Cursor(1))
    two = one.begun(Cursor(10), Cursor(12))
    assert [epoch.first for epoch in two] == [11]
    assert not two.holds(read_place(one.resume(Cursor(4))))
    assert two.holds(Place(Cursor(4)))


@pytest.mark.parametrize("text", ["", "x", "-1", "a.b", "A.1", "a.1.2", "٣", "1" * 19])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        read_place(Resume(text))


async def test_a_store_of_before_is_upgraded_and_plain_cursors_go_on(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    db = sqlite3.connect(path)
    db.executescript(OLD_STORE.read_text("utf-8"))
    db.close()
    async with bench(path=path) as standing:
        assert len(standing.gateway.keys.list()) == 1
        _, key = await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        shows = {"Authorization": f"Bearer {key}"}
        whole = (await standing.request("GET", "/v1/events?limit=1000", None, shows)).json()
        assert whole["first"] == 1
        assert int(str(whole["cursor"])) >= 10
        rest = (await standing.request("GET", "/v1/events?after=4", None, shows)).json()
        assert "gap" not in rest
        assert (await standing.request("GET", "/v1/events/10", None, shows)).json()["cursor"] == 10


@pytest.mark.parametrize("by", ["symlink", "hardlink", "unlocked"])
async def test_no_other_name_lets_a_second_one_in(tmp_path: Path, by: str) -> None:
    path, other = tmp_path / "t.db", tmp_path / "other.db"
    first = SqliteStore(str(path))
    await first.open()
    match by:
        case "symlink":
            other.symlink_to(path)
        case "hardlink":
            other.hardlink_to(path)
        case _:
            other = path
            (tmp_path / "t.db.lock").unlink(missing_ok=True)
    code = (
        "import asyncio,sys; from gateway.store.sqlite import SqliteStore;"
        "asyncio.run(SqliteStore(sys.argv[1]).open())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(other), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode
    assert b"in use by another process" in said
    with pytest.raises(StoreError, match="in use"):
        await SqliteStore(str(other)).open()
    first.append(events(1, 3), ignore)
    await first.barrier()
    await first.close()


async def test_a_log_that_was_removed_is_told_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.writer.WATCH_S", 0.02)
    path = tmp_path / "t.db"
    async with bench(path=str(path)) as standing:
        await tell(standing, 20)
        (tmp_path / "t.db-wal").unlink()
        await until(lambda: bool(standing.gateway.store.files_trouble))
        await tell(standing, 20)
        ready = await standing.request("GET", "/readyz")
        assert ready.status == 503
        assert "-wal" in ready.body.decode()
        shutil.copy(path, tmp_path / "killed.db")  # what a kill would leave
    store = SqliteStore(str(tmp_path / "killed.db"))
    await store.open()
    assert store.last_cursor() == 40
    await store.close()


async def test_a_database_that_was_replaced_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.writer.WATCH_S", 0.02)
    store = SqliteStore(str(tmp_path / "t.db"))
    await store.open()
    (tmp_path / "t.db").rename(tmp_path / "away.db")
    await until(lambda: "removed, renamed or replaced" in store.trouble)
    (tmp_path / "away.db").rename(tmp_path / "t.db")
    await until(lambda: not store.trouble)
    await store.close()

"""The move itself, in both directions: the journal, then all rows, then all is read again and compared.

Nothing is written to where it comes from. Who is killed comes again and goes on; if a gateway was started on
the source in between, all is copied anew. What is there of anybody else is refused.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from gateway.cluster.config import BusConfig
from gateway.runtime.clock import Clock
from gateway.store import copies
from gateway.store.jetstream.records import Commit
from gateway.store.migrate import known, migrate
from gateway.store.moving.figures import Figures, JournalFigures, broken_chain, differences, figures
from gateway.store.moving.file import (
    Joining,
    SourceFile,
    TargetFile,
    commits_of,
    epochs_of,
    newest_epoch,
)
from gateway.store.moving.nats import Moving, NatsPlace
from schemas.errors import StoreError
from schemas.ids import Cursor

_ROWS: Final = 16  # of the journal, in one transaction

Told = Callable[[str, int, int], None]  # what is going on, how much of it is done now, and of how much


class Moved(NamedTuple):
    """What is in both places now."""

    figures: Figures
    before: bool  # it was there already, and was compared only
    former: str  # the file that was in its place
    chain: str  # what is wrong with the audit's chain, in both


async def to_nats(path: str, config: BusConfig, clock: Clock, told: Told) -> Moved:
    """From a file to streams that are empty, or were begun with. Raises StoreError."""
    source, place = SourceFile(path), NatsPlace(config, clock)
    try:
        await place.open()
        there = await place.look()
        if not there:
            await place.take()
        moving = await place.moving()
        before = moving is None and not await place.is_empty()
        if before and (await place.epochs())[-1:] != [newest_epoch(source.db)]:
            raise StoreError(
                f"{place.name}: is not empty. Name another bus.prefix, or delete its streams with NATS' own"
                " tools"
            )
        if moving is not None and moving.source not in epochs_of(source.db):
            raise StoreError(f"{place.name}: another store is being moved there")
        if not before:
            if there:
                await place.take()
            await _fill(place, source.db, moving, told)
        told("compare", 0, 1)
        mine = await asyncio.to_thread(_of_file, source.db)
        _same(mine, await _of_nats(place, path))
        told("compare", 1, 1)
        if not before:
            await place.end_move()
        return Moved(mine, before, "", broken_chain(source.db))
    finally:
        await place.close()
        source.close()


async def _fill(place: NatsPlace, db: sqlite3.Connection, moving: Moving | None, told: Told) -> None:
    epoch = newest_epoch(db)
    if moving is None or moving.source != epoch:
        moving = Moving(epoch)
        await place.begin(epoch)
    tenants = dict(db.execute("select platform_id, tenant from tenants").fetchall())
    after = place.journal.durable
    (total,) = db.execute("select coalesce(sum(count), 0) from journal").fetchone()
    (done,) = db.execute(
        "select coalesce(sum(count), 0) from journal where last_cursor <= ?", (after,)
    ).fetchone()
    told("events", done, total)
    async for count in place.append(commits_of(db, after), tenants):
        done += count
        told("events", done, total)
    done = 0
    async for count in place.fill(db, moving):
        done += count
        told("rows", done, 0)


async def to_file(path: str, config: BusConfig, clock: Clock, told: Told, *, replace: bool) -> Moved:
    """From streams to a file; one that is there is refused, or moved aside. Raises StoreError."""
    place = NatsPlace(config, clock)
    try:
        await place.open()
        if not await place.look() or not (epochs := await place.epochs()):
            raise StoreError(f"{place.name}: there is no store")
        if await place.moving() is not None:
            raise StoreError(f"{place.name}: is being moved to, and not whole")
        end = place.end
        if _is_copy(path, epochs[-1]):
            with closing(SourceFile(path)) as file:
                moved = await _compared(place, path, file.db, told)
            return moved._replace(before=True)
        if not replace and _is_taken(path):
            raise StoreError(f"store {path}: is there already; --force moves it aside")
        with closing(TargetFile(path)) as target:
            await _copy(place, target, epochs, told)
            moved = await _compared(place, path, target.db, told)
            await place.look()
            if place.end != end:
                raise StoreError(f"{place.name}: a gateway has been started on it meanwhile; begin again")
            return moved._replace(former=target.place(replace=replace))
    finally:
        await place.close()


async def _copy(place: NatsPlace, target: TargetFile, epochs: list[str], told: Told) -> None:
    if target.source != epochs[-1]:
        if target.source and target.source not in epochs:
            raise StoreError(f"store {target.part}: is of another move; remove it")
        target.begin(epochs[-1])
    oldest = await place.journal.first_cursor()
    total = 0 if oldest is None else place.journal.durable - oldest + 1
    commits: list[Commit] = []
    joining = Joining(commits.append)

    def write() -> None:
        target.append(commits)
        commits.clear()
        told("events", 0 if oldest is None else max(0, target.last - oldest + 1), total)

    write()
    async for commit in place.commits(target.last):
        joining.add(commit)
        if len(commits) >= _ROWS:
            write()
    joining.flush()
    write()
    target.begin_tables()
    await place.put_tables(target.db)
    target.end_tables()
    told("rows", 0, 0)


# --- comparing


async def _compared(place: NatsPlace, path: str, db: sqlite3.Connection, told: Told) -> Moved:
    told("compare", 0, 1)
    mine = await _of_nats(place, path)
    _same(mine, await asyncio.to_thread(_of_file, db))
    told("compare", 1, 1)
    return Moved(mine, before=False, former="", chain=broken_chain(db))


def _same(one: Figures, other: Figures) -> None:
    if found := differences(one, other):
        raise StoreError(f"the copy is not the same, and is not used: {'; '.join(found)}")


def _of_file(db: sqlite3.Connection) -> Figures:
    journal = JournalFigures()
    for commit in commits_of(db, Cursor(0)):
        journal.add(commit)
    return figures(journal, db)


async def _of_nats(place: NatsPlace, path: str) -> Figures:
    """By way of a file of its own, as a gateway that starts on it would have."""
    journal = JournalFigures()
    async for commit in place.commits(Cursor(0)):
        journal.add(commit)
    compared = Path(f"{path}.compared")
    _remove(compared)
    os.close(os.open(compared, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(compared, isolation_level=None, check_same_thread=False)) as db:
            db.execute("pragma journal_mode=off")
            db.execute("pragma synchronous=off")
            migrate(db, known())
            db.execute("begin")
            await place.put_tables(db)
            db.execute("commit")
            return await asyncio.to_thread(figures, journal, db)
    finally:
        _remove(compared)


def _remove(path: Path) -> None:
    for one in copies.files(path):
        one.unlink(missing_ok=True)


def _is_taken(path: str) -> bool:
    return any(one.exists() for one in copies.files(Path(path)))


def _is_copy(path: str, epoch: str) -> bool:
    """Whether a file is one that was moved from there before, and on which nothing ran since."""
    if not Path(path).is_file():
        return False
    try:
        with closing(SourceFile(path)) as file:
            found = newest_epoch(file.db)
    except StoreError:
        return False
    part = Path(f"{path}.moving")
    if found == epoch and part.exists() and part.samefile(path):
        part.unlink()  # killed when it had just got its name
    return found == epoch

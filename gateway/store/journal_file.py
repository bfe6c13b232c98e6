"""A store's file, read only: beside the gateway that writes it, or without one.

Nothing is locked and nothing changed. It is read in pages, each in a transaction of its own: who takes long
over what was read, or waits for somebody who does, must not keep the log from the database.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import msgspec

from gateway.store.base import Appended
from gateway.store.epochs import EPOCHS, Epoch, Epochs, Place
from gateway.store.migrate import known
from gateway.store.rows import DamagedRowError, decode_row
from gateway.store.writer import explain
from schemas import events as ev
from schemas.errors import StoreError
from schemas.ids import Cursor

MOST_FINDINGS: Final = 100
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode
PAGE_ROWS: Final = 16  # of at most 256 events each
_ROWS: Final = (
    "select last_cursor, first_cursor, count, body, checksum from journal"
    " where last_cursor > ? order by last_cursor limit ?"
)
_ROWS_BACKWARDS: Final = (
    "select last_cursor, body, checksum from journal where last_cursor < ? order by last_cursor desc limit ?"
)
_BEYOND: Final = 2**62  # all cursors
_Row = tuple[int, int, int, bytes, int | None]


class Verdict(msgspec.Struct, kw_only=True):
    """What a check found. `first` and `last` are cursors; without an event both are 0."""

    events: int = 0
    first: int = 0
    last: int = 0
    interactions: int = 0
    sessions: int = 0
    findings: list[str] = []  # what is wrong, the first MOST_FINDINGS


class JournalFile:
    """Open until it is closed. Raises StoreError for what is no store's file, or damaged."""

    def __init__(self, path: str, *, alone: bool = False) -> None:
        """`alone`: nobody else has it open, and nothing is to be left beside it."""
        if not Path(path).is_file():
            raise StoreError(f"store {path}: there is no such file")
        self._path = path
        how = "immutable=1" if alone else "mode=ro"
        self._db = sqlite3.connect(f"file:{quote(path)}?{how}", uri=True, isolation_level=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def events(self, after: int = 0) -> Iterator[Appended]:
        """What is kept after a cursor, in order, as of each page's reading."""
        for last, _, _, body, checksum in self._pages(after):
            yield from (event for event in decode_row(Cursor(last), body, checksum) if event.cursor > after)

    def _pages(self, after: int) -> Iterator[_Row]:
        """Rows after a cursor."""
        while rows := self._read(_ROWS, after, PAGE_ROWS):
            yield from rows
            after = rows[-1][0]

    def _read(self, query: str, *values: int) -> list[_Row]:
        """All of what is found, so that nothing stays open."""
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def place(self, place: Place) -> Cursor:
        """Where a `resume` is. Raises RefusedError if it is of another journal."""
        return self._epochs().cursor(place)

    def _epochs(self) -> Epochs:
        try:
            known = self._db.execute("select 1 from sqlite_master where name = 'epochs'").fetchone()
            return Epochs([Epoch(*row) for row in self._db.execute(EPOCHS)] if known else ())
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def backwards(self) -> Iterator[Appended]:
        """What is kept, the newest first, as of each page's reading."""
        before = _BEYOND
        try:
            while rows := self._db.execute(_ROWS_BACKWARDS, (before, PAGE_ROWS)).fetchall():
                for row in rows:
                    yield from reversed(decode_row(*row))
                before = rows[-1][0]
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def verify(self, *, older: bool = False) -> Verdict:
        """Check everything that can be checked. `older`: steps of the schema may be missing.

        SQLite's own check of all pages is one transaction, as long as the disk needs to read the file once.
        """
        try:
            verdict = Verdict()
            for finding in self._findings(verdict, older=older):
                verdict.findings.append(finding)
                if len(verdict.findings) >= MOST_FINDINGS:
                    verdict.findings.append("and so on: no further findings are looked for")
                    break
        except sqlite3.Error as error:
            raise explain(self._path, error) from error
        return verdict

    def _findings(self, verdict: Verdict, *, older: bool) -> Iterator[str]:
        for (line,) in self._db.execute("pragma integrity_check(20)").fetchall():
            if line != "ok":
                yield f"file: {line}"
        applied = dict(self._db.execute("select name, checksum from migrations").fetchall())
        for step in known():
            if applied.get(step.name, step.checksum if older else "") != step.checksum:
                yield f"schema: {step.name} is not applied, or was another"
        yield from self._rows(verdict)
        yield from self._sizes()

    def _rows(self, verdict: Verdict) -> Iterator[str]:
        sequences: Counter[str] = Counter()
        interactions: set[str] = set()
        sessions: set[str] = set()
        expected: int | None = None
        (newest,) = self._db.execute("select coalesce(max(last_cursor), 0) from journal").fetchone()
        for last, first, count, body, checksum in self._pages(0):
            if last > newest:  # written since we began
                break
            if expected is not None and first != expected:
                if first == self._oldest():  # what was before it has been forgotten meanwhile
                    sequences.clear()
                else:
                    yield f"cursors: after {expected - 1} comes {first}"
            expected = last + 1
            verdict.first = verdict.first or first
            verdict.last = last
            try:
                events = decode_row(Cursor(last), body, checksum)
            except DamagedRowError as error:
                yield f"row {first} to {last}: {error}"
                continue
            verdict.events += len(events)
            if [one.cursor for one in events] != list(range(first, last + 1)) or len(events) != count:
                yield f"row {first} to {last}: its events have other cursors"
            for event in events:
                yield from _event(event, sequences)
            interactions.update(one.interaction_id for one in events)
            sessions.update(one.session_id for one in events if not one.interaction_id)
        verdict.interactions = len(interactions - {""})
        verdict.sessions = len(sessions - {""})

    def _oldest(self) -> int:
        row = self._db.execute("select first_cursor from journal order by last_cursor limit 1").fetchone()
        return 0 if row is None else int(row[0])

    def _sizes(self) -> Iterator[str]:
        """What other tables say of the journal, each in the same moment as the journal itself."""
        said, are = self._db.execute(
            "select (select bytes from journal_size), (select coalesce(sum(length(body)), 0) from journal)"
        ).fetchone()
        if said != are:
            yield f"journal: {are} bytes, and {said} are noted"
        for cursor, first, last in self._db.execute(
            "select cursor, (select first_cursor from journal order by last_cursor limit 1),"
            " (select max(last_cursor) from journal) from checkpoint"
        ).fetchall():
            if last is not None and not first - 1 <= cursor <= last:
                yield f"checkpoint: of {cursor}, which is outside the journal"
        first = 1
        for epoch in self._epochs():
            if epoch.first < first:
                yield f"epoch {epoch.id}: begins at {epoch.first}, which is out of its order"
            first = epoch.first
        for name, cursor, last in self._db.execute(
            "select name, cursor, (select max(last_cursor) from journal) from marks"
        ).fetchall():
            if last is not None and cursor > last:
                yield f"mark {name}: {cursor} is past the journal's end"


def _event(event: Appended, sequences: Counter[str]) -> Iterator[str]:
    """What is wrong with an event, in itself and after those before it."""
    try:
        told = _decode(event.body)
    except msgspec.DecodeError as error:
        yield f"event {event.cursor}: {error}"
        return
    if told.cursor != event.cursor or ev.TAGS[type(told)] != event.type:
        yield f"event {event.cursor}: its body is of another event"
    if not told.sequence:
        return
    about = event.interaction_id or event.session_id
    if about in sequences and told.sequence != sequences[about] + 1:
        yield f"event {event.cursor}: sequence {told.sequence} of {about} comes after {sequences[about]}"
    sequences[about] = told.sequence

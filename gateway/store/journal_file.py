"""A store's file, read only: beside the gateway that writes it, or without one.

Nothing is locked and nothing changed. A check reads one moment's state, however long it takes.
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
_ROWS: Final = "select last_cursor, body, checksum from journal where last_cursor > ? order by last_cursor"

_ROWS_BACKWARDS: Final = "select last_cursor, body, checksum from journal order by last_cursor desc"


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

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise StoreError(f"store {path}: there is no such file")
        self._path = path
        self._db = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, isolation_level=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def events(self, after: int = 0) -> Iterator[Appended]:
        """What is kept after a cursor, in order, as of each row's reading."""
        try:
            for row in self._db.execute(_ROWS, (after,)):
                yield from (event for event in decode_row(*row) if event.cursor > after)
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
        """What is kept, the newest first."""
        try:
            for row in self._db.execute(_ROWS_BACKWARDS):
                yield from reversed(decode_row(*row))
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    def verify(self) -> Verdict:
        """Check everything that can be checked."""
        self._db.execute("begin")
        try:
            verdict = Verdict()
            for finding in self._findings(verdict):
                verdict.findings.append(finding)
                if len(verdict.findings) >= MOST_FINDINGS:
                    verdict.findings.append("and so on: no further findings are looked for")
                    break
        except sqlite3.Error as error:
            raise explain(self._path, error) from error
        finally:
            self._db.execute("rollback")
        return verdict

    def _findings(self, verdict: Verdict) -> Iterator[str]:
        for (line,) in self._db.execute("pragma integrity_check(20)"):
            if line != "ok":
                yield f"file: {line}"
        applied = dict(self._db.execute("select name, checksum from migrations"))
        for step in known():
            if applied.get(step.name) != step.checksum:
                yield f"schema: {step.name} is not applied, or was another"
        yield from self._rows(verdict)
        yield from self._sizes(verdict)

    def _rows(self, verdict: Verdict) -> Iterator[str]:
        sequences: Counter[str] = Counter()
        interactions: set[str] = set()
        expected: int | None = None
        query = "select first_cursor, last_cursor, count, body, checksum from journal order by last_cursor"
        for first, last, count, body, checksum in self._db.execute(query):
            if expected is not None and first != expected:
                yield f"cursors: after {expected - 1} comes {first}"
            expected = last + 1
            verdict.first = verdict.first or first
            verdict.last = last
            try:
                events = decode_row(last, body, checksum)
            except DamagedRowError as error:
                yield f"row {first} to {last}: {error}"
                continue
            verdict.events += len(events)
            if [one.cursor for one in events] != list(range(first, last + 1)) or len(events) != count:
                yield f"row {first} to {last}: its events have other cursors"
            for event in events:
                yield from _event(event, sequences, interactions)
        verdict.interactions = len(interactions)
        verdict.sessions = len(sequences) - len(interactions)

    def _sizes(self, verdict: Verdict) -> Iterator[str]:
        """What other tables say of the journal."""
        (said,), (are,) = (
            self._db.execute(query).fetchone()
            for query in (
                "select bytes from journal_size",
                "select coalesce(sum(length(body)), 0) from journal",
            )
        )
        if said != are:
            yield f"journal: {are} bytes, and {said} are noted"
        for (cursor,) in self._db.execute("select cursor from checkpoint"):
            if verdict.events and not verdict.first - 1 <= cursor <= verdict.last:
                yield f"checkpoint: of {cursor}, which is outside the journal"
        first = 1
        for epoch in self._epochs():
            if epoch.first < first:
                yield f"epoch {epoch.id}: begins at {epoch.first}, which is out of its order"
            first = epoch.first
        for name, cursor in self._db.execute("select name, cursor from marks"):
            if verdict.events and cursor > verdict.last:
                yield f"mark {name}: {cursor} is past the journal's end"


def _event(event: Appended, sequences: Counter[str], interactions: set[str]) -> Iterator[str]:
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
    if event.interaction_id:
        interactions.add(about)
    if about in sequences and told.sequence != sequences[about] + 1:
        yield f"event {event.cursor}: sequence {told.sequence} of {about} comes after {sequences[about]}"
    sequences[about] = told.sequence

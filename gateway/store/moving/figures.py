"""What a store holds, in figures that are the same wherever it is kept: they say whether a copy is one.

Of the journal: one hash over all events, their times and what is private, in order. Of each table: how many
rows, and a sum of hashes that does not ask for an order.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from gateway.store.audit import Check, Link
from gateway.store.audit_chain import chain_of
from gateway.store.jetstream.records import Commit, Row
from gateway.store.jetstream.rows import KEYS

PAGE_ROWS: Final = 500
_ALL: Final = 2**256
_encode: Final = msgspec.msgpack.Encoder().encode
# What has no key in the file may be there twice; under a key of the bucket it is there once, the later one
_AGAIN: Final = (
    " and not exists (select 1 from attempts as later where later.delivery_id = attempts.delivery_id"
    " and later.number = attempts.number and later.at = attempts.at and later.rowid > attempts.rowid)"
)


class JournalFigures:
    """Of a journal, as it is read from its beginning."""

    def __init__(self) -> None:
        self.events = 0
        self.first = 0
        self.last = 0
        self._hash = sha256()

    def add(self, commit: Commit) -> None:
        """The next events."""
        self.first = self.first or commit.events[0].cursor
        self.last = commit.events[-1].cursor
        self.events += len(commit.events)
        for event in commit.events:
            self._hash.update(_encode((commit.at, *event)))
        if commit.private:
            self._hash.update(_encode((self.last, commit.private)))

    @property
    def digest(self) -> str:
        """Hexadecimal."""
        return self._hash.hexdigest()


class Rows(NamedTuple):
    """Of one table."""

    rows: int
    digest: str


class Figures(NamedTuple):
    """Of a whole store. `first` and `last` are cursors; without an event both are 0."""

    events: int
    first: int
    last: int
    journal: str
    tables: Mapping[str, Rows]
    audit: str  # the head of its chain, as `trunkline audit verify` tells it

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(one.rows for one in self.tables.values())


def figures(journal: JournalFigures, db: sqlite3.Connection) -> Figures:
    """Of a store whose tables are in this file. It may take long: not for the loop's thread."""
    tables = {table: _rows(db, table) for table in KEYS}
    return Figures(journal.events, journal.first, journal.last, journal.digest, tables, chain_of(db).text)


def _rows(db: sqlite3.Connection, table: str) -> Rows:
    count = total = 0
    after = -1
    while page := page_of(db, table, after):
        after = page[-1][0]
        count += len(page)
        for _, values in page:
            total += int.from_bytes(sha256(_encode(sorted(values.items()))).digest(), "big")
    return Rows(count, f"{total % _ALL:064x}")


def page_of(db: sqlite3.Connection, table: str, after: int) -> list[tuple[int, dict[str, object]]]:
    """The next rows of a table, after a place in it, each with its own."""
    found = db.execute(
        f"select rowid, * from {table} where rowid > ?{_AGAIN if table == 'attempts' else ''}"  # noqa: S608  # names of ours
        " order by rowid limit ?",
        (after, PAGE_ROWS),
    )
    names = [name for name, *_ in found.description][1:]
    return [(row[0], dict(zip(names, row[1:], strict=True))) for row in found.fetchall()]


def row_of(table: str, values: dict[str, object]) -> Row:
    """A row as the bucket gets it."""
    key = [values[column] for column in KEYS[table]]
    return Row(table, tuple(one if isinstance(one, str | int) else str(one) for one in key), values)


def differences(one: Figures, other: Figures) -> list[str]:
    """What is not the same in both: places and numbers, for people."""
    found = [
        f"{name}: {getattr(one, name)} and {getattr(other, name)}"
        for name in ("events", "first", "last", "audit")
        if getattr(one, name) != getattr(other, name)
    ]
    if not found and one.journal != other.journal:
        found.append("journal: as many events, and others")
    for table in KEYS:
        mine, its = one.tables[table], other.tables[table]
        if mine.rows != its.rows:
            found.append(f"{table}: {mine.rows} rows and {its.rows}")
        elif mine != its:
            found.append(f"{table}: as many rows, and others")
    return found


def broken_chain(db: sqlite3.Connection) -> str:
    """What is wrong with the audit's chain of hashes first; empty if nothing is."""

    def links() -> Iterator[Link]:
        after = -1
        while page := page_of(db, "audit", after):
            after = page[-1][0]
            for _, values in page:
                yield Link(*(values[name] for name in Link._fields))  # type: ignore[arg-type]  # columns of SQL

    return next(Check(chain_of(db), None).findings(links()), "")

"""Bringing a database up to the newest schema: numbered SQL files, each applied once."""

import hashlib
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from schemas.errors import StoreError


class Migration(NamedTuple):
    """One step, from `NNNN_name.sql`."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known() -> tuple[Migration, ...]:
    """The steps that came with this version of the program, in order."""
    folder = files("gateway.store").joinpath("migrations")
    return tuple(
        Migration(int(file.name[:4]), file.name, file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Apply what is missing, each step in a transaction of its own.

    Raises StoreError for a database of a newer version, or of one whose steps were changed afterwards.
    """
    db.execute(
        "create table if not exists migrations"
        " (version integer primary key, name text not null, checksum text not null)"
    )
    applied = {
        version: (name, checksum)
        for version, name, checksum in db.execute("select version, name, checksum from migrations")
    }
    if newer := sorted(set(applied) - {one.version for one in migrations}):
        raise StoreError(f"the schema is newer than this program ({applied[newer[-1]][0]} is unknown to it)")
    for one in migrations:
        if one.version not in applied:
            _apply(db, one)
        elif applied[one.version][1] != one.checksum:
            raise StoreError(f"the schema is not ours: {one.name} differs from what was applied")


def _apply(db: sqlite3.Connection, migration: Migration) -> None:
    db.execute("begin immediate")
    try:
        for statement in _statements(migration.sql):
            db.execute(statement)
        db.execute(
            "insert into migrations values (?, ?, ?)",
            (migration.version, migration.name, migration.checksum),
        )
        db.execute("commit")
    finally:
        if db.in_transaction:
            db.execute("rollback")


def _statements(sql: str) -> list[str]:
    """Split at the semicolons that end a statement: `executescript` would commit halfway."""
    statements: list[str] = []
    begun = ""
    for line in sql.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun)
            begun = ""
    return statements

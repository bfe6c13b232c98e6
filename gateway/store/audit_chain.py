"""The chain of the audit in the embedded store, inside of a transaction that somebody else has begun."""

import sqlite3
from typing import Final

from gateway.store.audit import Head, Note, link
from gateway.store.times import microseconds

_HEAD: Final = "select first, before, last, head from audit_chain"


def chain_of(db: sqlite3.Connection) -> Head:
    """Where the chain of a file begins and ends."""
    return Head(*db.execute(_HEAD).fetchone())


def keep(db: sqlite3.Connection, note: Note | None) -> None:
    """Add an entry inside the transaction of what it tells, if there is one."""
    if note is None:
        return
    one = link(note, chain_of(db))
    db.execute(
        "insert into audit values (?, ?, ?, ?, ?, ?)",
        (one.number, microseconds(note.at), note.principal, note.action, one.body, one.hash),
    )
    db.execute("update audit_chain set last = ?, head = ?", (one.number, one.hash))

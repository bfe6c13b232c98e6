"""What is said of the SQLite file as a whole: how much of it is used, and whether its gateway holds still."""

import sqlite3
from datetime import UTC, datetime

from gateway.store.times import microseconds


def set_standby(db: sqlite3.Connection, *, on: bool) -> None:
    """Whether the gateway on this file is to hold still."""
    if on:
        now = microseconds(datetime.now(UTC))
        db.execute("insert or ignore into standby (one, since) values (1, ?)", (now,))
    else:
        db.execute("delete from standby")


def pages_of(db: sqlite3.Connection) -> tuple[int, int, int]:
    """All pages of the file, those that are free, and the bytes of each."""
    pages, free, page_bytes = (
        int(db.execute(f"pragma {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return pages, free, page_bytes

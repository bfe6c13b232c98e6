"""The audit of a store's file, read only: beside the gateway that writes it, or without one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec

from gateway.store.audit import Check, Head, Link, Linked
from gateway.store.audit_chain import chain_of
from gateway.store.writer import explain
from schemas.errors import StoreError

MOST_FINDINGS = 100
_PAGE = 500


class AuditVerdict(msgspec.Struct, kw_only=True):
    """What a check found. `head` is to be noted down elsewhere: it proves later that nothing was cut off."""

    entries: int
    first: int
    last: int
    head: str  # `number:hash`
    findings: list[str] = []


def _open(path: str) -> sqlite3.Connection:
    if not Path(path).is_file():
        raise StoreError(f"store {path}: there is no such file")
    return sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, isolation_level=None)


def _head(path: str, db: sqlite3.Connection) -> Head:
    if db.execute("select 1 from sqlite_master where name = 'audit_chain'").fetchone() is None:
        raise StoreError(f"store {path}: has no audit yet; it is of an older version")
    return chain_of(db)


def verify(path: str, known: tuple[int, str] | None = None) -> AuditVerdict:
    """Check the whole chain, as of one moment. Raises StoreError for what is no store's file."""
    try:
        with closing(_open(path)) as db:
            db.execute("begin")  # the gateway goes on meanwhile, and is not looked at
            head = _head(path, db)
            count = 0

            def links() -> Iterator[Link]:
                nonlocal count
                for row in db.execute("select number, body, hash from audit order by number"):
                    count += 1
                    yield Link(*row)

            found: list[str] = []
            for finding in Check(head, known).findings(links()):
                if len(found) == MOST_FINDINGS:
                    found.append("and so on: no further findings are told")
                    break
                found.append(finding)
            return AuditVerdict(
                entries=count, first=head.first, last=head.last, head=head.text, findings=found
            )
    except sqlite3.Error as error:
        raise explain(path, error) from error


def entries(path: str, after: int = 0) -> Iterator[Linked]:
    """All after a number, in order, as of each page's reading. Raises StoreError."""
    try:
        with closing(_open(path)) as db:
            before: bytes | None = None
            while True:
                head = _head(path, db)
                rows = db.execute(
                    "select number, body, hash from audit where number > ? order by number limit ?",
                    (after, _PAGE),
                ).fetchall()
                if not rows:
                    return
                if before is None:
                    former = db.execute(
                        "select hash from audit where number = ?", (rows[0][0] - 1,)
                    ).fetchone()
                    before = head.before if former is None else former[0]
                for number, body, digest in rows:
                    yield Linked(number, body, before, digest)
                    before = digest
                after = rows[-1][0]
    except sqlite3.Error as error:
        raise explain(path, error) from error

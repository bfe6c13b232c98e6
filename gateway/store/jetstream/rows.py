"""Rows of the node's own file as keys of a bucket, and back.

Whatever is kept beside the journal is one row of a small table. A trigger notes each row that a transaction
touches; before it commits, these rows are read as they will be, and go to the bucket. A new or restarted node
makes its file from the bucket. Columns go by name, so that nodes of neighbouring versions understand each
other: what one does not know it leaves out, and what is missing has its default.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gateway.cluster.stream import PIECE, Message, Stored
from gateway.cluster.tokens import token, untoken
from gateway.store.jetstream.records import Row
from schemas.errors import StoreError

# Each table that all nodes share, with the columns that name its rows. The journal is in a stream of its own
KEYS: Final[Mapping[str, Sequence[str]]] = {
    "attempts": ("delivery_id", "number", "at"),
    "audit": ("number",),
    "audit_chain": ("one",),
    "checkpoint": ("one",),
    "clock": ("one",),
    "commands": ("id",),
    "crm_entries": ("crm", "key"),
    "deliveries": ("id",),
    "epochs": ("number",),
    "faded": ("class",),
    "keys": ("id",),
    "marks": ("name",),
    "needinfos": ("id",),
    "secrets": ("name",),
    "standby": ("one",),
    "tenants": ("platform_id",),
    "webhooks": ("id",),
    "withdrawn": ("mark",),
}
OWN: Final = frozenset({"journal", "journal_size", "migrations"})  # what each file has for itself
OWNER: Final = "owner"  # in place of a table: the fence of whoever writes now
APPLIED: Final = "applied"  # in place of a table: up to which message of the journal rows are in the bucket
MOVING: Final = "moving"  # in place of a table: another store is being moved here, and not all is here yet

# So long the bucket says that a row is gone; whoever was away longer begins anew
GONE: Final[Mapping[str, str]] = {"KV-Operation": "DEL", "Nats-TTL": "3600s"}
_encode: Final = msgspec.msgpack.Encoder().encode
_values: Final = msgspec.msgpack.Decoder(dict[str, object]).decode
_decode_key: Final = msgspec.json.Decoder(tuple[str | int, ...]).decode


def watch(db: sqlite3.Connection) -> None:
    """From now on note which rows are touched over this connection."""
    db.execute("create temp table touched (tab text, key text, primary key (tab, key)) without rowid")
    for table, columns in KEYS.items():
        for verb, rows in (("insert", ("new",)), ("update", ("old", "new")), ("delete", ("old",))):
            notes = " ".join(_note(table, columns, row) for row in rows)
            db.execute(
                f"create temp trigger touched_{table}_{verb} after {verb} on main.{table} begin {notes} end"
            )


def _note(table: str, columns: Sequence[str], row: str) -> str:
    """Once each: what a statement says of conflicts would hold for its triggers too, so there are none."""
    key = f"json_array({', '.join(f'{row}.{column}' for column in columns)})"
    known = f"select 1 from touched where tab = '{table}' and key = {key}"  # noqa: S608  # names of ours
    return f"insert into touched select '{table}', {key} where not exists ({known});"


def touched(db: sqlite3.Connection) -> list[Row]:
    """The rows that were, as they are now; and begin anew.

    The chain of the audit comes first: its entries are only let go once it says that it begins after them.
    """
    found = db.execute("select tab, key from touched order by tab <> 'audit_chain', tab, key").fetchall()
    rows = [_row(db, table, _decode_key(key)) for table, key in found]
    db.execute("delete from touched")
    return rows


def _row(db: sqlite3.Connection, table: str, key: tuple[str | int, ...]) -> Row:
    where = " and ".join(f"{column} = ?" for column in KEYS[table])
    found = db.execute(f"select * from {table} where {where}", key)  # noqa: S608  # names of ours
    columns = [name for name, *_ in found.description]
    values = found.fetchone()
    return Row(table, key, None if values is None else dict(zip(columns, values, strict=True)))


def put(db: sqlite3.Connection, row: Row) -> None:
    """Let the file have it so. Tables and columns that it does not know are left out."""
    keys = KEYS.get(row.table)
    if keys is None:
        return
    if row.values is None:
        where = " and ".join(f"{column} = ?" for column in keys)
        db.execute(f"delete from {row.table} where {where}", row.key)  # noqa: S608  # names of ours
        return
    known = {name for _, name, *_ in db.execute(f"pragma table_info({row.table})")}
    values = {name: value for name, value in row.values.items() if name in known}
    marks = ", ".join("?" * len(values))
    again = "ignore" if row.table == "audit" else "replace"  # an entry is never another one
    db.execute(
        f"insert or {again} into {row.table} ({', '.join(values)}) values ({marks})",  # noqa: S608  # names that the table has
        tuple(values.values()),
    )


def subject(bucket: str, row: Row) -> str:
    """Where the bucket has a row."""
    return f"$KV.{bucket}.{row.table}.{'.'.join(token(str(one)) for one in row.key)}"


class Bucket:
    """The keys under which rows are kept."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.most_bytes = 1  # of a body in one message; known once there is a connection
        self.applied = 0  # up to which message of the journal rows are in the bucket, as it was read
        self.moving = b""  # what it says of a move into it that is not over
        self._in_pieces: dict[str, Stored] = {}
        self._pieces: dict[str, int] = {}  # of keys whose bodies are in several messages; they are few

    def messages(self, rows: Sequence[Row], applied: int) -> list[Message]:
        """Rows as the bucket gets them. `applied`: see APPLIED."""
        made = [one for row in rows for one in self._messages(row)]
        made.append(Message(f"$KV.{self._name}.{APPLIED}", str(applied).encode()))
        return made

    def _messages(self, row: Row) -> Iterator[Message]:
        where, body = self._key(row), _body(row)
        yield Message(where, body, GONE if row.values is None else {})
        for number in range(self._count(body), self._pieces.get(where, 0)):
            yield Message(f"{where}.{PIECE}{number}", b"", GONE)  # nothing of a longer body is left behind

    def stored(self, rows: Sequence[Row]) -> None:
        """The bucket has them so."""
        for row in rows:
            where, pieces = self._key(row), self._count(_body(row))
            self._pieces.pop(where, None)
            if pieces > 1:
                self._pieces[where] = pieces

    def _key(self, row: Row) -> str:
        return f"$KV.{self._name}.{row.table}.{'.'.join(token(str(one)) for one in row.key)}"

    def _count(self, body: bytes) -> int:
        return max(1, -(-len(body) // self.most_bytes))

    def rows(self, page: Sequence[Stored]) -> Iterator[Row]:
        """The rows in some messages of the bucket, without those of `large`. Raises StoreError."""
        for one in page:
            table, *key = one.subject.removeprefix(f"$KV.{self._name}.").split(".")
            if table == APPLIED:
                self.applied = int(one.body)
            if table == MOVING:
                self.moving = one.body
            if table not in KEYS:
                continue
            gone = "KV-Operation" in one.headers
            if one.is_piece or one.pieces > 1:
                self._in_pieces[one.subject] = one
            else:
                self._in_pieces.pop(one.subject, None)
                self._pieces.pop(one.subject, None)
                yield Row(table, tuple(map(untoken, key)), None) if gone else self._read(one, one.body)

    def large(self) -> Iterator[Row]:
        """Those that are whole by now. Raises StoreError.

        Of one that is written anew while it is read there may be a beginning, and not the rest yet.
        """
        for one in list(self._in_pieces.values()):
            if one.is_piece:
                continue
            names = [f"{one.subject}.{PIECE}{number}" for number in range(1, one.pieces)]
            pieces = [piece for name in names if (piece := self._in_pieces.get(name)) is not None]
            if [piece.sequence - one.sequence for piece in pieces] == list(range(1, one.pieces)):
                for name in (one.subject, *names):
                    del self._in_pieces[name]
                self._pieces[one.subject] = one.pieces
                yield self._read(one, b"".join((one.body, *(piece.body for piece in pieces))))

    def _read(self, stored: Stored, body: bytes) -> Row:
        table = stored.subject.removeprefix(f"$KV.{self._name}.").partition(".")[0]
        try:
            return Row(table, (), _values(body))
        except msgspec.DecodeError as error:
            raise StoreError(f"the store is damaged: {stored.subject}: {error}") from error

    def owner(self, fence: int) -> Message:
        """What a new writer of the bucket begins with."""
        return Message(f"$KV.{self._name}.{OWNER}", str(fence).encode())


def _body(row: Row) -> bytes:
    return b"" if row.values is None else _encode(row.values)

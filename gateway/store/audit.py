"""The record of who did what: the entries, the chain of hashes that holds them together, and the port.

An entry names ids and nothing else: no number, name, note or body of anybody. Its hash is SHA-256 over the
former entry's hash and its own JSON as it is kept, so that whoever has the head of the chain finds every
change before it. What is pruned at the beginning is told by an entry further on (`PRUNED`).
"""

from collections.abc import Awaitable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

import msgspec

BEGINNING: Final = bytes(32)  # what stands before the first entry of all
PRUNED: Final = "audit.pruned"
GATEWAY: Final = "gateway"  # as `principal`: by itself

encode: Final = msgspec.json.Encoder().encode


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deed. `number` counts from 1 without a gap; it is given when the note is kept."""

    number: int = 0
    at: datetime
    principal: str  # `key:<id>`, `facade:<platform>:<agent>`, `operator`, `gateway`
    action: str  # `noun.verb`, of a closed set
    object: str = ""  # the id of what it was done to
    platform_id: str = ""
    agent_id: str = ""
    details: dict[str, str] = {}  # ids, verbs and counts


class Linked(NamedTuple):
    """An entry as it is kept: its JSON, the hash of the one before it, and its own."""

    number: int
    body: bytes
    before: bytes
    hash: bytes

    @property
    def line(self) -> bytes:
        """As it is exported and shown: JSON on one line, the entry in it byte for byte as it was hashed."""
        return b'{"entry":%s,"before":"%s","hash":"%s"}' % (
            self.body,
            self.before.hex().encode(),
            self.hash.hex().encode(),
        )


class Head(NamedTuple):
    """Where the chain begins and ends. `before` is the hash of the newest entry that was pruned."""

    first: int = 1
    before: bytes = BEGINNING
    last: int = 0
    hash: bytes = BEGINNING

    @property
    def text(self) -> str:
        """As people note it down, to be compared later."""
        return f"{self.last}:{self.hash.hex()}"


class Wanted(NamedTuple):
    """Which entries: all after a number, or some of them. Empty: all."""

    after: int = 0
    principal: str = ""
    action: str = ""


class AuditStore(Protocol):
    """The entries. All raise StoreError."""

    def note(self, note: Note) -> Awaitable[None]:
        """Add an entry; taken by the call itself, durable when awaited."""
        ...

    async def entries(self, wanted: Wanted, limit: int) -> list[Linked]:
        """Those that are wanted, in order."""
        ...

    async def head(self) -> Head:
        """Where the chain begins and ends."""
        ...

    async def prune(self, before: datetime, most: int, now: datetime) -> int:
        """Forget one small step of the oldest entries: those older, or in excess of `most`; how many.

        An entry of `now` tells of it.
        """
        ...


def link(note: Note, head: Head) -> Linked:
    """The note as the next entry after that head."""
    body = encode(msgspec.structs.replace(note, number=head.last + 1))
    return Linked(head.last + 1, body, head.hash, digest(head.hash, body))


def digest(before: bytes, body: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(before + body).digest()


def excess(count: int, most: int) -> int:
    """How many of so many entries are too many; if any are, there has to be room for the one that tells."""
    return count - most + 1 if count > most else 0


def pruned(head: Head, upto: int, anchor: bytes, at: datetime) -> Note:
    """The entry that tells what was forgotten, and by which hash the rest of the chain begins."""
    return Note(
        at=at,
        principal=GATEWAY,
        action=PRUNED,
        details={"from": str(head.first), "to": str(upto), "hash": anchor.hex()},
    )


class Link(NamedTuple):
    """What a check reads of each kept entry."""

    number: int
    body: bytes
    hash: bytes


class Check:
    """Goes along a chain. `known`: a number and its hash, as somebody noted them down before."""

    def __init__(self, head: Head, known: tuple[int, str] | None) -> None:
        self._head = head
        self._known = known
        self._missing = ""  # what is wrong with the known one
        if known is not None:
            self._missing = "it is pruned" if known[0] < head.first else "there is none; the end was cut"
        self._before = head.before
        self._expected = head.first
        self._told = head.first == 1  # of what was pruned

    def findings(self, links: Iterable[Link]) -> Iterator[str]:
        """What is wrong."""
        for one in links:
            yield from self._link(one)
            self._before, self._expected = one.hash, one.number + 1
        last = self._expected - 1
        if last != self._head.last or self._before != self._head.hash:
            yield f"the last entry is {last}, and the chain ended with {self._head.last}: its end was cut"
        if not self._told:
            yield f"the first entry is {self._head.first}, and no entry tells of pruning what was before it"
        if self._known is not None and self._missing:
            yield f"entry {self._known[0]}, noted down as {self._known[1]}: {self._missing}"

    def _link(self, one: Link) -> Iterator[str]:
        if one.number != self._expected:
            yield f"after entry {self._expected - 1} comes {one.number}"
        if digest(self._before, one.body) != one.hash:
            yield f"entry {one.number}: its hash is not that of what stands there, after the one before it"
        try:
            note = _decode(one.body)
        except msgspec.DecodeError as error:
            yield f"entry {one.number}: {error}"
            return
        if note.number != one.number:
            yield f"entry {one.number}: says that it is {note.number}"
        if note.action == PRUNED and note.details.get("to") == str(self._head.first - 1):
            self._told = note.details.get("hash") == self._head.before.hex()
        if self._known is not None and one.number == self._known[0]:
            self._missing = "" if one.hash.hex() == self._known[1] else "it has another hash"


_decode: Final = msgspec.json.Decoder(Note).decode

"""What is to be logged in CRMs: a port of its own, `Store.crm`.

An entry is one activity. It names the events that it is made of by their cursors: the journal has the bodies,
so nothing of a person stands here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from schemas.ids import Cursor


class EntryState(StrEnum):
    """How an activity stands."""

    PENDING = "pending"  # to be written
    LOGGED = "logged"  # the CRM has all that there is
    DEAD = "dead"  # the CRM refuses it, or may have it without our being able to know: for operators


class CrmEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One activity in one CRM."""

    crm: str
    key: str
    legs: Mapping[str, Cursor]  # by interaction, the newest event that is to stand there
    state: EntryState
    created_at: datetime
    next_attempt_at: datetime
    ref: str = ""  # the CRM's id of it; of one that only hears, how far it was told
    begun: bool = False  # it may have been created: not known yet
    attempts: int = 0  # since it last was logged
    error: str = ""  # why the last attempt failed, without anything of the answer


class CrmStore(Protocol):
    """Methods are called in the loop's thread; all raise StoreError."""

    async def mark(self, crm: str) -> Cursor | None:
        """Up to where the journal has been read for a CRM; None: it is new."""
        ...

    async def plan(self, crm: str, entries: Sequence[CrmEntry], mark: Cursor) -> None:
        """Insert entries, or replace by key, and move the mark: all or nothing."""
        ...

    async def entry(self, crm: str, key: str) -> CrmEntry | None:
        """One entry."""
        ...

    async def put(self, entry: CrmEntry) -> None:
        """Replace it by its key; durable on return."""
        ...

    async def pending(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those to be written, the one that is due first at first."""
        ...

    async def dead(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those that are given up, the oldest first."""
        ...

    async def count(self, crm: str) -> Mapping[EntryState, int]:
        """How many there are."""
        ...

    async def prune(self, before: datetime) -> int:
        """Forget one small step of entries that are over and were made before then; returns how many."""
        ...


class MemoryCrm:
    """Those of a store that keeps nothing."""

    def __init__(self) -> None:
        self._marks: dict[str, Cursor] = {}
        self._entries: dict[tuple[str, str], CrmEntry] = {}

    async def mark(self, crm: str) -> Cursor | None:
        """Up to where the journal has been read."""
        return self._marks.get(crm)

    async def plan(self, crm: str, entries: Sequence[CrmEntry], mark: Cursor) -> None:
        """Insert entries, or replace by key, and move the mark."""
        self._entries.update({(one.crm, one.key): one for one in entries})
        self._marks[crm] = mark

    async def entry(self, crm: str, key: str) -> CrmEntry | None:
        """One entry."""
        return self._entries.get((crm, key))

    async def put(self, entry: CrmEntry) -> None:
        """Replace it by its key."""
        self._entries[entry.crm, entry.key] = entry

    async def pending(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those to be written."""
        found = self._of(crm, EntryState.PENDING)
        return sorted(found, key=lambda one: (one.next_attempt_at, one.key))[:limit]

    async def dead(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those that are given up."""
        return sorted(self._of(crm, EntryState.DEAD), key=lambda one: (one.created_at, one.key))[:limit]

    async def count(self, crm: str) -> Mapping[EntryState, int]:
        """How many there are."""
        return {state: len(found) for state in EntryState if (found := self._of(crm, state))}

    async def prune(self, before: datetime) -> int:
        """Forget those that are over."""
        old = [
            key
            for key, one in self._entries.items()
            if one.state is not EntryState.PENDING and one.created_at < before
        ]
        for key in old:
            del self._entries[key]
        return len(old)

    def _of(self, crm: str, state: EntryState) -> list[CrmEntry]:
        return [one for one in self._entries.values() if one.crm == crm and one.state is state]

"""The audit of the store that forgets."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Final

import msgspec

from gateway.store.audit import Head, Linked, Note, Wanted, excess, link, pruned

STEP: Final = 256
_decode: Final = msgspec.json.Decoder(Note).decode


class MemoryAudit:
    """AuditStore in a list."""

    def __init__(self) -> None:
        self._entries: list[tuple[Note, Linked]] = []
        self._head = Head()

    def note(self, note: Note) -> Awaitable[None]:
        """Add an entry."""
        self.add(note)
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kept.set_result(None)
        return kept

    def add(self, note: Note | None) -> None:
        """The same, where there is one."""
        if note is None:
            return
        linked = link(note, self._head)
        self._entries.append((_decode(linked.body), linked))
        self._head = self._head._replace(last=linked.number, hash=linked.hash)

    async def entries(self, wanted: Wanted, limit: int) -> list[Linked]:
        """Those that are wanted, in order."""
        found = (
            linked
            for note, linked in self._entries
            if note.number > wanted.after
            and wanted.principal in ("", note.principal)
            and wanted.action in ("", note.action)
        )
        return [one for one, _ in zip(found, range(limit), strict=False)]

    async def head(self) -> Head:
        """Where the chain begins and ends."""
        return self._head

    async def prune(self, before: datetime, most: int, now: datetime) -> int:
        """Forget one step of the oldest entries."""
        spare = excess(len(self._entries), most)
        count = 0
        while count < min(STEP, len(self._entries)) and (
            count < spare or self._entries[count][0].at < before
        ):
            count += 1
        if count:
            last = self._entries[count - 1][1]
            told = pruned(self._head, last.number, last.hash, now)
            self._head = self._head._replace(first=last.number + 1, before=last.hash)
            del self._entries[:count]
            self.add(told)
        return count

"""The store that forgets: for tests, demonstrations, and gateways whose platforms keep the record.

It is held to the same contract as the durable ones, but for outliving the process.
"""

import asyncio
import secrets
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.store.audit import AuditStore, Note
from gateway.store.base import Appended, Committed, ErasingStore, LogState, is_unproved, storable
from gateway.store.credentials import MemoryCredentials
from gateway.store.crm import MemoryCrm
from gateway.store.epochs import Epochs
from gateway.store.memory_audit import MemoryAudit
from gateway.store.memory_deliveries import MemoryDeliveries
from schemas.ids import CommandId, Cursor, NeedInfoId
from schemas.needinfo import NeedInfo, Resolution
from schemas.results import CommandRecord, CommandStatus

STEP: Final = 512  # events forgotten at once


def _cursor(event: Appended) -> Cursor:
    return event.cursor


class MemoryStore:
    """Store in dictionaries. `now` dates events for `prune`."""

    shared: Final = None  # it is this gateway's alone
    following: Final = None  # nobody else works on it

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.on_trouble: Callable[[str], None] | None = None
        self.trouble = ""
        self.files_trouble = ""
        self.log = LogState()
        self._standby = False
        self._audit = MemoryAudit()
        self.audit: AuditStore = self._audit
        self.erasing: ErasingStore | None = None
        self.deliveries = MemoryDeliveries(self._audit)
        self.credentials = MemoryCredentials(self._audit)
        self.crm = MemoryCrm()
        self.now = now
        self.leapt: Callable[[], timedelta] = timedelta
        self._clock: tuple[datetime, timedelta] | None = None
        self._last = Cursor(0)
        self.epochs = Epochs(()).begun(Cursor(0), Cursor(1))
        self._journal: list[Appended] = []
        self._dates: deque[tuple[Cursor, datetime]] = deque()  # the last cursor of each batch, and when
        self._journal_bytes = 0
        self._private: list[tuple[Cursor, bytes]] = []
        self._waiting: deque[tuple[Sequence[Appended], Committed]] = deque()
        self._pending = 0
        self._flushing: asyncio.Handle | None = None
        self._checkpoint: tuple[Cursor, bytes] | None = None
        self._commands: dict[CommandId, CommandRecord] = {}
        self._accepted: dict[CommandId, datetime] = {}
        self._by_key: dict[tuple[str, str], CommandId] = {}
        self._needinfos: dict[NeedInfoId, tuple[NeedInfo, Resolution | None]] = {}
        self._tenants: dict[str, str] = {}
        self._secrets: dict[str, bytes] = {}

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Call what is still to be called."""
        await self.barrier()

    def owns(self) -> bool:
        """Nobody else has it."""
        return True

    def last_cursor(self) -> Cursor:
        """The cursor of the newest event appended."""
        return self._last

    def append(self, events: Sequence[Appended], committed: Committed, private: bytes = b"") -> None:
        """Keep events; `committed` is called in the loop's next turn."""
        if not events:
            return
        self._last = events[-1].cursor
        if private:
            self._private.append((self._last, private))
        self._pending += len(events)
        self._waiting.append((events, committed))
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_soon(self._flush)

    def pending(self) -> int:
        """How many events wait for the loop's next turn."""
        return self._pending

    async def barrier(self) -> None:
        """Return when everything appended before has been committed."""
        self._flush()

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        try:
            while self._waiting:
                committed, events = self._next_run()
                self._journal.extend(events)
                self._journal_bytes += sum(len(event.body) for event in events)
                self._dates.append((events[-1].cursor, self.now()))
                self._pending -= len(events)
                committed(events)
        finally:
            if self._waiting and self._flushing is None:
                self._flushing = asyncio.get_running_loop().call_soon(self._flush)

    def _next_run(self) -> tuple[Committed, list[Appended]]:
        """Those that follow one another and of which the same one is to be told."""
        committed = self._waiting[0][1]
        run: list[Appended] = []
        while self._waiting and self._waiting[0][1] == committed:
            run.extend(self._waiting.popleft()[0])
        return committed, run

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """Events after a cursor."""
        start = bisect_right(self._journal, after, key=_cursor)
        return self._journal[start : start + limit]

    async def read_private(self) -> bytes:
        """What is private, in order."""
        return b"".join(private for _, private in self._private)

    async def first_cursor(self) -> Cursor:
        """The oldest event still kept."""
        return self._journal[0].cursor if self._journal else Cursor(self._last - self.pending() + 1)

    async def prune(self, before: datetime, keep_bytes: int) -> int:
        """Forget one step of the oldest events. Needs no checkpoint: there is nothing to restart from."""
        count = 0
        while count < STEP and self._dates:
            last, at = self._dates[0]
            if at >= before and self._journal_bytes <= keep_bytes:
                break
            self._dates.popleft()
            end = bisect_right(self._journal, last, lo=count, key=_cursor)
            self._journal_bytes -= sum(len(event.body) for event in self._journal[count:end])
            count = end
        del self._journal[:count]
        return count

    async def other_bytes(self) -> int:
        """Nothing that is counted."""
        return 0

    async def compact(self, _keep_bytes: int) -> bool:
        """Memory is given back as it is."""
        return False

    async def checkpoint(self, cursor: Cursor, body: bytes, private: bytes = b"") -> None:
        """Keep the state as of a cursor."""
        self._checkpoint = (cursor, body)
        self._private = [(cursor, private), *(one for one in self._private if one[0] > cursor)]

    async def last_checkpoint(self) -> tuple[Cursor, bytes] | None:
        """What was kept last."""
        return self._checkpoint

    async def keep_clock(self, wall: datetime, leapt: timedelta) -> None:
        """The time of day, and how far it has leapt so far."""
        self._clock = (wall, leapt)

    async def last_clock(self) -> tuple[datetime, timedelta] | None:
        """What was kept last."""
        return self._clock

    def put_command(self, record: CommandRecord, note: Note | None = None) -> Awaitable[None]:
        """Insert, or replace by id."""
        self._audit.add(note)
        self._commands[record.id] = storable(record)
        accepted = self._accepted.setdefault(record.id, record.accepted_at - self.leapt())
        if record.idempotency_key:
            self._by_key.setdefault((record.principal, record.idempotency_key), record.id)
            known = self._commands[self._by_key[record.principal, record.idempotency_key]]
            if self._accepted[known.id] <= accepted:
                self._by_key[record.principal, record.idempotency_key] = record.id
        return _nothing()

    async def command(self, command_id: CommandId) -> CommandRecord | None:
        """One command."""
        return self._commands.get(command_id)

    async def command_by_key(self, principal: str, key: str, since: datetime) -> CommandRecord | None:
        """The newest command accepted under this idempotency key since then."""
        command_id = self._by_key.get((principal, key))
        record = None if command_id is None else self._commands[command_id]
        return record if record is not None and self._accepted[record.id] >= since else None

    async def open_commands(self) -> list[CommandRecord]:
        """Those not finished, oldest first."""
        return sorted(
            (one for one in self._commands.values() if one.status is not CommandStatus.FINISHED),
            key=self._age,
        )

    async def unproved(self, since: datetime, limit: int) -> list[CommandRecord]:
        """Those finished without anybody knowing whether they took effect, newest first."""
        found = (
            one for one in self._commands.values() if is_unproved(one) and self._accepted[one.id] >= since
        )
        return sorted(found, key=self._age, reverse=True)[:limit]

    def _age(self, record: CommandRecord) -> tuple[datetime, CommandId]:
        return self._accepted[record.id], record.id

    async def prune_commands(self, before: datetime) -> int:
        """Forget finished commands accepted before then, with their questions."""
        old = [
            one
            for one in self._commands.values()
            if one.status is CommandStatus.FINISHED and self._accepted[one.id] < before
        ][:STEP]
        gone = {one.id for one in old}
        for one in old:
            del self._commands[one.id], self._accepted[one.id]
            if self._by_key.get((one.principal, one.idempotency_key)) == one.id:
                del self._by_key[one.principal, one.idempotency_key]
        self._needinfos = {
            key: kept for key, kept in self._needinfos.items() if kept[0].command_id not in gone
        }
        return len(old)

    async def put_needinfo(
        self, needinfo: NeedInfo, resolution: Resolution | None, note: Note | None = None
    ) -> None:
        """Insert, or replace by id."""
        self._audit.add(note)
        self._needinfos[needinfo.id] = (needinfo, resolution)

    async def needinfo(self, needinfo_id: NeedInfoId) -> tuple[NeedInfo, Resolution | None] | None:
        """One question and how it ended."""
        return self._needinfos.get(needinfo_id)

    async def open_needinfos(self) -> list[NeedInfo]:
        """Those not resolved, oldest first."""
        return sorted(
            (asked for asked, resolution in self._needinfos.values() if resolution is None),
            key=lambda asked: (asked.asked_at, asked.id),
        )

    async def tenants(self) -> Mapping[str, str]:
        """Whose each platform is."""
        return self._tenants

    async def put_tenants(self, tenants: Mapping[str, str]) -> None:
        """Whose some platforms are."""
        self._tenants |= tenants

    async def standby(self) -> bool:
        """Whether the gateway on it is to hold still."""
        return self._standby

    async def set_standby(self, *, on: bool) -> None:
        """Whether it is to, from now on."""
        self._standby = on

    async def secret(self, name: str) -> bytes:
        """A secret of 32 random bytes, the same as long as the process lives."""
        return self._secrets.setdefault(name, secrets.token_bytes(32))


async def _nothing() -> None:
    """What is kept in memory is kept at once."""

"""The port to whatever keeps what must outlive the process, and the records that cross it.

What every implementation owes is in tests/contract/test_store.py. Webhooks and their deliveries are a port of
their own (store/deliveries.py), reached as `Store.deliveries`; so are keys (store/credentials.py), as
`Store.credentials`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec

from gateway.store.audit import AuditStore, Note
from gateway.store.blanked import blanked
from gateway.store.credentials import CredentialStore
from gateway.store.crm import CrmStore
from gateway.store.deliveries import DeliveryStore
from gateway.store.epochs import Epochs
from schemas.ids import CommandId, Cursor, NeedInfoId
from schemas.needinfo import NeedInfo, Resolution
from schemas.results import CommandRecord, CommandStatus, Effect, Failed


class Appended(NamedTuple):
    """One journaled event. `body` is its canonical JSON on one line; empty ids mean none."""

    cursor: Cursor
    type: str
    platform_id: str
    session_id: str
    agent_id: str
    interaction_id: str
    body: bytes


Committed = Callable[[Sequence[Appended]], None]


class LogState(NamedTuple):
    """How the database's log is."""

    size_bytes: int = 0
    checkpoints: int = 0  # how often all of it was taken into the database
    held_s: float = 0.0  # for how long a reader has kept it from that
    note: str = ""  # who does, for people, once that lasts


class JournalRow(NamedTuple):
    """Some events that were committed together, and the private lines beside them."""

    last: Cursor
    events: Sequence[Appended]
    private: bytes


class KeptRow(NamedTuple):
    """A row of another table."""

    id: str
    state: int | str | None  # of commands: finished; of questions: the resolution
    body: bytes


class ErasingStore(Protocol):
    """Reading and rewriting what is kept, in small steps. All raise StoreError."""

    async def journal(self, after: Cursor, fits: Callable[[Appended], bool]) -> list[JournalRow]:
        """The next rows after a cursor, with those of their events that fit, as a thread finds."""
        ...

    async def rewrite(
        self, last: Cursor, change: Callable[[Appended], Appended], private: Callable[[bytes], bytes]
    ) -> int:
        """Change events of a row; their cursors stay. Returns how many were."""
        ...

    async def older(self, kind: str, before: datetime) -> list[Cursor]:
        """The next rows that were written before then and have their fields of a class still.

        What a start would read after the checkpoint is not among them.
        """
        ...

    async def faded(self, kind: str, upto: Cursor) -> None:
        """They have not, up to there."""
        ...

    async def kept(self, table: str, after: str) -> list[KeptRow]:
        """The next commands or questions, in the order of their ids."""
        ...

    async def replace(self, table: str, rows: Sequence[tuple[bytes, str]]) -> None:
        """Set bodies by id; of a command, the key under which it came goes too."""
        ...

    async def blank_attempts(self, cursors: Sequence[Cursor], pattern: re.Pattern[bytes]) -> int:
        """Take the answers out of the attempts at these events' deliveries, and whatever names the party."""
        ...

    async def shrink(self) -> None:
        """Give back every free page, and cut the log: neither holds what there was before."""
        ...

    async def vacuum(self) -> None:
        """Write the whole file anew. Nothing else is written meanwhile."""
        ...

    async def remains(self, pattern: re.Pattern[bytes]) -> dict[str, int]:
        """How many rows of each table still name the party, in whatever column. In steps: others read too."""
        ...


class Following(Protocol):
    """A store while another gateway writes to it: nothing of ours is taken, and nothing of theirs missed."""

    def follow(
        self,
        told: Callable[[Sequence[Appended], bytes], None],
        changed: Callable[[frozenset[str]], Awaitable[None]],
    ) -> None:
        """Begin after what was there at `open`.

        `told` gets the events that were committed together, in order, with what is private of them;
        `changed` which tables have other rows now.
        """
        ...

    async def turn(self) -> None:
        """Return once the other gateway is at work no more, and it is for us to take over."""
        ...

    async def take_over(self) -> None:
        """Tell what is left to be told; on return all is written by us. Raises StoreError."""
        ...


class Shared(Protocol):
    """What a store has that several gateways share, of which one is at work."""

    on_fenced: Callable[[], object]  # told, once, that another gateway has taken over from us

    @property
    def behind(self) -> int:
        """How many events the gateway at work has told, and this one has not yet."""
        ...

    @property
    def cut_off(self) -> str:
        """Why none of the others can be reached; empty if they can."""
        ...

    async def hand_on(self, path: str, refusal: bytes) -> None:
        """Have a local socket lead to the gateway at work; `refusal` is said there if there is none.

        Raises OSError, StoreError.
        """
        ...

    async def take_in(self, path: str) -> None:
        """We are at work: what others hand on goes to a local socket of ours. Raises StoreError."""
        ...


class Store(Protocol):
    """Everything durable. Methods are called in the loop's thread; all raise StoreError."""

    on_trouble: Callable[[str], None] | None  # told `trouble`, in the loop's thread, whenever it changes
    now: Callable[[], datetime]  # dates what is kept, from any thread; for a gateway its running time
    leapt: Callable[[], timedelta]  # how far the time of day is ahead of that

    audit: AuditStore  # who did what; what takes a `note` keeps it in one commit with what it tells

    @property
    def trouble(self) -> str:
        """What keeps us from writing, for people; empty if nothing does.

        Meanwhile appends are taken and writes wait, until the disk is back. Whoever feeds us sees to the
        bound, by `pending`, and refuses what can be asked again later.
        """
        ...

    @property
    def files_trouble(self) -> str:
        """What is wrong with the files as files, and what to do; empty if nothing is."""
        ...

    @property
    def log(self) -> LogState:
        """How the database's log is."""
        ...

    @property
    def deliveries(self) -> DeliveryStore:
        """Webhooks and what is to be delivered to them."""
        ...

    @property
    def credentials(self) -> CredentialStore:
        """Keys, and tokens that were withdrawn."""
        ...

    @property
    def crm(self) -> CrmStore:
        """What is to be logged in CRMs."""
        ...

    @property
    def erasing(self) -> ErasingStore | None:
        """For taking out what concerns somebody; None where nothing outlives the process."""
        ...

    async def open(self) -> None:
        """Bring the schema up to date, and begin an epoch.

        StoreError: in use, not writable, corrupt, of a newer version.
        """
        ...

    async def close(self) -> None:
        """Write what was appended, then let go. Closing twice does nothing.

        In trouble it tries once more, and raises StoreError if what was appended is lost by that.
        """
        ...

    @property
    def shared(self) -> Shared | None:
        """What it has for several gateways; None where there can only be one."""
        ...

    @property
    def following(self) -> Following | None:
        """How to follow another gateway, if one is at work on it; None: we are."""
        ...

    def owns(self) -> bool:
        """Whether it is certainly this gateway that writes to it, at this moment: asked before each deed.

        A store that others can take over says so by the steady clock, without asking anybody.
        """
        ...

    # --- the journal

    @property
    def epochs(self) -> Epochs:
        """Those of the journal, with the one that this start began."""
        ...

    def last_cursor(self) -> Cursor:
        """The cursor of the newest event appended; 0 if there never was one."""
        ...

    def append(self, events: Sequence[Appended], committed: Committed, private: bytes = b"") -> None:
        """Take events to be written, cursors rising; returns at once.

        `private` goes with them: lines that only `read_private` gives back. `committed` is called in the
        loop's thread, in order of the appends, once they are durable: with all of one commit together, as far
        as what follows one another names the same `committed`. Raises StoreError once the file is damaged, or
        closed.
        """
        ...

    def pending(self) -> int:
        """How many events are appended and not yet durable. The caller sets the bound."""
        ...

    async def barrier(self) -> None:
        """Return when everything appended before is durable and its `committed` has been called."""
        ...

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """The durable events after a cursor, in order, at most `limit`."""
        ...

    async def read_private(self) -> bytes:
        """What is private: of the checkpoint, then what was appended after it, in order. For a start only.

        What was committed together with it may be older than the checkpoint; so the last word counts.
        """
        ...

    async def first_cursor(self) -> Cursor:
        """The oldest event still kept; one past the newest durable one if none is."""
        ...

    async def prune(self, before: datetime, keep_bytes: int) -> int:
        """Forget one small step of the oldest events: those older, or in excess of so many bytes.

        Returns how many; call again until it is 0. What the newest checkpoint does not cover yet is kept.
        """
        ...

    async def other_bytes(self) -> int:
        """What is kept beside the events that `prune` counts: all of the files but free pages."""
        ...

    async def compact(self, keep_bytes: int) -> bool:
        """Give the disk back one small step of what is free, where that is much, or all is more than so much.

        False: there is nothing left to do.
        """
        ...

    async def checkpoint(self, cursor: Cursor, body: bytes, private: bytes = b"") -> None:
        """Keep the state as of a cursor, and what is private of it, in place of the former one."""
        ...

    async def last_checkpoint(self) -> tuple[Cursor, bytes] | None:
        """What a restart begins from."""
        ...

    async def keep_clock(self, wall: datetime, leapt: timedelta) -> None:
        """The time of day, and how far it has leapt so far, for the next start."""
        ...

    async def last_clock(self) -> tuple[datetime, timedelta] | None:
        """What was kept last; of an older store, when its newest event was kept. None: it is new."""
        ...

    # --- commands: `before` and `since` are dates of this store, as `now` gives them

    def put_command(self, record: CommandRecord, note: Note | None = None) -> Awaitable[None]:
        """Insert, or replace by id; durable when awaited. What is secret is blanked: see `storable`.

        It is taken by the call itself: with the events of the same turn it is in one commit.
        """
        ...

    async def command(self, command_id: CommandId) -> CommandRecord | None:
        """One command."""
        ...

    async def command_by_key(self, principal: str, key: str, since: datetime) -> CommandRecord | None:
        """The newest command accepted under this idempotency key since then."""
        ...

    async def open_commands(self) -> list[CommandRecord]:
        """Those not finished, oldest first."""
        ...

    async def unproved(self, since: datetime, limit: int) -> list[CommandRecord]:
        """Those finished without anybody knowing whether they took effect (`is_unproved`), newest first."""
        ...

    async def prune_commands(self, before: datetime) -> int:
        """Forget finished commands accepted before then, with their questions: one small step."""
        ...

    # --- questions

    async def put_needinfo(
        self, needinfo: NeedInfo, resolution: Resolution | None, note: Note | None = None
    ) -> None:
        """Insert, or replace by id; durable on return."""
        ...

    async def needinfo(self, needinfo_id: NeedInfoId) -> tuple[NeedInfo, Resolution | None] | None:
        """One question and how it ended; None while it is open."""
        ...

    async def open_needinfos(self) -> list[NeedInfo]:
        """Those not resolved, oldest first."""
        ...

    # --- what else there is one of

    async def tenants(self) -> Mapping[str, str]:
        """Whose each platform is that ever was somebody's."""
        ...

    async def put_tenants(self, tenants: Mapping[str, str]) -> None:
        """Whose some platforms are; durable on return."""
        ...

    async def standby(self) -> bool:
        """Whether the gateway on it is to hold still: see gateway/outbound/standby.py."""
        ...

    async def set_standby(self, *, on: bool) -> None:
        """Whether it is to, from now on; durable on return."""
        ...

    async def secret(self, name: str) -> bytes:
        """A secret of 32 random bytes: made when first asked for, the same ever after."""
        ...


def storable(record: CommandRecord) -> CommandRecord:
    """The record as it may be kept: without what its giver alone may know. The one place that does it."""
    command = blanked(record.command, record.id)
    return record if command is record.command else msgspec.structs.replace(record, command=command)


def is_unproved(record: CommandRecord) -> bool:
    """Whether a finished command may or may not have taken effect, and nothing has shown it yet."""
    unknown = isinstance(record.result, Failed) and record.result.effect is Effect.UNKNOWN
    return record.status is CommandStatus.FINISHED and unknown and record.proof is None

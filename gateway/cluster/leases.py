"""Who owns what for the time being: leases in a key-value bucket, with fencing numbers.

A lease is one key. Its owner writes it anew several times in its life; a change of hands gives it a greater
fence. Nobody compares times of day: the owner counts from before he asked, by his own steady clock, and
gives up a little early; whoever waits takes over once he has seen nothing change for a whole life and a
little more, by his. Who was frozen finds by the same clock that his lease is over, before he does anything.

Compare and set (`Nats-Expected-Last-Subject-Sequence`) lets exactly one of those who want it have it.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from gateway.cluster.connection import AnsweredError, Connection, read
from gateway.cluster.stream import NO_SUCH, Appended, StreamConfig, ensure, last_under
from gateway.cluster.tokens import token
from gateway.runtime.clock import Clock
from schemas.errors import FencedError, StoreError

log = structlog.get_logger("trunkline.bus")

RENEWALS: Final = 4  # in one life
MARGIN: Final = 0.2  # of a life: so much earlier it is over for its owner, so much later for the others
_WRONG_LAST: Final = 10071
_NO_MESSAGE: Final = 10037


class Held(msgspec.Struct, frozen=True):
    """What a key says. `owner` is empty once it was given up."""

    owner: str
    fence: int
    life_s: float


class Kept(msgspec.Struct, frozen=True):
    """The same, and its revision: 0 if nobody ever had it."""

    held: Held
    revision: int


class _Subjects(msgspec.Struct, frozen=True):
    subjects: dict[str, int] | None = None


class _Listed(msgspec.Struct, frozen=True):
    state: _Subjects


class LeaseTable:
    """The keys in one bucket."""

    def __init__(self, connection: Connection, prefix: str, replicas: int) -> None:
        self._connection = connection
        self._bucket = f"{prefix}-leases"
        self._replicas = replicas

    async def open(self) -> None:
        """Make the bucket, unless it is there. Raises StoreError."""
        config = StreamConfig(
            name=f"KV_{self._bucket}",
            subjects=(f"$KV.{self._bucket}.>",),
            num_replicas=self._replicas,
            max_msgs_per_subject=1,
            allow_direct=True,
            allow_rollup_hdrs=True,
            deny_delete=True,
            discard="new",
        )
        await ensure(self._connection, config)

    async def all(self) -> dict[str, Kept]:
        """All keys, by names as the bucket has them; none if there is no bucket. Raises StoreError."""
        question = {"subjects_filter": f"$KV.{self._bucket}.>"}
        try:
            said = await self._connection.api(f"STREAM.INFO.KV_{self._bucket}", question, _Listed)
        except AnsweredError as error:
            if error.error.err_code not in NO_SUCH:
                raise
            return {}
        found = {}
        for subject in said.state.subjects or {}:
            last = await last_under(self._connection, f"KV_{self._bucket}", subject)
            found[subject] = Kept(msgspec.json.decode(last.body, type=Held), last.sequence)
        return found

    async def look(self, name: str) -> Kept:
        """A key, as the leader of the bucket has it. Raises StoreError."""
        try:
            last = await last_under(self._connection, f"KV_{self._bucket}", self._subject(name))
        except AnsweredError as error:
            if error.error.err_code != _NO_MESSAGE:
                raise
            return Kept(Held("", 0, 0.0), 0)
        return Kept(msgspec.json.decode(last.body, type=Held), last.sequence)

    async def set(self, name: str, held: Held, revision: int) -> int | None:
        """Write it if it is still of that revision: the new one, or None. Raises StoreError."""
        headers = {"Nats-Expected-Last-Subject-Sequence": str(revision)}
        body = msgspec.json.encode(held)
        said = await self._connection.request(self._subject(name), body, headers)
        try:
            return read(f"lease {name}", said, Appended).seq
        except AnsweredError as error:
            if error.error.err_code != _WRONG_LAST:
                raise
            return None

    def _subject(self, name: str) -> str:
        return f"$KV.{self._bucket}.{token(name)}"


class Lease:
    """One, wanted by one owner."""

    def __init__(self, table: LeaseTable, name: str, owner: str, life_s: float, clock: Clock) -> None:
        self._table = table
        self._name = name
        self._owner = owner
        self._life_s = life_s
        self._clock = clock
        self._revision = 0
        self._until_s = 0.0
        self._given_up = False
        self.fence = 0  # of this ownership; greater than that of any before
        self.holder: Held | None = None  # who had it when we looked last, while we wait for it
        self.on_holder: Callable[[Held], None] = lambda _held: None  # told whenever that changes
        self.lost: FencedError | None = None  # it has gone to somebody else
        self.on_lost: Callable[[FencedError], None] | None = None  # told that, once, by `keep`

    def holds(self) -> bool:
        """Whether it is certainly ours at this moment. Costs one look at the clock."""
        return self._clock.monotonic() < self._until_s

    async def take(self, above: int = 0) -> None:
        """Return once it is ours: at once if nobody has it, else when its owner has been silent for a life.

        The fence is greater than `above`, whatever became of the bucket. Raises StoreError.
        """
        seen: Kept | None = None
        since_s = 0.0
        while True:
            now_s = self._clock.monotonic()
            known = await self._table.look(self._name)
            self._look_at(known.held)
            if seen is None or known.revision != seen.revision:
                if seen is None and known.held.owner:
                    log.info("waiting for a lease", lease=self._name, owner=known.held.owner)
                seen, since_s = known, now_s
            silent = now_s - since_s >= known.held.life_s * (1 + MARGIN)
            fence = max(known.held.fence, above) + 1
            # Ours it is where the answer was lost to what we wrote before we were asked again.
            if (known.held.owner in {"", self._owner} or silent) and await self._write(fence, known.revision):
                log.info("lease taken", lease=self._name, fence=self.fence)
                return
            await self._clock.sleep(known.held.life_s / RENEWALS)

    def _look_at(self, held: Held) -> None:
        if self.holder is None or (held.owner, held.fence) != (self.holder.owner, self.holder.fence):
            self.holder = held
            self.on_holder(held)

    async def _write(self, fence: int, revision: int) -> bool:
        began_s = self._clock.monotonic()  # the life that others see begins later, never earlier
        held = Held(self._owner, fence, self._life_s)
        stored = await self._table.set(self._name, held, revision)
        if stored is None:
            return False
        self.fence, self._revision = fence, stored
        self._until_s = began_s + self._life_s * (1 - MARGIN)
        return True

    async def renew(self) -> None:
        """Write it anew. Raises FencedError if it has gone to somebody else, StoreError if nobody answers."""
        if await self._write(self.fence, self._revision):
            return
        known = await self._table.look(self._name)
        if known.held.owner == self._owner and known.held.fence == self.fence:
            self._revision = known.revision  # written by us, and the answer was lost
            await self.renew()
            return
        self._until_s = 0.0
        raise FencedError(
            f"lease {self._name}: {known.held.owner or 'nobody'} has it (fence {known.held.fence})"
        )

    async def keep(self) -> None:
        """Write it anew in time, for good; returns once it has gone to somebody else, or was given up."""
        while not self._given_up:
            await self._clock.sleep(self._life_s / RENEWALS)
            try:
                await self.renew()
            except FencedError as error:
                self.lost = error
                log.critical("lease lost", why=str(error))
                if self.on_lost is not None:
                    self.on_lost(error)
                return
            except StoreError as error:  # as long as it holds, and after that: perhaps nobody has taken it
                log.warning("lease not renewed", lease=self._name, holds=self.holds(), why=str(error))

    async def give_up(self) -> None:
        """Let somebody else have it at once. Raises StoreError."""
        self._given_up = True
        held, self._until_s = self.holds(), 0.0
        if held:
            await self._table.set(self._name, Held("", self.fence, 0.0), self._revision)

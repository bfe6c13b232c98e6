"""Where a client begins, and what it has missed: one way for the stream, server-sent events and pages.

With a cursor it goes on after it; without one, from now on; a snapshot comes first if it asks for one and has
no cursor, or none that can be gone on from. Inside the retention nothing is missed and nothing comes twice;
outside of it a gap is told, with the cursor at which it goes on.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from gateway.events import filters
from gateway.events.filters import Selection
from gateway.events.router import Router
from gateway.events.shown import Shown
from gateway.runtime.clock import Clock
from gateway.runtime.masking import masked
from gateway.security.audit import Action, Audit, Readers
from gateway.store.base import Appended, Store
from gateway.store.epochs import Place
from schemas.agent import AgentSession
from schemas.errors import RefusedError, StoreError
from schemas.ids import Cursor, Resume
from schemas.interaction import Interaction
from schemas.results import ErrorCode

PAGE: Final = 1_000
LONGEST_WAIT_S: Final = 0.8  # for the disk: an answer, or a refusal, comes within a second


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="stream.snapshot", tag_field="type"):
    """Everything as it was at this cursor."""

    cursor: Cursor
    resume: Resume
    sessions: list[AgentSession]
    interactions: list[Interaction]


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="stream.gap", tag_field="type"):
    """Events after `after` and before `first` are no longer kept, or `after` is of another journal.

    What follows are the events after `restart_after`, or `resume`: all that are kept, or those after a
    snapshot.
    """

    after: Cursor
    first: Cursor  # the oldest that is kept
    restart_after: Cursor
    resume: Resume


class Beginning(NamedTuple):
    """What comes before the events after `cursor`."""

    cursor: Cursor
    gap: Gap | None = None
    snapshot: Snapshot | None = None


class Read(NamedTuple):
    """The wanted ones of some events in a row, and the cursor of the last of them all."""

    chosen: Sequence[Appended]
    cursor: Cursor
    gap: Gap | None  # before them


def matching(shown: Shown, wanted: Selection) -> tuple[list[AgentSession], list[Interaction]]:
    """The snapshots that a filter lets through."""
    sessions = [one for one in shown.sessions.values() if wanted.has_session(one)]
    visible = {one.id for one in sessions} if wanted.shows_interactions else ()
    interactions = [
        one for one in shown.interactions() if one.session_id in visible and wanted.has_interaction(one)
    ]
    mask = wanted.mask
    return (
        [masked(one, mask) for one in sessions] if wanted.shows_sessions else [],
        [masked(one, mask) for one in interactions],
    )


class History:
    """The journal and what is shown, as clients read them."""

    def __init__(self, shown: Shown, store: Store, router: Router, clock: Clock) -> None:
        self._readers = Readers(Audit(store), clock)
        self._shown = shown
        self._store = store
        self._router = router

    def read_by(self, principal: str, action: Action, after: Place | None) -> None:
        """Somebody reads many events at once, which is noted."""
        self._readers.read(principal, action, after="" if after is None else str(after.cursor))

    @property
    def durable(self) -> Cursor:
        """Of the newest event that clients are told of."""
        return self._router.durable

    def now(self) -> tuple[Cursor, Resume]:
        """What is shown is of this cursor."""
        return self._router.durable, self.resume(self._router.durable)

    def resume(self, cursor: Cursor) -> Resume:
        """How a client goes on after that event."""
        return self._store.epochs.resume(cursor)

    def resume_prefix(self, cursor: Cursor) -> bytes:
        """What stands before the cursor in that; the same for all events of one epoch."""
        return self._store.epochs.prefix(cursor).encode()

    async def oldest(self) -> Cursor:
        """Of the oldest event that is kept."""
        return await self._store.first_cursor()

    async def one(self, cursor: Cursor) -> Appended | None:
        """A single event, if it is kept. Raises RefusedError if it cannot be written now."""
        await self._until_durable(cursor)
        if cursor > self._router.durable:
            return None
        found = await self._store.read(Cursor(cursor - 1), 1)
        return found[0] if found and found[0].cursor == cursor else None

    async def from_oldest(self) -> Beginning:
        """Where everything that is kept comes after."""
        return Beginning(Cursor(await self.oldest() - 1))

    async def begin(self, wanted: Selection, after: Place | None, *, snapshot: bool) -> Beginning:
        """Where to go on. Only who names what is not durable yet has to wait, and not for long.

        Raises RefusedError if the disk takes longer.
        """
        gap = None
        if after is not None:
            await self._until_durable(after.cursor)
            first = await self._store.first_cursor()
            if self._store.epochs.holds(after) and first <= after.cursor + 1 <= self._router.durable + 1:
                return Beginning(after.cursor)
            gap = self._gap(after.cursor, first)
            if not snapshot:
                return Beginning(gap.restart_after, gap)
        start = self._router.durable
        if not snapshot:
            return Beginning(start)
        resume = self.resume(start)
        if gap is not None:
            gap = replace(gap, restart_after=start, resume=resume)
        sessions, interactions = matching(self._shown, wanted)
        told = Snapshot(cursor=start, resume=resume, sessions=sessions, interactions=interactions)
        return Beginning(start, gap, told)

    async def next(self, wanted: Selection, after: Cursor, limit: int = PAGE) -> Read | None:
        """What comes after a cursor; None at the end of what clients are told of.

        It does not wait before it says None: who subscribes then and there misses nothing. Raises StoreError
        where what was told cannot be read.
        """
        if after >= self._router.durable:
            return None
        durable = self._router.durable
        page = await self._store.read(after, limit)
        if page and page[-1].cursor > durable:  # written, but not told of yet
            page = [one for one in page if one.cursor <= durable]
        if page:  # its beginning may have been pruned since we were asked to begin
            return Read(
                filters.shown(wanted.choose(page, filters.look), wanted.mask),
                page[-1].cursor,
                self._missing(after, page[0].cursor),
            )
        first = await self._store.first_cursor()
        if first <= after + 1:  # it was not pruned; whoever went on from the oldest would be told all again
            raise StoreError(f"events after {after} cannot be read at present")
        return Read((), Cursor(first - 1), self._missing(after, first))

    async def _until_durable(self, cursor: Cursor) -> None:
        """It is on its way to the disk, or was told by another gateway and is on its way to us.

        Raises RefusedError.
        """
        if cursor <= self._router.durable:
            return
        if cursor > self._store.last_cursor() and self._store.following is None:
            return
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self._store.barrier()
        except TimeoutError:
            why = self._store.trouble or "the disk is slow"
            raise RefusedError(ErrorCode.UNAVAILABLE, f"{cursor} is not durable yet: {why}") from None

    def _missing(self, after: Cursor, first: Cursor) -> Gap | None:
        """What is missing between a cursor and the oldest event that is left."""
        return self._gap(after, first) if after + 1 < first else None

    def _gap(self, after: Cursor, first: Cursor) -> Gap:
        """It goes on with everything that is kept."""
        start = Cursor(first - 1)
        return Gap(after=after, first=first, restart_after=start, resume=self.resume(start))

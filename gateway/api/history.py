"""Where a client begins, and what it has missed: one way for the stream, server-sent events and pages.

With a cursor it goes on after it; without one, from now on; a snapshot comes first if it asks for one and has
no cursor, or none that can be gone on from. Inside the retention nothing is missed and nothing comes twice;
outside of it a gap is told, with the cursor at which it goes on.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from gateway import filtering
from gateway.filtering import Selection
from gateway.router import Router
from gateway.state import State
from gateway.store.base import Appended, Store
from schemas.agent import AgentSession
from schemas.ids import Cursor
from schemas.interaction import Interaction

PAGE: Final = 1_000


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="stream.snapshot", tag_field="type"):
    """Everything as it was at this cursor."""

    cursor: Cursor
    sessions: list[AgentSession]
    interactions: list[Interaction]


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="stream.gap", tag_field="type"):
    """Events after `after` and before `first` are no longer kept, or `after` is of another journal.

    What follows are the events after `restart_after`: all that are kept, or those after a snapshot.
    """

    after: Cursor
    first: Cursor  # the oldest that is kept
    restart_after: Cursor


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


def matching(state: State, wanted: Selection) -> tuple[list[AgentSession], list[Interaction]]:
    """The snapshots that a filter lets through."""
    sessions = [one for one in state.sessions.values() if wanted.shows_session(one)]
    visible = {one.id for one in sessions}
    interactions = [
        one for one in state.interactions() if one.session_id in visible and wanted.shows_interaction(one)
    ]
    return sessions, interactions


class History:
    """The journal and the state, as clients read them."""

    def __init__(self, state: State, store: Store, router: Router) -> None:
        self._state = state
        self._store = store
        self._router = router

    @property
    def durable(self) -> Cursor:
        """Of the newest event that clients are told of."""
        return self._router.durable

    async def oldest(self) -> Cursor:
        """Of the oldest event that is kept."""
        return await self._store.first_cursor()

    async def one(self, cursor: Cursor) -> Appended | None:
        """A single event, if it is kept; one that came before the call is found."""
        await self._store.barrier()
        found = await self._store.read(Cursor(cursor - 1), 1)
        return found[0] if found and found[0].cursor == cursor else None

    async def from_oldest(self) -> Beginning:
        """Where everything that is kept comes after."""
        await self._store.barrier()
        return Beginning(Cursor(await self.oldest() - 1))

    async def begin(self, wanted: Selection, after: Cursor | None, *, snapshot: bool) -> Beginning:
        """Where to go on; what came before the call is durable then, and so it can be read."""
        start = self._router.cursor
        gap = None
        if after is not None:
            await self._store.barrier()
            first = await self._store.first_cursor()
            if first <= after + 1 <= self._router.cursor + 1:
                return Beginning(after)
            gap = Gap(after=after, first=first, restart_after=Cursor(first - 1))
            if not snapshot:
                return Beginning(gap.restart_after, gap)
            start = self._router.cursor
            gap = replace(gap, restart_after=start)
        if not snapshot:
            return Beginning(start)
        sessions, interactions = matching(self._state, wanted)
        await self._store.barrier()  # nobody sees what is not durable
        return Beginning(start, gap, Snapshot(cursor=start, sessions=sessions, interactions=interactions))

    async def next(self, wanted: Selection, after: Cursor, limit: int = PAGE) -> Read | None:
        """What comes after a cursor; None at the end of what clients are told of.

        It does not wait before it says None: who subscribes then and there misses nothing.
        """
        if after >= self._router.durable:
            return None
        page = await self._store.read(after, limit)
        if page:  # its beginning may have been pruned since we were asked to begin
            return Read(wanted.choose(page, filtering.look), page[-1].cursor, _gap(after, page[0].cursor))
        first = await self._store.first_cursor()
        return Read((), Cursor(first - 1), _gap(after, first))


def _gap(after: Cursor, first: Cursor) -> Gap | None:
    """What is missing between a cursor and the oldest event that is left."""
    return Gap(after=after, first=first, restart_after=Cursor(first - 1)) if after + 1 < first else None

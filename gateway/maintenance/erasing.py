"""Erasing a person while the gateway runs, and in a store that no gateway runs on."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from gateway.events.shown import Shown
from gateway.maintenance.erasure import Erased, Erasure
from gateway.security.audit import OPERATOR, Action, Audit
from gateway.state.fold import State
from gateway.store.base import ErasingStore, Store
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError


class Sender(Protocol):
    """Whoever keeps events that it read."""

    def forget_events(self) -> None:
        """They were erased."""
        ...


class Erasing:
    """What a running gateway does."""

    def __init__(
        self,
        store: Store,
        state: State,
        shown: Shown,
        sender: Sender,
        checkpoint: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._state = state
        self._shown = shown
        self._sender = sender
        self._checkpoint = checkpoint

    def _erasing(self) -> ErasingStore:
        if self._store.erasing is None:
            raise StoreError("the store keeps nothing that outlives the process")
        return self._store.erasing

    async def erase(self, spellings: tuple[str, ...]) -> Erased:
        """Raises StoreError, ValueError."""
        erasure = Erasure(self._store, self._erasing(), spellings, self._state.snapshots.open)
        await erasure.run(running=True)
        self._state.snapshots.forget(erasure.erased)
        self._shown.forget(erasure.erased)
        if not erasure.found.live:
            self._state.snapshots.kept_private.forget(erasure.names)
            self._shown.forget_private(erasure.names)
        self._sender.forget_events()
        await self._checkpoint()
        return await finished(self._store, erasure)

    async def vacuum(self) -> None:
        """Write the whole file anew: nothing of before is in it then. Raises StoreError."""
        await self._erasing().vacuum()


async def erase_file(store: SqliteStore, spellings: tuple[str, ...]) -> Erased:
    """In a store that is opened for this. Raises StoreError, ValueError."""
    erasure = Erasure(store, store.erasing, spellings)
    await erasure.run(running=False)
    saved = await store.last_checkpoint()
    if saved is not None:
        kept = erasure.private(await store.read_private())
        await store.checkpoint(saved[0], erasure.without(saved[1]), kept)
    return await finished(store, erasure)


async def finished(store: Store, erasure: Erasure) -> Erased:
    """Read again, and note that it was done: how much, and never of whom."""
    found = await erasure.prove()
    counts = {
        name: str(getattr(found, name))
        for name in ("interactions", "events", "commands", "questions", "attempts")
    }
    left = str(sum(found.remains.values()))
    await Audit(store).note(OPERATOR, Action.ERASED, live=str(len(found.live)), remains=left, **counts)
    return found

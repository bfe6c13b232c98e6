"""How a start comes by its snapshots: the last checkpoint, the events since, and what is told at once."""

import asyncio
from collections.abc import Container
from contextlib import suppress
from typing import Final

import msgspec

from gateway.events.shown import Shown
from gateway.state.fold import State
from gateway.store.base import Store
from schemas import events as ev
from schemas.ids import Cursor, PlatformId

_PAGE: Final = 1_000
_SHOWN_WITHIN_S: Final = 1.0
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


async def restore(store: Store, platforms: Container[PlatformId], state: State, shown: Shown | None) -> None:
    """Take them up, in both views; those of platforms that are configured no longer are left out.

    `shown` of None: it has them, as it has followed another gateway.
    """
    saved = await store.last_checkpoint()
    after, dump = saved if saved is not None else (Cursor(0), None)
    events: list[ev.AnyEvent] = []
    while page := await store.read(after, _PAGE):
        events += [_decode(one.body) for one in page]
        after = page[-1].cursor
    state.snapshots.restore(dump, [one for one in events if one.platform_id in platforms])
    state.snapshots.restore_private(await store.read_private())
    if shown is not None:
        shown.begin(state.snapshots)


async def shown_at_once(store: Store) -> None:
    """Return when what was told at the start is durable: lists have it then. A full disk holds nobody."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SHOWN_WITHIN_S):
            await store.barrier()

"""The snapshots as the last run left them: from the last checkpoint, and the events since."""

from collections.abc import Container
from typing import Final

import msgspec

from gateway.events.shown import Shown
from gateway.state import State
from gateway.store.base import Store
from schemas import events as ev
from schemas.ids import Cursor, PlatformId

_PAGE: Final = 1_000
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


async def restore(store: Store, platforms: Container[PlatformId], state: State, shown: Shown) -> None:
    """Take them up, in both views; those of platforms that are configured no longer are left out."""
    saved = await store.last_checkpoint()
    after, dump = saved if saved is not None else (Cursor(0), None)
    events: list[ev.AnyEvent] = []
    while page := await store.read(after, _PAGE):
        events += [_decode(one.body) for one in page]
        after = page[-1].cursor
    state.restore(dump, [one for one in events if one.platform_id in platforms])
    shown.begin(state)

"""What goes on until it ends by itself: whatever else ends it, it begins anew after a pause."""

from collections.abc import Awaitable, Callable
from typing import Final

from gateway.outbound.post import Unexpected
from gateway.runtime.clock import Clock
from gateway.store.base import Store

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0


async def again_and_again(
    work: Callable[[], Awaitable[None]], what: str, name: str, clock: Clock, store: Store
) -> None:
    """The pause grows while it ends at once. Trouble of the store passes: after that nothing is to wait.

    `what` is for the log, `name` says which one of them it is.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        began_s = clock.monotonic()
        with Unexpected() as unexpected:
            await work()
        if unexpected.error is None:
            return
        if store.owns():  # else another gateway may have taken over, which is told by the store
            unexpected.tell(f"{what} begin anew", task=name)
        if unexpected.of_store or clock.monotonic() - began_s > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await clock.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

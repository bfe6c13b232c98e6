"""What the queues of all webhooks share."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from gateway.outbound.post import Posted
from gateway.outbound.schedule import Schedule
from gateway.outbound.standby import Standby
from gateway.runtime.age import RunningTime
from gateway.store.deliveries import Delivery, DeliveryStore
from gateway.telemetry.metrics import Metrics
from gateway.webhooks.attemptlog import AttemptLog
from gateway.webhooks.judging import Judge
from gateway.webhooks.recorder import Recorder
from gateway.webhooks.registry import Registry
from schemas.events import AnyEvent

# Sends a delivery; None if its event is not to be had.
Send = Callable[[Delivery], Awaitable[Posted | None]]
# Gives events to the router.
Publish = Callable[[Sequence[AnyEvent]], None]


class QueueParts(NamedTuple):
    """Each is there once."""

    store: DeliveryStore
    registry: Registry
    clock: RunningTime
    schedule: Schedule
    judge: Judge
    metrics: Metrics
    send: Send
    log: AttemptLog
    publish: Publish
    concurrency: int
    recorder: Recorder
    standby: Standby | None = None

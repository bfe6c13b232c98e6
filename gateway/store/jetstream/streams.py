"""The streams of one store: how they are made, and how the bucket's keys are read."""

from typing import Final, NamedTuple

from msgspec.structs import replace

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.stream import FencedStream, Stored, StreamConfig

_PAGE: Final = 512  # keys read at once
_PAGE_BYTES: Final = 8 * 1024 * 1024


class Streams(NamedTuple):
    """Not yet opened."""

    events: FencedStream
    patches: FencedStream
    state: FencedStream  # of the bucket


def bucket_name(prefix: str) -> str:
    """Of all that is no event."""
    return f"{prefix}-state"


def streams_of(connection: Connection, config: BusConfig) -> Streams:
    """Those that a configuration names."""
    prefix = config.prefix
    bucket = bucket_name(prefix)
    events = StreamConfig(
        name=f"{prefix}-events",
        subjects=(f"{prefix}.events.>", f"{prefix}.start"),
        num_replicas=config.replicas,
        max_bytes=config.journal_bytes or -1,
        compression="s2",
        discard="new",
        allow_direct=True,
        allow_atomic=True,
    )
    patches = replace(
        events, name=f"{prefix}-patches", subjects=(f"{prefix}.patches.>",), max_msgs_per_subject=1
    )
    state = replace(
        events,
        name=f"KV_{bucket}",
        subjects=(f"$KV.{bucket}.>",),
        max_bytes=config.state_bytes or -1,
        max_msgs_per_subject=1,
        compression="",
        allow_msg_ttl=True,
        allow_rollup_hdrs=True,
        deny_delete=True,
    )
    return Streams(*(FencedStream(connection, one) for one in (events, patches, state)))


async def keys_from(state: FencedStream, sequence: int) -> list[Stored]:
    """The bucket's next keys. A replica may be behind: where it ends, its leader is asked."""
    if sequence > state.last:
        return []
    page = await state.page(sequence, _PAGE, most_bytes=_PAGE_BYTES)
    if page:
        return page
    one = await state.next(sequence)
    return [] if one is None else [one]

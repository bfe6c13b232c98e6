"""The streams that a store on JetStream consists of, as they are configured."""

from typing import NamedTuple

from msgspec.structs import replace

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.stream import FencedStream, StreamConfig


class Streams(NamedTuple):
    """All that is kept."""

    events: FencedStream  # the journal
    patches: FencedStream  # what stands in place of some of it
    state: FencedStream  # of the bucket: whatever else there is


def bucket_of(prefix: str) -> str:
    """The bucket's name."""
    return f"{prefix}-state"


def streams(config: BusConfig, connection: Connection) -> Streams:
    """Not yet open."""
    prefix, bucket = config.prefix, bucket_of(config.prefix)
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

"""What clients are told of events, as behind the router: change by change."""

from collections.abc import Iterator, Sequence

from adapters.contract.change import Change, Encoder, Frame
from adapters.contract.dialect import ClientConnection
from schemas.events import AnyEvent


def changes(events: Sequence[AnyEvent]) -> Iterator[Change]:
    """One for each snapshot."""
    begun: list[AnyEvent] = []
    for event in events:
        if begun and not event.part:
            yield Change(tuple(begun))
            begun.clear()
        begun.append(event)
    if begun:
        yield Change(tuple(begun))


def frames(encode: Encoder, *events: AnyEvent) -> list[Frame]:
    """The frames of events, for any client."""
    return [frame for change in changes(events) for told in encode(change) for frame in told]


def bodies(encode: Encoder, *events: AnyEvent) -> list[bytes]:
    """The same, as they go out."""
    return [frame.body for frame in frames(encode, *events)]


def heard_by(client: ClientConnection, encode: Encoder, *events: AnyEvent) -> list[bytes]:
    """What one client gets of events."""
    return [frame for change in changes(events) for frame in client.change(change, encode(change))]

"""North: what one frame of a platform meant, as a unit, and what a client's dialect makes of it."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from schemas.events import AnyEvent


class Change(msgspec.Struct, frozen=True):
    """The events that one frame of a platform meant for one agent, in canonical order.

    They are told, journaled and encoded together; those of one snapshot follow one another. What happened
    without a frame (a command has its result, a question is asked) is a change too.
    """

    events: tuple[AnyEvent, ...]

    def told(self) -> Iterator[tuple[AnyEvent, bool]]:
        """Each event, and whether it is the first of its snapshot: it tells that for all of them."""
        for event in self.events:
            yield event, event.part == 0


def changes(events: Sequence[AnyEvent]) -> Iterator[Change]:
    """What happened together, for one agent after the other."""
    begun = 0
    for place, event in enumerate(events):
        before = events[begun]
        if event.agent_id != before.agent_id or event.platform_id != before.platform_id:
            yield Change(tuple(events[begun:place]))
            begun = place
    if events:
        yield Change(tuple(events[begun:]))


class Frame(msgspec.Struct, frozen=True):
    """A frame for clients of one dialect. They select by the topic, and look into none."""

    topic: str  # the vendor's channel, or its name of the event
    body: bytes
    said: object = None  # what it says, where a client wants to be told that only once


Encoded = Sequence[Sequence[Frame]]  # for each event of a change the frames that tell it
Encoder = Callable[[Change], Encoded]

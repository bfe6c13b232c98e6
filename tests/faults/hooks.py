"""What is owed to web hooks beside what is owed to all: their order, and live events in time. Pure.

- In the order `interaction` only what the receiver itself refused may be passed, and only once it has been.
  In the order `strict` nothing may, in the order `none` everything.
- A live event is of no use later. Whose receiver did not refuse it must have had it by then: no disturbance
  here lasts as long as a live event does.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection

from tests.faults.notes import SHORT_LIVED, Event, Followed, Order


def passed(followed: Followed) -> list[str]:
    """What came behind a later one of its interaction or session, and had no reason to."""
    if followed.order is Order.NONE:
        return []
    wrong = []
    told: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # by sequence, and when it came
    for place, event in enumerate(followed.events):
        if not event.sequence:
            continue
        before = told[event.subject]
        later = before[bisect_left(before, (event.sequence, 0)) :]
        free = followed.refused.get(event.id) if followed.order is Order.INTERACTION else None
        unfounded = [number for number, came in later if free is None or came < free]
        if unfounded:
            wrong.append(
                f"{followed.name} was told {event.subject} number {event.sequence} after {unfounded[0]}"
            )
        insort(before, (event.sequence, place))
    return wrong


def overtaken(followed: Followed) -> int:
    """How many came behind a later one."""
    newest: defaultdict[str, int] = defaultdict(int)
    count = 0
    for event in followed.events:
        count += 0 < event.sequence < newest[event.subject]
        newest[event.subject] = max(newest[event.subject], event.sequence)
    return count


def too_late(followed: Followed, seen: Collection[Event]) -> tuple[int, list[str]]:
    """How many live events it could have had in time, and those of them that it had not."""
    wanted = [
        event
        for event in seen
        if event.type in SHORT_LIVED and followed.wants(event) and event.id not in followed.refused
    ]
    return len(wanted), [
        f"{followed.name} was not told {event.type} {event.id} (cursor {event.cursor}) while it was of use"
        for event in wanted
        if event.id not in followed.in_time
    ]

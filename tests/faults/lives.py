"""What an interaction may be told to go through, as one subscriber hears it. Pure.

It is created once and first. Each of its lives ends once and is completed once, last; after that only
`interaction.reopened` may follow, which begins another life, and updates that say that they are late.
"""

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from tests.faults.notes import Event

CREATED: Final = "interaction.created"
ENDED: Final = "interaction.ended"
COMPLETED: Final = "interaction.completed"
REOPENED: Final = "interaction.reopened"
UPDATED: Final = "interaction.updated"
ONCE: Final = (CREATED, ENDED, COMPLETED)


class _Stage(Enum):
    UNKNOWN = auto()
    LIVE = auto()
    ENDED = auto()
    COMPLETED = auto()


_ONLY_AFTER: Final = {
    CREATED: _Stage.UNKNOWN,
    ENDED: _Stage.LIVE,
    COMPLETED: _Stage.ENDED,
    REOPENED: _Stage.COMPLETED,
}
_BECOMES: Final = {
    CREATED: _Stage.LIVE,
    ENDED: _Stage.ENDED,
    COMPLETED: _Stage.COMPLETED,
    REOPENED: _Stage.LIVE,
}


def unlived(name: str, events: Iterable[Event]) -> list[str]:
    """What was told of an interaction and cannot have been."""
    wrong = []
    stages: defaultdict[str, _Stage] = defaultdict(lambda: _Stage.UNKNOWN)
    for event in events:
        if not event.contact:
            continue
        stage = stages[event.subject]
        stages[event.subject] = _BECOMES.get(event.type, stage)
        if not _may_follow(event, stage):
            wrong.append(f"{name} was told {event.type} of {event.contact} when it was {stage.name.lower()}")
    return wrong


def _may_follow(event: Event, stage: _Stage) -> bool:
    if event.type in _ONLY_AFTER:
        return stage is _ONLY_AFTER[event.type]
    if stage is _Stage.COMPLETED:
        return event.type == UPDATED and event.late
    return stage is not _Stage.UNKNOWN

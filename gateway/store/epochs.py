"""Epochs: which of the journals that may bear the same cursors a client has read.

Each start begins one, durably, before anything is told in it. A place is a cursor and the epoch that its
event is of, and holds if that epoch is in the journal and the next one begins after the cursor: so a tail
that was lost, another file and a backup that was laid back are found out, though their numbers come again.

To clients a place is an opaque text, `resume`. A plain cursor is a place too, of which no epoch is known.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Final, NamedTuple

from schemas.errors import RefusedError
from schemas.ids import Cursor, Resume
from schemas.results import ErrorCode

MOST_EMPTY: Final = 100  # epochs without an event are kept so many, the newest
DIGITS: Final = 18  # of a cursor: what every store can hold

EPOCHS: Final = "select id, first_cursor from epochs order by number"  # in SQL
_PLACE: Final = re.compile(rf"(?:([0-9a-f]{{16}})\.)?([0-9]{{1,{DIGITS}}})", re.ASCII)


class Epoch(NamedTuple):
    """What began with a start; `first` is the cursor that its first event has, or would have had."""

    id: str
    first: Cursor


class Place(NamedTuple):
    """How far a client has read; `epoch` is empty if it only says the cursor."""

    cursor: Cursor
    epoch: str = ""


def read_place(said: Cursor | Resume) -> Place:
    """What a cursor, also as text, or a `resume` means. Raises RefusedError for what is neither."""
    if isinstance(said, int):
        return Place(said)
    found = _PLACE.fullmatch(said)
    if found is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"after: {said[:60]!r} is not a cursor or a resume")
    return Place(Cursor(int(found[2])), found[1] or "")


class Epochs:
    """Those of one journal, in order."""

    def __init__(self, epochs: Sequence[Epoch]) -> None:
        self._epochs = tuple(epochs)
        self._firsts = [one.first for one in self._epochs]
        self._numbers = {one.id: number for number, one in enumerate(self._epochs)}

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self._epochs)

    def resume(self, cursor: Cursor) -> Resume:
        """How a client goes on after an event of this journal."""
        return Resume(f"{self.prefix(cursor)}{cursor}")

    def prefix(self, cursor: Cursor) -> str:
        """What stands before the cursor in its `resume`. What is older than all counts as the oldest's."""
        number = max(0, bisect_right(self._firsts, cursor) - 1)
        return f"{self._epochs[number].id}."

    def holds(self, place: Place) -> bool:
        """Whether what was read up to there is what this journal has up to there, or had."""
        if not place.epoch:
            return True
        number = self._numbers.get(place.epoch)
        if number is None:
            return False
        return number + 1 == len(self._epochs) or place.cursor < self._firsts[number + 1]

    def cursor(self, place: Place) -> Cursor:
        """Where it is, for those who cannot be told of a gap. Raises RefusedError if it does not hold."""
        if not self.holds(place):
            raise RefusedError(ErrorCode.EXPIRED, "after: it is of another journal; begin without it")
        return place.cursor

    def begun(self, last: Cursor, oldest: Cursor) -> "Epochs":
        """With a new one after the event `last`, and without those of which nobody could go on.

        Nothing can be gone on from before `oldest`, the oldest event that is kept. Of starts after which
        nothing was told, only the newest are kept: whoever read up to one of the others is told of a gap.
        """
        known = [*self._epochs, Epoch(token_hex(8), Cursor(last + 1))]
        ends = [*(one.first for one in known[1:]), None]
        useful = [(one, end) for one, end in zip(known, ends, strict=True) if end is None or end >= oldest]
        empty = [one for one, end in useful if one.first == end]
        gone = set(empty[:-MOST_EMPTY])
        return Epochs([one for one, _ in useful if one not in gone])

"""South: which request a reply answers. Never a younger one of another method, or one that nobody waits for.

By its id; else by the request that it repeats, by that one's id or in its words; else by what it echoes; else
by the method and the forms that a target may take. Of several that fit, the one in the very words of the
reply, then the oldest. A request that nobody waits for any more is kept for a while: its late reply belongs
to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from schemas.values import Json

AboutT = TypeVar("AboutT")

LATE: Final = timedelta(seconds=60)  # a reply that comes later than that comes never
MOST_LATE: Final = 100  # requests that nobody waits for

Members = Mapping[str, Json]


class Words(msgspec.Struct, frozen=True):
    """What a reply says of its request, or repeats of it. What it does not say is empty."""

    id: str = ""
    method: str = ""
    target: str = ""
    data: Members = {}  # as sent


@dataclass(slots=True, eq=False)
class Request(Generic[AboutT]):
    """A request without its reply."""

    words: Words
    about: AboutT  # what the connection keeps of it
    forms: frozenset[str] = frozenset()  # of the target: as it may stand in the reply
    replied: bool = False  # and something else is waited for
    late_until: datetime | None = field(default=None, init=False)  # nobody waits for it any more


class Requests(Generic[AboutT]):
    """The requests of one connection that have no reply yet, oldest first."""

    def __init__(self) -> None:
        self._open: dict[str, Request[AboutT]] = {}

    def __iter__(self) -> Iterator[Request[AboutT]]:
        """Those that somebody waits for."""
        return iter([one for one in self._open.values() if one.late_until is None])

    def add(self, request: Request[AboutT]) -> None:
        """It goes out."""
        self._open[request.words.id] = request

    def done(self, request: Request[AboutT]) -> None:
        """It has its reply."""
        self._open.pop(request.words.id, None)

    def forget(self, request: Request[AboutT], now: datetime) -> None:
        """Nobody waits for it any more."""
        request.late_until = now + LATE
        late = [one for one in self._open.values() if one.late_until is not None]
        for one in late[:-MOST_LATE]:
            self.done(one)

    def clear(self) -> None:
        """No reply will come to any of them."""
        self._open.clear()

    def answered(self, said: Words, repeated: Words | None, now: datetime) -> Request[AboutT] | None:
        """The request that a reply answers, if somebody waits for it. One that is late is done with."""
        for one in [one for one in self._open.values() if one.late_until and one.late_until < now]:
            self.done(one)
        found = self._find(said, repeated)
        if found is not None and found.late_until is not None:
            self.done(found)
            return None
        return found

    def _find(self, said: Words, repeated: Words | None) -> Request[AboutT] | None:
        if said.id in self._open:
            return self._open[said.id]
        whole = repeated or Words()
        if said.id or whole.id:
            return self._open.get(whole.id)
        method, target = whole.method or said.method, whole.target or said.target
        data = said.data if repeated is None else whole.data
        fitting = [
            one
            for one in self._open.values()
            if not one.replied
            and one.words.method == method
            and (not target or target in one.forms)
            and not _contradicts(one.words.data, data)
        ]
        return min(
            fitting,
            key=lambda one: (one.words.target != target, bool(data) and one.words.data != data),
            default=None,
        )


def _contradicts(sent: Members, echo: Members) -> bool:
    """Whether an echo has a member otherwise than it was sent."""
    return any(key in sent and sent[key] != value for key, value in echo.items())


def forms(target: str, ungrouped: str, above: str) -> frozenset[str]:
    """How a dotted target may stand in a reply: as it is, without the group, or as what it is below."""
    found = {target, ungrouped}
    for one in (target, ungrouped):
        shorter = one
        while shorter.startswith(f"{above}."):
            shorter = shorter.rpartition(".")[0]
            found.add(shorter)
    return frozenset(found)

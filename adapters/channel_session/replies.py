"""South: which request a response answers. Never a younger one of another, or one that nobody waits for.

By `requestId`, else by the whole request in `original`, else by the echo in `data`, else by command and
target. A request that nobody waits for any more is kept for a while: its late answer belongs to it. Source:
seed 003, which prints targets of requests and responses in two forms (with the group or without), and the
needinfo of a completion with the target of the channel; reference channel-session.md section 3.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.channel_session import tables, wire
from adapters.channel_session.codec import NAME
from adapters.channel_session.printed import Members
from adapters.kit import reading
from schemas.errors import MalformedFrame
from schemas.ids import Ref

LATE: Final = timedelta(seconds=60)  # an answer that comes later than that comes never
MOST_LATE: Final = 100  # requests that nobody waits for

_NO_IDS: Final = (UNSET, None, "")
_ORIGINAL: Final = msgspec.json.Decoder(wire.Original)
_members = msgspec.json.Decoder(Members).decode


@dataclass(slots=True)
class Waiting:
    """A request without its answer."""

    id: str
    command: str  # bare
    target: str
    forms: frozenset[str]  # of the target: as it may stand in the answer
    data: Members
    call_id: int
    agent: Ref  # of prepareSession
    success: wire.Message | None = None  # held back until its event comes
    told: msgspec.Raw | None = None  # the event's data, if that came first
    late_until: datetime | None = None  # nobody waits for it any more


class Requests:
    """The requests of one connection that have no answer yet, oldest first."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __iter__(self) -> Iterator[Waiting]:
        """Those that somebody waits for."""
        return iter([one for one in self._waiting.values() if one.late_until is None])

    def add(self, request: Waiting) -> None:
        """It goes out."""
        self._waiting[request.id] = request

    def done(self, request: Waiting) -> None:
        """It has its answer."""
        self._waiting.pop(request.id, None)

    def forget(self, request: Waiting, now: datetime) -> None:
        """Nobody waits for it any more."""
        request.late_until = now + LATE
        late = [one for one in self._waiting.values() if one.late_until is not None]
        for one in late[:-MOST_LATE]:
            self.done(one)

    def clear(self) -> None:
        """No answer will come to any of them."""
        self._waiting.clear()

    def answered(self, message: wire.Message, now: datetime) -> Waiting | None:
        """The request that a response answers, if somebody waits for it. One that is late is done with."""
        for one in [one for one in self._waiting.values() if one.late_until and one.late_until < now]:
            self.done(one)
        found = self._find(message)
        if found is not None and found.late_until is not None:
            self.done(found)
            return None
        return found

    def _find(self, message: wire.Message) -> Waiting | None:
        own = str(message.request_id)
        if own in self._waiting:
            return self._waiting[own]
        original = _original(message)
        repeated = original.request_id if original is not None else None
        if repeated not in _NO_IDS or message.request_id not in _NO_IDS:
            return self._waiting.get(str(repeated))
        command = tables.bare(message.command) if isinstance(message.command, str) else ""
        asked = tables.bare(original.command) if original is not None else ""
        target = original.target if original is not None and original.target else message.target
        fitting = [
            one
            for one in self._waiting.values()
            if one.success is None
            and one.command == (asked or command)
            and (not target or target in one.forms)
        ]
        if not fitting:
            return None
        echo = original.data if original is not None else as_object(message.data)
        fitting = [one for one in fitting if not _contradicts(one.data, echo)]
        # Of several: in the very words of the request before another form, then the oldest.
        return min(
            fitting, key=lambda one: (one.target != target, bool(echo) and one.data != echo), default=None
        )


def _original(message: wire.Message) -> wire.Original | None:
    """The request that a failure or a question repeats; None if it says nothing of it."""
    if not isinstance(message.original, msgspec.Raw) or not _is_object(message.original):
        return None
    try:
        return reading.decode(_ORIGINAL, message.original)
    except msgspec.DecodeError as error:  # a number that nothing holds
        raise MalformedFrame(NAME, "original", str(error)) from error


def as_object(data: msgspec.Raw) -> Members:
    """The data of a request or a response; empty if it is no object. Raises MalformedFrame."""
    if not _is_object(data):
        return {}
    try:
        return _members(data)
    except msgspec.DecodeError as error:  # a number that nothing holds
        raise MalformedFrame(NAME, "data", str(error)) from error


def _is_object(data: msgspec.Raw) -> bool:
    return bytes(memoryview(data)[:1]) == b"{"


def _contradicts(sent: Members, echo: Members) -> bool:
    """Whether an echo has a member otherwise than it was sent."""
    return any(key in sent and sent[key] != value for key, value in echo.items())


def forms(target: str, session_id: str, ungrouped: str) -> frozenset[str]:
    """How a target may stand in an answer: with the group or without, or as what it is below."""
    found = {target, ungrouped}
    for one in (target, ungrouped):
        above = one
        while above.startswith(f"{session_id}."):
            above = above.rpartition(".")[0]
            found.add(above)
    return frozenset(found)

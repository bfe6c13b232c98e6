"""Trace Context (W3C Recommendation, version 00): which request something belongs to, across systems.

A request that names no trace begins one. What is done for it, in whichever task, goes on with its
trace: a line of the log, a command's record, a webhook that tells of the command, a call to a platform over
HTTP.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from hashlib import sha256
from os import urandom
from secrets import token_hex
from typing import Final, NamedTuple

import structlog

HEADER: Final = "traceparent"
MOST_COMMANDS: Final = 10_000  # whose place in a trace is remembered
_FORM: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED: Final = "01"  # of one that we begin: whoever collects traces may drop it
_under_way: Final[ContextVar[str]] = ContextVar("traceparent", default="")
_said: Final[ContextVar[str]] = ContextVar("traceparent of the peer", default="")
_of_commands: Final[OrderedDict[str, str]] = OrderedDict()  # of this process, as ids of commands are random


class SpanOutcome(StrEnum):
    """What became of a span that was recorded."""

    SENT = "sent"
    FAILED = "failed"  # the collector did not take it
    DROPPED = "dropped"  # too many waited


class Place(NamedTuple):
    """Where something stands: each in hexadecimal digits."""

    trace_id: str
    span_id: str
    flags: str

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


class Exact(str):
    """A place at which a span of ours is: what leaves from there says it as it stands."""

    __slots__ = ()


def remember(command_id: str, at: str) -> None:
    """A command was given there: events that it causes are told of in its trace."""
    if at:
        _of_commands[command_id] = at
        if len(_of_commands) > MOST_COMMANDS:
            _of_commands.popitem(last=False)


def of_command(command_id: str | None) -> str:
    """Where a command was given, of the newest ones; empty: nobody knows."""
    return _of_commands.get(command_id, "") if command_id else ""


def begin(said: str | None) -> str:
    """Something begins, in the trace that is said, or else in one of its own. Returns its place there."""
    found = read(said)
    here = f"00-{token_hex(16)}-{token_hex(8)}-{_SAMPLED}" if found is None else _child(found)
    _said.set("" if found is None else said or "")
    go_on(here)
    return here


def said() -> str:
    """Where what is under way stands by the word of whoever asked for it; empty: he said nothing."""
    return _said.get()


def go_on(here: str) -> None:
    """What this task does from now on belongs there; empty: to no trace."""
    _under_way.set(here)
    found = read(here)
    if found is not None:
        structlog.contextvars.bind_contextvars(trace_id=found.trace_id)
    else:
        structlog.contextvars.unbind_contextvars("trace_id")


@contextmanager
def at(here: str) -> Iterator[None]:
    """What is done within it belongs there; for what ends at once, so that no log line is concerned."""
    token = _under_way.set(here)
    try:
        yield
    finally:
        _under_way.reset(token)


def here() -> str:
    """Where what is under way stands; empty: in no trace."""
    return _under_way.get()


def outgoing(at: str = "") -> dict[str, str]:
    """The headers of a request of ours: for what stands there, else for what is under way."""
    here = at or _under_way.get()
    if isinstance(here, Exact):
        return {HEADER: here}
    found = read(here)
    return {} if found is None else {HEADER: _child(found)}


def of_event(event_id: str, at: str = "") -> dict[str, str]:
    """The headers that an event is sent with: in the trace that it belongs to, else in one of its own.

    All attempts at it, to all receivers, are of one trace.
    """
    found = read(at)
    if found is None:
        found = Place(sha256(event_id.encode()).hexdigest()[:32], "", _SAMPLED)
    return {HEADER: _child(found)}


def trace_id(at: str) -> str:
    """Which trace it is; empty: none."""
    found = read(at)
    return "" if found is None else found.trace_id


def read(said: str | None) -> Place | None:
    """What a header says; None for what is not of the form, which is as good as nothing."""
    found = _FORM.fullmatch(said) if said else None
    if found is None or ((said or "").startswith("00") and found[4]):
        return None
    return Place(found[1], found[2], found[3])


def _child(parent: Place) -> str:
    return f"00-{parent.trace_id}-{urandom(8).hex()}-{parent.flags}"

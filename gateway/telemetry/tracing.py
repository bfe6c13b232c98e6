"""Trace Context (W3C Recommendation, version 00): which request something belongs to, across systems.

A request that names no trace begins one. What is done for it, in whichever task, goes on with its
trace: a line of the log, a command's record, a webhook that tells of the command, a call to a platform over
HTTP.
"""

import re
from collections import OrderedDict
from contextvars import ContextVar
from hashlib import sha256
from os import urandom
from secrets import token_hex
from typing import Final

import structlog

HEADER: Final = "traceparent"
MOST_COMMANDS: Final = 10_000  # whose place in a trace is remembered
_FORM: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)
_SAMPLED: Final = "01"  # of one that we begin: whoever collects traces may drop it
_under_way: Final[ContextVar[str]] = ContextVar("traceparent", default="")


_of_commands: Final[OrderedDict[str, str]] = OrderedDict()  # of this process, as ids of commands are random


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
    found = _read(said)
    here = _child(*found) if found is not None else f"00-{token_hex(16)}-{token_hex(8)}-{_SAMPLED}"
    go_on(here)
    return here


def go_on(here: str) -> None:
    """What this task does from now on belongs there; empty: to no trace."""
    _under_way.set(here)
    found = _read(here)
    if found is not None:
        structlog.contextvars.bind_contextvars(trace_id=found[0])
    else:
        structlog.contextvars.unbind_contextvars("trace_id")


def here() -> str:
    """Where what is under way stands; empty: in no trace."""
    return _under_way.get()


def outgoing(at: str = "") -> dict[str, str]:
    """The headers of a request of ours: for what stands there, else for what is under way."""
    found = _read(at or _under_way.get())
    return {} if found is None else {HEADER: _child(*found)}


def of_event(event_id: str, at: str = "") -> dict[str, str]:
    """The headers that an event is sent with: in the trace that it belongs to, else in one of its own.

    All attempts at it, to all receivers, are of one trace.
    """
    found = _read(at)
    if found is None:
        found = sha256(event_id.encode()).hexdigest()[:32], _SAMPLED
    return {HEADER: _child(*found)}


def trace_id(at: str) -> str:
    """Which trace it is; empty: none."""
    found = _read(at)
    return "" if found is None else found[0]


def _read(said: str | None) -> tuple[str, str] | None:
    """Trace and flags; None for what is not of the form, which is as good as nothing."""
    found = _FORM.fullmatch(said) if said else None
    if found is None or ((said or "").startswith("00") and found[3]):
        return None
    return found[1], found[2]


def _child(trace: str, flags: str) -> str:
    return f"00-{trace}-{urandom(8).hex()}-{flags}"

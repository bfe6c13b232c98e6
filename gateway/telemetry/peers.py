"""What strangers and broken peers do wrong: each counted, and a few of each kind logged.

A thousand of the same within a minute are a few lines and one that says how many were left out. The kinds are
a closed set, so neither the counts nor what is remembered of the lines can grow.
"""

import logging
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import structlog

from gateway.runtime.clock import Clock
from gateway.telemetry.bounded import WINDOW_S, BoundedLines

_EXCERPT: Final = 200  # of what they say themselves


class PeerFault(StrEnum):
    """What went wrong, and not by our doing."""

    BROKE_OFF = "broke_off"  # in the middle of a request
    BAD_TLS = "bad_tls"  # a handshake that came to nothing
    NOT_HTTP = "not_http"  # or not as we take it
    SILENT = "silent"  # no request within the time for it
    SLOW_BODY = "slow_body"
    SLOW_READER = "slow_reader"  # of an answer
    CROWDED_OUT = "crowded_out"  # a stranger who made room for others
    NO_ROOM = "no_room"  # nobody could make room
    FULL = "full"  # as many are open as may be
    COMPRESSED = "compressed"  # a body, and that is not allowed
    FOREIGN_ORIGIN = "foreign_origin"
    NO_HELLO = "no_hello"  # in time, or at all
    REFUSED = "refused"  # the credential is not good for that, or not good at all
    THROTTLED = "throttled"  # one wrong credential too many
    OVER_RATE = "over_rate"  # a key was used too often
    TOO_LARGE = "too_large"  # a frame
    MALFORMED = "malformed"  # a frame
    LATE_ANSWER = "late_answer"
    STRAY_SIGN_IN = "stray_sign_in"
    BAD_SIGN_IN = "bad_sign_in"
    LINK_FAILED = "link_failed"  # before it was usable


class _Counter(Protocol):
    def peer_fault(self, fault: PeerFault) -> None: ...


class Peers:
    """Counts and logs. May be called as often as peers go wrong."""

    def __init__(self, metrics: _Counter, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._log = structlog.get_logger("trunkline.peers")
        self._lines = BoundedLines[tuple[int, str, str]]()

    def fault(self, fault: PeerFault, event: str, platform: str = "", **fields: object) -> None:
        """Count one, and log a warning if there were not many.

        `event` is a fixed text, `platform` a configured one.
        """
        self._metrics.peer_fault(fault)
        self.line(logging.WARNING, event, platform, **fields)

    def failed(self, error: BaseException | None) -> None:
        """A request was not answered, by a fault of ours; a peer can cause that again and again."""
        self.line(logging.ERROR, "a request failed", exc_info=error, error=type(error).__name__)

    def line(self, level: int, event: str, platform: str = "", **fields: object) -> None:
        """Log, if there were not many of that event and platform within the minute."""
        about: dict[str, object] = {"platform": platform} if platform else {}
        about |= {name: one[:_EXCERPT] if isinstance(one, str) else one for name, one in fields.items()}
        kind = (level, event, platform)
        told = self._lines.take(kind, self._clock.monotonic())
        self._tell_left_out(kind, told.left_out_before)
        if told.written:
            self._log.log(level, event, **about)
        elif told.first_left_out:
            self._clock.call_later(told.ends_s - self._clock.monotonic(), partial(self._end, kind))

    def _end(self, kind: tuple[int, str, str]) -> None:
        self._tell_left_out(kind, self._lines.end(kind, self._clock.monotonic()))

    def _tell_left_out(self, kind: tuple[int, str, str], count: int) -> None:
        if count:
            level, event, platform = kind
            about = {"platform": platform} if platform else {}
            left_out = f"and {count:,} more in the last {WINDOW_S:g} s"
            self._log.log(level, event, **about, left_out=left_out)

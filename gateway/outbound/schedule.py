"""When a delivery is tried again.

Records go by the example of the Standard Webhooks specification, some 75 hours in all. Live events are of no
use later: an alerting call is answered, or it is gone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from gateway.outbound.config import ScheduleConfig

_MINUTE: Final = 60
_HOUR: Final = 3600

# Seconds from one attempt to the next; the first from the event.
RECORDS: Final = (0, 5, 5 * _MINUTE, 30 * _MINUTE, *(hours * _HOUR for hours in (2, 5, 10, 14, 20, 24)))
LIVE: Final = (0, 1, 3, 10, 30)
LIVE_TYPES: Final = frozenset(
    {
        "interaction.queued",
        "interaction.previewed",
        "interaction.dialing",
        "interaction.alerting",
        "interaction.focus_changed",
        "needinfo.requested",
        "query.requested",
    }
)
JITTER: Final = 0.2
_DIGITS: Final = 12  # of a number of seconds: more of them mean the same
ATTEMPT_S: Final = 15  # what one attempt may take


class Schedule(msgspec.Struct, frozen=True):
    """Both schedules, as configured."""

    records: Sequence[float] = RECORDS
    live: Sequence[float] = LIVE

    @classmethod
    def of(cls, config: ScheduleConfig) -> "Schedule":
        """The configured ones, or ours."""
        return cls(config.records or RECORDS, config.live or LIVE)

    @property
    def lifetime_s(self) -> float:
        """How long a live event is worth delivering: all attempts, and the last one's answer."""
        return sum(self.live) * (1 + JITTER) + ATTEMPT_S

    def wait_s(self, *, live: bool, attempts: int, chance: float) -> float | None:
        """Seconds to the next attempt after so many; None if there is none.

        `chance` is a random number from 0 to 1.
        """
        waits = self.live if live else self.records
        if attempts >= len(waits):
            return None
        return waits[attempts] * (1 + JITTER * (2 * chance - 1))

    def live_wait_s(self, step: int, chance: float) -> float | None:
        """Seconds to the next attempt while a live event waits for another; None after the last one."""
        if step >= len(self.live):
            return None
        return self.live[step] * (1 + JITTER * (2 * chance - 1))

    def longest_s(self, *, live: bool, attempts: int) -> float | None:
        """The most that `wait_s` can give after so many attempts; the first is due at once."""
        if attempts == 0:
            return 0.0
        return self.wait_s(live=live, attempts=attempts, chance=1.0)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """A `Retry-After` header (RFC 9110, 10.2.3) in seconds; None for none, or one that says nothing."""
    if header is None:
        return None
    header = header.strip()
    if header.isascii() and header.isdecimal():
        return float(header[:_DIGITS])
    try:
        at = parsedate_to_datetime(header)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return max((at - now).total_seconds(), 0.0)
    except (ValueError, OverflowError):  # no date, or one that no calendar holds
        return None

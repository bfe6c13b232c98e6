"""What an endpoint's answers tell of it: whether it may be sent to now, and how much at once.

Silence, resets, redirects and 5xx mean that it is down: after five in a row it is left alone, for a second
at first and then ever longer. A redirect, which is not followed, says that the address is wrong, and nothing
of the event. 429, and `Retry-After` with any failure, is its word on its rate: it is left alone for as long
as it asks. After either it gets one delivery at a time, and one more with each that it takes. Any other
answer means that it lives, whatever it thinks of the event. One that cannot be reached is looked for at the
same rhythm with what waits, before that is due: a restart of a few seconds costs seconds.
"""

from collections.abc import Callable
from enum import Enum, auto
from math import inf
from typing import Final

from msgspec.structs import replace

from gateway.outbound.post import NO_ANSWER, Posted
from gateway.store.deliveries import Rate, Webhook

DOWN: Final = 5  # failures in a row after which it counts as down
FIRST_PAUSE_S: Final = 1.0  # then, doubling
LONGEST_PAUSE_S: Final = 600.0
LONGEST_LIVE_PAUSE_S: Final = 10.0  # while a live event waits
_LEAST_ASKED_S: Final = 0.1  # doubling too: one that asks for nothing again and again is asked less often
_LONGEST_LEAST_S: Final = 10.0
_TIMED_OUT: Final = 408  # by a proxy, or before it had read all
_LIMITED: Final = 429
_REFUSALS: Final = range(400, 500)
_PROXYS: Final = (502, 503, 504)
_AGAIN_S: Final = 60.0  # at the soonest, everything that waits is tried at once


class Verdict(Enum):
    """What an attempt says of the endpoint."""

    TAKEN = auto()
    REFUSED = auto()  # this event; the endpoint lives
    LIMITED = auto()  # not now
    DOWN = auto()


def verdict(posted: Posted) -> Verdict:
    """What came of an attempt, as far as the endpoint goes."""
    if not posted.error:
        return Verdict.TAKEN
    if posted.status == _LIMITED or posted.retry_after_s is not None:
        return Verdict.LIMITED
    refused = posted.status is not None and posted.status in _REFUSALS and posted.status != _TIMED_OUT
    return Verdict.REFUSED if refused else Verdict.DOWN


def unreachable(posted: Posted) -> bool:
    """Whether nobody was there, as while it is restarted; taking too long is not that."""
    if posted.status is None:
        return posted.error != NO_ANSWER
    return posted.status in _PROXYS


def pace(webhook: Webhook) -> Rate | None:
    """How much it gets at most: what its owner set or its receiver gave leave for, whichever is less."""
    if not webhook.allowed_per_minute:
        return webhook.rate
    per_second = webhook.allowed_per_minute / 60
    if webhook.rate is None:
        return Rate(per_second=per_second)
    return (
        webhook.rate
        if webhook.rate.per_second <= per_second
        else replace(webhook.rate, per_second=per_second)
    )


class Endpoint:
    """One webhook's, by a steady time in seconds."""

    def __init__(self, steady_s: Callable[[], float], most_at_once: int) -> None:
        self._steady_s = steady_s
        self._most = most_at_once
        self._tokens: float | None = None  # of its configured rate
        self._tokens_at_s = 0.0
        self.reset()

    def reset(self) -> None:
        """Nothing is held against it."""
        self._failures = 0
        self._limited = 0
        self._until_s = 0.0
        self._pause_s = 0.0
        self._look_s: float | None = None  # when it is looked for next, where it could not be reached
        self._look_pause_s = 0.0
        self._all_at_s = -inf
        self.places = self._most

    @property
    def down(self) -> bool:
        """Whether it counts as down."""
        return self._failures >= DOWN

    @property
    def well(self) -> bool:
        """Whether nothing at all is held against it: one more answer tells nothing new."""
        return (
            not (self._failures or self._limited or self._until_s)
            and self._look_s is None
            and self.places == self._most
        )

    def wait_s(self, rate: Rate | None, *, live: bool) -> float:
        """Seconds until the next attempt may begin. `live`: something waits that is of no use later."""
        now_s = self._steady_s()
        wait_s = self._until_s - now_s
        if live and self.down:
            wait_s = min(wait_s, self._until_s - self._pause_s + LONGEST_LIVE_PAUSE_S - now_s)
        if rate is not None:
            self._refill(rate, now_s)
            wait_s = max(wait_s, (1.0 - (self._tokens or 0.0)) / rate.per_second)
        return max(wait_s, 0.0)

    def begun(self) -> None:
        """An attempt begins, where it gets so much at most."""
        if self._tokens is not None:
            self._tokens -= 1.0

    def _refill(self, rate: Rate, now_s: float) -> None:
        if self._tokens is None:
            self._tokens = float(rate.burst)
        gained = (now_s - self._tokens_at_s) * rate.per_second
        self._tokens = min(self._tokens + gained, float(rate.burst))
        self._tokens_at_s = now_s

    def lives(self) -> bool:
        """It answered. Returns whether what waits for it is to be tried at once, as it was away before."""
        now_s = self._steady_s()
        back = self.down or (self._look_s is not None and now_s - self._all_at_s >= _AGAIN_S)
        if back:
            self._all_at_s = now_s
        self._look_s = None
        self._failures = self._limited = 0
        self._until_s = 0.0
        self.places = min(self.places + 1, self._most)
        return back

    def limited(self, asked_s: float | None) -> None:
        """It wants less; `asked_s` is for how long it wants nothing, if it says so."""
        now_s = self._steady_s()
        self.places = 1
        self._failures = 0
        if now_s >= self._until_s:  # those that were under way together are one word
            self._limited += 1
        if asked_s is None:
            least_s = min(FIRST_PAUSE_S * 2 ** min(self._limited - 1, 20), LONGEST_PAUSE_S)
        else:
            least_s = min(_LEAST_ASKED_S * 2 ** min(self._limited - 1, 20), _LONGEST_LEAST_S)
        self._until_s = max(self._until_s, now_s + min(max(asked_s or 0.0, least_s), LONGEST_PAUSE_S))

    def look_wait_s(self) -> float | None:
        """Seconds until it is looked for with what is not due; None where it is not away."""
        return None if self._look_s is None else max(self._look_s - self._steady_s(), 0.0)

    def silent(self, *, away: bool) -> bool:
        """It is in trouble, or not even there: `away`. Returns whether with this it counts as down."""
        now_s = self._steady_s()
        self._failures += 1
        if away and (self._look_s is None or now_s >= self._look_s):
            first = self._look_s is None
            self._look_pause_s = FIRST_PAUSE_S if first else min(self._look_pause_s * 2, LONGEST_PAUSE_S)
            self._look_s = now_s + self._look_pause_s
        if not self.down:
            return False
        opened = self._failures == DOWN
        self.places = 1
        if opened or now_s >= self._until_s:  # those that were under way together are one failure to this
            self._pause_s = FIRST_PAUSE_S if opened else min(self._pause_s * 2, LONGEST_PAUSE_S)
            self._until_s = now_s + self._pause_s
        return opened

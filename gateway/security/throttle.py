"""How often wrong credentials may be shown, and a key be used.

A credential is looked at before anything is counted, so whoever has a good one is let in whatever others do,
from the same address or with the beginning of the same key. Only what was found wrong is counted, and what is
counted is forgotten, the oldest first, where there is too much of it.
"""

from collections import OrderedDict
from math import ceil, inf
from typing import Final, NamedTuple

from gateway.runtime.clock import Clock
from gateway.security.keys import PREFIX
from schemas.errors import RefusedError
from schemas.results import ErrorCode

MINUTE_S: Final = 60.0
MOST: Final = 10_000  # addresses and keys that are remembered
_ID: Final = 12  # characters of a key's id; what is longer was made up


class Rate(NamedTuple):
    """A token bucket: so many at once, and so many a second ever after."""

    burst: int
    per_s: float

    @property
    def refill_s(self) -> int:
        """Whole seconds until an empty one is full."""
        return ceil(self.burst / self.per_s)


class Left(NamedTuple):
    """What is left of a rate."""

    rate: Rate
    remaining: int
    reset_s: int  # until all of it is there again


class TooManyWrongError(RefusedError):
    """Refused, as too many wrong credentials were shown from there, or for that key; this is one of them."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(
            ErrorCode.RATE_LIMITED,
            "too many wrong credentials; a good one is let in at any time",
            retry_after_s,
        )


class TooOftenError(RefusedError):
    """Refused, as a key was used too often."""

    def __init__(self, left: Left, retry_after_s: float) -> None:
        what = f"the key is used too often: {left.rate.burst} at once, then {left.rate.per_s:g} a second"
        super().__init__(ErrorCode.RATE_LIMITED, what, retry_after_s)
        self.left = left


class Buckets:
    """Token buckets by name, so many at most: a full one need not be remembered."""

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._at: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when it was so

    def __len__(self) -> int:
        return len(self._at)

    def take(self, name: str, rate: Rate) -> tuple[Left, float]:
        """Take one, if there is one. Returns what is left, and how many seconds there is none; 0: taken."""
        now_s = self._clock.monotonic()
        tokens, since_s = self._at.pop(name, (float(rate.burst), now_s))
        tokens = min(float(rate.burst), tokens + (now_s - since_s) * rate.per_s)
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) / rate.per_s
        if not wait_s:
            tokens -= 1
        self._at[name] = (tokens, now_s)
        if len(self._at) > self._most:
            self._at.popitem(last=False)
        return Left(rate, int(tokens), ceil((rate.burst - tokens) / rate.per_s)), wait_s


class Throttle:
    """Of one gateway."""

    def __init__(self, clock: Clock, wrong_per_minute: float = inf, key_rate: Rate | None = None) -> None:
        """`key_rate`: of keys that have none of their own; None: as often as they like."""
        self._wrong = Buckets(clock)
        self._used = Buckets(clock)
        self._key_rate = key_rate
        bounded = wrong_per_minute < inf
        self._wrong_rate = Rate(int(wrong_per_minute), wrong_per_minute / MINUTE_S) if bounded else None

    def wrong(self, address: str, credential: str) -> TooManyWrongError | None:
        """A wrong credential was shown. What to say in place of that, if it was one too many.

        `address` is a household's, see proxies; of the credential only what names a key is remembered.
        """
        if self._wrong_rate is None:
            return None
        names = [f"address {address}"]
        if key := _key_named(credential):
            names.append(f"key {key}")
        waits_s = [self._wrong.take(name, self._wrong_rate)[1] for name in names]
        return TooManyWrongError(max(waits_s)) if any(waits_s) else None

    def use(self, origin: str, own: Rate | None) -> Left | None:
        """A key is used. Returns what is left, None if it has no rate. Raises TooOftenError."""
        rate = own or self._key_rate
        if rate is None:
            return None
        left, wait_s = self._used.take(origin, rate)
        if wait_s:
            raise TooOftenError(left, wait_s)
        return left


def _key_named(credential: str) -> str:
    prefix, _, rest = credential.partition("_")
    key_id = rest.partition("_")[0]
    return key_id[:_ID] if prefix == PREFIX else ""

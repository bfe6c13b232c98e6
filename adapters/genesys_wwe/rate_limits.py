"""North: how many requests a minute a client may make; what is over the limit is ignored.

Of this dialect's own, beside the limits that the gateway has for everybody, because it is a promise of the
vendor's: an administrator sets service-client-api.rate-limit, .rate-limit.<service> and
.rate-limit-quarantine-delay (Workspace Web Edition, options; reference 1.2), and takes them along when he
changes platform. Pages are written for the silence: it is the one failure that they know of a limit
(reference 2.4).

A sliding minute, counted in total and for each service. A limit that is hit quarantines what it is a limit
of. What is ignored does not count (reference 7, rows 12 to 14).
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.genesys_wwe.settings import Settings

WINDOW: Final = timedelta(seconds=60)
_TOTAL: Final = ""
_FOR_GOOD: Final = datetime.max.replace(tzinfo=UTC)


class RateLimits:
    """One client's requests of the last minute. Bounded by the limits: what has none is not counted."""

    def __init__(self, settings: Settings) -> None:
        limits = {_TOTAL: settings.rate_limit, **settings.rate_limits}
        self._limits = {scope: limit for scope, limit in limits.items() if limit}
        self._delay_s = settings.rate_limit_quarantine_s
        self._made: dict[str, deque[datetime]] = {}
        self._quarantine: dict[str, datetime] = {}  # until when

    def permit(self, service: str, now: datetime) -> bool:
        """Count a request; False: it is to be ignored."""
        scopes = [scope for scope in (_TOTAL, service) if scope in self._limits]
        if any(now < self._quarantine.get(scope, now) for scope in scopes):
            return False
        full = [scope for scope in scopes if len(self._recent(scope, now)) >= self._limits[scope]]
        for scope in full:
            self._quarantine[scope] = now + timedelta(seconds=self._delay_s) if self._delay_s else _FOR_GOOD
        if full:
            return False
        for scope in scopes:
            self._made[scope].append(now)
        return True

    def _recent(self, scope: str, now: datetime) -> deque[datetime]:
        made = self._made.setdefault(scope, deque())
        while made and made[0] <= now - WINDOW:
            made.popleft()
        return made

"""Pages of other origins: which may read our answers, and hold our streams. By default none may.

A browser asks before it sends what a form could not (Fetch, "CORS-preflight fetch"); that is answered to
everybody alike, with leave for the configured origins only. The answer itself says again who may read it.
"""

from collections.abc import Iterable
from typing import Final

from aiohttp import hdrs, web

ANY: Final = "*"
_SENT: Final = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID"),
    *("traceparent", "tracestate"),
)
_READ: Final = (
    *("Accept-Patch", "Allow", "ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *("WWW-Authenticate", "traceparent"),
)
_MAX_AGE_S: Final = 600


class Cors:
    """The origins of one gateway."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = frozenset(origins)

    def allows(self, origin: str | None) -> bool:
        """Whether pages of that origin may read, and hold streams."""
        return origin is not None and (ANY in self._origins or origin in self._origins)

    def leave(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say on an answer who may read it. Where a handler has said so, that stands."""
        if not self._origins or hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
            return
        headers = response.headers
        if ANY in self._origins:  # alike for all: no cookie and no password of the browser's goes with it
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = ANY
        else:
            vary(response, hdrs.ORIGIN)
            origin = request.headers.get(hdrs.ORIGIN)
            if origin is None or origin not in self._origins:
                return
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = ", ".join(_READ)

    def preflight(self, request: web.Request, response: web.Response, methods: Iterable[str]) -> None:
        """Answer what a browser asks beforehand."""
        asked = hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        if not asked or not self.allows(request.headers.get(hdrs.ORIGIN)):
            return
        headers = response.headers
        headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = ", ".join(methods)
        headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ", ".join(_SENT)
        headers[hdrs.ACCESS_CONTROL_MAX_AGE] = str(_MAX_AGE_S)


CORS: Final = web.AppKey("cors", Cors)
NONE: Final = Cors()


def cors(request: web.Request) -> Cors:
    """That of the application."""
    return request.app.get(CORS, NONE)


def vary(response: web.StreamResponse, name: str) -> None:
    """The answer would be another one with another header of that name."""
    before = response.headers.get(hdrs.VARY, "")
    if name.lower() not in (one.strip().lower() for one in before.split(",")):
        response.headers[hdrs.VARY] = f"{before}, {name}" if before else name

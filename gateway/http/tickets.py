"""Tickets for streams: what a browser's `EventSource` or `WebSocket` shows in its address in place of a key.

An address is written down in many places, so a ticket is good for one connection, within half a minute, and
nowhere else. It stands for the credential that it was made with, which is looked at again when it is used: a
key that was withdrawn meanwhile opens nothing, and a right that was taken away is gone.
"""

from collections import Counter
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final, NamedTuple

import msgspec
from aiohttp import hdrs, web

from gateway.http.answers import respond
from gateway.http.operations import Operation
from gateway.runtime.clock import Clock
from gateway.security.access import Principal, Scope
from gateway.security.tokens import CredentialError
from schemas.errors import RefusedError
from schemas.results import ErrorCode

LIFE_S: Final = 30
MOST: Final = 10_000  # at a time
MOST_OF_ONE: Final = 100  # of one credential
_BYTES: Final = 32
_PREFIX: Final = "tkt_"


class StreamTicket(msgspec.Struct, frozen=True):
    """A ticket, for the parameter `ticket`."""

    ticket: str
    expires_at: datetime


class _Kept(NamedTuple):
    authorization: str | None  # the header of who asked; None: he needed none
    owner: str
    until_s: float


class StreamTickets:
    """All that are out, in memory alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}  # in the order of their ends
        self._of: Counter[str] = Counter()

    def operations(self) -> tuple[Operation, ...]:
        """What is served."""
        return (
            Operation(
                *("Events", "make_stream_ticket", "POST /v1/stream-tickets", self.make, Scope.EVENTS_READ),
                {201: StreamTicket},
                problems=(ErrorCode.RATE_LIMITED,),
            ),
        )

    async def make(self, request: web.Request, principal: Principal) -> web.Response:
        """Make a ticket for one stream, which is opened with it in place of a key.

        It is good for 30 seconds and one connection to `/v1/stream` or `/v1/events/stream`, as the parameter
        `ticket`, and shows what the key or token shows that it was made with.
        """
        self._forget_old()
        of_one = self._of[principal.name]
        if len(self._kept) >= MOST or of_one >= MOST_OF_ONE:
            many = min(of_one, MOST_OF_ONE) if of_one >= MOST_OF_ONE else MOST
            raise RefusedError(ErrorCode.RATE_LIMITED, f"{many} tickets wait to be used", LIFE_S)
        ticket = _PREFIX + token_urlsafe(_BYTES)
        until_s = self._clock.monotonic() + LIFE_S
        self._kept[ticket] = _Kept(request.headers.get(hdrs.AUTHORIZATION), principal.name, until_s)
        self._of[principal.name] += 1
        made = StreamTicket(ticket, self._clock.now() + timedelta(seconds=LIFE_S))
        response = respond(made, 201)
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        return response

    def redeem(self, ticket: str) -> str:
        """The `Authorization` it stands for; empty if none was needed. Raises CredentialError."""
        self._forget_old()
        kept = self._take(ticket)
        if kept is None:
            raise CredentialError("the ticket is not known, was used, or is over")
        return kept.authorization or ""

    def _forget_old(self) -> None:
        now_s = self._clock.monotonic()
        while self._kept:
            ticket, oldest = next(iter(self._kept.items()))
            if oldest.until_s > now_s:
                return
            self._take(ticket)

    def _take(self, ticket: str) -> _Kept | None:
        kept = self._kept.pop(ticket, None)
        if kept is not None:
            self._of[kept.owner] -= 1
            if not self._of[kept.owner]:
                del self._of[kept.owner]
        return kept

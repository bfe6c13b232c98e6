"""HTTP to one receiver, within what may be sent to: its own connections, its own deadlines."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import aiohttp
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from gateway.outbound.egress import CONNECT_S, TOTAL_S, Egress
from gateway.outbound.exchange import Exchange, under_way
from gateway.outbound.lookups import Lookups, Resolver

LIFE_S: Final = 60.0  # of a connection, short of the exchange that it is in
_DIALLED: Final = aiohttp.ClientTimeout(connect=CONNECT_S, total=None)


def dialling(
    lookups: Lookups, timeout: aiohttp.ClientTimeout = _DIALLED, cookies: AbstractCookieJar | None = None
) -> aiohttp.ClientSession:
    """A client for addresses of the operator's own, wherever they lead. Closed by whoever asked."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=Resolver(lookups), use_dns_cache=False),
        cookie_jar=cookies,
        timeout=timeout,
    )


class Unreadable(aiohttp.ClientError):
    """An answer of which only the status could be read."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}, and what followed could not be read")
        self.status = status


class _Connections:
    """Those made since some moment, and how many exchanges use them."""

    def __init__(self, session: aiohttp.ClientSession, since_s: float) -> None:
        self.session = session
        self.since_s = since_s
        self.exchanges = 0


class Client:
    """Posts to one receiver. To be used in the running loop, and closed by whoever made it.

    Its connections are used for a minute, so that a name that has moved is followed.
    """

    def __init__(
        self, egress: Egress, total_s: float | None = TOTAL_S, steady_s: Callable[[], float] = monotonic
    ) -> None:
        """`total_s` is what one exchange may take; None where the caller sees to that."""
        self._egress = egress
        self._total_s = total_s
        self._steady_s = steady_s
        self._newest: dict[str, _Connections] = {}  # by scheme: names are judged by it
        self._all: set[_Connections] = set()  # the older ones too, while an exchange goes on in them

    @asynccontextmanager
    async def post(
        self, address: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a POST, to an address that is checked first.

        A connection that was used before and ends without a word is no answer: the receiver closed it while
        it was idle, so the request is sent once more on a new one. Raises RefusedError, Unreadable,
        TimeoutError, aiohttp.ClientError, OSError.
        """
        url = self._egress.check(address)
        for last in (False, True):
            connections = self._connections(url.scheme, anew=last)
            connections.exchanges += 1
            try:
                await self._close_unused()
                response = await _posted(connections.session, url, headers, body, may_repeat=not last)
                if response is not None:
                    async with response:
                        yield response
                    return
            finally:
                connections.exchanges -= 1
                await self._close_unused()

    async def close(self) -> None:
        """End what is under way."""
        self._newest.clear()
        for connections in tuple(self._all):
            await connections.session.close()
        self._all.clear()

    def _connections(self, scheme: str, *, anew: bool) -> _Connections:
        """Those to be used; `anew`: none that was used before."""
        now_s = self._steady_s()
        before = self._newest.get(scheme)
        if before is not None and not anew and now_s - before.since_s < LIFE_S:
            return before
        made = _Connections(self._egress.session(self._total_s, plain=scheme == "http"), now_s)
        self._newest[scheme] = made
        self._all.add(made)
        return made

    async def _close_unused(self) -> None:
        for one in self._all - set(self._newest.values()):
            if not one.exchanges:
                self._all.discard(one)
                await one.session.close()


async def _posted(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes, *, may_repeat: bool
) -> aiohttp.ClientResponse | None:
    """The answer; None where the request may be sent once more."""
    exchange = Exchange()
    token = under_way.set(exchange)
    try:
        return await session.post(url, data=body, headers=headers, allow_redirects=False)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        if exchange.status is not None:
            raise Unreadable(exchange.status) from error
        closed = exchange.reused and not exchange.answered and not isinstance(error, TimeoutError)
        if may_repeat and closed:
            return None
        raise
    finally:
        under_way.reset(token)

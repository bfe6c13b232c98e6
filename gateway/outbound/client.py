"""HTTP to one receiver, within what may be sent to: its own connections, its own deadlines."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp.abc import AbstractCookieJar

from gateway.outbound.egress import CONNECT_S, TOTAL_S, Egress
from gateway.outbound.lookups import Lookups, Resolver

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


class Client:
    """Posts. To be used in the running loop, and closed by whoever made it."""

    def __init__(self, egress: Egress, total_s: float | None = TOTAL_S) -> None:
        """`total_s` is what one exchange may take; None where the caller sees to that."""
        self._egress = egress
        self._total_s = total_s
        self._sessions: dict[str, aiohttp.ClientSession] = {}  # by scheme: names are judged by it

    @asynccontextmanager
    async def post(
        self, address: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer to a POST, to an address that is checked first.

        Raises RefusedError, TimeoutError, aiohttp.ClientError, OSError.
        """
        url = self._egress.check(address)
        session = self._session(url.scheme)
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            yield response

    async def close(self) -> None:
        """End what is under way."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        session = self._sessions.get(scheme)
        if session is None:
            session = self._egress.session(self._total_s, plain=scheme == "http")
            self._sessions[scheme] = session
        return session

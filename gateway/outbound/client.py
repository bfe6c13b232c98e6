"""HTTP to one receiver, within what may be sent to: its own connections, its own deadlines."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Final, NamedTuple

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractCookieJar
from aiohttp.payload import BytesPayload
from yarl import URL

from gateway.outbound import tls
from gateway.outbound.egress import CONNECT_S, TOTAL_S, Egress, Way
from gateway.outbound.exchange import Exchange, under_way
from gateway.outbound.lookups import Lookups, Resolver
from gateway.outbound.profile import Profile, Proxy

LIFE_S: Final = 60.0  # of a connection, short of the exchange that it is in
_DIALLED: Final = aiohttp.ClientTimeout(connect=CONNECT_S, total=None)


def dialling(
    lookups: Lookups, timeout: aiohttp.ClientTimeout = _DIALLED, cookies: AbstractCookieJar | None = None
) -> aiohttp.ClientSession:
    """A client for addresses of the operator's own, wherever they lead. Closed by whoever asked."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=Resolver(lookups),
            use_dns_cache=False,
            limit=0,  # each platform dialled holds one for good
        ),
        cookie_jar=cookies,
        timeout=timeout,
    )


class Unreadable(aiohttp.ClientError):
    """An answer of which only the status could be read."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}, and what followed could not be read")
        self.status = status


class Explained(aiohttp.ClientError):
    """What went wrong, in words for whoever has to mend it."""


class NoWayThroughError(Explained):
    """The proxy does not get there."""


def in_words(error: Exception) -> str:
    """What went wrong on the way."""
    return str(error) if isinstance(error, Explained) else f"{type(error).__name__}: {error}"


class _Connections:
    """Those made since some moment, and how many exchanges use them."""

    def __init__(self, session: aiohttp.ClientSession, since_s: float) -> None:
        self.session = session
        self.since_s = since_s
        self.exchanges = 0


class _Kind(NamedTuple):
    """What connections are made for, and how: others are not used for it."""

    plain: bool  # names are judged by it
    through_to: str  # a proxy: whom TLS is about; empty: directly
    profile: str


class _Asked(NamedTuple):
    """One request."""

    method: str
    headers: Mapping[str, str]
    body: bytes


class _Route(NamedTuple):
    """How an address is asked for by a profile: what of that the configuration alone decides."""

    address: str
    connection: str
    url: URL
    profile: Profile
    proxy: Proxy | None
    way: Way  # where there is no proxy
    kind: _Kind


class Posting:
    """One request, sent on entering; the answer may be read until it is left."""

    __slots__ = ("_asked", "_client", "_connections", "_response", "_where")

    def __init__(self, client: "Client", where: tuple[str, str], asked: _Asked) -> None:
        """`where`: the address, and the name of a profile."""
        self._client = client
        self._where = where
        self._asked = asked

    async def __aenter__(self) -> aiohttp.ClientResponse:
        found = await self._client.ask(self._where, self._asked)
        self._connections, self._response = found
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._response.__aexit__(kind, error, trace)
        finally:
            await self._client.left(self._connections)


class Client:
    """Posts to one receiver. To be used in the running loop, and closed by whoever made it.

    Its connections are used for a minute, so that a name that has moved is followed, and files that have
    changed are used.
    """

    def __init__(
        self, egress: Egress, total_s: float | None = TOTAL_S, steady_s: Callable[[], float] = monotonic
    ) -> None:
        """`total_s` is what one exchange may take; None where the caller sees to that."""
        self._egress = egress
        self._total_s = total_s
        self._steady_s = steady_s
        self._newest: dict[_Kind, _Connections] = {}
        self._all: set[_Connections] = set()  # the older ones too, while an exchange goes on in them
        self._route: _Route | None = None  # the one asked for last: most have but one

    def post(
        self,
        address: str,
        headers: Mapping[str, str],
        body: bytes,
        connection: str = "",
        method: str = hdrs.METH_POST,
    ) -> Posting:
        """The answer to a POST, to an address that is checked first; `connection` names a profile.

        A connection that was used before and ends without a word is no answer: the receiver closed it while
        it was idle, so the request is sent once more on a new one. Raises RefusedError, Unreadable,
        Explained, TimeoutError, aiohttp.ClientError, OSError.
        """
        return Posting(self, (address, connection), _Asked(method, headers, body))

    async def ask(self, where: tuple[str, str], asked: _Asked) -> tuple[_Connections, aiohttp.ClientResponse]:
        """What `post` does on entering. Whoever gets an answer gives the connections back."""
        route = self._route_to(*where)
        ways: Sequence[Way] = (route.way,)
        kind = route.kind
        if route.proxy is not None:
            ways = await self._egress.through(route.proxy, route.url)
            kind = kind._replace(through_to=ways[0].host)
        for last in (False, True):
            connections, response = self._begun(kind, route.profile, anew=last), None
            try:
                if len(self._all) != len(self._newest):
                    await self._close_unused()
                session, may_repeat = connections.session, not last
                if len(ways) == 1:
                    response = await _sent(session, route.profile, ways[0], asked, may_repeat=may_repeat)
                else:
                    response = await self._posted(session, route.profile, ways, asked, may_repeat=may_repeat)
            finally:
                if response is None:
                    await self.left(connections)
            if response is not None:
                return connections, response
        raise Explained("the connection ended without an answer")

    async def left(self, connections: _Connections) -> None:
        """An exchange in them is over."""
        connections.exchanges -= 1
        if len(self._all) != len(self._newest):  # not in the usual case
            await self._close_unused()

    def _route_to(self, address: str, connection: str) -> _Route:
        """Raises RefusedError."""
        known = self._route
        if known is not None and known.address == address and known.connection == connection:
            return known
        url = self._egress.check(address)
        profile = self._egress.profiles.get(connection)
        kind = _Kind(url.scheme == "http", "", profile.name)
        self._route = _Route(address, connection, url, profile, profile.proxy(url), Way(url), kind)
        return self._route

    async def close(self) -> None:
        """End what is under way."""
        self._newest.clear()
        for connections in tuple(self._all):
            await connections.session.close()
        self._all.clear()

    def _begun(self, kind: _Kind, profile: Profile, *, anew: bool) -> _Connections:
        """Those to be used, by one exchange more; `anew`: none that was used before."""
        now_s = self._steady_s()
        before = self._newest.get(kind)
        if before is not None and not anew and now_s - before.since_s < LIFE_S:
            before.exchanges += 1
            return before
        session = self._egress.session(
            self._total_s, plain=kind.plain, proxied=bool(kind.through_to), context=profile.context()
        )
        made = _Connections(session, now_s)
        made.exchanges += 1
        lasting = {one: each for one, each in self._newest.items() if now_s - each.since_s < LIFE_S}
        self._newest = {**lasting, kind: made}
        self._all.add(made)
        return made

    async def _close_unused(self) -> None:
        for one in self._all - set(self._newest.values()):
            if not one.exchanges:
                self._all.discard(one)
                await one.session.close()

    async def _posted(
        self,
        session: aiohttp.ClientSession,
        profile: Profile,
        ways: Sequence[Way],
        asked: _Asked,
        *,
        may_repeat: bool,
    ) -> aiohttp.ClientResponse | None:
        """The answer, by whichever way there is one; None where the request may be sent once more."""
        *others, way = ways
        # All together have hardly more time than one, whose own end says more.
        async with asyncio.timeout(None if self._total_s is None else self._total_s + 1):
            for other in others:
                with suppress(NoWayThroughError):
                    return await _sent(session, profile, other, asked, may_repeat=may_repeat)
            return await _sent(session, profile, way, asked, may_repeat=may_repeat)


async def _sent(
    session: aiohttp.ClientSession,
    profile: Profile,
    way: Way,
    asked: _Asked,
    *,
    may_repeat: bool,
) -> aiohttp.ClientResponse | None:
    exchange = Exchange()
    token = under_way.set(exchange)
    try:
        return await session.request(
            asked.method,
            way.url,
            data=BytesPayload(asked.body),  # as itself: no search for what takes such a body
            headers={**asked.headers, **way.headers},
            allow_redirects=False,
            server_hostname=way.server_hostname,
            proxy=way.proxy,
            proxy_headers=way.proxy_headers or None,
        )
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        if exchange.status is not None:
            raise Unreadable(exchange.status) from error
        closed = exchange.reused and not exchange.answered and not isinstance(error, TimeoutError)
        if may_repeat and closed:
            return None
        if isinstance(error, aiohttp.ClientHttpProxyError):
            raise NoWayThroughError(f"the proxy answered {error.status} {error.message}") from error
        words = await _explained(session, profile, way, error)
        if words is None and way.url.scheme == "https" and not exchange.answered:
            words = tls.hung_up(error)
        if words is not None:
            raise Explained(words) from error
        raise
    finally:
        under_way.reset(token)


async def _explained(
    session: aiohttp.ClientSession, profile: Profile, way: Way, error: Exception
) -> str | None:
    """In words, what a proxy or TLS makes of it; None for what says enough by itself."""
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"the proxy cannot be reached: {error.os_error.strerror or 'no answer'}"
    found = tls.cause(error)
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        return tls.of_certificate(found, way.host, profile, await _certificate(session, way))
    return tls.of_agreement(found, way.host, profile)


async def _certificate(session: aiohttp.ClientSession, way: Way) -> bytes:
    """The receiver's, in DER, believed or not; nothing where it is not to be had. No request is sent."""
    try:
        async with (
            asyncio.timeout(tls.LOOK_S),
            session.head(
                way.url,
                ssl=tls.Look(),
                server_hostname=way.server_hostname,
                proxy=way.proxy,
                proxy_headers=way.proxy_headers or None,
            ),
        ):
            return b""
    except aiohttp.ServerFingerprintMismatch as shown:
        return shown.got
    except (aiohttp.ClientError, OSError, TimeoutError):
        return b""

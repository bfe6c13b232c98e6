"""The guard on where we may send: a subscriber's address must not become a way into our own network.

An address is checked as written when the webhook is made and before each attempt; a name's addresses are
checked, every one of them, whenever a connection is made, and the connection goes to one of those, so that a
second look-up cannot change the answer. Redirects are not followed.

Through a proxy it is the same: the addresses are looked up and checked here, and the proxy is told one of
them, so that it looks up nothing. Only where the operator says so is it told the name, which then leads
where the proxy's own look-up leads. TLS is with the receiver, by its name, either way.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple, Protocol

import aiohttp
from yarl import URL

from gateway.outbound.address import exact, literal
from gateway.outbound.config import LookUpsConfig, WebhooksConfig
from gateway.outbound.exchange import WatchedHandler, WatchedRequest, WatchedResponse
from gateway.outbound.lookups import LookUpError, Lookups, Resolver
from gateway.outbound.profile import Profiles, Proxy, environment
from gateway.outbound.special import Address, Network, is_public
from gateway.runtime.addresses import is_loopback
from schemas.errors import RefusedError
from schemas.results import ErrorCode

CONNECT_S: Final = 5.0
TOTAL_S: Final = 15.0
ANSWERED_S: Final = 2.0  # for the addresses of a name, while somebody waits for us
_MAX_LINE: Final = 32 * 1024  # of an answer's head
_ADDRESSES: Final = 1_000  # remembered, for each is sent to again and again
_NETWORK: Final = "is in a network that may not be sent to"
_TLS: Final = "must be https"


class Way(NamedTuple):
    """How an address is asked for."""

    url: URL
    server_hostname: str | None = None  # that TLS is about, where it is not the URL's
    headers: Mapping[str, str] = {}
    proxy: URL | None = None
    proxy_headers: Mapping[str, str] = {}  # for it alone, where there is TLS with the receiver

    @property
    def host(self) -> str:
        """Whom TLS is about."""
        return self.server_hostname or self.url.raw_host or ""


class Serving(Protocol):
    """What matters here of where we listen."""

    @property
    def host(self) -> str:
        """The address."""
        ...


class EgressSections(Protocol):
    """The sections of the configuration that say where we may send."""

    @property
    def webhooks(self) -> WebhooksConfig:
        """Which private networks."""
        ...

    @property
    def look_ups(self) -> LookUpsConfig:
        """Who is asked for names."""
        ...

    @property
    def server(self) -> Serving:
        """Whom we serve."""
        ...


class Egress:
    """What may be sent to. Private networks only where the operator allows them."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        loopback: bool = False,
        lookups: Lookups | None = None,
        profiles: Profiles | None = None,
    ) -> None:
        """`lookups` of None: some of its own."""
        self._allowed = tuple(allowed)
        self._loopback = loopback
        self.lookups = lookups or Lookups()
        self.profiles = profiles or Profiles()
        # The address as a URL, checked as far as it goes without resolving. Raises RefusedError.
        self.check = lru_cache(maxsize=_ADDRESSES)(self._check)

    @classmethod
    def of(cls, sections: EgressSections, lookups: Lookups | None = None) -> "Egress":
        """As configured. A gateway that serves this machine only may also send to it. Raises ConfigError."""
        return cls(
            sections.webhooks.allow_private_networks,
            loopback=is_loopback(sections.server.host),
            lookups=lookups or Lookups(sections.look_ups.name_servers),
            profiles=Profiles(sections.webhooks.connections, environment()),
        )

    def private(self, address: Address) -> bool:
        """Whether it is one of the operator's own that may be sent to, without TLS too."""
        plain = getattr(address, "ipv4_mapped", None) or address
        return (self._loopback and plain.is_loopback) or any(
            plain in network or address in network for network in self._allowed
        )

    def reachable(self, address: Address) -> bool:
        """Whether it may be sent to at all."""
        return self.private(address) or is_public(address)

    def _check(self, text: str) -> URL:
        try:
            url = exact(text)
        except ValueError as error:
            raise _refused(str(error)) from error
        address = literal(url.host or "")
        if address is not None and (wrong := self._wrong(address, plain=url.scheme == "http")):
            raise _refused(wrong)
        return url

    async def check_resolved(self, text: str) -> URL:
        """The same, with the addresses that the name has now. Raises RefusedError, within two seconds."""
        url = self.check(text)
        host = url.raw_host or ""
        if literal(host) is not None:
            return url
        try:
            found = await self.lookups.find(host, ANSWERED_S)
        except LookUpError as error:
            why = f"could not be looked up: {error.why}; try again" if error.silent else "is not known"
            raise _refused(f"has a name that {why}") from error
        for address in found:
            if wrong := self._wrong(address, plain=url.scheme == "http"):
                raise _refused(wrong)
        return url

    async def through(self, proxy: Proxy, url: URL) -> list[Way]:
        """The ways to a checked address through a proxy, one for each address that its name has.

        Raises LookUpError, also where one of the addresses may not be sent to.
        """
        host, plain = url.raw_host or "", url.scheme == "http"
        shown, nothing = proxy.headers, dict[str, str]()
        as_it_is = Way(url, None, shown if plain else nothing, proxy.url, nothing if plain else shown)
        if literal(host) is not None:
            return [as_it_is]
        found = await self.resolver(plain=plain).resolve(host)
        if proxy.by_name:
            return [as_it_is]
        name = host.rstrip(".")
        named = {**as_it_is.headers, "host": name if url.is_default_port() else f"{name}:{url.port}"}
        rest = str(url).removeprefix(f"{url.scheme}://{url.raw_authority}")
        return [
            as_it_is._replace(
                url=URL(f"{url.scheme}://{_bracketed(one['host'])}:{url.port}{rest}", encoded=True),
                server_hostname=name,
                headers=named,
            )
            for one in found
        ]

    def _wrong(self, address: Address, *, plain: bool) -> str:
        """What is wrong with sending there; `plain`: without TLS."""
        if not self.reachable(address):
            return _NETWORK
        return _TLS if plain and not self.private(address) else ""

    def resolver(self, *, plain: bool) -> Resolver:
        """Names for a client, less what may not be sent to. Literal addresses do not come by here."""

        def judge(host: str, address: Address) -> None:
            if wrong := self._wrong(address, plain=plain):
                raise LookUpError(f"{host} {wrong}")

        return Resolver(self.lookups, judge)

    def session(
        self,
        total_s: float | None = TOTAL_S,
        *,
        plain: bool = False,
        proxied: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> aiohttp.ClientSession:
        """A client that goes nowhere else. To be made in the running loop, and closed by whoever asked.

        `total_s` is what one exchange may take; None where the caller sees to that. `plain`: without TLS.
        `proxied`: for the ways through a proxy, whose own name may lead anywhere.
        """
        connector = aiohttp.TCPConnector(
            limit=0,  # who sends bounds what is under way, per address
            resolver=Resolver(self.lookups) if proxied else self.resolver(plain=plain),
            ssl=True if context is None else context,
            use_dns_cache=False,  # ours knows how long an answer holds
            keepalive_timeout=30,
        )
        # The client library keeps to itself what an answer began with, and there is no other way in.
        watched = partial(WatchedHandler, loop=asyncio.get_running_loop())
        connector._factory = watched  # type: ignore[assignment]  # noqa: SLF001
        return aiohttp.ClientSession(
            connector=connector,
            request_class=WatchedRequest,
            response_class=WatchedResponse,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
            auto_decompress=False,
            headers={"user-agent": "Trunkline", "accept": "*/*"},
            skip_auto_headers=("accept-encoding",),
        )


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.BAD_DESTINATION, f"the webhook's address {why}")

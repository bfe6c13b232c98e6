"""The guard on where we may send: a subscriber's address must not become a way into our own network.

An address is checked as written when the webhook is made and before each attempt; a name's addresses are
checked, every one of them, whenever a connection is made, and the connection goes to one of those, so that a
second look-up cannot change the answer. Redirects are not followed.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

import aiohttp
from yarl import URL

from gateway.config import Config
from gateway.outbound.address import exact, literal
from gateway.outbound.exchange import WatchedHandler, WatchedResponse, watching
from gateway.outbound.lookups import LookUpError, Lookups, Resolver
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


class Egress:
    """What may be sent to. Private networks only where the operator allows them."""

    def __init__(
        self, allowed: Sequence[Network] = (), *, loopback: bool = False, lookups: Lookups | None = None
    ) -> None:
        """`lookups` of None: some of its own."""
        self._allowed = tuple(allowed)
        self._loopback = loopback
        self.lookups = lookups or Lookups()
        # The address as a URL, checked as far as it goes without resolving. Raises RefusedError.
        self.check = lru_cache(maxsize=_ADDRESSES)(self._check)

    @classmethod
    def of(cls, config: Config, lookups: Lookups | None = None) -> "Egress":
        """As configured. A gateway that serves this machine only may also send to it."""
        allowed, here = config.webhooks.allow_private_networks, is_loopback(config.server.host)
        return cls(allowed, loopback=here, lookups=lookups or Lookups(config.look_ups.name_servers))

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

    def session(self, total_s: float | None = TOTAL_S, *, plain: bool = False) -> aiohttp.ClientSession:
        """A client that goes nowhere else. To be made in the running loop, and closed by whoever asked.

        `total_s` is what one exchange may take; None where the caller sees to that. `plain`: without TLS.
        """
        connector = aiohttp.TCPConnector(
            limit=0,  # who sends bounds what is under way, per address
            resolver=self.resolver(plain=plain),
            use_dns_cache=False,  # ours knows how long an answer holds
            keepalive_timeout=30,
        )
        # The client library keeps to itself what an answer began with, and there is no other way in.
        watched = partial(WatchedHandler, loop=asyncio.get_running_loop())
        connector._factory = watched  # type: ignore[assignment]  # noqa: SLF001
        return aiohttp.ClientSession(
            connector=connector,
            response_class=WatchedResponse,
            trace_configs=[watching()],
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
            auto_decompress=False,
            headers={"user-agent": "Trunkline", "accept": "*/*"},
            skip_auto_headers=("accept-encoding",),
        )


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.BAD_DESTINATION, f"the webhook's address {why}")

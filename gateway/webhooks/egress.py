"""The guard on where webhooks may go: a subscriber's address must not become a way into our own network.

An address is checked as written when the webhook is made and before each attempt; a name is resolved, every
address it has is checked, and the connection goes to one of those, so that a second look-up cannot change the
answer. Redirects are not followed.
"""

import asyncio
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.config import Config
from gateway.security.access import is_loopback
from schemas.errors import RefusedError
from schemas.results import ErrorCode

CONNECT_S: Final = 5.0
TOTAL_S: Final = 15.0
_MAX_URL: Final = 2_000
_ADDRESSES: Final = 1_000  # remembered, for each is sent to again and again
_NAT64: Final = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


class Egress:
    """What may be sent to. Private networks only where the operator allows them."""

    def __init__(self, allowed: Sequence[Network] = (), *, loopback: bool = False) -> None:
        self._allowed = tuple(allowed)
        self._loopback = loopback
        # The address as a URL, checked as far as it goes without resolving. Raises RefusedError.
        self.check = lru_cache(maxsize=_ADDRESSES)(self._check)

    @classmethod
    def of(cls, config: Config) -> "Egress":
        """As configured. A gateway that serves this machine only may also send to it."""
        return cls(config.webhooks.allow_private_networks, loopback=is_loopback(config.server.host))

    def private(self, address: Address) -> bool:
        """Whether it is one of the operator's own that may be sent to, without TLS too."""
        real = _embedded(address)
        return (self._loopback and real.is_loopback) or any(
            real in net or address in net for net in self._allowed
        )

    def reachable(self, address: Address) -> bool:
        """Whether it may be sent to at all."""
        real = _embedded(address)
        return self.private(address) or (real.is_global and not real.is_multicast)

    def _check(self, text: str) -> URL:
        try:
            url = URL(text)
        except ValueError as error:
            raise _refused("is not an address") from error
        if len(text) > _MAX_URL or url.scheme not in {"http", "https"} or not url.host:
            raise _refused("must be an http(s) address")
        if url.user is not None or url.password is not None or url.fragment:
            raise _refused("must not hold credentials or a fragment")
        literal = _literal(url.host)
        if literal is not None and not self.reachable(literal):
            raise _refused("is in a network that may not be sent to")
        if literal is not None and url.scheme != "https" and not self.private(literal):
            raise _refused("must be https")
        return url

    async def check_resolved(self, text: str) -> URL:
        """The same, with the addresses that the name has now. Raises RefusedError."""
        url = self.check(text)
        host = url.host or ""
        if _literal(host) is not None:
            return url
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, url.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _refused("has a name that is not known") from error
        addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses or not all(self.reachable(address) for address in addresses):
            raise _refused("is in a network that may not be sent to")
        if url.scheme != "https" and not all(self.private(address) for address in addresses):
            raise _refused("must be https")
        return url

    def session(self, total_s: float | None = TOTAL_S) -> aiohttp.ClientSession:
        """A client that goes nowhere else. To be made in the running loop, and closed by whoever asked.

        `total_s` is what one exchange may take; None where the caller sees to that.
        """
        connector = aiohttp.TCPConnector(
            limit=0,  # who sends bounds what is under way, per address
            resolver=_Resolver(self),
            ttl_dns_cache=30,
            keepalive_timeout=30,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
            auto_decompress=False,
            headers={"user-agent": "Trunkline", "accept": "*/*"},
            skip_auto_headers=("accept-encoding",),
        )


class _Resolver(AbstractResolver):
    """The system's names, less what may not be sent to. Literal addresses do not come by here."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        for entry in found:
            if not self._egress.reachable(ip_address(entry["host"].partition("%")[0])):
                raise OSError(None, f"{host} is in a network that may not be sent to")
        return found

    async def close(self) -> None:
        await self._system.close()


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.BAD_DESTINATION, f"the webhook's address {why}")

"""Addresses that are nobody's in the world: the registries of special purposes, as a table of our own.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190), as of 2025-10-09; the
multicast blocks (RFC 5771, RFC 4291); and forms of IPv6 that those registries do not list but that hosts and
translators still know: site-local (RFC 3879), IPv4-compatible (RFC 4291, 2.5.5.1), SIIT (RFC 2765) and ISATAP
(RFC 5214). Where the registry says "N/A", a block counts as not global. The longest prefix decides.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Block(NamedTuple):
    """One line of a registry."""

    network: Network
    what: str
    globally: bool  # reachable


def _block(network: str, what: str, *, globally: bool = False) -> Block:
    return Block(ip_network(network), what, globally)


IPV4: Final = (
    _block("0.0.0.0/8", "this network"),
    _block("0.0.0.0/32", "this host on this network"),
    _block("10.0.0.0/8", "private use"),
    _block("100.64.0.0/10", "shared address space"),
    _block("127.0.0.0/8", "loopback"),
    _block("169.254.0.0/16", "link local"),
    _block("172.16.0.0/12", "private use"),
    _block("192.0.0.0/24", "IETF protocol assignments"),
    _block("192.0.0.0/29", "IPv4 service continuity"),
    _block("192.0.0.8/32", "IPv4 dummy address"),
    _block("192.0.0.9/32", "Port Control Protocol anycast", globally=True),
    _block("192.0.0.10/32", "TURN anycast", globally=True),
    _block("192.0.0.170/31", "NAT64/DNS64 discovery"),
    _block("192.0.2.0/24", "documentation (TEST-NET-1)"),
    _block("192.31.196.0/24", "AS112-v4", globally=True),
    _block("192.52.193.0/24", "AMT", globally=True),
    _block("192.88.99.0/24", "6to4 relay anycast, deprecated"),
    _block("192.88.99.2/32", "6a44 relay anycast"),
    _block("192.168.0.0/16", "private use"),
    _block("192.175.48.0/24", "direct delegation AS112 service", globally=True),
    _block("198.18.0.0/15", "benchmarking"),
    _block("198.51.100.0/24", "documentation (TEST-NET-2)"),
    _block("203.0.113.0/24", "documentation (TEST-NET-3)"),
    _block("224.0.0.0/4", "multicast"),
    _block("240.0.0.0/4", "reserved"),
    _block("255.255.255.255/32", "limited broadcast"),
)
IPV6: Final = (
    _block("::/96", "IPv4-compatible, deprecated"),
    _block("::/128", "unspecified"),
    _block("::1/128", "loopback"),
    _block("::ffff:0:0/96", "IPv4-mapped", globally=True),  # it is the IPv4 address inside: see `carried`
    _block("::ffff:0:0:0/96", "IPv4-translated (SIIT)"),
    _block("64:ff9b::/96", "IPv4-IPv6 translation", globally=True),
    _block("64:ff9b:1::/48", "IPv4-IPv6 translation, local use"),
    _block("100::/64", "discard only"),
    _block("100:0:0:1::/64", "dummy prefix"),
    _block("2001::/23", "IETF protocol assignments"),
    _block("2001::/32", "Teredo"),
    _block("2001:1::1/128", "Port Control Protocol anycast", globally=True),
    _block("2001:1::2/128", "TURN anycast", globally=True),
    _block("2001:1::3/128", "DNS-SD service registration anycast", globally=True),
    _block("2001:2::/48", "benchmarking"),
    _block("2001:3::/32", "AMT", globally=True),
    _block("2001:4:112::/48", "AS112-v6", globally=True),
    _block("2001:10::/28", "ORCHID, deprecated"),
    _block("2001:20::/28", "ORCHIDv2", globally=True),
    _block("2001:30::/28", "drone remote identification", globally=True),
    _block("2001:db8::/32", "documentation"),
    _block("2002::/16", "6to4", globally=True),  # "N/A": the IPv4 address inside decides
    _block("2620:4f:8000::/48", "direct delegation AS112 service", globally=True),
    _block("3fff::/20", "documentation"),
    _block("5f00::/16", "segment routing identifiers"),
    _block("fc00::/7", "unique local"),
    _block("fe80::/10", "link local"),
    _block("fec0::/10", "site local, deprecated"),
    _block("ff00::/8", "multicast"),
)
_LOW_32: Final = 0xFFFF_FFFF
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})  # bits 64 to 95 of such an address
_TRANSLATED: Final = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
_LONGEST_FIRST: Final = {
    version: sorted(blocks, key=lambda block: -block.network.prefixlen)
    for version, blocks in ((4, IPV4), (6, IPV6))
}


def block_of(address: Address) -> Block | None:
    """The narrowest block of special purpose that an address lies in, whatever it carries."""
    return next((one for one in _LONGEST_FIRST[address.version] if address in one.network), None)


def carried(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 one leads to, through a host's stack, a translator or a tunnel."""
    if isinstance(address, IPv4Address):
        return
    bits = int(address)
    if any(address in one for one in _TRANSLATED) or (bits >> 32 & _LOW_32) in _ISATAP:
        yield IPv4Address(bits & _LOW_32)
    if address.sixtofour is not None:
        yield address.sixtofour


def is_public(address: Address) -> bool:
    """Whether it is one of the world's: of no special purpose, nor on the way to one that is."""
    block = block_of(address)
    return (block is None or block.globally) and all(is_public(inner) for inner in carried(address))

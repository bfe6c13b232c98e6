"""Addresses that are nobody's in the world: the registries of special purposes, as a table of our own.

Sources: the IANA IPv4 Special-Purpose Address Registry and the IANA IPv6 Special-Purpose Address Registry
(RFC 6890, RFC 8190), both as last updated on 2025-10-09, row for row, each with the document that asked for
it; and after them what those two do not list: the multicast blocks, and forms of IPv6 that hosts and
translators still know. Where a registry says "N/A", or nothing as the block has ended, it counts as not
global. The longest prefix decides. Addresses that nobody has been given yet are not here: they lead nowhere.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Block(NamedTuple):
    """One row of a registry."""

    network: Network
    what: str
    source: str  # the document
    globally: bool  # reachable


def _block(network: str, what: str, source: str, *, globally: bool = False) -> Block:
    return Block(ip_network(network), what, source, globally)


IPV4_REGISTRY: Final = (
    _block("0.0.0.0/8", "this network", "RFC 791"),
    _block("0.0.0.0/32", "this host on this network", "RFC 1122"),
    _block("10.0.0.0/8", "private use", "RFC 1918"),
    _block("100.64.0.0/10", "shared address space", "RFC 6598"),
    _block("127.0.0.0/8", "loopback", "RFC 1122"),
    _block("169.254.0.0/16", "link local", "RFC 3927"),
    _block("172.16.0.0/12", "private use", "RFC 1918"),
    _block("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    _block("192.0.0.0/29", "IPv4 service continuity prefix", "RFC 7335"),
    _block("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
    _block("192.0.0.9/32", "Port Control Protocol anycast", "RFC 7723", globally=True),
    _block("192.0.0.10/32", "TURN anycast", "RFC 8155", globally=True),
    _block("192.0.0.170/32", "NAT64/DNS64 discovery", "RFC 8880"),
    _block("192.0.0.171/32", "NAT64/DNS64 discovery", "RFC 8880"),
    _block("192.0.2.0/24", "documentation (TEST-NET-1)", "RFC 5737"),
    _block("192.31.196.0/24", "AS112-v4", "RFC 7535", globally=True),
    _block("192.52.193.0/24", "AMT", "RFC 7450", globally=True),
    _block("192.88.99.0/24", "6to4 relay anycast, deprecated", "RFC 7526"),
    _block("192.88.99.2/32", "6a44 relay anycast", "RFC 6751"),
    _block("192.168.0.0/16", "private use", "RFC 1918"),
    _block("192.175.48.0/24", "direct delegation AS112 service", "RFC 7534", globally=True),
    _block("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _block("198.51.100.0/24", "documentation (TEST-NET-2)", "RFC 5737"),
    _block("203.0.113.0/24", "documentation (TEST-NET-3)", "RFC 5737"),
    _block("240.0.0.0/4", "reserved", "RFC 1112"),
    _block("255.255.255.255/32", "limited broadcast", "RFC 919"),
)
IPV6_REGISTRY: Final = (
    _block("::1/128", "loopback", "RFC 4291"),
    _block("::/128", "unspecified", "RFC 4291"),
    # The registry says no, as it never is on a wire; here the IPv4 address inside decides: see `carried`.
    _block("::ffff:0:0/96", "IPv4-mapped", "RFC 4291", globally=True),
    _block("64:ff9b::/96", "IPv4-IPv6 translation", "RFC 6052", globally=True),
    _block("64:ff9b:1::/48", "IPv4-IPv6 translation, local use", "RFC 8215"),
    _block("100::/64", "discard only", "RFC 6666"),
    _block("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    _block("2001::/23", "IETF protocol assignments", "RFC 2928"),
    _block("2001::/32", "Teredo", "RFC 4380"),
    _block("2001:1::1/128", "Port Control Protocol anycast", "RFC 7723", globally=True),
    _block("2001:1::2/128", "TURN anycast", "RFC 8155", globally=True),
    _block("2001:1::3/128", "DNS-SD service registration anycast", "RFC 9665", globally=True),
    _block("2001:2::/48", "benchmarking", "RFC 5180"),
    _block("2001:3::/32", "AMT", "RFC 7450", globally=True),
    _block("2001:4:112::/48", "AS112-v6", "RFC 7535", globally=True),
    _block("2001:10::/28", "ORCHID, deprecated", "RFC 4843"),
    _block("2001:20::/28", "ORCHIDv2", "RFC 7343", globally=True),
    _block("2001:30::/28", "drone remote identification", "RFC 9374", globally=True),
    _block("2001:db8::/32", "documentation", "RFC 3849"),
    # "N/A": the IPv4 address inside decides.
    _block("2002::/16", "6to4", "RFC 3056", globally=True),
    _block("2620:4f:8000::/48", "direct delegation AS112 service", "RFC 7534", globally=True),
    _block("3fff::/20", "documentation", "RFC 9637"),
    _block("5f00::/16", "segment routing identifiers", "RFC 9602"),
    _block("fc00::/7", "unique local", "RFC 4193"),
    _block("fe80::/10", "link local", "RFC 4291"),
)
IPV4: Final = (*IPV4_REGISTRY, _block("224.0.0.0/4", "multicast", "RFC 5771"))
IPV6: Final = (
    *IPV6_REGISTRY,
    _block("::/96", "IPv4-compatible, deprecated", "RFC 4291, 2.5.5.1"),
    _block("::ffff:0:0:0/96", "IPv4-translated (SIIT)", "RFC 2765"),
    _block("fec0::/10", "site local, deprecated", "RFC 3879"),
    _block("ff00::/8", "multicast", "RFC 4291"),
)
_LOW_32: Final = 0xFFFF_FFFF
_ISATAP: Final = 0x0000_5EFE  # bits 64 to 95 of such an address (RFC 5214, section 6.1) ...
_ISATAP_BITS: Final = 0xFCFF_FFFF  # ... whether it is said to be unique, or of a group, or not
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
    if any(address in one for one in _TRANSLATED) or (bits >> 32 & _ISATAP_BITS) == _ISATAP:
        yield IPv4Address(bits & _LOW_32)
    if address.sixtofour is not None:
        yield address.sixtofour


def is_public(address: Address) -> bool:
    """Whether it is one of the world's: of no special purpose, nor on the way to one that is."""
    block = block_of(address)
    return (block is None or block.globally) and all(is_public(inner) for inner in carried(address))

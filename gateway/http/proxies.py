"""Whose request it is that a proxy hands on: X-Forwarded-For, and Forwarded (RFC 7239).

Anybody can write these headers, so only what a trusted proxy has added counts: of the addresses in them, the
last that is not a trusted proxy's.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from multidict import CIMultiDictProxy

Networks = Sequence[IPv4Network | IPv6Network]
UNKNOWN: Final = "unknown"  # a proxy says that it is somebody else's, but not whose
_FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)\s*(?=;|$)', re.IGNORECASE)
_ELEMENTS: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
_BRACKETED: Final = re.compile(r"\[([^\]]*)\](:\d+)?")


def trusted(address: str, proxies: Networks) -> bool:
    """Whether a connection from there is a trusted proxy's."""
    if not proxies:
        return False
    read = _address(address)
    return read is not None and any(read in network for network in proxies)


def origin(headers: CIMultiDictProxy[str], proxies: Networks, peer: str) -> str:
    """The address that a trusted proxy at `peer` hands a request on for.

    `peer` itself if it does not say, UNKNOWN if that cannot be read. A proxy writes one of the two headers
    and hands the other on as it came: where they differ, neither is believed.
    """
    said = [
        _last(addresses, proxies)
        for addresses in (
            _listed(headers.getall("X-Forwarded-For", ())),
            _forwarded(headers.getall("Forwarded", ())),
        )
        if addresses
    ]
    if not said:
        return peer
    return said[0] if len(set(said)) == 1 else UNKNOWN


def _listed(values: Iterable[str]) -> list[str]:
    return [text.strip() for value in values for text in value.split(",") if text.strip()]


def _forwarded(values: Iterable[str]) -> list[str]:
    found = []
    for value in values:
        for element in _ELEMENTS.findall(value):
            named = _FOR.search(element)
            found.append(re.sub(r"\\(.)", r"\1", named[1].strip('"')) if named else UNKNOWN)
    return found


def _last(addresses: Sequence[str], proxies: Networks) -> str:
    for text in reversed(addresses):
        read = _address(text)
        if read is None:
            return UNKNOWN
        if not any(read in network for network in proxies):
            return str(read)
    return str(_address(addresses[0]))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """With or without a port; an IPv4 address as such, however it is written."""
    if bracketed := _BRACKETED.fullmatch(text):
        text = bracketed[1]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        read = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read


def household(address: str) -> str:
    """What is counted as one address: of IPv6 the first 64 bits, as one customer has all the rest."""
    read = _address(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((read, 64), strict=False).network_address)
    return address

"""Whose address a proxy hands on: the last that is not a trusted proxy's, and nobody's own word."""

from ipaddress import ip_network

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.http.proxies import UNKNOWN, household, origin, trusted

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8:ff::/48"))
PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], PEER),
        ([("X-Forwarded-For", "203.0.113.9")], "203.0.113.9"),
        ([("x-forwarded-for", "127.0.0.1, 203.0.113.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.9.9.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "203.0.113.9:4711")], "203.0.113.9"),
        ([("X-Forwarded-For", "[2001:db8::7]:4711, 2001:db8:ff::1")], "2001:db8::7"),
        ([("X-Forwarded-For", "::ffff:203.0.113.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "10.1.1.1, 10.2.2.2")], "10.1.1.1"),
        ([("X-Forwarded-For", "127.0.0.1, nonsense")], UNKNOWN),
        ([("Forwarded", "for=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9"),
        ([("Forwarded", 'for="[2001:db8::7]:4711"')], "2001:db8::7"),
        ([("Forwarded", 'proto=http;For="203.0.113.9", for=10.3.3.3')], "203.0.113.9"),
        ([("Forwarded", 'by="a,for=127.0.0.1", for=203.0.113.9')], "203.0.113.9"),
        ([("Forwarded", "for=127.0.0.1, for=_hidden")], UNKNOWN),
        ([("Forwarded", "for=unknown")], UNKNOWN),
        ([("Forwarded", "proto=https")], UNKNOWN),
        ([("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=127.0.0.1")], UNKNOWN),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_s_counts(
    headers: list[tuple[str, str]], expected: str
) -> None:
    assert origin(CIMultiDictProxy(CIMultiDict(headers)), TRUSTED, PEER) == expected


def test_only_who_is_listed_is_a_proxy() -> None:
    assert trusted("10.3.4.5", TRUSTED)
    assert trusted("::ffff:10.3.4.5", TRUSTED)
    assert not trusted("203.0.113.9", TRUSTED)
    assert not trusted("10.3.4.5", ())
    assert not trusted("", TRUSTED)


def test_one_customer_s_ipv6_addresses_count_as_one() -> None:
    assert household("2001:db8:1:2::3") == household("2001:db8:1:2:ffff::4")
    assert household("2001:db8:1:2::3") != household("2001:db8:1:3::3")
    assert household("203.0.113.9") == "203.0.113.9"
    assert household(UNKNOWN) == UNKNOWN

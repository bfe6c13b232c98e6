"""What may be sent to: each line of the registries, the addresses beside it, and every spelling."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from gateway.outbound.address import exact
from gateway.outbound.egress import Egress
from gateway.outbound.special import IPV4, IPV4_REGISTRY, IPV6, IPV6_REGISTRY, Address, Block, is_public
from schemas.errors import RefusedError
from tests.gateway.handmade import bench

LINES = [*IPV4, *IPV6]
# "Globally Reachable" in the two IANA registries, as last updated on 2025-10-09; None: N/A, or blank.
REACHABLE: dict[str, bool | None] = {
    **dict.fromkeys(("0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"), False),
    **dict.fromkeys(("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29"), False),
    "192.0.0.8/32": False,
    "192.0.0.9/32": True,
    "192.0.0.10/32": True,
    "192.0.0.170/32": False,
    "192.0.0.171/32": False,
    "192.0.2.0/24": False,
    "192.31.196.0/24": True,
    "192.52.193.0/24": True,
    "192.88.99.0/24": None,
    "192.88.99.2/32": False,
    "192.168.0.0/16": False,
    "192.175.48.0/24": True,
    **dict.fromkeys(("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"), False),
    "255.255.255.255/32": False,
    "::1/128": False,
    "::/128": False,
    "::ffff:0:0/96": False,
    "64:ff9b::/96": True,
    "64:ff9b:1::/48": False,
    "100::/64": False,
    "100:0:0:1::/64": False,
    "2001::/23": False,
    "2001::/32": None,
    "2001:1::1/128": True,
    "2001:1::2/128": True,
    "2001:1::3/128": True,
    "2001:2::/48": False,
    "2001:3::/32": True,
    "2001:4:112::/48": True,
    "2001:10::/28": None,
    "2001:20::/28": True,
    "2001:30::/28": True,
    "2001:db8::/32": False,
    "2002::/16": None,
    "2620:4f:8000::/48": True,
    "3fff::/20": False,
    "5f00::/16": False,
    "fc00::/7": False,
    "fe80::/10": False,
}
INNER_DECIDES = {"::ffff:0:0/96", "64:ff9b::/96", "2002::/16"}  # whatever the registry says of the block


def test_the_table_has_every_row_of_both_registries_and_says_the_same() -> None:
    ours = {str(one.network): one.globally for one in (*IPV4_REGISTRY, *IPV6_REGISTRY)}
    assert ours.keys() == REACHABLE.keys()
    assert {name: globally for name, globally in ours.items() if name not in INNER_DECIDES} == {
        name: bool(globally) for name, globally in REACHABLE.items() if name not in INNER_DECIDES
    }


def others_within(block: Block) -> list[Block]:
    return [one for one in LINES if one is not block and one.network.version == block.network.version]


def decides(block: Block, address: Address) -> bool:
    """Whether no narrower line holds the address."""
    return not any(
        address in one.network and one.network.prefixlen > block.network.prefixlen
        for one in others_within(block)
    )


@pytest.mark.parametrize("block", LINES, ids=lambda block: str(block.network))
def test_a_line_of_the_registry_decides_for_all_its_addresses(block: Block) -> None:
    first, last = block.network[0], block.network[-1]
    for address in (first, last, first + (int(last) - int(first)) // 2):
        if decides(block, address) and str(block.network) not in INNER_DECIDES:
            assert is_public(address) is block.globally


@pytest.mark.parametrize("block", LINES, ids=lambda block: str(block.network))
def test_the_addresses_beside_a_line_go_by_their_own(block: Block) -> None:
    kind = IPv4Address if block.network.version == 4 else IPv6Address
    for number in (int(block.network[0]) - 1, int(block.network[-1]) + 1):
        if not 0 <= number < 2**block.network.max_prefixlen:
            continue
        address = kind(number)
        if not any(address in one.network for one in others_within(block)):
            assert is_public(address)


NEIGHBOURS = [
    *("9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"),
    *("169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0"),
    *("192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"),
    *("203.0.112.255", "203.0.114.0", "223.255.255.255", "1.0.0.0", "192.31.196.1", "192.0.0.9"),
    *("2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::", "3ffe::1", "3fff:1000::", "2620:4f:8000::1"),
    *("64:ff9a::1", "64:ff9b:2::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
]


@pytest.mark.parametrize("address", NEIGHBOURS)
def test_the_world_is_within_reach(address: str) -> None:
    assert Egress().reachable(ip_address(address))


OURS = [
    # each of what once was accepted
    *("fec0::1", "feff::1", "::127.0.0.9", "64:ff9b:1::1", "64:ff9b:1:ffff::7f00:1", "::ffff:0:127.0.0.1"),
    *("2a00::5efe:10.0.0.1", "2a00::200:5efe:a00:1", "5f00::1", "3fff::1", "3fff:fff::1", "192.88.99.1"),
    # an IPv4 address in every form that carries one
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254"),
    *("2001:0:808:808::", "2001:0:7f00:1::80ff:fffe", "fe80::5efe:808:808", "::ffff:0:8.8.8.8"),
    *("2002:7f00:1::1", "2002:c058:6301::", "64:ff9b::e000:1"),
    *("192.0.0.170", "192.0.0.171", "192.88.99.2", "100:0:0:1::1", "2001:2::1", "2001:10::1"),
]


@pytest.mark.parametrize("address", OURS)
@pytest.mark.parametrize("loopback", [False, True])
async def test_what_leads_to_no_place_in_the_world_is_refused(address: str, loopback: bool) -> None:  # noqa: FBT001
    egress = Egress(loopback=loopback)
    assert not egress.reachable(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(RefusedError, match="may not be sent to"):
        await egress.check_resolved(f"https://{host}/hook")


INNER = [str(one.network[0]) for one in IPV4 if not one.globally] + ["10.1.2.3", "127.0.0.9"]
WORLD = ["8.8.8.8", "223.255.255.255", "192.31.196.1"]


def forms(inner: str) -> dict[str, str]:
    """Every form of IPv6 that leads to an IPv4 address."""
    packed = int(IPv4Address(inner))
    high, low = packed >> 16, packed & 0xFFFF
    tail = f"{high:x}:{low:x}"
    teredo = f"{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"
    return {
        "mapped": f"::ffff:{tail}",
        "translation": f"64:ff9b::{tail}",
        "6to4": f"2002:{tail}::1",
        **{
            f"ISATAP {prefix}{kind:x}": f"{prefix}{kind:x}:5efe:{tail}"
            for prefix in ("2a00:1:2:3:", "2620:0:0:1:", "2606:4700::")
            for kind in (0, 0x100, 0x200, 0x300)
        },
        "6to4 and ISATAP": f"2002:808:808:1:0:5efe:{tail}",
        "compatible": f"::{tail}",
        "SIIT": f"::ffff:0:{tail}",
        "local translation": f"64:ff9b:1:ab:cd:ef:{tail}",
        "Teredo client": f"2001:0:808:808:0:0:{teredo}",
        "Teredo server": f"2001:0:{tail}:0:0:f7f7:f7f7",
        "ISATAP, link local": f"fe80::5efe:{tail}",
    }


@pytest.mark.parametrize("inner", INNER)
def test_no_form_leads_to_an_ipv4_address_that_is_not_the_world_s(inner: str) -> None:
    assert not Egress().reachable(ip_address(inner))
    assert [form for form, text in forms(inner).items() if Egress().reachable(ip_address(text))] == []


@pytest.mark.parametrize("inner", WORLD)
def test_forms_that_are_routed_reach_the_world_and_the_others_nothing(inner: str) -> None:
    seen = {form for form, text in forms(inner).items() if Egress().reachable(ip_address(text))}
    routed = {"mapped", "translation", "6to4", "6to4 and ISATAP"}
    assert seen == routed | {form for form in forms(inner) if form.startswith("ISATAP 2")}


def test_what_an_operator_allows_does_not_come_in_another_form() -> None:
    egress = Egress([ip_network("10.0.0.0/8"), ip_network("fec0::/10")])
    assert egress.private(ip_address("::ffff:10.0.0.1"))
    assert egress.private(ip_address("fec0::1"))
    for form in ("64:ff9b::a00:1", "2002:a00:1::", "::a00:1", "2a00::5efe:a00:1"):
        assert not egress.reachable(ip_address(form))


SPELLINGS = [
    *("https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://2130706433/", "https://127.1/", "https://0/"),
    *("https://0x7f000001/", "https://127.0.0.1./", "https://127.0.1/", "https://0x/", "https://1.2.3.4.5/"),
    *("https://127.0.0.01/", "https://\uff11\uff12\uff17.1/", "https://①②⑦.1/", "https://crm.example.1/"),
    *("https://[fe80::1%25eth0]/", "https://[2606::1%eth0]/", "https://[::1", "https://::1/", "https://[]/"),
    *("https://[127.0.0.1]/", "https://[v1.x]/", "https://[crm.example]/"),
    *(
        "https://xn--/",
        "https://xn--a.xn--/",
        "https://xn--\u00fc/",
        "https://a..b/",
        "https://.crm.example/",
    ),
    *("https://crm.example../", "https://-crm.example/", "https://crm-.example/", "https://cr m.example/"),
    *("https://crm%2eexample/", "https://crm\\.example/", "https://crm.example\\@10.0.0.1/"),
    *(f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", "https://\u3002/", "https://./"),
    *("https://crm.example:0/", "https://crm.example:65536/", "https://crm.example:8o/", "https://crm:1:2/"),
    *("https://crm.example:\u0663/", "https://crm.example:-1/", "https://crm.example: 80/"),
    *("https://@crm.example/", "https://:@crm.example/", "https://a@crm.example/", "https://:b@crm.example/"),
    *("https://crm.example/#", "https://crm.example#x", "https:crm.example", "https:///crm.example"),
    *(
        "file:///etc/hosts",
        "gopher://crm.example/",
        "",
        " https://crm.example/",
        "https://",
        "//crm.example/",
    ),
    *("https://\x00/", "https://crm.example\n.evil/", "https://\ud800.example/", "https://crm.example\t/"),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_an_address_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    for egress in (Egress(), Egress(loopback=True)):
        with pytest.raises(RefusedError, match="address"):
            egress.check(text)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("HTTPS://CRM.example", "https://crm.example/"),
        ("https://crm.example.:8443/a", "https://crm.example.:8443/a"),
        ("https://crm.example:/a", "https://crm.example/a"),
        ("https://crm_one.example/", "https://crm_one.example/"),
        ("https://bücher.example/ü?ö= \n", "https://xn--bcher-kva.example/%C3%BC?%C3%B6=%20%0A"),
        ("https://[2606:2800:021F::1]/", "https://[2606:2800:21f::1]/"),
        ("https://crm.example?sig=a%2Fb%2Bc%3D&x=%40y", "https://crm.example/?sig=a%2Fb%2Bc%3D&x=%40y"),
        *(
            (one, one)
            for one in (
                "https://crm.example/a/../b/./c//d/",
                "https://crm.example/%7Euser/~user/%41/%e4?q=%2f;x=1&&y&=z&a=b=c",
                "https://crm.example/?a=+b+%20c&d='(e)*!,:@/?[f]",
                "https://crm.example/?%zz=%",
            )
        ),
    ],
)
def test_an_address_is_sent_as_it_was_given(text: str, sent: str) -> None:
    assert str(exact(text)) == sent


async def test_what_is_no_address_is_the_callers_fault() -> None:
    async with bench() as one:
        for url in ("https://xn--/", "https://[::1", "https://crm.example:99999/", "https://0x7f.1/"):
            answer = await one.request("POST", "/v1/webhooks", {"url": url})
            assert answer.status in {400, 422}, url

"""A person is found under every spelling of his number or address, and nobody else is."""

import pytest

from gateway.runtime.spelling import also, party


@pytest.mark.parametrize(
    "asked", ["+15550177042", "15550177042", "+1 (555) 017-7042", "0015550177042", "tel:+15550177042"]
)
@pytest.mark.parametrize(
    "kept",
    [
        *("+15550177042", "15550177042", "+1 555 017 7042", "+1 (555) 017-7042", "+1.555.017.7042"),
        *("0015550177042", "01115550177042", "tel:+15550177042", "sip:+15550177042@pbx.example"),
        *("%2B15550177042", "\\u002b15550177042", '"ani":"15550177042"', "0015550177042;x=1"),
    ],
)
def test_a_number_is_found_however_it_is_written(asked: str, kept: str) -> None:
    assert party([asked]).pattern.search(kept.encode())


@pytest.mark.parametrize(
    "other", ["+15550177043", "+155501770421", "915550177042", "15550177", "1772450000123", "555-0177042x"]
)
def test_a_number_is_not_part_of_another(other: str) -> None:
    assert not party(["+15550177042"]).pattern.search(other.encode())


@pytest.mark.parametrize(
    "kept", ["jane@crm.example", "Jane@CRM.example", "mailto:jane@crm.example", "jane%40crm.example"]
)
def test_an_address_is_found_however_it_is_written(kept: str) -> None:
    assert party(["jane@crm.example"]).pattern.search(kept.encode())


@pytest.mark.parametrize("other", ["mary-jane@crm.example", "jane@crm.example2", "x.jane@crm.example"])
def test_an_address_is_not_part_of_another(other: str) -> None:
    assert not party(["jane@crm.example"]).pattern.search(other.encode())


def test_a_shorter_form_is_found_where_it_is_known_to_be_the_same_number() -> None:
    known = also(party(["+15550177042"]), ["5550177042", "(555) 017-7042", "+15550177043", "7042", "Jane"])
    assert known.pattern.search(b"5550177042")
    assert known.pattern.search(b"(555) 017-7042")
    assert not known.pattern.search(b"7042")
    assert not known.pattern.search(b"+15550177043")


@pytest.mark.parametrize("short", ["", "12", "jo", "+1-2"])
def test_what_is_too_short_to_go_by_is_refused(short: str) -> None:
    with pytest.raises(ValueError, match="too short"):
        party([short])

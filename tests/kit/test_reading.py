"""Tolerant decoding: what does not fit costs itself, and no more than that."""

from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from adapters.contract.remarks import RemarkKind
from adapters.kit import reading
from adapters.kit.reading import KEPT, Mended


class Member(msgspec.Struct, frozen=True):
    """One who takes part."""

    id: str
    name: str = ""
    held: bool | UnsetType = UNSET


class Call(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """As a vendor might say it."""

    id: str
    remote_address: str = ""
    service: str | None = "none"
    member: Member | UnsetType = UNSET
    members: tuple[Member, ...] = ()
    numbers: list[int] = []
    data: dict[str, str] = {}
    rest: msgspec.Raw = msgspec.Raw(b"{}")
    many: list[Member] | dict[str, Member] | None = None


DECODER: Final = msgspec.json.Decoder(Call)

# What came, what is understood, what the operator is told was left out.
READ: Final = {
    "as documented": (b'{"id":"c","remoteAddress":"1"}', Call(id="c", remote_address="1"), []),
    "null is as if absent, and no news": (
        b'{"id":"c","remoteAddress":null,"members":null}',
        Call(id="c"),
        [],
    ),
    "null clears where it may": (b'{"id":"c","service":null}', Call(id="c", service=None), []),
    "another scalar": (b'{"id":"c","remoteAddress":7}', Call(id="c"), ["remoteAddress"]),
    "another scalar where null may stand": (b'{"id":"c","service":7}', Call(id="c"), ["service"]),
    "an object for a text": (b'{"id":"c","remoteAddress":{"a":1}}', Call(id="c"), ["remoteAddress"]),
    "a text for a list": (b'{"id":"c","members":"m"}', Call(id="c"), ["members"]),
    "a bad entry": (
        b'{"id":"c","members":[{"id":"a"},{"id":7},null,"x",{"name":"b"},{"id":"d","name":null}]}',
        Call(id="c", members=(Member("a"), Member("d"))),
        ["members[1]", "members[3]", "members[4]"],
    ),
    "a member of an entry": (
        b'{"id":"c","members":[{"id":"a","held":"yes"}]}',
        Call(id="c", members=(Member("a"),)),
        ["members[0].held"],
    ),
    "an object without what it needs": (b'{"id":"c","member":{"name":"a"}}', Call(id="c"), ["member"]),
    "an entry of numbers": (b'{"id":"c","numbers":[1,"2",3]}', Call(id="c", numbers=[1, 3]), ["numbers[1]"]),
    "a value of a mapping": (
        b'{"id":"c","data":{"a":"1","b":2}}',
        Call(id="c", data={"a": "1"}),
        ["data[...]"],
    ),
    "either a list or a mapping": (
        b'{"id":"c","many":{"x":{"id":"a"},"y":1}}',
        Call(id="c", many={"x": Member("a")}),
        ["many[...]"],
    ),
}


@pytest.mark.parametrize(("data", "understood", "left_out"), READ.values(), ids=READ.keys())
def test_what_does_not_fit_costs_itself(data: bytes, understood: Call, left_out: list[str]) -> None:
    mended = Mended()
    assert reading.decode(DECODER, data, mended) == understood
    assert [one.what for one in mended.told("it")] == [f"it: {place}" for place in left_out]
    assert reading.convert(msgspec.json.decode(data), Call) == understood


@pytest.mark.parametrize("data", [b"{}", b'{"id":null}', b'{"id":7}', b"[]", b"null", b'"c"', b"{"])
def test_what_has_to_be_there_costs_the_frame(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        reading.decode(DECODER, data)


def test_what_is_left_raw_stays_as_it_came() -> None:
    mended = reading.decode(
        DECODER, b' {"id":"c","remoteAddress":7,"rest":{"n":123456789012345678901234567890}}'
    )
    assert bytes(mended.rest) == b'{"n":123456789012345678901234567890}'


def test_places_are_bounded_and_told_once() -> None:
    mended = Mended()
    reading.convert({"id": "c", "numbers": ["x"] * 1000}, Call, mended)
    told = mended.told("it")
    assert len(told) == KEPT
    assert {one.kind for one in told} == {RemarkKind.MENDED}
    assert not mended.told("it")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {}, optional={name: VALUES for name in Call.__struct_encode_fields__ if name != "id"}
    )
)
def test_nothing_optional_costs_the_frame(said: dict[str, object]) -> None:
    assert reading.convert({"id": "c", **said}, Call).id == "c"

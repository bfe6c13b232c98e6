"""A request's parameters are those of the function that reads it."""

from functools import partial

import msgspec
import pytest

from adapters.kit.methods import named, positional

Said = tuple[str, str, int | None, dict[str, str]]


def request(scope: str, item_id: str, limit: int | None = None, data: dict[str, str] | None = None) -> Said:
    return scope, item_id, limit, data or {}


def test_parameters_are_read_by_their_places() -> None:
    read = positional(request)
    assert read("i", msgspec.Raw(b'["4", 7, {"a": "b"}]')) == ("i", "4", 7, {"a": "b"})
    assert read("i", msgspec.Raw(b'["4"]')) == ("i", "4", None, {})
    assert read("i", msgspec.Raw(b'["4", null, null, "more than there are"]')) == ("i", "4", None, {})


def test_or_by_their_names_as_the_vendor_writes_them() -> None:
    read = named(request)
    assert read("i", msgspec.Raw(b'{"itemId": "4", "limit": 7, "other": 1}')) == ("i", "4", 7, {})


def test_a_parameter_that_is_bound_already_is_not_read() -> None:
    bound = partial(request, "bound")
    assert positional(bound)("4", msgspec.Raw(b"[7]")) == ("bound", "4", 7, {})


@pytest.mark.parametrize("wrong", [b"[]", b"[4]", b"[null]", b'["4", "seven"]', b"{}", b"7"])
def test_what_is_not_as_the_function_has_it_is_refused(wrong: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        positional(request)("i", msgspec.Raw(wrong))

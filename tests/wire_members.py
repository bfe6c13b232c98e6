"""What may be wrong with a frame, generated from the structs of a vendor's wire.py.

A member that the struct can do without may be null or of another scalar type, a list may have a bad entry.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.values import Json

_SCALARS: Final[tuple[Json, ...]] = (None, True, 7, 7.5, "odd", {"odd": 1}, [])
BAD_ENTRIES: Final[tuple[Json, ...]] = (None, True, 5, "rubbish", {"no id": 1}, [])


def fits(value: Json, kind: object) -> bool:
    """Whether a value is of that type; one that stays as it came may be anything."""
    if kind is msgspec.Raw:
        return True
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def odd_members(kind: type[msgspec.Struct]) -> Iterator[tuple[str, int, Json]]:
    """Name and place of each optional member, with each value that it may not have."""
    for place, field in enumerate(msgspec.structs.fields(kind)):
        if not field.required:
            for odd in _SCALARS:
                if not fits(odd, field.type):
                    yield field.encode_name, place, odd


def lists(kind: type[msgspec.Struct]) -> Iterator[tuple[str, list[Json]]]:
    """The members that are lists, with entries that they may not have."""
    for field in msgspec.structs.fields(kind):
        if fits([], field.type) and not fits("odd", field.type):
            yield field.encode_name, [odd for odd in BAD_ENTRIES if not fits([odd], field.type)]

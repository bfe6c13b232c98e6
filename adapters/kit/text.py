"""A value where a vendor takes only text."""

import msgspec

from schemas.values import Json


def as_text(value: Json) -> str:
    """Text stays as it is, anything else is written as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

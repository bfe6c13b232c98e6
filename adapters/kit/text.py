"""Values where a vendor takes only text."""

from collections.abc import Mapping

import msgspec

from schemas.values import Json


def as_text(value: Json) -> str:
    """Text stays as it is, anything else is written as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def said(answers: Mapping[str, Json], key: str) -> str:
    """An answer that is a text; empty if there is none."""
    value = answers.get(key)
    return value if isinstance(value, str) else ""

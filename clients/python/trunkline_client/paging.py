"""Lists, page after page, and filters as parameters of a query."""

from collections.abc import AsyncIterator, Mapping
from typing import Final, Protocol, TypeVar

import msgspec

from trunkline_client.connection import Connection
from trunkline_client.model.stream import Filter, Match
from trunkline_client.reading import Reader


class Page(Protocol):
    """What every list is told in."""

    @property
    def next(self) -> str:
        """The parameter of the next page; empty: this is the last."""


P = TypeVar("P", bound=Page)
# The fields of a filter, and what they are called in a query.
_NAMES: Final[Mapping[str, str]] = {
    "platforms": "platform",
    "agents": "agent",
    "sessions": "session",
    "interactions": "interaction",
    "teams": "team",
    "media": "media",
    "types": "type",
    "mask": "mask",
    "drop": "drop",
}


async def pages(
    at: Connection,
    path: str,
    read: Reader[P],
    query: Mapping[str, str] | list[tuple[str, str]],
    by: str = "page",
) -> AsyncIterator[P]:
    """Each page, as it is asked for. What is there all the time comes once, whatever is added meanwhile."""
    asked = list(query.items()) if isinstance(query, Mapping) else query
    following = ""
    while True:
        reply = await at.request("GET", path, query=[*asked, (by, following)] if following else asked)
        page = read(reply.body)
        yield page
        following = page.next
        if not following:
            return


def as_query(wanted: Filter) -> list[tuple[str, str]]:
    """A filter, as lists take it."""
    named = [(_NAMES[field], value) for field in _NAMES for value in getattr(wanted, field)]
    conditions = [
        ("content", f"{path}:{_as_text(one)}")
        for path, value in wanted.content.items()
        for one in (value if isinstance(value, tuple) else (value,))
    ]
    return [*named, *conditions]


def _as_text(value: object) -> str:
    """Raises ValueError for what only a stream takes."""
    match value:
        case Match(exists=True):
            return "*"
        case Match(exists=False):
            return "null"
        case Match(prefix=str(prefix)):
            return f"{prefix}*"
        case Match():
            raise ValueError("a match has a prefix, or says whether there is anything")
        case _:
            return msgspec.json.encode(value).decode()

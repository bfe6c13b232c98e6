"""Which origins may call which services: the vendor's option `accepted-web-content-origins`, as written.

Source: reference genesys-wwe.md section 1.2: origins, separated by commas; each may be followed by patterns
of services in parentheses, separated by commas too. Without them, or with `(*)`, an origin may call all.
"""

import re
from collections.abc import Iterator
from typing import Final

EVERYTHING: Final[tuple[str, ...]] = ("*",)
_ORIGIN: Final = re.compile(r"^(\*|https?://[^\s/()*,]+)$")
_SERVICE: Final = re.compile(r"^(\*|\w+\.(\*|\w+))$")


def parse(text: str) -> dict[str, tuple[str, ...]]:
    """The patterns by origin. Raises ValueError that names what is not understood."""
    found: dict[str, tuple[str, ...]] = {}
    for element in _split(text):
        origin, opened, rest = element.partition("(")
        origin = origin.strip()
        if not _ORIGIN.match(origin):
            raise ValueError(f"{origin!r} is no origin, such as https://crm.example")
        services = EVERYTHING
        if opened:
            inside, closed, after = rest.partition(")")
            if not closed or after.strip():
                raise ValueError(f"the parentheses of {origin} are not closed")
            services = tuple(one.strip() for one in inside.split(","))
            for one in services:
                if not _SERVICE.match(one):
                    raise ValueError(f"{one!r} is no service, such as voice.dial or agent.*")
        found[origin] = services
    return found


def _split(text: str) -> Iterator[str]:
    """At the commas outside of parentheses."""
    depth, start = 0, 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    if text[start:].strip() or start:
        yield text[start:]

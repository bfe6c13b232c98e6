"""Names of ours as tokens of subjects and keys: letters, digits, `-` and `_` as they are, the rest as `=2E`.

Dots part tokens, and agents have dots in their names; `*` and `>` are wildcards. Nothing is `=`.
"""

import re
from typing import Final

_PLAIN: Final = re.compile(rb"[A-Za-z0-9_-]+")
_ESCAPED: Final = re.compile(rb"=([0-9A-F]{2})")
_BYTES: Final = tuple(
    bytes((one,)).decode() if _PLAIN.fullmatch(bytes((one,))) else f"={one:02X}" for one in range(256)
)


def token(name: str) -> str:
    """A name as one token; two names never make the same."""
    raw = name.encode()
    if _PLAIN.fullmatch(raw):
        return name
    return "".join(_BYTES[one] for one in raw) or "="


def untoken(said: str) -> str:
    """The name that a token is of."""
    if said == "=":
        return ""
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), said.encode()).decode()

"""Headers of a subscriber's own, such as the key of a gate before the endpoint.

Their values are taken for secrets: nothing shows them again, and where an endpoint repeats them in its
answer they are taken out.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

MAX_HEADERS: Final = 20
MAX_BYTES: Final = 8 * 1024  # of all names and values
HIDDEN: Final = "[hidden]"
_LEAST_HIDDEN: Final = 4  # characters: shorter ones are no secrets, and would riddle the answer
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,100}")  # RFC 9110, 5.6.2
_VALUE: Final = re.compile(r"[!-~](?:[ -~\t]*[!-~])?")  # RFC 9110, 5.5, less what is not ASCII
_PREFIXES: Final = ("content-", "webhook-", "ce-", "proxy-", "sec-")
_NAMES: Final = frozenset(
    {
        *("accept", "accept-encoding", "connection", "date", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "traceparent", "tracestate", "upgrade", "user-agent", "via"),
    }
)


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with their names in small letters. Raises ValueError naming the header, never its value."""
    if len(headers) > MAX_HEADERS:
        raise ValueError(f"at most {MAX_HEADERS} headers")
    made: dict[str, str] = {}
    for written, value in headers.items():
        name = written.lower()
        if not _NAME.fullmatch(name):
            raise ValueError("the name of a header is of letters, digits and hyphens")
        if name in _NAMES or name.startswith(_PREFIXES):
            raise ValueError(f"{name} is set by the gateway or belongs to the connection")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"{name}: a value is visible ASCII on one line, without blanks around it")
        if name in made:
            raise ValueError(f"{name} is given twice")
        made[name] = value
    if sum(len(name) + len(value) for name, value in made.items()) > MAX_BYTES:
        raise ValueError(f"all headers together are at most {MAX_BYTES} bytes")
    return made


def hidden(text: str, values: Iterable[str]) -> str:
    """A text without the values, nor what stands in them after a scheme such as `Bearer`."""
    words = {part for value in values for part in (value, value.rpartition(" ")[2])}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _LEAST_HIDDEN:
            text = text.replace(word, HIDDEN)
    return text

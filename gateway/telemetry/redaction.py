"""What must not be logged is taken out of every line: credentials, customers' data, the middle of numbers.

A structlog processor, to stand right before the renderer. Nothing is logged as an object: a struct would be
printed with all it holds, so only its type's name is.
"""

import re
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from typing import Final

from schemas.values import Json

REDACTED: Final = "[redacted]"
MAX_TEXT: Final = 1_000
MAX_TRACEBACK: Final = 8_000
_MAX_ITEMS: Final = 20
_MAX_DEPTH: Final = 3
_TRACEBACKS: Final = frozenset({"exception", "stack"})
_UNTOUCHED: Final = frozenset({"timestamp", "level"})

# Fields that hold a credential or what a customer or vendor put there, whatever it is.
_SECRET: Final = re.compile(
    r"(^|_)(password|passwd|secrets?|tokens?|authorization|credentials?|cookies?|api_?key|signature"
    r"|data|user_?data|attached_data|answers|values|params|notes?|text|body|frame|vendor|contact|parties"
    r"|records?|response|payload|fields)$",
    re.IGNORECASE,
)
_NUMBER_FIELD: Final = re.compile(
    r"(^|_)(ani|dnis|phone|number|destination|address|caller_id)$", re.IGNORECASE
)
_CREDENTIALS: Final = (
    (re.compile(r"\btlk_([0-9A-Za-z]{1,32})_[\w-]+"), r"tlk_\1_***"),
    (re.compile(r"\b(whsec|whsk)_[\w+/=-]+"), r"\1_***"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\b(bearer|basic)\s+(?!\[token\]|tlk_)[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"([?&](?:token|access_token|key|secret)=)[^&\s]+", re.IGNORECASE), r"\1***"),
)
_NUMBERS: Final = re.compile(
    r"(?<![\w.:-])\+?\d{7,}(?![\w:-])"  # as machines write them
    r"|(?<![\w.:])(?:\+\d|\(\d)[\d ().\-/]{5,}\d(?!\w)"  # as people do
)
_SHORT_NUMBER: Final = 5


def mask_number(number: str) -> str:
    """The first three and the last two digits; the rest as asterisks."""
    digits = [at for at, char in enumerate(number) if char.isdigit()]
    if len(digits) <= _SHORT_NUMBER:
        return number
    hidden = set(digits[3:-2])
    return "".join("*" if at in hidden else char for at, char in enumerate(number))


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """A text without credentials and whole numbers, of bounded length."""
    kept = text[: limit * 2]  # so that what is matched is bounded too
    for pattern, instead in _CREDENTIALS:
        kept = pattern.sub(instead, kept)
    kept = _NUMBERS.sub(lambda match: mask_number(match.group()), kept)
    return kept if len(kept) <= limit else f"{kept[:limit]}… ({len(text)} characters)"


def _field(name: str, value: Json, depth: int) -> Json:
    """What may be said of a field, by its name."""
    if value is None or isinstance(value, bool):
        return value
    if _SECRET.search(name):
        return REDACTED
    if _NUMBER_FIELD.search(name):
        return clean(mask_number(str(value))) if isinstance(value, str | int) else REDACTED
    if name in _TRACEBACKS and isinstance(value, str):
        return clean(value, MAX_TRACEBACK)
    return _value(value, depth)


def _value(value: Json, depth: int) -> Json:
    """What may be said of a value, whatever its field."""
    said: Json = f"<{type(value).__name__}>"
    match value:
        case str() | Enum():
            said = clean(str(value))
        case int() | float() | None:
            said = value
        case datetime():
            said = value.isoformat()
        case BaseException():
            said = clean(f"{type(value).__name__}: {value}")
        case Mapping() if depth < _MAX_DEPTH:
            some = list(value.items())[:_MAX_ITEMS]
            said = {clean(str(key)): _field(str(key), one, depth + 1) for key, one in some}
        case list() | tuple() | set() | frozenset() if depth < _MAX_DEPTH:
            said = [_value(one, depth + 1) for one in list(value)[:_MAX_ITEMS]]
        case _:
            pass
    return said


def redact(_logger: object, _method: str, event: MutableMapping[str, Json]) -> MutableMapping[str, Json]:
    """The structlog processor."""
    for name, value in event.items():
        if name not in _UNTOUCHED and not name.startswith("_"):
            event[name] = _field(name, value, 0)
    return event

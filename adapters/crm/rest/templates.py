"""Words put into a table's texts, and answers read by its paths."""

import re
from typing import Final
from urllib.parse import quote

import msgspec

from adapters.crm.words import Word, Words
from schemas.errors import MalformedFrame
from schemas.values import Json

NAME: Final = "rest"
_WORD: Final = re.compile(r"\{([a-z_0-9]+)\}")
_IN_ADDRESSES: Final = "/?%&=:;,@+$!*'()~-._"  # and as it is written in a table
_MOST: Final = 1_000  # entries of a list that are looked at


def path(text: str, words: Words) -> str:
    """A path with its words percent-encoded; of the rest, what may not stand in an address."""
    filled = _WORD.sub(lambda found: quote(_text(words.get(found[1])), safe=""), text)
    return quote(filled, safe=_IN_ADDRESSES)


def body(template: Json, words: Words) -> bytes:
    """A body in JSON; nothing where the table has none."""
    return b"" if template is None else msgspec.json.encode(_filled(template, words))


def named(template: Json) -> set[str]:
    """The words that a text, or what is made of texts, names."""
    text = template if isinstance(template, str) else msgspec.json.encode(template).decode()
    return set(_WORD.findall(text))


def _filled(template: Json, words: Words) -> Json:
    match template:
        case str() if (whole := _WORD.fullmatch(template)) is not None:
            return words.get(whole[1])
        case str():
            return _WORD.sub(lambda found: _text(words.get(found[1])), template)
        case list():
            return [_filled(one, words) for one in template]
        case dict():
            return {name: _filled(one, words) for name, one in template.items()}
        case _:
            return template


def _text(word: Word) -> str:
    return "" if word is None else str(word)


def read(answer: bytes) -> Json:
    """An answer. Raises MalformedFrame; what it says of a value may be a customer's, so it is not told."""
    try:
        found: Json = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedFrame(NAME, "answer", "not JSON") from error
    return found


def at(value: Json, dotted: str) -> Json:
    """What stands at a path; None for nothing. A number is a position in a list."""
    for name in dotted.split(".") if dotted else ():
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def items(value: Json, dotted: str) -> list[Json]:
    """The list at a path. Raises MalformedFrame where there is none: nothing found is an empty one."""
    found = at(value, dotted)
    if not isinstance(found, list):
        raise MalformedFrame(NAME, dotted or "answer", "not a list")
    return found[:_MOST]


def ident(value: Json, dotted: str) -> str:
    """The id at a path. Raises MalformedFrame where there is none."""
    found = at(value, dotted)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise MalformedFrame(NAME, dotted, "no id")
    return str(found)

"""All the ways in which a number or an address may be spelt in what is kept, to find a person by.

A number is its digits, with or without a prefix of international calls, and whatever people put between them.
A shorter form without the country is found only where it is known: see `also`.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"[\s+().\-/0-9]+")
_FEWEST: Final = 5  # digits of a number, and letters of anything else
_LOCAL: Final = 7  # digits that a shorter form of the same number has at least
_BETWEEN: Final = r"[\s().\-/]{0,3}"
_PREFIX: Final = r"(?:(?:\+|%2[bB]|\\u002[bB]|00|011)[\s().\-/]{0,3})?"
_SCHEMES: Final = ("tel:", "sip:", "sips:", "mailto:")


class Party(NamedTuple):
    """Whoever has one of these numbers or addresses."""

    spellings: tuple[str, ...]
    pattern: re.Pattern[bytes]


def party(spellings: Iterable[str]) -> Party:
    """Raises ValueError for one that is too short to tell people apart."""
    told = tuple(dict.fromkeys(_bare(one) for one in spellings))
    return Party(told, re.compile("|".join(_pattern(one) for one in told).encode(), re.IGNORECASE))


def also(known: Party, texts: Iterable[str]) -> Party:
    """With the other forms of the same number that stand beside it: with a country's prefix, or without."""
    mine = {_digits(one) for one in known.spellings if _is_number(one)}
    more = [one for one in texts if _is_number(one) and any(_same(_digits(one), other) for other in mine)]
    return party((*known.spellings, *more)) if more else known


def _same(one: str, other: str) -> bool:
    short, long = sorted((one.lstrip("0"), other.lstrip("0")), key=len)
    return len(short) >= _LOCAL and long.endswith(short)


def _bare(text: str) -> str:
    text = text.strip()
    scheme = next((one for one in _SCHEMES if text.lower().startswith(one)), "")
    return text[len(scheme) :]


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and len(_digits(text)) >= _FEWEST


def _digits(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    return digits.removeprefix("00") if not text.lstrip().startswith("+") else digits


def _pattern(text: str) -> str:
    if _is_number(text):
        return rf"(?<![0-9]){_PREFIX}{_BETWEEN.join(_digits(text))}(?![0-9])"
    if len(text) < _FEWEST:
        raise ValueError(f"{text!r} is too short to tell one person from another")
    return rf"(?<![\w.+\-]){re.escape(text).replace('@', r'(?:@|%40)')}(?![\w\-])"

"""Where the numbering plan and `phonenumbers` differ: the plan wins.

Each row is a spelling that people and systems still use, and what it means since the plan changed; `since`
and `source` say by whose word. A row is applied only to what is no number of the plan of today, and only if
what comes of it is one. What has more than one meaning is not here: it is not read at all.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple


class Correction(NamedTuple):
    """One row. `pattern` is of the whole number, in the form of E.164 as the library has it."""

    pattern: re.Pattern[str]
    becomes: str
    since: str
    source: str


def _row(pattern: str, becomes: str, since: str, source: str) -> Correction:
    return Correction(re.compile(pattern), becomes, since, source)


_VN: Final = "MIC decision 798/QD-BTTTT"
_VN_PREFIXES: Final = {
    **dict(zip(["120", "121", "122", "126", "128"], ["70", "79", "77", "76", "78"], strict=True)),
    **dict(zip(["123", "124", "125", "127", "129"], ["83", "84", "85", "81", "82"], strict=True)),
    **{f"16{last}": f"3{last}" for last in "23456789"},
    **dict(zip(["186", "188", "199"], ["56", "58", "59"], strict=True)),
}

# By country code.
CORRECTIONS: Final[Mapping[int, tuple[Correction, ...]]] = {
    39: (
        _row(
            r"\+39([1245678]\d{5,9})", r"+390\1", "1998", "AGCOM: the zero is part of a fixed line's number"
        ),
        _row(r"\+390(3\d{8,9})", r"+39\1", "2001", "AGCOM: numbers of mobiles have no zero"),
    ),
    48: (_row(r"\+480(\d{9})", r"+48\1", "2010", "UKE: no trunk prefix any more"),),
    52: (
        _row(r"\+52(?:044|045|01)(\d{10})", r"+52\1", "2019-08-03", "IFT: ten digits, no prefixes any more"),
        _row(r"\+521(\d{10})", r"+52\1", "2019-08-03", "IFT: no 1 before mobiles from abroad"),
    ),
    55: (_row(r"\+55(\d{2})([6-9]\d{7})", r"+55\g<1>9\2", "2016-11-06", "Anatel 553/2010: the ninth digit"),),
    56: (_row(r"\+560(9\d{8})", r"+56\1", "2016", "SUBTEL: nine digits, no 0 before mobiles"),),
    57: (_row(r"\+57([1245678])(\d{7})", r"+5760\1\2", "2021-09-01", "CRC 5826: 60 before fixed lines"),),
    225: (
        _row(r"\+225(\d[0-3]\d{6})", r"+22501\1", "2021-01-31", "ARTCI: ten digits, by operator"),
        _row(r"\+225(\d[4-6]\d{6})", r"+22505\1", "2021-01-31", "ARTCI: ten digits, by operator"),
        _row(r"\+225(\d[7-9]\d{6})", r"+22507\1", "2021-01-31", "ARTCI: ten digits, by operator"),
    ),
    229: (_row(r"\+229(\d{8})", r"+22901\1", "2024-11-30", "ARCEP Benin: 01 before all numbers"),),
    380: (_row(r"\+38080(\d{9})", r"+380\1", "2009-10-14", "Ukraine: trunk prefix 0, before that 8"),),
    84: tuple(
        _row(rf"\+84{old}(\d{{7}})", rf"+84{new}\1", "2018-09-15", _VN) for old, new in _VN_PREFIXES.items()
    ),
}

# Where a fixed line's "(0)" is dialled from abroad as well: everywhere else it is the trunk prefix, and goes.
ZERO_STAYS: Final = frozenset({"39", "225", "241", "242", "378"})

# What the library cannot read at all: by the region of the lines, of the digits.
BEFORE: Final[Mapping[str, tuple[Correction, ...]]] = {
    region: (_row(r"\+8([3-79]\d{9})", r"+7\1", "", "the trunk prefix 8, taken for a country"),)
    for region in ("RU", "KZ")
}

# Mean one thing in their plans, and another in the library's: read as no number. By country code, the whole.
NOT_TOLD: Final[Mapping[int, re.Pattern[str]]] = {
    63: re.compile(r"\+632\d{7}"),  # Manila, before 2019-10-06: which operator's digit goes before it?
}

# Emergency numbers that the library does not list. FR: ARCEP 2002-1179 and 2019-0954.
EMERGENCY: Final[Mapping[str, frozenset[str]]] = {
    "FR": frozenset({"114", "115", "119", "116000", "191", "196", "197"}),
}
# These count wherever a platform's lines are.
EVERYWHERE: Final = frozenset({"000", "112", "911", "999"})

# What is dialled before a number so that the caller's own is kept back (True) or shown, by region.
_NANP: Final = {"*67": True, "*82": False}
_OF_ALL: Final = {"*31#": True, "#31#": True}
CALLER_ID: Final[Mapping[str, Mapping[str, bool]]] = {
    "GB": {"141": True, "1470": False},
    "IE": {"141": True, "142": False},
    "AU": {"1831": True, "1832": False},
    "JP": {"184": True, "186": False},
    "FR": {"3651": True},
    "HK": {"133": True},
}


def caller_id_codes(region: str | None, *, nanp: bool) -> Mapping[str, bool]:
    """The codes in use there, longest first."""
    found = {**_OF_ALL, **(_NANP if nanp else {}), **CALLER_ID.get(region or "", {})}
    return dict(sorted(found.items(), key=lambda one: -len(one[0])))

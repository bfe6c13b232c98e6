"""A telephone number in the one form that all platforms share; the spelling it came in stands beside it."""

from enum import StrEnum

import msgspec


class NumberKind(StrEnum):
    """Whom it reaches."""

    UNKNOWN = "unknown"
    INTERNAL = "internal"  # an extension of the platform
    EXTERNAL = "external"
    EMERGENCY = "emergency"  # dialled as it is written, at once
    SERVICE = "service"  # a short number of its country, or a code of the network: 3612, *100#


class Number(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a spelling means, as far as that is certain: nothing is guessed."""

    kind: NumberKind = NumberKind.UNKNOWN
    e164: str = ""  # "+" and digits; empty: there is none, or the spelling does not tell it
    extension: str = ""  # an internal number; of an external one, what is dialled once it has answered
    withheld: bool = False  # the caller keeps it from being shown
    mended: bool = False  # the spelling is of an older plan, or a known mistake: look for both

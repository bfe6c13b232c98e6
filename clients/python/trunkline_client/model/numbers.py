"""A telephone number in the one form that all platforms share; the spelling it came in stands beside it.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

import msgspec

from trunkline_client.tolerance import OpenEnum


class NumberKind(OpenEnum):
    """Whom it reaches."""

    UNKNOWN = "unknown"
    INTERNAL = "internal"
    EXTERNAL = "external"
    EMERGENCY = "emergency"
    SERVICE = "service"


class Number(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a spelling means, as far as that is certain: nothing is guessed."""

    kind: NumberKind = NumberKind.UNKNOWN
    e164: str = ""  # "+" and digits; empty: there is none, or the spelling does not tell it
    extension: str = ""  # an internal number; of an external one, what is dialled once it has answered
    withheld: bool = False  # the caller keeps it from being shown
    mended: bool = False  # the spelling is of an older plan, or a known mistake: look for both

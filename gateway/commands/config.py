"""The section `needinfo` of a platform's configuration: who answers questions, and when there are none."""

import re
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, PositiveFloat

# In use for emergencies anywhere, whatever the country: one question too few does no harm.
_EMERGENCY: Final = (
    "112 911 999 000 066 15 17 18 100 101 102 103 106 108 110 111 113 114 115 117 118 119 120 122 123 128 133"
    " 140 144 155 156 158 166 190 191 192 193 194 195 197 198 199 995 997 998"
)
_OUTSIDE: Final = ("", "0", "9")  # what is dialled for a line to the outside
_SPELLING: Final = re.compile(r"^tel:|;.*$|[\s\-./()#]")


class NeedInfoPolicy(StrEnum):
    """Who answers a platform's question."""

    ASK = "ask"  # the client; a person
    DEFAULT = "default"  # we do, with the question's defaults
    DECLINE = "decline"  # nobody: the command fails


class NeedInfoConfig(BaseModel):
    """Questions: who answers, and for how long we wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: NeedInfoPolicy = NeedInfoPolicy.ASK
    human_timeout_s: PositiveFloat = 120.0
    platform_timeout_s: PositiveFloat = 10.0
    # Numbers that are dialled without a question; those for emergencies always are.
    never_ask: tuple[str, ...] = ()

    def never_asks(self, destination: str) -> bool:
        """Whether that number is dialled at once; however it is written, with an outside prefix or not."""
        dialled = _plain(destination)
        return any(dialled == f"{prefix}{one}" for one in self._unasked() for prefix in _OUTSIDE)

    def _unasked(self) -> set[str]:
        return {_plain(one) for one in (*_EMERGENCY.split(), *self.never_ask)}


def _plain(number: str) -> str:
    """The number without its spelling; digits of other scripts as ours."""
    bare = _SPELLING.sub("", number.strip())
    return "".join(str(int(one)) if one.isdecimal() else one for one in bare).removeprefix("+")

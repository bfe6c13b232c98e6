"""What a row of the matrix is made of: a command, how clients say it, what platforms are called with.

A row is written from the vendors' documents (reference/*.md, and section 2 of the design for which method is
which command), never from what our own code makes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from schemas.commands import AnyCommand
from schemas.needinfo import NeedInfoKind
from schemas.values import Json
from tests.contract.any_to_any.scenes import Scene

BP: Final = "bright_pattern"
WWE: Final = "genesys_wwe"
CS: Final = "channel_session"
VENDORS: Final = (BP, WWE, CS)

# --- north


@dataclass(frozen=True)
class Said:
    """Frames by which a client says the command: the last one is it, what comes before is answered here.

    `command` is what they mean where that is not the row's command to the letter, but comes to the same.
    """

    frames: tuple[dict[str, Json], ...]
    command: AnyCommand | None = None

    def meaning(self, command: AnyCommand) -> "Said":
        """The same, where it is another command to the letter."""
        return replace(self, command=command)

    @property
    def name(self) -> str:
        """The vendor's name of what says it."""
        frame = self.frames[-1]
        return str(frame.get("method") or frame.get("command"))


@dataclass(frozen=True)
class Unsaid:
    """A client of that dialect cannot say it, or not in this form."""

    reason: str


def rpc(method: str, *params: Json) -> Said:
    """A request of a page: a vendor's method with positional parameters."""
    return Said(({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)},))


def msg(command: str, target: str = "", /, **data: Json) -> Said:
    """A request of the session protocol."""
    addressed: dict[str, Json] = {"target": target} if target else {}
    return Said(({"command": command, **addressed, "data": data},))


def after(*said: Said) -> Said:
    """One after the other; the last one is the command."""
    return Said(tuple(frame for one in said for frame in one.frames))


# --- south


@dataclass(frozen=True)
class Made:
    """One call of the platform's API, and what the platform answers (None: that it is done)."""

    method: str
    params: tuple[Json, ...]
    target: str = ""
    answer: Json = None

    def answered(self, answer: Json) -> "Made":
        """The same, where the platform has more to say than that it is done."""
        return replace(self, answer=answer)


def call(method: str, *params: Json, at: str = "") -> Made:
    """One call; `at` is the target, where objects are addressed beside the parameters."""
    return Made(method, params, at)


@dataclass(frozen=True)
class Calls:
    """What the platform is called with, in order, and how the command ends."""

    made: tuple[Made, ...]
    warns: bool = False  # succeeds with a warning
    ref: str = ""  # the platform's name of what came of it, if it says
    asks: NeedInfoKind | None = None  # ends in a question


def calls(*made: Made, warns: bool = False, ref: str = "", asks: NeedInfoKind | None = None) -> Calls:
    """The same, as it reads in a row."""
    return Calls(made, warns, ref, asks)


@dataclass(frozen=True)
class Refused:
    """The platform's dialect has no word for it: refused before anything is sent."""

    reason: str


@dataclass(frozen=True)
class Fails:
    """Nothing is there to send it to: it fails before anything is sent."""

    reason: str


@dataclass(frozen=True)
class ByGateway:
    """The gateway does it itself: the platform never hears of it."""


Heard = Calls | Refused | Fails | ByGateway

# --- both


@dataclass(frozen=True)
class Row:
    """One command in one situation; `name` tells rows of the same command apart."""

    command: AnyCommand
    scene: Scene
    north: Mapping[str, tuple[Said, ...] | Unsaid]
    south: Mapping[str, Heard]
    name: str = ""

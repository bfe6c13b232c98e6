"""What both ends noted: the platforms, the subscribers, the clients that gave commands. Pure data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Told:
    """A platform said how a contact is, on a connection that was up as far as it knew."""

    lane: str  # one connection, and the agent it was said of: what is said there keeps its order
    contact: str  # the platform and its own id of it
    count: int  # counts the contact's changes; stands in its attached data
    over: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """How a contact is in truth, in the end."""

    contact: str
    count: int
    state: str
    over: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A command as its client knows it, after as many attempts as it took. The marker stands in it."""

    key: str
    marker: str
    commands: tuple[str, ...]  # ids that its attempts were answered with; none: it was refused
    outcome: str = ""  # of the result; empty: none came
    harmless: bool = False  # the result says that certainly nothing happened
    command: Mapping[str, object] = field(default_factory=dict)  # what was asked, to ask it again


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscriber was told once."""

    id: str
    type: str
    cursor: int
    subject: str  # the interaction, or the agent's session: what `sequence` counts the events of
    sequence: int
    digest: int  # of its bytes
    contact: str = ""  # of an interaction: the platform and its own id of it
    count: int = 0
    state: str = ""
    command: str = ""  # of a command's end
    outcome: str = ""
    question: str = ""  # of one that is asked, or over
    agent: str = ""
    late: bool = False  # of what is over already
    pieces: tuple[int, ...] = ()  # counts of the changes before, where the gateway made one of several


# Beginnings of the types of events about platforms; those about the gateway have to be asked for by name.
PLATFORMS: Final = tuple(
    f"{name}."
    for name in (
        *("interaction", "party", "agent", "command", "needinfo", "query"),
        *("platform", "dispositions", "directory", "vendor"),
    )
)
GATEWAY: Final = ("webhook.", "gateway.")
SHORT_LIVED: Final = frozenset(  # of no use later (README): told in time, or not at all
    {
        "interaction.queued",
        "interaction.previewed",
        "interaction.dialing",
        "interaction.alerting",
        "interaction.focus_changed",
        "needinfo.requested",
        "query.requested",
    }
)


class Order(StrEnum):
    """What waits for what at a web hook."""

    INTERACTION = "interaction"  # what was refused may be passed
    STRICT = "strict"
    NONE = "none"


@dataclass
class Followed:
    """A subscriber: what it was told, in the order in which it came, over all its connections."""

    name: str
    by_cursor: bool = True  # False: one POST an event, in order per subject
    types: tuple[str, ...] = PLATFORMS  # it asked for: beginnings of their names
    agents: frozenset[str] = frozenset()  # it asked for; none: all of them
    never: str = ""  # a type that it refuses whenever it is told
    order: Order = Order.INTERACTION  # of a web hook
    events: list[Event] = field(default_factory=list)
    refused: dict[str, int] = field(
        default_factory=dict
    )  # and how many it had been told when it first did so
    in_time: set[str] = field(default_factory=set)  # live events that came while they were of use
    gaps: int = 0  # it was told that something is no longer kept

    @property
    def whole(self) -> bool:
        """Whether it is told, in order, everything of platforms."""
        return self.by_cursor and self.types == PLATFORMS

    def wants(self, event: Event) -> bool:
        """Whether it asked for such events."""
        if self.agents and event.agent not in self.agents:
            return False
        return event.type.startswith(self.types) and event.type != self.never


@dataclass(frozen=True, slots=True)
class Reading:
    """A list or a snapshot that was taken, and a page that was read from its place on later."""

    cursor: int
    shown: tuple[tuple[str, int, str], ...] | None  # of each open contact: name, count, state
    events: tuple[Event, ...]
    until: int  # the page's cursor: how far it went
    gap: bool = False  # the page said that something is no longer kept
    agents: tuple[tuple[str, str], ...] | None = None  # of each session: its id, the agent's state


@dataclass
class Notes:
    """All of it."""

    told: list[Told] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)  # markers that platforms were given
    done: set[str] = field(default_factory=set)  # of those, what they carried out
    orders: list[Given] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)  # what else a scenario expected in vain

"""What the gateway sees of a CRM: a connector, whose methods are flows of HTTP requests.

A flow is sans-IO, as a dialect's are: it yields a request and is sent the answer. It has no clock, no retry
and no credential; who runs it has all three. A flow may be begun again at any time, so each is either a read,
or brings something to a state that is wanted, or is the one request that creates. The last is marked as such:
it is never repeated before the CRM has been asked for our key.

Raises MalformedFrame: an answer that says something else than asked.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from schemas.agent import AgentSession
from schemas.interaction import Interaction, Record
from schemas.values import Json

T = TypeVar("T")


class ConnectorSettings(BaseModel):
    """What every connector's own settings are. No secrets: these stand beside, in `headers` and `url`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the CRM. `path` is below its address and may have a query; both are encoded."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    takes: frozenset[int] = frozenset()  # statuses beside 2xx that the flow reads itself
    creates: bool = False  # a second one would make a second activity


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


Flow = Generator[Request, Answer, T]


class Keyed(StrEnum):
    """How a CRM keeps one activity for each key of ours."""

    UPSERT = "upsert"  # by itself: a write may be repeated
    SEARCH = "search"  # it can be asked for the key
    NONE = "none"  # not at all: what may have been created is never repeated, and operators are told


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What shall stand in the CRM of one contact: the newest snapshot of each agent's leg.

    `key` is ours and lasts: the contact's root id; one leg's interaction id where each is logged alone. Where
    a platform does not let the root be known, each leg has a root of its own, and so an activity.
    """

    key: str
    legs: tuple[Interaction, ...]  # at least one, in the order in which they began
    users: Mapping[str, str] = {}  # the CRM's, by our agents' names
    numbers: Sequence[str] = ()  # spellings of the other party's number, the surest first


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """By what a record is looked for, the surest first."""

    numbers: Sequence[str] = ()  # spellings of one number: CRMs compare text
    email: str = ""
    data: Mapping[str, Json] = {}  # attached to the contact; a key in it may name the record


class Crm(Protocol):
    """One that keeps activities."""

    keyed: Keyed

    def find(self, sought: Sought) -> Flow[tuple[Record, ...]]:
        """The records that it may be about; none is an answer. Creates nothing."""
        ...

    def pop(self, user: str, about: Interaction, records: Sequence[Record]) -> Flow[bool]:
        """Show it to a user of the CRM. False: it cannot from here, and the page must do it."""
        ...

    def show_presence(self, user: str, agent: AgentSession) -> Flow[bool]:
        """Have the CRM show a user as our agent is. False: it has no word for that."""
        ...

    def find_log(self, key: str) -> Flow[str]:
        """The CRM's id of the activity with that key; empty: there is none."""
        ...

    def create_log(self, activity: Activity) -> Flow[str]:
        """Make it. Returns the CRM's id of it."""
        ...

    def update_log(self, ref: str, activity: Activity) -> Flow[bool]:
        """Bring ours of its fields up to date. False: it is not there any more."""
        ...


class Step(NamedTuple):
    """One thing that is told while it happens. Each is told once at most, whatever comes of it."""

    told: str  # how far it will have been told then: the connector's own words, kept for it
    at: datetime  # when that was
    flow: Flow[None]
    live: bool = True  # of no use later
    missed: str = ""  # what counts as told where it came too late for it; empty: itself
    wait_s: float = 0.0  # so long something else may come that makes it untrue


class LiveCrm(Protocol):
    """One that only hears what happens, and keeps its own record of it."""

    def next_step(self, told: str, activity: Activity) -> Step | None:
        """What is to be told after what was, which is empty at first; None: all is."""
        ...


class Connector(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of CRM. `open` takes what `settings` takes, and raises pydantic's ValidationError."""

    name: str
    settings: type[ConnectorSettings]
    open: Callable[[Mapping[str, Json]], Crm | None] = lambda _settings: None
    open_live: Callable[[Mapping[str, Json]], LiveCrm | None] = lambda _settings: None


NO_RECORDS: Final[tuple[Record, ...]] = ()

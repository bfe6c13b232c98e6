"""What a softswitch consists of: agents, calls, and an agent's leg in a call.

A leg is what the canonical model calls an interaction. Legs and outsiders of one call hear each other. A
contact ties the calls of one customer together: it outlives transfers and holds the attached data, which a
consultation therefore shares.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.softswitch.settings import AgentConfig
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import (
    Contact,
    Direction,
    Disposition,
    EndCause,
    InteractionState,
    Kind,
    Media,
    Party,
    PartyRole,
    Record,
    RecordingState,
    Side,
    WrapUpSetBy,
)
from schemas.observations import AgentObserved, InteractionObserved
from schemas.values import Json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRANSCRIPT_KEPT = 256
TALKING = frozenset({InteractionState.CONNECTED, InteractionState.HELD})
MEDIA_ON = TALKING | {InteractionState.ALERTING, InteractionState.DIALING}


@dataclass(slots=True, eq=False)
class Agent:
    """One agent. The state shown follows from the legs; `chosen` is what it falls back to."""

    config: AgentConfig
    extension: str
    logged_in: bool
    chosen: AgentState  # ready or not_ready
    reason: str = ""  # of not_ready
    pending: tuple[AgentState, str] | None = None
    shown: AgentState = AgentState.UNKNOWN  # as of the last change
    since: datetime = EPOCH  # of `shown`
    legs: dict[Ref, "Leg"] = field(default_factory=dict)  # not completed, oldest first
    focused: "Leg | None" = None
    published: AgentObserved | None = None

    @property
    def id(self) -> str:
        """As configured."""
        return self.config.id

    @property
    def name(self) -> str:
        """As configured."""
        return self.config.name or self.config.id

    @property
    def state(self) -> AgentState:
        """Work shows before choice, talk before an offer, an offer before wrap-up."""
        if not self.logged_in:
            return AgentState.LOGGED_OUT
        states = {leg.state for leg in self.legs.values()}
        if states & TALKING or InteractionState.DIALING in states:
            return AgentState.BUSY
        if InteractionState.ALERTING in states:
            return AgentState.RESERVED
        if states:
            return AgentState.AFTER_CALL_WORK
        return self.chosen


@dataclass(slots=True, eq=False)
class Outsider:
    """Somebody in a call who has no leg: a customer, or a colleague who cannot be reached."""

    id: str
    call: "Call"
    address: str
    name: str = ""
    role: PartyRole = PartyRole.CUSTOMER
    user_id: str = ""
    connected: bool = False
    typing: bool = False
    cause: EndCause | None = None  # why they will not answer


@dataclass(slots=True, eq=False)
class Waiting:
    """A call's wish for an agent with a skill."""

    service: str
    kind: Kind
    origination: str
    parent: Ref | None = None
    refused: dict[str, None] = field(default_factory=dict)  # agents who rejected it


@dataclass(slots=True, eq=False)
class Root:
    """The customer's whole contact."""

    ref: Ref
    contact: Contact | None = None
    data: dict[str, Json] = field(default_factory=dict)  # replaced, never changed in place
    calls: list["Call"] = field(default_factory=list)  # that are not over
    legs: list["Leg"] = field(default_factory=list)  # that are not completed
    transcript: list[tuple[str, str]] = field(default_factory=list)  # who, what

    said: int = 0  # lines in all
    body_url: str = ""  # of the e-mail that it began with

    def say(self, who: str, what: str) -> str:
        """A line of the chat. Returns its id."""
        self.transcript.append((who, what))
        del self.transcript[:-TRANSCRIPT_KEPT]
        self.said += 1
        return f"{self.ref}-m{self.said}"


@dataclass(slots=True, eq=False)
class Call:
    """Those who hear each other, or will when somebody answers."""

    ref: Ref
    root: Root
    media: Media
    direction: Direction
    service: str = ""
    ani: str = ""
    dnis: str = ""
    channel_type: str = ""
    subject: str = ""
    legs: list["Leg"] = field(default_factory=list)  # whose media is on
    outsiders: list[Outsider] = field(default_factory=list)
    waiting: Waiting | None = None
    over: bool = False


@dataclass(slots=True, eq=False)
class Leg:
    """One agent's part in a call, and the work after it."""

    ref: Ref
    agent: Agent
    call: Call
    state: InteractionState
    kind: Kind
    origination: str
    created_at: datetime
    service: str = ""
    parent: Ref | None = None
    consult_of: "Leg | None" = None
    offered: bool = False  # by the queue
    answered: bool = False
    muted: bool = False
    recording_state: RecordingState = RecordingState.STOPPED
    records: tuple[Record, ...] = ()
    disposition: Disposition | None = None
    notes: str = ""
    blocked: str = ""
    blocked_until: datetime | None = None  # kept once that time is over; None: no limit, or lifted
    tones: str = ""
    asked_state: bool = False  # complete was answered with the question for the agent's next state
    draft: tuple[Disposition | None, str | None] = (None, None)  # what that complete had said
    wrap_up_until: datetime | None = None
    wrap_up_set_by: WrapUpSetBy | None = None
    overdue: bool = False  # the wrap-up limit passed while completion was blocked
    ended_at: datetime | None = None
    end_cause: EndCause | None = None
    ended_by: Side | None = None
    last_parties: tuple[Party, ...] = ()  # once ended
    published: InteractionObserved | None = None

    @property
    def live(self) -> bool:
        """Media is on, or about to be."""
        return self.state in MEDIA_ON

    @property
    def talking(self) -> bool:
        """Connected or held."""
        return self.state in TALKING

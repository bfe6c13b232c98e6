"""The contract that every dialect meets, in both roles.

South, we are the platform's client: `PlatformConnection` turns its frames into observations, our calls into
its frames; a `Flow` turns one canonical command into its calls. North, we are the platform to a client:
`ClientConnection` turns its frames into canonical commands, and canonical events and results into its frames.

All of it is sans-IO: no socket, no clock, no randomness. Time comes in as an argument. What is to be done
comes out as a list, in order.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Generic, Never, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from adapters.contract.capabilities import Capabilities, Vocabulary
from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.contract.closing import CloseCode
from adapters.contract.demo_script import DemoScript
from adapters.contract.transports import Framing, Polling
from adapters.contract.view import View as View  # noqa: PLC0414  # connections find it here
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.interaction import Interaction
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import AnyObservation
from schemas.queries import AnyQuery, AnyQueryAnswer, AnyQueryReply
from schemas.results import Failed, FinalResult
from schemas.values import Json

# How long a connection waits for the answers to calls of its own; those of a flow are timed by the core.
ANSWER_WITHIN: Final = timedelta(seconds=15)

# --- south: commands


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the vendor's API. `target` is for dialects that address objects beside the parameters."""

    method: str
    params: tuple[Json, ...] = ()
    target: str = ""
    step: str = ""  # what it does, for people, in a flow of several; empty: the method says it


class Reply(msgspec.Struct, frozen=True):
    """The vendor's whole answer to a call, as it came; the flow that made the call reads it."""

    body: msgspec.Raw


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The platform did it, or accepted to. `ref` names the interaction that came of it, if it said."""

    ref: Ref | None = None
    data: Json = None
    warnings: tuple[str, ...] = ()
    extras: dict[str, Json] = {}  # what `data` has no place for, by the vendor's names


Outcome = Done | Question | Failed

# Yields calls, is sent replies, returns the outcome. Must hold nothing that a restart would lose: after an
# answered question it runs again from the start with the answers in `command.answers`.
Flow = Generator[Call, Reply, Outcome]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a command is about. `refs` of the snapshots hold the vendor's ids."""

    agent: AgentSession | None = None  # None only for agent.login
    interaction: Interaction | None = None  # the one the command names
    others: tuple[Interaction, ...] = ()  # the agent's other open interactions
    answered: NeedInfoKind | None = None  # the question that this attempt follows on

    def consultation(self) -> Interaction | None:
        """The open consultation that the command's interaction is, or has."""
        if self.interaction is None or self.interaction.consult_of is not None:
            return self.interaction
        return next((other for other in self.others if other.consult_of == self.interaction.id), None)

    def consulted(self) -> Interaction | None:
        """The interaction that the consultation is a consultation of."""
        consultation = self.consultation()
        if consultation is None or self.interaction is None:
            return None
        return next(
            (one for one in (self.interaction, *self.others) if one.id == consultation.consult_of), None
        )


# --- what a connection wants done


class Send(msgspec.Struct, frozen=True):
    """Put this frame on the wire."""

    frame: bytes


class Replied(msgspec.Struct, frozen=True):
    """The answer to `PlatformConnection.send` with that id."""

    call_id: int
    reply: Reply


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The platform asks the CRM: to be answered with `answer`, or with None if nobody did in time."""

    token: str
    agent: Ref
    query: AnyQuery
    interaction_ref: Ref | None = None


class Ready(msgspec.Struct, frozen=True):
    """Handshake and first snapshot are over: what was observed until here is what was already so.

    After `PlatformConnection.refresh` it comes once more, at the end of the fresh one.
    """


class Close(msgspec.Struct, frozen=True):
    """End the connection."""

    code: CloseCode
    reason: str


class Execute(msgspec.Struct, frozen=True, kw_only=True):
    """A client's command; its result goes to `ClientConnection.finished` with the token.

    With a `disposition` it is carried out only if its interaction can have that one, as far as the platform
    lists them: a call is not ended for a completion that must fail. A `native` vendor.call is a method of the
    client's own API, that its page may call on a platform of its own dialect without the scope for any call.
    `within_s` is when such a client gives up by itself: it has its result before.
    """

    token: str
    command: AnyCommand
    disposition: str = ""
    native: bool = False
    within_s: float | None = None


class Follow(msgspec.Struct, frozen=True):
    """From here on the client wants this agent's events."""

    agent_id: AgentId


class Answered(msgspec.Struct, frozen=True):
    """The client answered a query, or let it be known that it will not: NoOpinion."""

    answer: AnyQueryReply


class Broadcast(msgspec.Struct, frozen=True):
    """Let the agent's other clients of this dialect overhear this frame; the sender does not."""

    frame: Frame


Control = Send | Replied | Asked | Ready | Close
PlatformOutput = Control | AnyObservation
ClientOutput = Send | Execute | Follow | Answered | Broadcast | Close


class PlatformConnection(Protocol):
    """South: one connection with a platform, or with its page in one agent's browser."""

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """The socket is there: begin the handshake, subscribe first, then ask for the snapshot."""
        ...

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame; the connection goes on as if it had not come."""
        ...

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask anew how things stand, once Ready; Ready ends the answer. Nothing: it cannot be asked."""
        ...

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError at once, before anything is sent."""
        ...

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call whose answer will come out as Replied with that id (unique, positive)."""
        ...

    def forget(self, call_id: int) -> None:
        """Nobody waits for that answer any more; a late one is dropped."""
        ...

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """Answer what was Asked; None gives the vendor's documented default. Unknown tokens do nothing."""
        ...

    def due(self) -> datetime | None:
        """When `advance` has something to do; None: not until something comes in."""
        ...

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """What happens by itself until now, such as giving up on an answer."""
        ...


class ClientConnection(Protocol):
    """North: one client that takes us for its vendor's platform."""

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """The socket is there and its owner is known."""
        ...

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one frame. What is wrong with it is answered in the vendor's way where it has one.

        Raises MalformedFrame for bytes that cannot be answered.
        """
        ...

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """The result of an Execute. NEEDS_INFO carries the question: such a client asks its user itself."""
        ...

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """What this client gets of a change that is encoded so for all clients of its dialect."""
        ...

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """Put a platform's query to the client; nothing if its dialect has no such question."""
        ...

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Another client of the same agent said this to all (Broadcast)."""
        ...

    def due(self) -> datetime | None:
        """When `advance` has something to do; None: not until something comes in."""
        ...

    def advance(self, now: datetime) -> Sequence[ClientOutput]:
        """What happens by itself until now."""
        ...


class Timeless:
    """A connection, of either role, in which nothing happens by itself."""

    def due(self) -> datetime | None:
        """Never."""
        return None

    def advance(self, now: datetime) -> Sequence[Never]:
        """Nothing."""
        del now
        return ()


# --- the simulated platform


class Peer(Protocol):
    """The other end of an internal link: a platform that runs inside this process, sans-IO."""

    def received(self, frame: bytes, now: datetime) -> Sequence[bytes]:
        """Frames that answer this frame, in order."""
        ...

    def due(self) -> datetime | None:
        """When `advance` has something to do; None: not until something is received."""
        ...

    def advance(self, now: datetime) -> Sequence[bytes]:
        """Frames of what happened by itself until now."""
        ...


# --- what browsers load

# A file that is served as it is; classic scripts that are served as one, whose names are theirs alone; or
# what a page of ours reads of the settings: JSON, for everybody to see.
Content = Path | tuple[Path, ...] | Callable[[Any], Json]


def no_scripts(_settings: object) -> Sequence[str]:
    """The page loads none but ours."""
    return ()


@dataclass(frozen=True)
class Browser:
    """Scripts and pages of a dialect whose API lives in a browser, by the names they are served under.

    `link` stands beside the socket that relays connect to, `facade` beside the one that clients connect to;
    `drop_in` are the vendor's own paths, so that a page need only change the host that it loads them from.
    """

    link: Mapping[str, Content] = field(default_factory=dict)
    facade: Mapping[str, Content] = field(default_factory=dict)
    drop_in: Mapping[str, str] = field(default_factory=dict)  # absolute path: name in `facade`
    scripts: Callable[[Any], Sequence[str]] = (
        no_scripts  # addresses of the vendor's, which pages of `link` load
    )
    sample: str = ""  # of the facade's: a page to try it with


# --- binding it together


class DialectSettings(BaseModel):
    """The vendor's options; each dialect adds its own. Secrets are SecretStr."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LinkKind(StrEnum):
    """How such a platform is reached."""

    RELAY = "relay"  # its API lives in the agent's browser: a relay there connects to us, one per agent
    DIAL = "dial"  # we connect to it
    INTERNAL = "internal"  # it runs inside this process


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """How a platform names interactions, and for how long.

    `lasting` is whether a `ref` is the platform's own and names one interaction for good. If not, it is that
    of one page load: the next one may give it to another customer's call. Then a known interaction is found
    again by its durable names (`durable_ref`, and what stands in `refs` by the keys `durable`), by start and
    address, and by its `ref` only where neither side has a durable name and all else agrees.
    """

    lasting: bool = False
    durable: tuple[str, ...] = ()


OF_A_PAGE: Final = Naming()  # the careful reading

SettingsT = TypeVar("SettingsT", bound=DialectSettings)


@dataclass(frozen=True)
class Dialect(Generic[SettingsT]):
    """One dialect, bound together for the registry."""

    name: str  # as in the configuration and in VendorFrame.dialect
    title: str  # for people
    settings: type[SettingsT]
    link: LinkKind
    capabilities: Capabilities
    # (settings, the agent that the link's token names, if any)
    platform_connection: Callable[[SettingsT, AgentId | None], PlatformConnection]
    # (settings, what the client may see, the agent that the client's token names, if any)
    client_connection: Callable[[SettingsT, View, AgentId | None], ClientConnection] | None = None
    # (settings) -> a pure function: a change's frames, the same for every client of this dialect; none of an
    # event that it has no word for. Called once a change, however many clients there are.
    event_encoder: Callable[[SettingsT], Encoder] | None = None
    # The same where the platform is of this dialect too, if that is something else.
    own_event_encoder: Callable[[SettingsT], Encoder] | None = None
    peer: Callable[[SettingsT], Peer] | None = None  # INTERNAL only
    polling: Polling | None = None  # over HTTP, to its clients and, where it is dialled, to the platform
    # (settings, the largest frame in bytes): over TCP, where it is dialled
    framing: Callable[[SettingsT, int], Framing] | None = None
    demo: DemoScript | None = None  # what a demonstration of it does
    vocabulary: Mapping[str, Vocabulary] = field(default_factory=dict)  # by role: south, north
    # (settings, agent): whether a login that takes nothing over succeeds only with that agent's own password.
    # None: never, as where it is the agent's own page that carries it out, or he may be logged in already.
    checks_password: Callable[[SettingsT, AgentId], bool] | None = None
    # (settings, agent, password): whether that is the agent's, where the settings say so; None: they do not.
    knows_password: Callable[[SettingsT, AgentId, str], bool | None] | None = None
    browser: Browser | None = None
    guides: Mapping[str, Path] = field(default_factory=dict)  # how it is connected, by role; in Markdown
    naming: Naming = OF_A_PAGE  # of interactions


# For the core, which hands each dialect its own settings back without looking at them.
ErasedDialect = Dialect[Any]

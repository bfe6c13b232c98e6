"""What the southern connection keeps because events do not repeat it: sessions and the objects in them.

A target is found as it is spelt, else in its other form (with or without the group): a path's depth does not
name its kind. Source: reference channel-session.md section 2.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import UNSET, UnsetType

from adapters.channel_session import methods
from adapters.channel_session.extras import Members, ObjectExtras
from adapters.channel_session.rows import Row
from adapters.kit.reading import Mended
from adapters.kit.repeated import Repeated
from schemas.agent import Channel
from schemas.ids import Ref
from schemas.interaction import Direction, EndCause, InteractionState, Kind, Media, Party
from schemas.observations import AgentObserved, AnyObservation, InteractionObserved
from schemas.values import Json

KnownT = TypeVar("KnownT")


@dataclass(slots=True)
class KnownChannel:
    """One channel."""

    target: str
    channel: Channel
    extras: dict[str, Members] = field(default_factory=dict)
    word: str = ""  # the agent state, in their word


@dataclass(slots=True)
class KnownConversation:
    """One conversation."""

    target: str
    interaction: "KnownInteraction"
    about: "KnownInteraction"  # the same; of a consult, the interaction of its own that it is outside
    extras: ObjectExtras
    state: str = ""  # the last word of theirs that we know
    muted: bool | UnsetType = UNSET  # not said since the session started
    members: dict[str, Party] = field(default_factory=dict)
    remote_address: str = ""  # of the first to join

    @property
    def consult(self) -> bool:
        """Whether it is one."""
        return self.about is not self.interaction


@dataclass(slots=True)
class KnownInteraction:
    """One interaction. Of a consultation all is said of its conversation."""

    target: str
    channel: str  # the parent's target
    refs: dict[str, str]  # every id of theirs that addressing it needs, but for the conversation's
    media: Media
    extras: ObjectExtras
    channel_type: str | UnsetType = ""  # their word for a medium that we do not know
    main: "KnownInteraction | None" = None  # what it is a consultation of
    kind: Kind | UnsetType = UNSET
    consult_of: Ref | UnsetType = UNSET
    state: str = ""  # the last word of theirs that we know
    odd: str = ""  # an unknown word since then, of its own or of its primary conversation's
    direction: Direction | None = None
    primary: KnownConversation | None = None
    leg: KnownConversation | None = None  # the primary one, also when it is over
    data: dict[str, Json] | UnsetType = UNSET  # the same
    recording: str = ""
    told: InteractionState | None = None
    seen: InteractionObserved | None = None
    disposed: set[str] = field(default_factory=set)  # conversations that are over
    requests: int = 0  # ours about it
    answered: int = 0  # of those, the last that something was said after
    answer: str = ""  # what was said first after that

    @property
    def whole(self) -> bool:
        """Whether an offer is told: caller and data are known, or the platform says that this was all."""
        address = self.leg.remote_address if self.leg is not None else ""
        if self.main is None:
            known = bool(address) and not isinstance(self.data, UnsetType)
            return known or "interaction.initialized" in self.extras.said
        said = self.leg.extras.said if self.leg is not None else ()
        return bool(address) or "conversation.initialized" in said

    def consulted(self, leg: KnownConversation) -> "KnownInteraction":
        """The consultation of it that a conversation is."""
        own = KnownInteraction(leg.target, self.channel, self.refs, Media.VOICE, ObjectExtras(), UNSET, self)
        own.kind, own.consult_of = Kind.CONSULT, Ref(self.target)
        own.direction, own.primary, own.leg = Direction.OUTBOUND, leg, leg
        return own

    def named(self, said: str) -> str:
        """What was said; the first after a request of ours says so, for it may repeat what went before."""
        if self.answered != self.requests:
            self.answered, self.answer = self.requests, said
        elif said != self.answer:
            self.answer = ""
        return f"{said} after request {self.answered}" if self.answer else said


@dataclass(slots=True)
class KnownSession:
    """One agent's session."""

    id: str
    agent: Ref
    mended: Mended  # in the event that is being read
    repeated: Repeated[Members]  # data of state.updated, of interactions' primary conversations
    starting: bool = True
    ended: bool = False
    groups: dict[str, Members] = field(default_factory=dict)  # target -> as said
    channels: dict[str, KnownChannel] = field(default_factory=dict)
    interactions: dict[str, KnownInteraction] = field(default_factory=dict)
    conversations: dict[str, KnownConversation] = field(default_factory=dict)
    told: AgentObserved | None = None
    held_back: list[AnyObservation] = field(default_factory=list)  # until the session is initialized

    def _find(self, table: dict[str, KnownT], target: str) -> KnownT | None:
        if (found := table.get(target)) is not None:
            return found
        below = self.below(target)
        for group in self.groups:
            if (found := table.get(f"{group}.{below}")) is not None:
                return found
        short = self.ungrouped(target)
        if short == target:  # in a group that was never announced
            short = f"{self.id}.{below.partition('.')[2]}"
        return table.get(short)

    def channel(self, target: str) -> KnownChannel | None:
        """A channel, by its target in either form; likewise the others."""
        return self._find(self.channels, target)

    def same_channel(self, target: str, other: str) -> bool:
        """Whether these are one, in either form; or the same otherwise."""
        return target == other or (self.channel(target) or target) is self.channel(other)

    def interaction(self, target: str) -> KnownInteraction | None:
        """An interaction."""
        return self._find(self.interactions, target)

    def conversation(self, target: str) -> KnownConversation | None:
        """A conversation."""
        return self._find(self.conversations, target)

    def below(self, target: str) -> str:
        """A target without the session, whose id may have dots: an e-mail address has."""
        return target[len(self.id) + 1 :]

    def ungrouped(self, target: str) -> str:
        """A target in the form without the group."""
        group = self.group_of(target)
        return f"{self.id}{target[len(group) :]}" if group else target

    def group_of(self, target: str) -> str:
        """The group that a target stands in; empty if it stands in none."""
        return max((one for one in self.groups if target.startswith(f"{one}.")), key=len, default="")

    def consults(self, interaction: KnownInteraction) -> list[KnownInteraction]:
        """The consultations of an interaction."""
        return [one.about for one in self.conversations.values() if one.about.main is interaction]

    def ends(self, command: str, target: str) -> dict[Ref, EndCause]:
        """The interactions that a command of ours ends if it succeeds, and by what."""
        row = methods.row_of(command)
        if row is None or row.ends is None:
            return {}
        return {Ref(known.target): row.ends for known in self._left_by(row, target)}

    def sent(self, target: str) -> None:
        """A request of ours about that object goes out."""
        self.repeated.clear()
        conversation = self.conversation(target)
        known = conversation.interaction if conversation is not None else self.interaction(target)
        if known is not None:
            known.requests += 1

    def _left_by(self, row: Row, target: str) -> list[KnownInteraction]:
        conversation = self.conversation(target)
        if conversation is not None:
            return [conversation.about]
        interaction = self.interaction(target)
        if interaction is None:
            return []
        consults = self.consults(interaction) if row.consulting else []
        return consults if row is methods.CONSULT_CONFERENCE else [interaction, *consults]

    def forget(self, interaction: KnownInteraction) -> None:
        """Let go of an interaction and what is below it."""
        self.interactions.pop(interaction.target, None)
        for conversation in [one for one in self.conversations.values() if one.interaction is interaction]:
            self.conversations.pop(conversation.target, None)


class Sessions(dict[str, KnownSession]):
    """The sessions of a connection, by id."""

    def at(self, target: str) -> KnownSession | None:
        """The session that a target begins with, of two the longer one; None if there is none."""
        while target:
            if (found := self.get(target)) is not None:
                return found
            target = target.rpartition(".")[0]
        return None

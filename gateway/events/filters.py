"""Which events somebody wants: the same filters for streams, pages and webhooks, and one way to apply them.

A `Filter` is what a client says. Admitting it makes a `Selection` of it, in which names are resolved; that is
a set test for each field. Only `media` and `content` look inside an event, and what is looked up there is
kept for everybody else who asks (`Inside`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.events.teams import Teams
from gateway.runtime.masking import concealed_path, masked_event
from gateway.security.rights import Rights
from gateway.store.base import Appended
from gateway.store.conditions import Condition, Content, Found, conditions, find
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.grants import FieldClass
from schemas.interaction import Interaction, Media
from schemas.privacy import NO_MASK, Mask
from schemas.results import ErrorCode

_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


class Filter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events a subscriber wants. An empty field asks for all; an event must fit every field.

    Types may end in `.*`. Teams are those of the configuration. With `media`, only events that carry an
    interaction of these media pass. `content` has what must stand at dotted paths of the event: a value, a
    list of which any will do, null for nothing, a prefix, or whether there is anything. Fields of the classes
    in `mask` are replaced by a mark, those in `drop` left out; with any of them the platform's own words go.
    """

    platforms: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    interactions: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    media: frozenset[Media] = frozenset()
    types: frozenset[str] = frozenset()
    content: Content = {}
    mask: frozenset[FieldClass] = frozenset()
    drop: frozenset[FieldClass] = frozenset()


class Inside:
    """An event, looked into. Each path is followed once, for however many filters ask."""

    def __init__(self, event: ev.AnyEvent) -> None:
        self._event = event
        self._found: dict[str, Found] = {}

    @property
    def media(self) -> Media | None:
        """The medium of the interaction that it carries."""
        if isinstance(self._event, ev.MessageAdded):
            return self._event.media
        return self._event.interaction.media if isinstance(self._event, ev.InteractionEvent) else None

    def at(self, path: str) -> Found:
        """What stands at a path."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = find(self._event, path)
        return found


Look = Callable[[Appended], Inside]


def look(event: Appended) -> Inside:
    """Into an event of which there is nothing but its record."""
    return Inside(_decode(event.body))


class Selection(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """A filter that was admitted. It can be hashed: who has equal ones shares what is made for one."""

    platforms: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    interactions: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    members: frozenset[str] | None = None  # sessions of the teams asked for, which may be none
    media: frozenset[Media] = frozenset()
    content: tuple[Condition, ...] = ()
    mask: Mask = NO_MASK  # of what is shown of them
    rights: Rights | None = None  # of whom it is for, where they are narrowed

    @property
    def everything(self) -> bool:
        """Whether it lets every event of every platform through."""
        return self == _ALL

    @property
    def of_agents(self) -> frozenset[str] | None:
        """The agents whom all that is wanted concerns, where it is but some."""
        return self.agents or (None if self.rights is None else self.rights.agents)

    def accepts(self, event: Appended, look: Look) -> bool:
        """Whether the event is wanted."""
        return self._envelope(event) and (not (self.media or self.content) or self._fits_inside(look(event)))

    def choose(self, events: Sequence[Appended], look: Look) -> Sequence[Appended]:
        """The wanted ones, in order."""
        chosen = [one for one in events if self._envelope(one)]
        if self.media or self.content:
            chosen = [one for one in chosen if self._fits_inside(look(one))]
        return chosen

    def _envelope(self, event: Appended) -> bool:
        return (
            (not self.platforms or event.platform_id in self.platforms)
            and (not self.agents or event.agent_id in self.agents)
            and (not self.sessions or event.session_id in self.sessions)
            and (not self.interactions or event.interaction_id in self.interactions)
            and (event.type in self.types if self.types else event.platform_id != ev.NO_PLATFORM)
            and (self.members is None or event.session_id in self.members)
            and (self.rights is None or in_sight(self.rights, event))
        )

    def _fits_inside(self, inside: Inside) -> bool:
        return (not self.media or inside.media in self.media) and all(
            one.holds(inside.at(one.path)) for one in self.content
        )

    # --- of snapshots

    @property
    def shows_sessions(self) -> bool:
        """Whether sessions are shown to whom it is for: as far as he may see the events that carry them."""
        return self.rights is None or any(map(self.rights.sees_type, _OF_SESSIONS))

    @property
    def shows_interactions(self) -> bool:
        """Whether interactions are, likewise."""
        return self.rights is None or any(map(self.rights.sees_type, _OF_INTERACTIONS))

    def has_session(self, one: AgentSession) -> bool:
        """Whether an agent's session is in sight. Of the content, what is said of `agent` counts."""
        return (
            (not self.platforms or one.platform_id in self.platforms)
            and (not self.agents or one.agent_id in self.agents)
            and (not self.sessions or one.id in self.sessions)
            and (self.members is None or one.id in self.members)
            and (self.rights is None or self.rights.sees(one.platform_id, one.agent_id))
            and self._says("agent", one)
        )

    def has_interaction(self, one: Interaction) -> bool:
        """Whether an interaction of a session in sight is wanted; the content on `interaction` counts."""
        return (
            (not self.interactions or one.id in self.interactions)
            and (not self.media or one.media in self.media)
            and self._says("interaction", one)
        )

    def _says(self, name: str, snapshot: AgentSession | Interaction) -> bool:
        return all(
            one.holds(find({name: snapshot}, one.path))
            for one in self.content
            if one.path.partition(".")[0] == name
        )


_ALL: Final = Selection()
_OF_SESSIONS: Final = frozenset(tag for tag, kind in ev.EVENTS.items() if issubclass(kind, ev.AgentEvent))
_OF_INTERACTIONS: Final = frozenset(
    tag for tag, kind in ev.EVENTS.items() if issubclass(kind, ev.InteractionEvent)
)


def in_sight(rights: Rights, event: Appended) -> bool:
    """Whether an event is in somebody's sight. Those about the gateway itself are for who sees everybody."""
    if not rights.sees_type(event.type):
        return False
    if event.platform_id == ev.NO_PLATFORM:
        return rights.of_everybody
    if rights.sessions is not None and event.session_id in rights.sessions:
        return rights.sees_platform(event.platform_id) and rights.sees_agent(event.agent_id)
    return rights.sees(event.platform_id, event.agent_id)


_ALL_TYPES: Final = frozenset(ev.PLATFORM_EVENTS)


def select(wanted: Filter, teams: Teams) -> Selection:
    """Resolve the names in a filter. Raises RefusedError for a team or an event type that there is not."""
    selection = Selection(
        platforms=wanted.platforms,
        agents=wanted.agents,
        sessions=wanted.sessions,
        interactions=wanted.interactions,
        types=types(wanted.types),
        members=teams.members(wanted.teams) if wanted.teams else None,
        media=wanted.media,
        content=conditions(wanted.content),
    )
    return concealing(selection, Mask(wanted.mask, wanted.drop))


def concealing(selection: Selection, mask: Mask) -> Selection:
    """The same, with that mask too. Raises RefusedError for a condition on what would be concealed."""
    if not mask:
        return selection
    mask |= selection.mask
    for one in selection.content:
        if concealed_path(one.path, mask):
            raise RefusedError(
                ErrorCode.INVALID_COMMAND, f"content: {one.path} is masked, and cannot be asked for"
            )
    return replace(selection, mask=mask)


def shown(events: Sequence[Appended], mask: Mask) -> Sequence[Appended]:
    """The events as they may be seen."""
    if not mask:
        return events
    return [one._replace(body=masked_event(one.body, mask)) for one in events]


def types(patterns: Iterable[str]) -> frozenset[str]:
    """The event types that patterns mean; none for all of platforms. Raises RefusedError for one without any.

    `interaction.held`, `interaction.*` or `*`, which is all of platforms: an event about the gateway itself
    has to be named.
    """
    meant: set[str] = set()
    for pattern in patterns:
        found = _ALL_TYPES if pattern == "*" else {name for name in ev.EVENTS if _means(pattern, name)}
        if not found:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"there are no events of type {pattern!r}")
        meant |= found
    return frozenset() if meant == _ALL_TYPES else frozenset(meant)


def _means(pattern: str, name: str) -> bool:
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return pattern == name

"""What a gateway knows through a dialect, compared with the truth, short of what the dialect cannot say."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.agent import AgentSession
from schemas.ids import InteractionId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState, Side
from schemas.values import Json
from tests.contract.losses import LOSSES, Losses
from tests.contract.seen_through import AGENTS, World, number

# Of each gateway's own: related one to one where that can be seen, else what follows from the rest.
OWN: Final = frozenset(
    {"id", "root_id", "session_id", "platform_id", "ref", "durable_ref", "refs", "sequence"}
    | {"focused_interaction_id", "allowed", "vendor_state", "vendor_event", "extras"}
)
RELATIVES: Final = frozenset({"consult_of", "parent_id"})
# How it ended: unknown is never wrong.
ENDS: Final[dict[str, Json]] = {"end_cause": EndCause.UNKNOWN, "ended_by": Side.UNKNOWN}


class Comparison:
    """Of both sides of a world, as they are."""

    def __init__(self, world: World, *, but: Iterable[str] = ()) -> None:
        self._world = world
        self._losses: Losses = LOSSES[world.dialect.name]
        self._but = OWN.union(but)
        self._numbers = {one.id: number(one) for one in world.known.last.values()}

    def differences(self) -> list[str]:
        """Everything in which they differ, in words."""
        found = list(self._ended())
        for agent in AGENTS:
            session = self._world.session(agent)
            found += [f"{agent}: {one}" for one in (*self._agent(session), *self._open(session))]
        return found

    def unlike(self) -> set[str]:
        """The fields that are not seen as they are, whatever the reason."""
        pairs: list[tuple[AgentSession, AgentSession] | tuple[Interaction, Interaction]] = []
        for agent in AGENTS:
            session = self._world.session(agent)
            pairs.append(
                (self._world.truth.state.sessions[session], self._world.known.state.sessions[session])
            )
            for seen in self._world.known.state.interactions(session):
                truth = self._true(seen.id)
                assert truth is not None
                pairs.append((truth, seen))
        return {
            name
            for truth, seen in pairs
            for name in set(truth.__struct_fields__) - self._but
            for one, other in [(getattr(truth, name), getattr(seen, name))]
            if self._mine(name, other) != one and other is not ENDS.get(name, one)
        }

    def _mine(self, name: str, other: Json) -> Json:
        """A relative of what was seen, by its true id."""
        return self._numbers[InteractionId(other)] if name in RELATIVES and isinstance(other, str) else other

    def _agent(self, session: SessionId) -> Iterator[str]:
        truth = self._world.truth.state.sessions[session]
        seen = self._world.known.state.sessions.get(session)
        if seen is None:
            yield "never seen"
            return
        for name in set(AgentSession.__struct_fields__) - self._but:
            loss = self._losses.agent.get(name)
            one, other = (
                (getattr(truth, name), getattr(seen, name))
                if loss is None
                else (loss.shown(truth), loss.shown(seen))
            )
            if one != other:
                yield f"{name} is {one!r}, seen as {other!r}"
        if (one := self._front(truth)) != (other := self._front(seen)):
            yield f"in front is {one}, seen as {other}"

    def _front(self, session: AgentSession) -> Json:
        focused = session.focused_interaction_id
        one = None if focused is None else self._true(focused)
        return None if one is None else self._losses.front(one)

    def _true(self, known: InteractionId) -> Interaction | None:
        """The truth about an interaction of either side."""
        return self._world.truth.last.get(self._numbers.get(known, known))

    def _open(self, session: SessionId) -> Iterator[str]:
        truth = [one for one in self._world.truth.state.interactions(session) if not self._hidden(one)]
        seen = {number(one): one for one in self._world.known.state.interactions(session)}
        if [one.id for one in truth] != list(seen):
            yield f"open are {[one.id for one in truth]}, seen are {list(seen)}"
            return
        for one in truth:
            for what in self._interaction(one, seen[one.id]):
                yield f"{one.media} {one.id}, {one.kind}, {one.state}: {what}"

    def _hidden(self, one: Interaction) -> bool:
        about = None if one.consult_of is None else self._world.truth.state.interaction(one.consult_of)
        return self._losses.hidden(one, about)

    def _interaction(self, truth: Interaction, seen: Interaction) -> Iterator[str]:
        for name in set(Interaction.__struct_fields__) - self._but:
            loss = self._losses.interaction.get(name)
            one, other = (
                (getattr(truth, name), getattr(seen, name))
                if loss is None
                else (loss.shown(truth), loss.shown(seen))
            )
            other = self._mine(name, other)
            if one != other and not (name in ENDS and other is ENDS[name]):
                yield f"{name} is {one!r}, seen as {other!r}"

    def _ended(self) -> Iterator[str]:
        """What is over ended for the same reason, or for none where none can be told."""
        for seen in self._world.known.last.values():
            truth = self._true(seen.id)
            assert truth is not None, f"{seen.ref} never was"
            if seen.state is not InteractionState.COMPLETED or self._hidden(truth):
                continue
            told = truth.id in self._world.ended_by_us or self._losses.ends(truth)
            if seen.end_cause is not truth.end_cause and (told or seen.end_cause is not EndCause.UNKNOWN):
                yield f"{truth.media} {truth.id}: ended by {truth.end_cause}, seen as {seen.end_cause}"
            if seen.ended_by not in (truth.ended_by, Side.UNKNOWN):
                yield f"{truth.media} {truth.id}: ended by {truth.ended_by}, seen as {seen.ended_by}"

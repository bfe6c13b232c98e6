"""What a gateway knows through a dialect, compared with the truth, short of what the dialect cannot say."""

from collections.abc import Iterator
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
MOMENTS: Final = frozenset({"created_at", "connected_at", "ended_at", "completed_at", "since"})
RELATIVES: Final = frozenset({"consult_of", "parent_id"})
# What is taken from there being something that it is a consultation of.
OF_A_CONSULTATION: Final = frozenset({"consult_of", "kind", "internal", "direction"})
# How it ended: unknown is never wrong.
ENDS: Final[dict[str, Json]] = {"end_cause": EndCause.UNKNOWN, "ended_by": Side.UNKNOWN}


class Comparison:
    """Of both sides of a world, as they are."""

    def __init__(self, world: World, *, disturbed: bool = False) -> None:
        """After a disturbance the moments are those of the discovery, and an end may have been missed."""
        self._world = world
        self._disturbed = disturbed
        self._losses: Losses = LOSSES[world.dialect.name]
        self._but = OWN | MOMENTS if disturbed else OWN
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
                (
                    self._world.truth.state.snapshots.sessions[session],
                    self._world.known.state.snapshots.sessions[session],
                )
            )
            for seen in self._world.known.state.snapshots.interactions(session):
                truth = self._true(seen)
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
        truth = self._world.truth.state.snapshots.sessions[session]
        seen = self._world.known.state.snapshots.sessions.get(session)
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
        front = seen.focused_interaction_id
        mine, theirs = truth.focused_interaction_id, self._numbers[front] if front is not None else None
        if (one := self._front(mine)) != (other := self._front(theirs)):
            yield f"in front is {one}, seen as {other}"

    def _front(self, focused: InteractionId | None) -> Json:
        return None if focused is None else self._losses.front(self._world.truth.last[focused])

    def _true(self, seen: Interaction) -> Interaction:
        """The truth about an interaction that was seen."""
        return self._world.truth.last[self._numbers[seen.id]]

    def _open(self, session: SessionId) -> Iterator[str]:
        truth = [
            one for one in self._world.truth.state.snapshots.interactions(session) if not self._hidden(one)
        ]
        seen = {number(one): one for one in self._world.known.state.snapshots.interactions(session)}
        in_order = sorted if self._disturbed else list  # of the discovery, that is
        if in_order(one.id for one in truth) != in_order(seen):
            yield f"open are {[one.id for one in truth]}, seen are {list(seen)}"
            return
        for one in truth:
            for what in self._interaction(one, seen[one.id]):
                yield f"{one.media} {one.id}, {one.kind}, {one.state}: {what}"

    def _hidden(self, one: Interaction) -> bool:
        about = (
            None if one.consult_of is None else self._world.truth.state.snapshots.interaction(one.consult_of)
        )
        return self._losses.hidden(one, about)

    def _interaction(self, truth: Interaction, seen: Interaction) -> Iterator[str]:
        for name in set(Interaction.__struct_fields__) - self._but - self._passed(truth):
            loss = self._losses.interaction.get(name)
            one, other = (
                (getattr(truth, name), getattr(seen, name))
                if loss is None
                else (loss.shown(truth), loss.shown(seen))
            )
            other = self._mine(name, other)
            if one != other and not (name in ENDS and other is ENDS[name]):
                yield f"{name} is {one!r}, seen as {other!r}"

    def _passed(self, truth: Interaction) -> set[str]:
        """What no new connection can find out."""
        if not self._disturbed:
            return set()
        passed = {name for name, of in self._losses.passing.items() if of(truth)}
        if truth.id in self._world.unsure:
            passed.update(ENDS)
        if truth.parent_id is not None and self._over(truth.parent_id):
            passed.add("parent_id")
        if truth.consult_of is not None and self._over(truth.consult_of):
            passed |= OF_A_CONSULTATION
        return passed

    def _over(self, relative: InteractionId) -> bool:
        return self._world.truth.last[relative].ended_at is not None

    def _ended(self) -> Iterator[str]:
        """What is over ended for the same reason, or for none where none can be told."""
        for seen in self._world.known.last.values():
            truth = self._true(seen)
            if seen.state is not InteractionState.COMPLETED or self._hidden(truth):
                continue
            if truth.id in self._world.unsure:
                continue
            told = truth.id in self._world.ended_by_us or self._losses.ends(truth)
            if seen.end_cause is not truth.end_cause and (told or seen.end_cause is not EndCause.UNKNOWN):
                yield f"{truth.media} {truth.id}: ended by {truth.end_cause}, seen as {seen.end_cause}"
            if seen.ended_by not in (truth.ended_by, Side.UNKNOWN):
                yield f"{truth.media} {truth.id}: ended by {truth.ended_by}, seen as {seen.ended_by}"

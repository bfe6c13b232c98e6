"""What a platform tells in pieces is told as one change: a new contact whole, an agent's channels together.

A dialect says of each piece that more is on its way (`Observation.whole`). Such an interaction, if it is new,
and such a change of an agent wait for the rest, HELD_S at most, and are over with the loop's turn in which
they are whole; before that with a change of state, with whatever else is said of the same and says more than
a piece, with a command, and with the link. Dialects that tell whole snapshots never wait. What waits is not
on the disk: after a kill the platform is asked how things stand, and tells it then. As a contact may be over
by then, nothing of a later one of the same agent is told before it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import Asked, Close, PlatformOutput, Ready
from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.state.snapshots import Snapshots
from schemas.agent import AgentState
from schemas.ids import PlatformId, Ref
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    Observation,
)

HELD_S: Final = 0.1
MOST_PIECES: Final = 50  # a change of more is told at once

_Piece = AgentObserved | InteractionObserved
_Key = tuple[Ref, Ref]  # agent and interaction; of the agent himself the latter is empty
_HIMSELF: Final = Ref("")
_UNSAID: Final = frozenset({"time", "durable_ref", "root_ref"})  # where None says nothing


class _Held(msgspec.Struct):
    seen: _Piece
    until_s: float


class Settling:
    """Of one link. `tell` is given what is over."""

    def __init__(
        self,
        clock: Clock,
        snapshots: Snapshots,
        platform_id: PlatformId,
        tell: Callable[[Sequence[AnyObservation]], None],
    ) -> None:
        self._clock = clock
        self._snapshots = snapshots
        self._platform_id = platform_id
        self._tell = tell
        self._held: dict[_Key, _Held] = {}  # the oldest first
        self._timer: TimerHandleLike | None = None
        self._soon: asyncio.Handle | None = None

    @property
    def waits(self) -> bool:
        """Whether anything does."""
        return bool(self._held)

    def through(self, outputs: Iterable[PlatformOutput]) -> Iterator[PlatformOutput]:
        """What is to be told of these now, in order."""
        for output in outputs:
            if isinstance(output, Observation):
                if self._held or not output.whole:
                    yield from self._seen(output)
                else:
                    yield output
            else:
                if self._held and isinstance(output, Ready | Asked | Close):
                    yield from self._released(list(self._held))
                yield output

    def over(self, agent: Ref | None = None) -> None:
        """Nothing waits any longer, of that agent or of all."""
        if self._held:
            self._tell(self._released([one for one in self._held if agent in {None, one[0]}]))

    # --- inside

    def _known(self, agent: Ref, ref: Ref) -> bool:
        """Whether an interaction was told before."""
        return self._snapshots.knows(self._snapshots.session_of(self._platform_id, agent), ref)

    def _is_so(self, agent: Ref, seen: AgentObserved) -> bool:
        """Whether the agent is in that state already."""
        now = self._snapshots.session(self._platform_id, agent)
        return (now.state, now.reason) == (seen.state, seen.reason)

    def _seen(self, seen: AnyObservation) -> Iterator[AnyObservation]:
        match seen:
            case InteractionObserved(agent=agent, ref=ref):
                if isinstance(seen.consult_of_ref, str):
                    yield from self._released([(agent, seen.consult_of_ref)])
                key = (agent, ref)
                new = not seen.whole and not self._known(agent, ref)
            case AgentObserved(agent=agent) if seen.focused is UNSET:
                key = (agent, _HIMSELF)
                new = not seen.whole and seen.state is not AgentState.LOGGED_OUT
            case InteractionGone(agent=agent, ref=ref):
                key, new = (agent, ref), False
            case AgentObserved(agent=agent) | InteractionsListed(agent=agent):
                yield from self._released([one for one in self._held if one[0] == agent])
                yield seen
                return
            case _:
                yield seen
                return
        held = self._held.get(key)
        if held is not None and isinstance(seen, _Piece) and self._goes_with(held.seen, seen):
            held.seen = _joined(held.seen, seen)
            if seen.whole:
                self._release_soon()
            return
        yield from self._released([key] if new else self._with(key))
        if new and isinstance(seen, _Piece):
            self._held[key] = _Held(seen, self._clock.monotonic() + HELD_S)
            self._set_timer()
            return
        if isinstance(seen, AgentObserved) and seen.state is AgentState.LOGGED_OUT:
            yield from self._released([one for one in self._held if one[0] == seen.agent])
        yield seen

    def _goes_with(self, held: _Piece, seen: _Piece) -> bool:
        """Whether the second is more of the first, and no change of state."""
        if len(held.earlier) >= MOST_PIECES:
            return False
        if isinstance(seen, InteractionObserved) or isinstance(held, InteractionObserved):
            return seen.state in {UNSET, held.state} and not (
                isinstance(seen, InteractionObserved) and seen.ended
            )
        same = (seen.state, seen.reason) == (held.state, held.reason)
        return seen.state is not AgentState.LOGGED_OUT and (same or self._is_so(held.agent, held))

    def _released(self, keys: Iterable[_Key]) -> list[AnyObservation]:
        """What was held of these; with an interaction all those of its agent, in order."""
        wanted = {other for key in keys if key in self._held for other in self._with(key)}
        found: list[AnyObservation] = [self._held.pop(key).seen for key in list(self._held) if key in wanted]
        if not self._held:
            self._rest()
        return found

    def _with(self, key: _Key) -> list[_Key]:
        """Of what is held, what is not to be told after that: the interactions of an agent go together."""
        agent, ref = key
        if ref == _HIMSELF:
            return [key]
        return [one for one in self._held if one[0] == agent and one[1] != _HIMSELF]

    def _release_soon(self) -> None:
        """With the end of this turn: what came with the last piece is read by then."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self._release_whole)

    def _release_whole(self) -> None:
        self._soon = None
        whole = [key for key, held in self._held.items() if held.seen.whole]
        self._tell(self._released(whole))

    def _set_timer(self) -> None:
        if self._timer is None and self._held:
            first = next(iter(self._held.values()))
            left_s = max(0.0, first.until_s - self._clock.monotonic())
            self._timer = self._clock.call_later(left_s, self._late)

    def _late(self) -> None:
        self._timer = None
        now_s = self._clock.monotonic()
        self._tell(self._released([key for key, held in self._held.items() if held.until_s <= now_s]))
        self._set_timer()

    def _rest(self) -> None:
        """Nothing is held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None


def _joined(held: _Piece, seen: _Piece) -> _Piece:
    """Both as one: what was said last of each, with all frames."""
    said = {
        name: value
        for name in held.__struct_fields__
        if (value := getattr(seen, name)) is not UNSET and not (value is None and name in _UNSAID)
    }
    said["earlier"] = (*held.earlier, held.vendor, *seen.earlier)
    said["whole"] = held.whole or seen.whole
    return msgspec.structs.replace(held, **said)

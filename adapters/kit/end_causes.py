"""South: why an interaction ended, where no platform says it: because a call of ours ended it.

An end that is seen while such a call is under way may be its doing, or somebody else's who was faster: only
the answer tells. So it is held back until the answer is there, with what is said of that interaction
meanwhile; then it is told, with our cause if the platform did what we asked, without one if it refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import PlatformOutput
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import EndCause, InteractionState, Side
from schemas.observations import AgentObserved, InteractionGone, InteractionObserved, InteractionsListed

HELD_BACK: Final = timedelta(seconds=2)  # at most; an end without a cause is better than none

_OVER: Final = frozenset({InteractionState.WRAP_UP, InteractionState.COMPLETED})
# Leaving before anybody answered is another thing than leaving.
_UNANSWERED: Final[Mapping[InteractionState, EndCause]] = {
    InteractionState.DIALING: EndCause.ABANDONED,
    InteractionState.ALERTING: EndCause.DECLINED,
}

_Seen = InteractionObserved | InteractionGone


class _Known(msgspec.Struct):
    agent: Ref
    state: InteractionState  # the last before the end
    cause: EndCause | None = None  # ended by us: the platform said so
    over: bool = False  # and that is told


class Endings:
    """The calls of one connection that end interactions, and the ends that wait for their answers."""

    def __init__(self) -> None:
        self._under_way: dict[int, Mapping[Ref, EndCause]] = {}
        self._known: dict[Ref, _Known] = {}
        self._held: dict[Ref, list[_Seen]] = {}
        self._until: datetime | None = None

    def sent(self, call_id: int, causes: Mapping[Ref, EndCause]) -> None:
        """A call goes out; if it succeeds, these interactions end, and by what."""
        if causes:
            self._under_way[call_id] = causes

    def answered(self, call_id: int, *, done: bool) -> Sequence[PlatformOutput]:
        """The platform did it, or did not: what was held back for it (`through` lets it pass as it is)."""
        causes = self._under_way.pop(call_id, {})
        for ref, cause in causes.items() if done else ():
            known = self._known.get(ref)
            if known is not None and not known.over:
                known.cause = cause
        return [one for ref in causes if not self._awaited(ref) for one in self._released(ref)]

    def forget(self, call_id: int) -> None:
        """No answer will come; what is held back for it is told in its time."""
        self._under_way.pop(call_id, None)

    def through(self, outputs: Iterable[PlatformOutput], now: datetime) -> list[PlatformOutput]:
        """What is to be told now of these outputs, with the causes that are known."""
        return [told for output in outputs for told in self._through(output, now)]

    def goes_on(self, ref: Ref, state: InteractionState) -> bool:
        """Take note of another state of one that is known and not over; False: use `through`."""
        known = self._known.get(ref)
        if known is None or known.over or ref in self._held:
            return False
        known.state = state
        return True

    def due(self) -> datetime | None:
        """When nobody waits for an answer any longer."""
        return self._until if self._held else None

    def advance(self, now: datetime) -> list[PlatformOutput]:
        """Tell what was held back long enough."""
        if self._until is None or now < self._until:
            return []
        late = self._held.keys()
        self._under_way = {
            call_id: causes for call_id, causes in self._under_way.items() if not late & causes.keys()
        }
        return self._all()

    def clear(self) -> list[PlatformOutput]:
        """No answer will come to any call: tell all that was held back."""
        self._under_way.clear()
        return self._all()

    # --- inside

    def _through(self, output: PlatformOutput, now: datetime) -> Iterator[PlatformOutput]:
        match output:
            case InteractionObserved() | InteractionGone():
                yield from self._seen(output, now)
            case InteractionsListed(agent=agent, refs=refs):  # what is not in it is over
                yield from self._of(agent)
                for ref in [ref for ref, one in self._known.items() if one.agent == agent]:
                    if ref not in refs:
                        del self._known[ref]
                yield output
            case AgentObserved(agent=agent, state=AgentState.LOGGED_OUT):
                yield from self._of(agent)
                yield output
            case _:
                yield output

    def _seen(self, seen: _Seen, now: datetime) -> Iterator[PlatformOutput]:
        ref = seen.ref
        if ref in self._held:
            self._held[ref].append(seen)
        elif _over(seen) and self._awaited(ref):
            if not self._held:
                self._until = now + HELD_BACK
            self._held[ref] = [seen]
        else:
            yield self._told(seen)

    def _told(self, seen: _Seen) -> _Seen:
        known = self._known.get(seen.ref)
        if not _over(seen):
            if isinstance(seen, InteractionObserved) and isinstance(seen.state, InteractionState):
                self._known[seen.ref] = _Known(seen.agent, seen.state, known.cause if known else None)
            return seen
        if known is None:
            return seen
        known.over = True
        if known.cause is EndCause.NORMAL:
            known.cause = _UNANSWERED.get(known.state, known.cause)
        if isinstance(seen, InteractionGone) or seen.state is InteractionState.COMPLETED:
            del self._known[seen.ref]
        if known.cause is None or seen.end_cause is not UNSET:
            return seen
        return msgspec.structs.replace(seen, end_cause=known.cause, ended_by=Side.AGENT)

    def _awaited(self, ref: Ref) -> bool:
        """Whether a call that ends it is under way, and nothing has yet."""
        known = self._known.get(ref)
        if known is None or known.over or known.cause is not None:
            return False
        return any(ref in causes for causes in self._under_way.values())

    def _released(self, ref: Ref) -> Iterator[PlatformOutput]:
        for seen in self._held.pop(ref, ()):
            yield self._told(seen)

    def _all(self) -> list[PlatformOutput]:
        return [one for ref in list(self._held) for one in self._released(ref)]

    def _of(self, agent: Ref) -> list[PlatformOutput]:
        refs = [ref for ref, held in self._held.items() if held[0].agent == agent]
        return [one for ref in refs for one in self._released(ref)]


def _over(seen: _Seen) -> bool:
    return isinstance(seen, InteractionGone) or seen.ended or seen.state in _OVER

"""Which interactions' states are certain: told by the platform on this connection, and no command since.

What a former connection told, and what a command may have changed meanwhile, is good for buttons and not for
refusing anything. Pure; one for each connection.
"""

from collections import Counter

from msgspec import UNSET, UnsetType

from schemas.agent import AgentState
from schemas.ids import AgentId, Ref
from schemas.interaction import Interaction, InteractionState
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
)

_Key = tuple[str, str]  # agent and ref


def _key(agent: AgentId | Ref, ref: Ref) -> _Key:
    return agent, ref


class Told:
    """The states that were told, and those that are in doubt again."""

    def __init__(self) -> None:
        self._states: dict[_Key, InteractionState] = {}
        self._in_doubt: dict[_Key, InteractionState | None] = {}  # and what was told before the command
        self._under_way: Counter[_Key] = Counter()

    def clear(self) -> None:
        """What was told is old: it is told anew."""
        self._states.clear()

    def observed(self, seen: AnyObservation) -> None:
        """The platform says something that counts."""
        match seen:
            case InteractionObserved(agent=agent, ref=ref, state=state):
                self.state(agent, ref, state)
            case InteractionGone(agent=agent, ref=ref):
                self._forget(_key(agent, ref))
            case InteractionsListed(agent=agent, refs=refs):
                for key in [one for one in self._states if one[0] == agent and one[1] not in refs]:
                    self._forget(key)
            case AgentObserved(agent=agent, state=AgentState.LOGGED_OUT):
                for key in [one for one in self._states if one[0] == agent]:
                    self._forget(key)
            case _:
                pass

    def state(self, agent: Ref, ref: Ref, state: InteractionState | UnsetType) -> None:
        """It is in that state, if one is said."""
        if state is UNSET:
            return
        key = _key(agent, ref)
        if state is InteractionState.COMPLETED:
            self._forget(key)
            return
        if key in self._in_doubt and not (self._under_way[key] and self._in_doubt[key] is state):
            del self._in_doubt[key]
        self._states[key] = state

    def _forget(self, key: _Key) -> None:
        self._states.pop(key, None)
        self._in_doubt.pop(key, None)

    def sent(self, *about: Interaction) -> None:
        """A command goes out that may change these."""
        for one in about:
            key = _key(one.agent_id, one.ref)
            self._under_way[key] += 1
            if key in self._states:
                self._in_doubt[key] = self._states[key]

    def over(self, *about: Interaction, nothing: bool) -> None:
        """It has its result; what came of it is seen with the next state that is told, if it was not yet.

        `nothing`: it certainly changed nothing.
        """
        for one in about:
            key = _key(one.agent_id, one.ref)
            self._under_way[key] -= 1
            if self._under_way[key] <= 0:
                del self._under_way[key]
                if nothing:
                    self._in_doubt.pop(key, None)

    def certain(self, one: Interaction) -> bool:
        """Whether it is in the state that we know it in, beyond doubt."""
        key = _key(one.agent_id, one.ref)
        return self._states.get(key) is one.state and key not in self._in_doubt

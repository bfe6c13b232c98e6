"""South: signing several agents in on one connection: what is waited for, how long, when it is tried again.

`handshake` is for a page, which has one agent. An agent who is given up holds nobody else's readiness up. He
is tried again after a pause that doubles with each failure, unless that would be in vain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.contract.dialect import ANSWER_WITHIN
from schemas.ids import Ref


@dataclass(slots=True)
class _Attempt:
    """One agent's signing in: he waits for something, or rests until the next try."""

    until: datetime
    waits_for: str = ""  # empty while it rests
    failures: int = 0


class SignIns:
    """The agents that are not signed in yet."""

    def __init__(self, first_pause: timedelta, longest_pause: timedelta) -> None:
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._under_way: dict[Ref, _Attempt] = {}
        self._awaited: set[Ref] = set()  # of those: neither through their first attempt nor given up

    def begin(self, agents: Iterable[Ref], now: datetime) -> None:
        """All of them are to be tried now, for the first time."""
        self._under_way = {agent: _Attempt(now) for agent in agents}
        self._awaited = set(self._under_way)

    @property
    def over(self) -> bool:
        """Whether nobody is waited for any more."""
        return not self._awaited

    def waits(self, agent: Ref, waits_for: str, now: datetime) -> None:
        """The agent has got on, and waits for this now."""
        if (attempt := self._under_way.get(agent)) is not None:
            attempt.waits_for, attempt.until = waits_for, now + ANSWER_WITHIN

    def done(self, agent: Ref) -> None:
        """The agent is signed in, or has signed out again; or trying again would be in vain."""
        self._under_way.pop(agent, None)
        self._awaited.discard(agent)

    def failed(self, agent: Ref, now: datetime) -> None:
        """The agent is given up for now."""
        self._awaited.discard(agent)
        if (attempt := self._under_way.get(agent)) is not None:
            attempt.until = now + min(self._first_pause * 2**attempt.failures, self._longest_pause)
            attempt.failures = min(attempt.failures + 1, 16)  # far past the longest pause
            attempt.waits_for = ""

    def due(self) -> datetime | None:
        """When the next of them has waited or rested long enough."""
        return min((one.until for one in self._under_way.values()), default=None)

    def overdue(self, now: datetime) -> Iterator[tuple[Ref, str]]:
        """Agents who have waited long enough, and for what: they are given up."""
        for agent, attempt in list(self._under_way.items()):
            if attempt.waits_for and attempt.until <= now:
                yield agent, attempt.waits_for
                self.failed(agent, now)

    def rested(self, now: datetime) -> Iterator[Ref]:
        """Agents to be tried now."""
        for agent, attempt in list(self._under_way.items()):
            if not attempt.waits_for and attempt.until <= now:
                yield agent

"""Signing the configured agents in: what is waited for, for how long, and when it is tried again.

An agent who is given up holds nobody else's readiness up. He is tried again after a pause that doubles with
each failure; not if his credentials are wrong, for nothing but another password would help. Source: reference
channel-session.md sections 1.5 and 1.6.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.channel_session import wire
from adapters.contract.dialect import ANSWER_WITHIN
from schemas.ids import Ref

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=5)
IN_VAIN: Final = "bad-credentials"


@dataclass(slots=True)
class _Attempt:
    """One agent's signing in. Until it is given up it waits for something, from then on for its next try."""

    waits_for: str
    until: datetime
    failures: int = 0
    resting: bool = False


class SignIns:
    """The agents that are not signed in yet."""

    def __init__(self) -> None:
        self._under_way: dict[Ref, _Attempt] = {}
        self._awaited: set[Ref] = set()  # of those: neither through their first attempt nor given up

    def begin(self, agents: Iterable[Ref], now: datetime) -> None:
        """All of them ask for their sessions, for the first time."""
        until = now + ANSWER_WITHIN
        self._under_way = {agent: _Attempt(wire.PREPARE, until) for agent in agents}
        self._awaited = set(self._under_way)

    @property
    def over(self) -> bool:
        """Whether nobody is waited for any more."""
        return not self._awaited

    def waits(self, agent: Ref, waits_for: str, now: datetime) -> None:
        """The agent has got on, and waits for this now."""
        if (attempt := self._under_way.get(agent)) is not None:
            attempt.waits_for, attempt.until, attempt.resting = waits_for, now + ANSWER_WITHIN, False

    def done(self, agent: Ref) -> None:
        """The agent is signed in, or has signed out again."""
        self._under_way.pop(agent, None)
        self._awaited.discard(agent)

    def failed(self, agent: Ref, now: datetime, code: str = "") -> None:
        """The agent is given up, for now or for good."""
        self._awaited.discard(agent)
        attempt = self._under_way.get(agent)
        if code.casefold() == IN_VAIN or attempt is None:
            self._under_way.pop(agent, None)
            return
        pause = min(FIRST_PAUSE * 2**attempt.failures, LONGEST_PAUSE)
        attempt.failures = min(attempt.failures + 1, 16)  # far past the longest pause
        attempt.until, attempt.resting = now + pause, True

    def due(self) -> datetime | None:
        """When the next of them has waited or rested long enough."""
        return min((one.until for one in self._under_way.values()), default=None)

    def overdue(self, now: datetime) -> Iterator[tuple[Ref, str]]:
        """Agents who have waited long enough, and for what."""
        for agent, attempt in list(self._under_way.items()):
            if not attempt.resting and attempt.until <= now:
                yield agent, attempt.waits_for

    def rested(self, now: datetime) -> Iterator[Ref]:
        """Agents to be tried again."""
        for agent, attempt in list(self._under_way.items()):
            if attempt.resting and attempt.until <= now:
                yield agent

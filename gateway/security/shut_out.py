"""Agents who are shut out: let in once, and no more, as their token is over or their script too old.

Each is told to subscribers once in a while, so many at most at a time, and counted every time.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gateway.runtime.clock import Clock
from gateway.security.tokens import EndedError, Role
from schemas.events import PlatformNotice
from schemas.ids import AgentId, PlatformId

CODE: Final = "agent.shut_out"
AGAIN_S: Final = 900.0  # until the same agent is told of again
AT_MOST: Final = 100  # agents are told of in that time
GONE_S: Final = 600.0  # without another try: the page is not there any more
MOST: Final = 10_000
_WHAT: Final[Mapping[Role, str]] = {Role.LINK: "page of the platform", Role.FACADE: "client"}


class _Who(NamedTuple):
    platform_id: PlatformId
    agent_id: AgentId
    role: Role


class ShutOuts:
    """All of them."""

    def __init__(
        self,
        clock: Clock,
        count: Callable[[PlatformId, Role], None],
        publish: Callable[[list[PlatformNotice]], object],
    ) -> None:
        """`count` is called every time, `publish` not so often."""
        self._clock = clock
        self._count = count
        self._publish = publish
        self._seen_s: dict[_Who, float] = {}
        self._told: set[_Who] = set()
        self._told_since_s = 0.0

    def over(self, platform_id: PlatformId, why: EndedError) -> None:
        """A credential has ended, or one that has was shown to that platform."""
        token = why.token
        if token is not None and token.platform_id == platform_id:
            self.add(platform_id, token.agent_id, token.role, why.message)

    def add(self, platform_id: PlatformId, agent_id: AgentId, role: Role, why: str) -> None:
        """The agent is let in no more, as he comes."""
        who = _Who(platform_id, agent_id, role)
        self._count(platform_id, role)
        self._seen_s.pop(who, None)
        if len(self._seen_s) >= MOST:
            del self._seen_s[next(iter(self._seen_s))]
        now_s = self._seen_s[who] = self._clock.monotonic()
        if now_s - self._told_since_s >= AGAIN_S:
            self._told.clear()
            self._told_since_s = now_s
        if who in self._told or len(self._told) >= AT_MOST:
            return
        self._told.add(who)
        self._publish([self._notice(who, why)])

    def remove(self, platform_id: PlatformId, agent_id: AgentId, role: Role) -> None:
        """The agent has been let in."""
        self._seen_s.pop(_Who(platform_id, agent_id, role), None)

    def counts(self) -> Mapping[PlatformId, int]:
        """How many agents are shut out now, by platform."""
        since_s = self._clock.monotonic() - GONE_S
        for who in [who for who, seen_s in self._seen_s.items() if seen_s < since_s]:
            del self._seen_s[who]
        agents = {(who.platform_id, who.agent_id) for who in self._seen_s}
        return Counter(platform_id for platform_id, _ in agents)

    def _notice(self, who: _Who, why: str) -> PlatformNotice:
        message = f"the agent's {_WHAT[who.role]} is shut out: {why}"
        return PlatformNotice(
            time=self._clock.now(),
            platform_id=who.platform_id,
            agent_id=who.agent_id,
            code=CODE,
            message=message,
            error=True,
        )

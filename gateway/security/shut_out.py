"""Agents who are shut out: let in once, and no more, as their token is over or their script too old.

Each is told to subscribers once in a while, so many at most at a time, and counted every time.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gateway.runtime.clock import Clock
from gateway.security.tokens import EndedError
from gateway.telemetry.recent import Recent
from schemas.events import PlatformNotice
from schemas.grants import Role
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
        self._seen = Recent[_Who](clock, GONE_S, MOST)
        self._told = Recent[_Who](clock, AGAIN_S, AT_MOST)

    def over(self, platform_id: PlatformId, why: EndedError) -> None:
        """A credential has ended, or one that has was shown to that platform."""
        token = why.token
        if token is not None and token.platform_id == platform_id:
            self.add(platform_id, token.agent_id, token.role, why.message)

    def add(self, platform_id: PlatformId, agent_id: AgentId, role: Role, why: str) -> None:
        """The agent is let in no more, as he comes."""
        who = _Who(platform_id, agent_id, role)
        self._count(platform_id, role)
        self._seen.met(who)
        if self._told.first(who):
            self._publish([self._notice(who, why)])

    def remove(self, platform_id: PlatformId, agent_id: AgentId, role: Role) -> None:
        """The agent has been let in."""
        self._seen.forget(_Who(platform_id, agent_id, role))

    def counts(self) -> Mapping[PlatformId, int]:
        """How many agents are shut out now, by platform."""
        agents = {(who.platform_id, who.agent_id) for who in self._seen}
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

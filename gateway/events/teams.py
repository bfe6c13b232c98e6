"""Which agents make up a team. No dialect tells that reliably, so the operator configures it.

A name may stand under several platforms: it is then one team, with agents of each of them.
"""

from collections.abc import Iterable, Mapping

from gateway.platforms.config import PlatformConfig
from gateway.runtime.ids import session_id
from schemas.errors import RefusedError
from schemas.ids import AgentId, PlatformId, SessionId
from schemas.results import ErrorCode


class Teams:
    """The agent sessions of each team, by its name."""

    def __init__(self, platforms: Mapping[PlatformId, PlatformConfig]) -> None:
        self._members: dict[str, frozenset[SessionId]] = {}
        for platform_id, platform in platforms.items():
            for name, agents in platform.teams.items():
                members = frozenset(session_id(platform_id, AgentId(agent)) for agent in agents)
                self._members[name] = self._members.get(name, frozenset()) | members

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Those that are not configured."""
        return [name for name in names if name not in self._members]

    def known_members(self, names: Iterable[str]) -> frozenset[str]:
        """The sessions of all of these teams; one that is not configured has none."""
        return frozenset[str]().union(*(self._members.get(name, ()) for name in names))

    def members(self, names: Iterable[str]) -> frozenset[str]:
        """The sessions of all of these teams. Raises RefusedError for one that is not configured."""
        names = tuple(names)
        for name in self.unknown(names):
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"there is no team {name!r}")
        return self.known_members(names)

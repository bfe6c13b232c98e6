"""Which agents make up a team. No dialect tells that reliably, so the operator configures it.

A name may stand under several platforms: it is then one team, with agents of each of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from gateway.platforms.config import PlatformConfig
from gateway.runtime.ids import session_id
from schemas.errors import RefusedError
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode


class Teams:
    """The agent sessions of each team, by its name."""

    def __init__(self, platforms: Mapping[PlatformId, PlatformConfig]) -> None:
        self._agents: dict[str, list[tuple[PlatformId, AgentId]]] = {}
        for platform_id, platform in platforms.items():
            for name, agents in platform.teams.items():
                self._agents.setdefault(name, []).extend((platform_id, AgentId(one)) for one in agents)
        self._members = {
            name: frozenset(session_id(*one) for one in agents) for name, agents in self._agents.items()
        }

    def agents(self, name: str) -> Sequence[tuple[PlatformId, AgentId]]:
        """Who is in it."""
        return self._agents.get(name, ())

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
            raise unknown_team(name)
        return self.known_members(names)


def unknown_team(name: str) -> RefusedError:
    """To be raised for a team that there is not, or not for whom asks."""
    return RefusedError(ErrorCode.INVALID_COMMAND, f"there is no team {name!r}")

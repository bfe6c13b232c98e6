"""Grants with their names resolved: who and what is in sight of somebody, and what he may do.

A tenant is the platforms that the configuration gives it. Without any, everything is one; whoever has no
tenant sees all of them: the operator.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from gateway.runtime.ids import session_id
from schemas.grants import GROUP_OF, UNNARROWED, FieldClass, Grant, Role, VerbGroup, types_meant
from schemas.ids import AgentId, PlatformId

Kind = TypeVar("Kind")
Members = Callable[[Iterable[str]], frozenset[str]]


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of everything. None: all of it; an empty set: nothing."""

    platforms: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    sessions: frozenset[str] | None = None  # of the agents of the teams
    types: frozenset[str] | None = None
    verbs: frozenset[VerbGroup] | None = None
    roles: frozenset[Role] | None = None
    masked: frozenset[FieldClass] = frozenset()
    dropped: frozenset[FieldClass] = frozenset()

    @property
    def of_everybody(self) -> bool:
        """Whether whatever concerns anybody is in sight, and what concerns nobody in particular."""
        return self.platforms is None and self.agents is None and self.sessions is None

    @property
    def whole_frames(self) -> bool:
        """Whether all of an agent is in sight, so that a dialect can be spoken, which knows no parts."""
        return self.types is None and not self.masked and not self.dropped

    def sees_platform(self, platform_id: str) -> bool:
        """Whether the platform is in sight, or something of it."""
        return self.platforms is None or platform_id in self.platforms

    def sees(self, platform_id: str, agent_id: str | None) -> bool:
        """Whether what concerns that agent of that platform is in sight; without an agent, all of them."""
        if not self.sees_platform(platform_id):
            return False
        if self.agents is not None and agent_id not in self.agents:
            return False
        if self.sessions is None:
            return True
        return (
            bool(agent_id) and session_id(PlatformId(platform_id), AgentId(agent_id or "")) in self.sessions
        )

    def sees_type(self, event_type: str) -> bool:
        """Whether events of that type are."""
        return self.types is None or event_type in self.types

    def may(self, verb: str) -> bool:
        """Whether such a command may be given, to those in sight."""
        return self.verbs is None or GROUP_OF.get(verb) in self.verbs

    def both(self, other: "Rights") -> "Rights":
        """What is left of one and of the other."""
        if other == ALL:
            return self
        return Rights(
            platforms=_both(self.platforms, other.platforms),
            agents=_both(self.agents, other.agents),
            sessions=_both(self.sessions, other.sessions),
            types=_both(self.types, other.types),
            verbs=_both(self.verbs, other.verbs),
            roles=_both(self.roles, other.roles),
            masked=self.masked | other.masked,
            dropped=self.dropped | other.dropped,
        )


ALL: Final = Rights()


def _both(mine: frozenset[Kind] | None, other: frozenset[Kind] | None) -> frozenset[Kind] | None:
    if mine is None or other is None:
        return other if mine is None else mine
    return mine & other


def _no_members(_names: Iterable[str]) -> frozenset[str]:
    return frozenset()


class Realm:
    """All platforms, by tenants and teams."""

    def __init__(
        self, tenants: Mapping[PlatformId, str] | None = None, members: Members = _no_members
    ) -> None:
        """`tenants`: of each platform that has one. `members`: the sessions of teams, by their names."""
        self._tenants = tenants or {}
        self._members = members

    def rights(self, grant: Grant) -> Rights:
        """What a grant leaves."""
        if grant == UNNARROWED:
            return ALL
        return Rights(
            platforms=self._platforms(grant),
            agents=grant.agents or None,
            sessions=self._members(grant.teams) if grant.teams else None,
            types=types_meant(grant.types) if grant.types else None,
            verbs=grant.verbs or None,
            roles=grant.roles or None,
            masked=grant.masked,
            dropped=grant.dropped,
        )

    def tenant(self, platform_id: str) -> str:
        """Whose platform it is; empty: nobody's in particular."""
        return self._tenants.get(PlatformId(platform_id), "")

    def _platforms(self, grant: Grant) -> frozenset[str] | None:
        if not grant.tenant:
            return grant.platforms or None
        owned = frozenset(str(one) for one, tenant in self._tenants.items() if tenant == grant.tenant)
        return owned & grant.platforms if grant.platforms else owned

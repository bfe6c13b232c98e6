"""Link tokens as they are asked for and handed out."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from gateway.security.access import Principal
from gateway.security.tokens import DEFAULT_TTL_S, Tokens
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant, Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a link token is for."""

    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    ttl_s: int = DEFAULT_TTL_S
    grant: Grant = UNNARROWED  # narrower than the key's; what is left empty is as the key has it


class MintedToken(msgspec.Struct, frozen=True):
    """A link token."""

    token: str
    expires_at: datetime


def given(principal: Principal, wanted: TokenRequest) -> Grant:
    """What a token has of its giver's grant. Raises RefusedError if it would give more than he has.

    Platforms and agents need not be said again: it is for one of each.
    """
    if principal.role is not None:  # or it would live for ever, and as whatever it likes
        raise RefusedError(ErrorCode.NOT_ALLOWED, "a token cannot mint tokens")
    if not principal.may_be(wanted.role):
        raise RefusedError(
            ErrorCode.NOT_ALLOWED,
            f"it may not make tokens for the role {wanted.role.value}: that gives more than it has",
        )
    grant = wanted.grant.or_as_in(principal.grant)
    if not grant.within(principal.grant):
        raise RefusedError(ErrorCode.NOT_ALLOWED, "grant: gives more than the key has")
    return replace(grant, platforms=wanted.grant.platforms, agents=wanted.grant.agents, roles=frozenset())


def minted(  # noqa: PLR0917  # what a token says, each once
    tokens: Tokens,
    agent_id: AgentId,
    platform_id: PlatformId,
    role: Role,
    ttl_s: int,
    origin: str,
    grant: Grant = UNNARROWED,
) -> MintedToken:
    """A new one. Raises RefusedError."""
    token = tokens.mint(agent_id, platform_id, role, ttl_s, origin=origin, grant=grant)
    return MintedToken(token, tokens.verify(token).expires_at)

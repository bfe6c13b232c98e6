"""Link tokens as they are asked for and handed out."""

from datetime import datetime

import msgspec

from gateway.security.tokens import DEFAULT_TTL_S, Tokens
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a link token is for."""

    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    ttl_s: int = DEFAULT_TTL_S


class MintedToken(msgspec.Struct, frozen=True):
    """A link token."""

    token: str
    expires_at: datetime


def minted(  # what a token says, each once
    tokens: Tokens, agent_id: AgentId, platform_id: PlatformId, role: Role, ttl_s: int, origin: str
) -> MintedToken:
    """A new one. Raises RefusedError."""
    token = tokens.mint(agent_id, platform_id, role, ttl_s, origin=origin)
    return MintedToken(token, tokens.verify(token).expires_at)

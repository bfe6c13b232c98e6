"""Link tokens: what a relay or a dialect's client in somebody's browser identifies itself with.

Short-lived JWTs (RFC 7519, HS256) for one agent of one platform. Nothing is kept of them; a token serves for
any number of connections until it expires, so that a page may reconnect.
"""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import jwt
import msgspec

from gateway.clock import Clock
from schemas.errors import RefusedError
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode

STORE_ENTRY: Final = "link-tokens"  # where the store keeps our secret
DEFAULT_TTL_S: Final = 600
MAX_TTL_S: Final = 12 * 3600
SHIFT_S: Final = 8 * 3600  # of a token for an agent who has shown who he is
LONGEST_AGENT: Final = 200  # his id
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "trunkline"


class Role(StrEnum):
    """What a token lets its bearer be."""

    LINK = "link"  # the platform's page of that agent, to us
    FACADE = "facade"  # a client in a dialect, for that agent


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    sub: str
    platform: str
    role: Role
    exp: int
    jti: str


class LinkToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a valid token says."""

    id: str
    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    expires_at: datetime


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.NOT_ALLOWED, why)


class Tokens:
    """Makes and checks link tokens. `secret` is the store's, at STORE_ENTRY."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def mint(self, agent_id: AgentId, platform_id: PlatformId, role: Role, ttl_s: int = DEFAULT_TTL_S) -> str:
        """A token valid for so many seconds. Raises RefusedError over 12 hours, or without an agent."""
        if not 0 < ttl_s <= MAX_TTL_S:
            raise _refused(f"a link token is valid for at most {MAX_TTL_S} seconds")
        if not agent_id or not platform_id:
            raise _refused("a link token needs an agent and a platform")
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": _ISSUER,
            "sub": agent_id,
            "platform": platform_id,
            "role": role.value,
            "iat": now,
            "exp": now + ttl_s,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def verify(self, token: str) -> LinkToken:
        """What it says. Raises RefusedError(NOT_ALLOWED) with the reason."""
        try:
            raw = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                # the times are checked below, by our clock
                options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
            claims = msgspec.convert(raw, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
            raise _refused("the link token is not valid") from error
        if claims.exp <= self._clock.now().timestamp():
            raise _refused("the link token has expired")
        return LinkToken(
            id=claims.jti,
            agent_id=AgentId(claims.sub),
            platform_id=PlatformId(claims.platform),
            role=claims.role,
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
        )

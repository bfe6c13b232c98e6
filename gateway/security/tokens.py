"""Link tokens: what a relay or a dialect's client in somebody's browser identifies itself with.

Short-lived JWTs (RFC 7519, HS256) for one agent of one platform. Nothing is kept of them; a token serves for
any number of connections until it expires, so that a page may reconnect. Whoever is connected gets a fresh
one before that; it names the same origin and the same moment of signing in.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
import msgspec

from gateway.runtime.clock import Clock, Steady
from gateway.runtime.limits import SESSION_S
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant, Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode

STORE_ENTRY: Final = "link-tokens"  # where the store keeps our secret
DEFAULT_TTL_S: Final = 600
MAX_TTL_S: Final = 12 * 3600
SHIFT_S: Final = 8 * 3600  # of a token for an agent who has shown who he is
LONGEST_AGENT: Final = 200  # his id
EXPIRED: Final = "the link token has expired"
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "trunkline"


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    sub: str
    platform: str
    role: Role
    iat: int
    exp: int
    jti: str
    origin: str = ""  # tokens of earlier versions name none
    auth_time: int = 0  # nor this: then it is when they were issued
    sid: str = ""  # nor this: then it is the jti
    grant: Grant = UNNARROWED


class LinkToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a valid token says."""

    id: str
    first: str  # the id of the first of those that it is a renewal of, which may be itself
    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    origin: str  # the key or sign-in that it came from, first of all: `key:<id>`, `sign-in:<how>:<id>`
    signed_in_at: datetime  # when that was
    issued_at: datetime
    expires_at: datetime
    grant: Grant = UNNARROWED  # beside the agent and the platform


class EndedError(RefusedError):
    """Refused, as a credential is over or not known: with another one, the same may be asked again."""

    def __init__(self, message: str, token: LinkToken | None = None) -> None:
        """`token` is what it says, if it was good once."""
        super().__init__(ErrorCode.NOT_ALLOWED, message)
        self.token = token


class WrongCredentialError(EndedError):
    """Refused, as it is no credential, or a key that is good no more. Who tries many may be guessing."""


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.NOT_ALLOWED, why)


class Tokens:
    """Makes and checks link tokens. `secret` is the store's, at STORE_ENTRY."""

    def __init__(self, secret: bytes, clock: Clock, session_s: int = SESSION_S) -> None:
        """`session_s`: so long after signing in every token is over, fresh ones too."""
        self.clock = clock
        self._secret = secret
        self._steady = Steady(clock)
        self._session_s = session_s

    def mint(
        self,
        agent_id: AgentId,
        platform_id: PlatformId,
        role: Role,
        ttl_s: int = DEFAULT_TTL_S,
        *,
        origin: str = "",
        grant: Grant = UNNARROWED,
    ) -> str:
        """A token valid for so many seconds. Raises RefusedError over 12 hours, or without an agent."""
        if not 0 < ttl_s <= MAX_TTL_S:
            raise _refused(f"a link token is valid for at most {MAX_TTL_S} seconds")
        if not agent_id or not platform_id:
            raise _refused("a link token needs an agent and a platform")
        now = self._now_s()
        ttl_s = min(ttl_s, self._session_s)
        ident = secrets.token_urlsafe(12)
        return self._encode(
            _Claims(
                sub=agent_id,
                platform=platform_id,
                role=role,
                iat=now,
                exp=now + ttl_s,
                jti=ident,
                sid=ident,
                origin=origin,
                auth_time=now,
                grant=grant,
            )
        )

    def renewed(self, token: LinkToken) -> str | None:
        """A fresh one in its place, with its life from now on; None if the session lasts no longer."""
        now = self._now_s()
        signed_in, expires, issued = (
            int(moment.timestamp()) for moment in (token.signed_in_at, token.expires_at, token.issued_at)
        )
        until = min(now + expires - issued, signed_in + self._session_s)
        if until <= max(expires, now):
            return None
        return self._encode(
            _Claims(
                sub=token.agent_id,
                platform=token.platform_id,
                role=token.role,
                iat=now,
                exp=until,
                jti=secrets.token_urlsafe(12),
                sid=token.first,
                origin=token.origin,
                auth_time=signed_in,
                grant=token.grant,
            )
        )

    def verify(self, token: str) -> LinkToken:
        """What it says. Raises EndedError with the reason."""
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
            raise WrongCredentialError("the link token is not valid") from error
        read = LinkToken(
            id=claims.jti,
            first=claims.sid or claims.jti,
            agent_id=AgentId(claims.sub),
            platform_id=PlatformId(claims.platform),
            role=claims.role,
            origin=claims.origin,
            signed_in_at=datetime.fromtimestamp(claims.auth_time or claims.iat, UTC),
            issued_at=datetime.fromtimestamp(claims.iat, UTC),
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
            grant=claims.grant,
        )
        if claims.exp <= self._now_s():
            raise EndedError(EXPIRED, read)
        return read

    def ends(self, token: LinkToken) -> datetime:
        """When the last that it can be renewed to is over."""
        return max(token.expires_at, token.signed_in_at + timedelta(seconds=self._session_s))

    def _encode(self, claims: _Claims) -> str:
        named = {"iss": _ISSUER, **msgspec.to_builtins(claims)}
        return jwt.encode(named, self._secret, algorithm=_ALGORITHM)

    def now(self) -> datetime:
        """The time that tokens go by. A clock that is set back while we run makes none live longer."""
        return max(self.clock.now(), self._steady.now())

    def _now_s(self) -> int:
        return int(self.now().timestamp())

"""Bearer tokens of an identity provider, beside keys: for people and services (RFC 6750, RFC 9068).

What one gives here, scopes and grant, stands in the claims that the configuration names. The provider may
have to be asked for its keys, so that is done before the gate, which waits for nobody, looks at a token.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from logging import WARNING
from typing import Final

import jwt
import msgspec
from yarl import URL

from gateway.outbound.fetch import Fetching
from gateway.runtime.addresses import fit_for_secrets
from gateway.runtime.clock import Clock
from gateway.security.access import BEARER, Scope, Vouched
from gateway.security.config import IssuerConfig
from gateway.security.keys import Term
from gateway.security.signed import CLOCKS_DIFFER_S, Jwk, KeySet, SigningKeys, UntrustedError, claims_of
from gateway.security.tokens import EndedError, WrongCredentialError
from gateway.telemetry.peers import Peers
from gateway.telemetry.redaction import clean
from schemas.errors import RefusedError
from schemas.grants import Grant
from schemas.results import ErrorCode
from schemas.values import Json

BELIEVED_S: Final = 300.0  # then its signature is looked at again, as its key may have been taken back
TRY_AGAIN_S: Final = 5.0  # a provider that gave no answer is left alone for so long
MOST: Final = 10_000  # tokens that are remembered
LONGEST: Final = 16 * 1024
_JWS: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_LONGEST_SUBJECT: Final = 200
_LATEST: Final = datetime.max.replace(tzinfo=UTC).timestamp() - 2 * CLOCKS_DIFFER_S


class _Discovery(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _Peeked(msgspec.Struct, frozen=True):
    iss: str


_read_discovery: Final = msgspec.json.Decoder(_Discovery).decode
_read_keys: Final = msgspec.json.Decoder(KeySet).decode


class Issuer:
    """One provider."""

    def __init__(
        self, name: str, config: IssuerConfig, fetching: Fetching, clock: Clock, peers: Peers
    ) -> None:
        self.name = name
        self.config = config
        self.keys = SigningKeys(self._fetch, clock, TRY_AGAIN_S)
        self._fetching = fetching
        self._peers = peers

    async def _fetch(self) -> Sequence[Jwk]:
        """Raises RefusedError; the reason is for the operator."""
        config = self.config
        try:
            where = config.jwks_uri or await self._discovered()
            return _read_keys(await self._fetching.get(where)).keys
        except (RefusedError, msgspec.DecodeError, UnicodeError) as error:
            self._peers.line(WARNING, "issuer failed", issuer=self.name, why=clean(str(error)))
            raise RefusedError(
                ErrorCode.UNAVAILABLE,
                f"the keys of the issuer {self.name} cannot be had at present",
                TRY_AGAIN_S,
            ) from error

    async def _discovered(self) -> str:
        address = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _read_discovery(await self._fetching.get(address))
        if found.issuer != self.config.issuer:
            raise RefusedError(ErrorCode.LINK_DOWN, f"it names another issuer, {found.issuer}")
        if not fit_for_secrets(URL(found.jwks_uri)):
            raise RefusedError(ErrorCode.LINK_DOWN, f"{found.jwks_uri} is not an https address")
        return found.jwks_uri


class Bearers:
    """The tokens of all providers that are configured."""

    def __init__(
        self,
        issuers: Mapping[str, IssuerConfig],
        fetching: Fetching,
        clock: Clock,
        now: Callable[[], datetime],
        peers: Peers,
    ) -> None:
        """`now` never goes back."""
        made = [Issuer(name, config, fetching, clock, peers) for name, config in issuers.items()]
        self._issuers = {one.config.issuer: one for one in made}
        self._clock = clock
        self._now = now
        self._known: OrderedDict[str, tuple[float, Vouched | EndedError]] = OrderedDict()  # since when

    async def look_at(self, credential: str) -> None:
        """Learn what a token says, if it is one of a provider's: `find` tells it then.

        Raises RefusedError if the provider's keys cannot be had.
        """
        issuer = self._issuer(credential)
        if issuer is None:
            return
        digest = _digest(credential)
        since_s, known = self._known.get(digest, (0.0, None))
        if isinstance(known, Vouched) and self._clock.monotonic() - since_s < BELIEVED_S:
            return
        try:
            found: Vouched | EndedError = await self._believed(issuer, credential, digest)
        except UntrustedError as error:
            kind = EndedError if error.over else WrongCredentialError
            found = kind(error.message)
        self._known.pop(digest, None)
        self._known[digest] = (self._clock.monotonic(), found)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def find(self, credential: str) -> Vouched | None:
        """Whose token it is; None if no provider's. Raises EndedError for one that is not accepted."""
        _, known = self._known.get(_digest(credential), (0.0, None)) if self._issuers else (0.0, None)
        if isinstance(known, EndedError):
            raise type(known)(known.message)
        return known

    def _issuer(self, credential: str) -> Issuer | None:
        """Who it says has made it."""
        if not self._issuers or len(credential) > LONGEST or not _JWS.fullmatch(credential):
            return None
        try:
            read = jwt.decode(credential, options={"verify_signature": False})
            return self._issuers.get(msgspec.convert(read, _Peeked).iss)
        except (jwt.PyJWTError, msgspec.ValidationError, RecursionError):
            return None

    async def _believed(self, issuer: Issuer, credential: str, digest: str) -> Vouched:
        config, now_s = issuer.config, self._now().timestamp()
        claims = await claims_of(credential, config.issuer, config.audience, issuer.keys, now_s, types=_TYPES)
        subject, expires_s = claims["sub"], claims["exp"]
        if (
            not isinstance(subject, str)
            or not subject.isprintable()
            or not 0 < len(subject) <= _LONGEST_SUBJECT
        ):
            raise UntrustedError("its subject cannot be used as a name")
        if not isinstance(expires_s, int | float):
            raise UntrustedError("its end is not a number")
        end = datetime.fromtimestamp(min(expires_s, _LATEST), UTC) + timedelta(seconds=CLOCKS_DIFFER_S)
        return Vouched(
            name=f"oidc:{issuer.name}:{subject}",
            origin=f"{BEARER}{digest}",
            scopes=_scopes(config, claims),
            grant=_grant(config, claims),
            term=Term(end, "the bearer token has expired"),
        )


def _digest(credential: str) -> str:
    return sha256(credential.encode()).hexdigest()


def _texts(value: Json) -> list[str]:
    """What a claim lists: a list of texts, or one text with spaces."""
    if isinstance(value, str):
        return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _scopes(config: IssuerConfig, claims: Mapping[str, Json]) -> frozenset[Scope]:
    said = _texts(_at(claims, config.scopes_claim))
    return frozenset(scope for one in said for scope in config.scopes.get(one, ()))


def _grant(config: IssuerConfig, claims: Mapping[str, Json]) -> Grant:
    """What it is narrowed to. A claim that is missing or empty would narrow nothing, so it is refused."""
    narrowed: dict[str, Json] = {}
    for field, claim in config.grant_claims.items():
        value = _at(claims, claim)
        named = [value] if isinstance(value, str) else _texts(value)
        if not named or not all(named) or (isinstance(value, list) and len(named) != len(value)):
            raise UntrustedError(f"it does not say which {field} ({claim})")
        if field == "tenant" and len(named) != 1:
            raise UntrustedError(f"it says more than one tenant ({claim})")
        narrowed[field] = named[0] if field == "tenant" else list(named)
    try:
        return msgspec.convert(narrowed, Grant)
    except msgspec.ValidationError as error:
        raise UntrustedError(f"what it is narrowed to is not known: {error}") from error


def _at(claims: Mapping[str, Json], claim: str) -> Json:
    """A claim by its name, or, where there is none of that name, by the way to it: `realm_access.roles`."""
    if claim in claims:
        return claims[claim]
    value: Json = dict(claims)
    for part in claim.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value

"""ID tokens: what a provider says of somebody, believed only as far as its signature and its terms go.

OpenID Connect Core 1.0, section 3.1.3.7. Keys are the provider's own (RFC 7517): fetched when one is asked
for that is not known, so that it may change them at any time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

import jwt
import msgspec

from gateway.runtime.clock import Clock
from schemas.errors import RefusedError
from schemas.results import ErrorCode
from schemas.values import Json

# Asymmetric ones only: a client's secret must not sign what is said about people. And the keys they take.
KEY_TYPES: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
CLOCKS_DIFFER_S: Final = 60
KEYS_S: Final = 3600.0  # then a key that the provider has taken back is not believed any more
ASK_AGAIN_S: Final = 30.0  # or everybody who makes up a key's id would send us to the provider

Jwk = dict[str, Json]


class Terms(NamedTuple):
    """What a token must say to be for us, and for this sign-in."""

    issuer: str
    client_id: str
    nonce: str


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str
    azp: str | None = None
    nbf: float | None = None


def _untrusted(why: str) -> RefusedError:
    return RefusedError(ErrorCode.BAD_CREDENTIALS, f"the provider's token is not accepted: {why}")


class Keys:
    """The provider's keys, kept for a while."""

    def __init__(self, fetch: Callable[[], Awaitable[Sequence[Jwk]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Sequence[Jwk] = ()
        self._fetched_s: float | None = None
        self._turn = asyncio.Lock()

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK:
        """The key that such a token is signed with. Raises RefusedError."""
        async with self._turn:
            if self._older_than(KEYS_S):
                await self._fetch_again()
            found = self._fitting(key_id, algorithm)
            if len(found) != 1 and self._older_than(ASK_AGAIN_S):
                await self._fetch_again()
                found = self._fitting(key_id, algorithm)
        if len(found) != 1:
            raise _untrusted("its key is not known")
        try:
            return jwt.PyJWK(found[0], algorithm)
        except jwt.PyJWTError as error:
            raise _untrusted("its key cannot be read") from error

    def _older_than(self, seconds: float) -> bool:
        return self._fetched_s is None or self._clock.monotonic() - self._fetched_s >= seconds

    async def _fetch_again(self) -> None:
        self._keys = await self._fetch()
        self._fetched_s = self._clock.monotonic()

    def _fitting(self, key_id: str | None, algorithm: str) -> list[Jwk]:
        return [
            one
            for one in self._keys
            if one.get("kty") == KEY_TYPES[algorithm]
            and one.get("use", "sig") == "sig"
            and one.get("alg", algorithm) == algorithm
            and key_id in (None, one.get("kid"))
        ]


async def verified(token: str, terms: Terms, keys: Keys, now_s: float) -> Mapping[str, Json]:
    """The claims of a token. Raises RefusedError for one that is not to be believed, with the reason."""
    try:
        header = msgspec.convert(jwt.get_unverified_header(token), _Header)
        if header.alg not in KEY_TYPES:
            raise _untrusted("it is not signed in a way that is allowed")
        raw: dict[str, Json] = jwt.decode(
            token,
            await keys.find(header.kid, header.alg),
            algorithms=[header.alg],
            audience=terms.client_id,
            issuer=terms.issuer,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat", "nonce"],
                "enforce_minimum_key_length": True,
                # the times are checked below, by our clock
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        claims = msgspec.convert(raw, _Claims)
    except (jwt.PyJWTError, msgspec.ValidationError) as error:
        raise _untrusted(str(error)) from error
    if (why := _wrong(claims, terms, now_s)) is not None:
        raise _untrusted(why)
    return raw


def _wrong(claims: _Claims, terms: Terms, now_s: float) -> str | None:
    """Why claims that are well signed, and for us, do not hold for this sign-in, or not now."""
    several = isinstance(claims.aud, list) and len(claims.aud) > 1
    if (several and claims.azp is None) or claims.azp not in (None, terms.client_id):
        return "it was issued to another client"
    if claims.nonce != terms.nonce:
        return "it belongs to another sign-in"
    if claims.exp <= now_s - CLOCKS_DIFFER_S:
        return "it has expired"
    if max(claims.iat, claims.nbf or 0) > now_s + CLOCKS_DIFFER_S:
        return "it is of a time to come"
    return None

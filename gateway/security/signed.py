"""What identity providers sign: JSON Web Tokens (RFC 7519), believed as far as signature and terms go.

Keys are the provider's own (RFC 7517): fetched when one is asked for that is not known, so that it may change
them at any time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

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


class KeySet(msgspec.Struct, frozen=True):
    """What a provider's keys are told in."""

    keys: list[Jwk]


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: object = None


class _Times(msgspec.Struct, frozen=True):
    exp: float
    iat: float | None = None
    nbf: float | None = None


class UntrustedError(RefusedError):
    """Refused, as a token is not to be believed. `over`: it was, once."""

    def __init__(self, why: str, *, over: bool = False) -> None:
        super().__init__(ErrorCode.BAD_CREDENTIALS, f"the provider's token is not accepted: {why}")
        self.over = over


class SigningKeys:
    """The provider's keys, kept for a while."""

    def __init__(
        self, fetch: Callable[[], Awaitable[Sequence[Jwk]]], clock: Clock, rest_s: float = 0.0
    ) -> None:
        """`fetch` raises RefusedError, and is left alone for `rest_s` then."""
        self._rest_s = rest_s
        self._fetch = fetch
        self._clock = clock
        self._keys: Sequence[Jwk] = ()
        self._fetched_s: float | None = None
        self._failed: tuple[float, RefusedError] | None = None  # when that was, since it last went well
        self._turn = asyncio.Lock()

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK:
        """The key that such a token is signed with. Raises RefusedError.

        Whoever shows a key that is known waits for nobody.
        """
        found = self._fitting(key_id, algorithm)
        if len(found) != 1 or self._older_than(KEYS_S):
            async with self._turn:
                found = self._fitting(key_id, algorithm)
                if self._older_than(KEYS_S) or (len(found) != 1 and self._older_than(ASK_AGAIN_S)):
                    await self._fetch_again()
                    found = self._fitting(key_id, algorithm)
        if len(found) != 1:
            raise UntrustedError("its key is not known")
        try:
            return jwt.PyJWK(found[0], algorithm)
        except jwt.PyJWTError as error:
            raise UntrustedError("its key cannot be read") from error

    def _older_than(self, seconds: float) -> bool:
        return self._fetched_s is None or self._clock.monotonic() - self._fetched_s >= seconds

    async def _fetch_again(self) -> None:
        """A provider that gives no answer is not asked by each who waits."""
        now_s = self._clock.monotonic()
        if self._failed is not None and now_s - self._failed[0] < self._rest_s:
            why = self._failed[1]
            raise RefusedError(why.code, why.message, why.retry_after_s)
        try:
            self._keys = await self._fetch()
        except RefusedError as error:
            self._failed = (self._clock.monotonic(), error)
            raise
        self._failed = None
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


async def claims_of(
    token: str,
    issuer: str,
    audience: str,
    keys: SigningKeys,
    now_s: float,
    *,
    types: frozenset[str] | None = None,
) -> Mapping[str, Json]:
    """The claims of a token that is signed, for us and good now. Raises RefusedError with the reason.

    `types`: what its header may say that it is, in small letters.
    """
    try:
        header = msgspec.convert(jwt.get_unverified_header(token), _Header)
        if header.alg not in KEY_TYPES:
            raise UntrustedError("it is not signed in a way that is allowed")
        if header.crit is not None:
            raise UntrustedError("it has an extension that is not known here")
        if types is not None and header.typ is not None and header.typ.lower() not in types:
            raise UntrustedError("it is a token of another kind")
        raw: dict[str, Json] = jwt.decode(
            token,
            await keys.find(header.kid, header.alg),
            algorithms=[header.alg],
            audience=audience,
            issuer=issuer,
            options={
                "require": ["iss", "sub", "aud", "exp"],
                "enforce_minimum_key_length": True,
                # the times are checked below, by our clock
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        times = msgspec.convert(raw, _Times)
    except (jwt.PyJWTError, msgspec.ValidationError) as error:
        raise UntrustedError(str(error)) from error
    if not times.exp > now_s - CLOCKS_DIFFER_S:
        raise UntrustedError("it has expired", over=True)
    if not max(times.iat or 0, times.nbf or 0) <= now_s + CLOCKS_DIFFER_S:
        raise UntrustedError("it is of a time to come")
    return raw

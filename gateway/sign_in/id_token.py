"""ID tokens: what a provider says of somebody who signs in, believed only as far as its terms go.

OpenID Connect Core 1.0, section 3.1.3.7. Signature and times are looked at where all that providers sign is:
gateway/security/signed.py.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from gateway.security.signed import SigningKeys, UntrustedError, claims_of
from schemas.values import Json


class Terms(NamedTuple):
    """What a token must say to be for us, and for this sign-in."""

    issuer: str
    client_id: str
    nonce: str


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    aud: str | list[str]
    iat: float
    nonce: str
    azp: str | None = None


async def verified(token: str, terms: Terms, keys: SigningKeys, now_s: float) -> Mapping[str, Json]:
    """The claims of a token. Raises RefusedError for one that is not to be believed, with the reason."""
    raw = await claims_of(token, terms.issuer, terms.client_id, keys, now_s)
    try:
        claims = msgspec.convert(raw, _Claims)
    except msgspec.ValidationError as error:
        raise UntrustedError(str(error)) from error
    several = isinstance(claims.aud, list) and len(claims.aud) > 1
    if (several and claims.azp is None) or claims.azp not in (None, terms.client_id):
        raise UntrustedError("it was issued to another client")
    if claims.nonce != terms.nonce:
        raise UntrustedError("it belongs to another sign-in")
    return raw

"""Signatures by Standard Webhooks 1.0, over `id.timestamp.body`.

`v1` is HMAC-SHA256 by a secret that both sides hold. `v1a` is Ed25519: a public key verifies it, and cannot
sign. While a secret is being rotated, the header carries a signature by each, and by each key pair.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.store.deliveries import Webhook, WebhookSecret

PREFIX: Final = "whsec_"
PRIVATE_PREFIX: Final = "whsk_"
PUBLIC_PREFIX: Final = "whpk_"
KEY_BYTES: Final = range(24, 65)  # what the specification takes
_SECRET_BYTES: Final = 32
_KEPT: Final = 1_000  # signers: each delivery needs one or two of a few
_LEAST_DIFFERENT: Final = 8  # bytes; of 24 random ones hardly ever fewer than 20 are

Signer = Callable[[bytes], str]  # from what is signed to a signature with its version


def _text(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def new_secret() -> str:
    """A fresh signing secret in the specification's form."""
    return PREFIX + _text(secrets.token_bytes(_SECRET_BYTES))


def key_of(secret: str) -> bytes:
    """The bytes that sign. Raises ValueError for what is not of the form `whsec_<base64>`."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret begins with {PREFIX}")
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is base64 after its prefix") from error


def checked(secret: str) -> str:
    """A secret of a subscriber's own. Raises ValueError that shows nothing of it."""
    key = key_of(secret)
    if len(key) not in KEY_BYTES:
        raise ValueError(f"a signing secret has {KEY_BYTES.start} to {KEY_BYTES.stop - 1} bytes")
    if len(set(key)) < _LEAST_DIFFERENT:
        raise ValueError("a signing secret is made of random bytes")
    return secret


def new_private_key() -> str:
    """A fresh key of Ed25519: `whsk_` and its 32 bytes. It stays with us."""
    return PRIVATE_PREFIX + _text(Ed25519PrivateKey.generate().private_bytes_raw())


def public_key(private_key: str) -> str:
    """The other half of the pair: `whpk_` and its 32 bytes, for everybody."""
    return PUBLIC_PREFIX + _text(_pair(private_key).public_key().public_bytes_raw())


def _pair(private_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key.removeprefix(PRIVATE_PREFIX)))


@lru_cache(_KEPT)
def by_secret(secret: str) -> Signer:
    """Signs `v1`. Raises ValueError, as `key_of` does."""
    key = key_of(secret)
    return lambda signed: f"v1,{_text(hmac.digest(key, signed, 'sha256'))}"


@lru_cache(_KEPT)
def by_private_key(private_key: str) -> Signer:
    """Signs `v1a`."""
    pair = _pair(private_key)
    return lambda signed: f"v1a,{_text(pair.sign(signed))}"


def valid(webhook: Webhook, now: datetime) -> list[WebhookSecret]:
    """The secrets that sign at this moment, newest first."""
    return [one for one in webhook.secrets if one.expires_at is None or one.expires_at > now]


def signers(webhook: Webhook, now: datetime) -> list[Signer]:
    """All that sign at this moment."""
    return [
        signer
        for one in valid(webhook, now)
        for signer in (
            by_secret(one.secret),
            *((by_private_key(one.private_key),) if one.private_key else ()),
        )
    ]


class Signing:
    """The signers of one webhook, kept while it stays as it is."""

    def __init__(self) -> None:
        self._of: Webhook | None = None
        self._kept: list[Signer] | None = None  # None: one of them expires

    def at(self, webhook: Webhook, now: Callable[[], datetime]) -> list[Signer]:
        """All that sign at this moment; `now` is asked where one of them expires."""
        if webhook is self._of and self._kept is not None:
            return self._kept
        found = signers(webhook, now())
        self._of = webhook
        self._kept = found if all(one.expires_at is None for one in webhook.secrets) else None
        return found


def headers(by: Iterable[Signer], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message."""
    timestamp = str(int(now.timestamp()))
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join([sign(signed) for sign in by]),
    }

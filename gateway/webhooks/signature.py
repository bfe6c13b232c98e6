"""Signatures by Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.

While a secret is being rotated, the header carries a signature by each.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from gateway.store.deliveries import Webhook

PREFIX: Final = "whsec_"
KEY_BYTES: Final = range(24, 65)  # what the specification takes
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A fresh signing secret in the specification's form."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign. Raises ValueError for what is not of the form `whsec_<base64>`."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret begins with {PREFIX}")
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is base64 after its prefix") from error


def valid_secrets(webhook: Webhook, now: datetime) -> list[bytes]:
    """The keys to sign with at this moment, newest first."""
    return [key_of(one.secret) for one in webhook.secrets if one.expires_at is None or one.expires_at > now]


def headers(keys: Iterable[bytes], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message."""
    timestamp = str(int(now.timestamp()))
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }

"""The secrets that sign a webhook's deliveries: new ones, pairs of keys beside them, and rotation."""

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from msgspec.structs import replace
from pydantic import SecretStr

from gateway.outbound import signature
from gateway.store.deliveries import Webhook, WebhookSecret
from schemas.errors import RefusedError
from schemas.results import ErrorCode

OVERLAP: Final = timedelta(hours=24)  # both secrets sign for so long after a rotation
MAX_SECRETS: Final = 10


def chosen(own: SecretStr | None) -> str:
    """The subscriber's own, or one of ours."""
    return signature.new_secret() if own is None else own.get_secret_value()


def paired(secrets: tuple[WebhookSecret, ...], *, wanted: bool) -> tuple[WebhookSecret, ...]:
    """The secrets with a key pair beside the newest, if one is wanted; else without any."""
    newest = secrets[0]
    if not wanted:
        return tuple(replace(one, private_key="") for one in secrets)
    if newest.private_key:
        return secrets
    return (replace(newest, private_key=signature.new_private_key()), *secrets[1:])


def rotated(webhook: Webhook, secret: str, now: datetime) -> Webhook:
    """With a new secret; the former ones sign along for a while. CONFLICT for one that signs already."""
    if any(compare_digest(secret, one.secret) for one in webhook.secrets):
        raise RefusedError(ErrorCode.CONFLICT, "secret: signs already, or did so of late")
    kept = [
        replace(one, expires_at=one.expires_at or now + OVERLAP)
        for one in webhook.secrets
        if one.expires_at is None or one.expires_at > now
    ]
    fresh = paired((WebhookSecret(secret=secret),), wanted=bool(webhook.secrets[0].private_key))
    return replace(webhook, secrets=(*fresh, *kept)[:MAX_SECRETS])

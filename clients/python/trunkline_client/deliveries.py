"""What a webhook receives: verified by Standard Webhooks 1.0, and read.

Signed are id, timestamp and body, and no other header. So nothing that is told here comes from another one,
but for the address of an event that was too large to be sent in binary mode.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from trunkline_client.errors import SignatureError, TrunklineError
from trunkline_client.model.api import WebhookTest
from trunkline_client.model.events import ToldEvent
from trunkline_client.reading import read_event, tag

TOLERANCE_S: Final = 300.0
_SECRET: Final = "whsec_"  # noqa: S105  # what one begins with
_PUBLIC: Final = "whpk_"
_REFERENCE: Final = "ce-dataref"


class Delivered(NamedTuple):
    """One delivery. `id` is the event's, and the same however often it comes: drop what you know.

    `event` is an UnknownEvent where the webhook sends some members alone. It is None for a test, and for an
    event that is too large: that is to be read at `dataref`.
    `order` names what it keeps its order with; empty in binary mode.
    """

    id: str
    event: ToldEvent | None
    dataref: str = ""
    order: str = ""

    @property
    def test(self) -> bool:
        """Whether it means nothing, and only tries the receiver."""
        return self.event is None and not self.dataref


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    specversion: str
    dataref: str = ""
    partitionkey: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Type(msgspec.Struct, frozen=True):
    type: str = ""


_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_type: Final = msgspec.json.Decoder(_Type).decode
_NOTHING: Final = b"null"


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: str | Iterable[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> Delivered:
    """Read a delivery, if one of the secrets has signed it and it is of now. Raises SignatureError.

    `body` is the bytes as they came. Give the old and the new secret while it is being rotated. A key that
    begins with `whpk_` verifies the signatures of a key pair, and needs the package `cryptography`.
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = told["webhook-id"], told["webhook-timestamp"]
        signatures = told["webhook-signature"].split(" ")
    except KeyError as error:
        raise SignatureError(f"there is no header {error.args[0]}") from None
    _require_now(timestamp, tolerance_s, time.time() if now_s is None else now_s)
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    keys = [secrets] if isinstance(secrets, str) else list(secrets)
    # Every key against every signature, whatever fits: how long it takes says nothing.
    fits = [_verifies(key, one, signed) for key in keys for one in signatures]
    if not any(fits):
        raise SignatureError("no signature fits")
    return _read(told, message_id, body)


def _require_now(timestamp: str, tolerance_s: float, now_s: float) -> None:
    if not timestamp.isascii() or not timestamp.isdigit():
        raise SignatureError("the timestamp is no number")
    if abs(now_s - int(timestamp)) > tolerance_s:
        raise SignatureError("the timestamp is not of now")


def _verifies(key: str, signature: str, signed: bytes) -> bool:
    version, _, text = signature.partition(",")
    try:
        given = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    if key.startswith(_PUBLIC):
        return version == "v1a" and _by_pair(_bytes(key, _PUBLIC), given, signed)
    fits = hmac.compare_digest(hmac.digest(_bytes(key, _SECRET), signed, "sha256"), given)
    return version == "v1" and fits


def _bytes(key: str, prefix: str) -> bytes:
    """Raises ValueError for what is no key: that is the receiver's own fault, and no sender's."""
    if not key.startswith(prefix):
        raise ValueError(f"a secret begins with {_SECRET}, a public key with {_PUBLIC}")
    return base64.b64decode(key.removeprefix(prefix), validate=True)


def _by_pair(key: bytes, given: bytes, signed: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # who has no pair needs none
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError as error:
        raise TrunklineError("a public key needs the package cryptography") from error
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(given, signed)
    except InvalidSignature:
        return False
    return True


def _read(told: Mapping[str, str], message_id: str, body: bytes) -> Delivered:
    binary = "ce-specversion" in told
    try:
        if binary:
            made, data = (
                Delivered(message_id, None, told.get(_REFERENCE, "") if body == _NOTHING else ""),
                body,
            )
        else:
            read = _envelope(body)
            made, data = Delivered(read.id, None, read.dataref, read.partitionkey), bytes(read.data)
            if read.id != message_id:
                raise SignatureError("the envelope is of another message")
        if data == _NOTHING or _type(data).type == tag(WebhookTest):
            return made
    except msgspec.DecodeError as error:
        raise SignatureError(f"signed, and no message of ours: {error}") from error
    return made._replace(event=read_event(data))

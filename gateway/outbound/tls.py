"""Why TLS with a receiver failed, in words: what was wanted, and what was shown.

The library says of a certificate only that it is not believed. So it is looked at once more, on a connection
of its own over which nothing is sent; what it says is then told to whoever has to mend it.
"""

import asyncio
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientOSError,
    Fingerprint,
    ServerDisconnectedError,
    ServerFingerprintMismatch,
)
from cryptography import x509
from cryptography.x509.oid import NameOID

from gateway.outbound.profile import Profile

LOOK_S: Final = 2.0  # for the certificate
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_NAMES: Final = 5  # of a certificate that are told
# Of OpenSSL, x509_vfy.h.
_NOT_YET, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_ABOVE = 9, 10, 18, 19
_UNKNOWN_ISSUER: Final = (2, 20, 21)
_OTHER_HOST: Final = (62, 64)
_VERSIONS: Final = ("VERSION_TOO_LOW", "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_OURS: Final = (
    *("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE"),
    *("ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_ACCESS_DENIED"),
)


class Look(Fingerprint):
    """Takes no certificate, but keeps it: as `got` of the ServerFingerprintMismatch that it raises."""

    def __init__(self) -> None:
        super().__init__(bytes(32))

    def check(self, transport: asyncio.Transport) -> None:
        """Called once there is TLS, and before anything is sent."""
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
        raise ServerFingerprintMismatch(self.fingerprint, shown, "", 0)


def cause(error: BaseException) -> ssl.SSLError | None:
    """What TLS itself complained of, if it did."""
    inner: BaseException | None = error
    while inner is not None and (isinstance(inner, ClientError) or not isinstance(inner, ssl.SSLError)):
        inner = inner.__cause__  # the client library's own are errors of TLS by name only
    return inner


def hung_up(error: Exception) -> str | None:
    """In words, where a receiver with TLS ended the connection without any; None where it did not.

    Who wants a certificate can be too quick to say so.
    """
    match error:
        case ClientConnectorError(os_error=ConnectionResetError() | ConnectionAbortedError()):
            return "TLS: the receiver hung up while TLS was being agreed on; it may take other versions only"
        case ClientConnectorError():
            return None
        case ClientOSError() | ServerDisconnectedError():
            return "TLS: the receiver hung up without an answer, as one may that wants a client certificate"
        case _:
            return None


def of_certificate(
    error: ssl.SSLCertVerificationError,
    host: str,
    profile: Profile,
    shown: bytes,
    now: datetime | None = None,
) -> str:
    """Why the receiver's certificate was not believed; `shown` is it in DER, or nothing."""
    wanted = f"TLS: wanted a certificate for {host} by {profile.authorities}"
    try:
        certificate = x509.load_der_x509_certificate(shown)
        return f"{wanted}; was shown one {_what(error, certificate, now or datetime.now(UTC))}"
    except ValueError:  # none, or one that cannot be read
        return f"{wanted}; {error.verify_message}"


def of_agreement(error: ssl.SSLError, host: str, profile: Profile) -> str:
    """Why there was no TLS at all."""
    reason = error.reason or ""
    if any(word in reason for word in _NO_TLS):
        return "TLS: wanted TLS; was shown something else, as from a port for plain HTTP"
    if any(word in reason for word in _VERSIONS):
        return "TLS: wanted version 1.2 or newer; the receiver takes others only"
    if any(word in reason for word in _OURS):
        ours = "did not accept ours" if profile.shows_certificate else "was shown none"
        return f"TLS: the receiver wanted a client certificate, and {ours} ({_plain(reason)})"
    if "UNRECOGNIZED_NAME" in reason:
        return f"TLS: wanted {host}; the receiver knows no such name"
    if "HANDSHAKE_FAILURE" in reason:
        return "TLS: wanted version 1.2 or newer; found nothing in common, or it wants a client certificate"
    return f"TLS: {_plain(reason) or error}"


def _what(error: ssl.SSLCertVerificationError, certificate: x509.Certificate, now: datetime) -> str:
    until, since = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    issuer, code = _name(certificate.issuer), error.verify_code
    if code in _OTHER_HOST:
        return f"for {_listed(_names(certificate))}"
    if code == _EXPIRED and until < now:
        return f"that expired at {until:{_TIME}}"
    said = {
        _EXPIRED: "of which a certificate above it has expired",
        _NOT_YET: f"that is valid from {since:{_TIME}} on",
        _SELF_SIGNED: f"that is self-signed, by {_name(certificate.subject)}",
        _SELF_SIGNED_ABOVE: "under an authority of its own that is not trusted",
        **dict.fromkeys(_UNKNOWN_ISSUER, "which is unknown; or it left out the certificates in between"),
    }.get(code, error.verify_message)
    return said if code in (_NOT_YET, _SELF_SIGNED) else f"by {issuer}, {said}"


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [_name(certificate.subject)]
    return [
        *told.get_values_for_type(x509.DNSName),
        *map(str, told.get_values_for_type(x509.IPAddress)),
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return (", ".join(names[:_NAMES]) or "no name") + more


def _name(name: x509.Name) -> str:
    """The common name, or all of it."""
    common: Iterable[x509.NameAttribute[str | bytes]] = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return next((str(one.value) for one in common), "") or name.rfc4514_string() or "nobody"


def _plain(reason: str) -> str:
    return reason.replace("_", " ").lower()

"""The demonstration's own certificate, for this machine, and an authority as short-lived as its folder."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE: Final = timedelta(days=30)
_NAMES: Final = ("localhost",)
_ADDRESSES: Final = ("127.0.0.1", "::1")


class OwnCertificate(NamedTuple):
    """Files in PEM, and the pin by which a browser can be told to take this key and no other."""

    certificate: Path
    key: Path
    authority: Path
    pin: str  # SHA-256 of the public key, in base64


def make(folder: Path) -> OwnCertificate:
    """Make both anew. The authority's key is not kept, so that it signs nothing else, ever."""
    above, own = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    issuer = _name("Trunkline demonstration, this machine alone")
    authority = (
        _begun(issuer, issuer)
        .public_key(above.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(above, hashes.SHA256())
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
    alternatives += [x509.IPAddress(ip_address(address)) for address in _ADDRESSES]
    certificate = (
        _begun(_name("localhost"), issuer)
        .public_key(own.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(above, hashes.SHA256())
    )
    made = OwnCertificate(
        *(folder / "demo.crt", folder / "demo.key", folder / "demo-authority.pem"),
        b64encode(
            sha256(own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
        ).decode(),
    )
    made.key.touch(mode=0o600)
    made.key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    made.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    return made


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _begun(subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )

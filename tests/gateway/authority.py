"""A certificate authority of the tests' own: real keys, real certificates, in files."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


class Issued(NamedTuple):
    """A certificate and its key, in PEM files."""

    certificate: Path
    key: Path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """One; `file` is what those have who trust it."""

    def __init__(self, folder: Path, name: str = "Test Authority", above: "Authority | None" = None) -> None:
        self.name = name
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        by = above or self
        builder = self._builder(name, by.name, self._key)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._certificate = builder.sign(by._key, hashes.SHA256())  # noqa: SLF001  # its own kind
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def issue(
        self,
        *names: str,
        since: timedelta = timedelta(days=-1),
        until: timedelta = timedelta(days=1),
        chain: Sequence["Authority"] = (),
        password: str = "",
    ) -> Issued:
        """A certificate for names and addresses, valid between those distances from now."""
        key = generate_private_key(SECP256R1())
        builder = self._builder(names[0], self.name, key, since, until)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(one) for one in names]), False
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = builder.sign(self._key, hashes.SHA256())
        return self._written(made, key, chain, password)

    def self_signed(self, name: str) -> Issued:
        """A certificate by nobody but itself."""
        key = generate_private_key(SECP256R1())
        builder = self._builder(name, name, key)
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
        return self._written(builder.sign(key, hashes.SHA256()), key, (), "")

    def _written(
        self,
        made: x509.Certificate,
        key: EllipticCurvePrivateKey,
        chain: Sequence["Authority"],
        password: str,
    ) -> Issued:
        number = made.serial_number
        found = Issued(self._folder / f"{number}.crt", self._folder / f"{number}.key")
        pem = [made, *(one._certificate for one in chain)]  # noqa: SLF001  # its own kind
        found.certificate.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in pem))
        hidden = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        found.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        return found

    @staticmethod
    def _builder(
        name: str,
        issuer: str,
        key: EllipticCurvePrivateKey,
        since: timedelta = timedelta(days=-1),
        until: timedelta = timedelta(days=1),
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + since)
            .not_valid_after(now + until)
        )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

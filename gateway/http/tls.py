"""TLS as we serve it ourselves: a certificate from files, read again when these change or we are told to.

What is new counts for connections from then on; those that are open go on with what they began with. Files
that cannot be used change nothing: the former certificate stays, and it is said why.
"""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from cryptography import x509

from gateway.http.config import CertifiedClients, TlsConfig
from gateway.runtime.clock import Clock, TimerHandleLike
from schemas.errors import ConfigError, RefusedError
from schemas.results import ErrorCode

HANDSHAKE_S: Final = 10.0
LOOK_S: Final = 10.0  # between two looks at the files
SOON: Final = timedelta(days=14)  # before the end of a certificate operators are told
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
log = structlog.get_logger("trunkline.tls")

_Seen = tuple[tuple[int, int, int], ...]


class ServedContext(ssl.SSLContext):
    """What connections begin with. `links_certified`: a platform's page has to show a certificate."""

    links_certified: bool = False
    ends: datetime = datetime.max.replace(tzinfo=UTC)


def served_context(config: TlsConfig) -> ServedContext:
    """By the files as they are. Raises ConfigError that says which of them is wrong, and how."""
    password = config.key_password.get_secret_value() if config.key_password is not None else ""
    context = ServedContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    leaf = _leaf(config.certificate)
    try:
        # With an empty password OpenSSL fails; without one it would ask at the terminal.
        context.load_cert_chain(config.certificate, config.key or config.certificate, lambda: password)
    except (ssl.SSLError, OSError, ValueError) as error:
        files = config.certificate if config.key is None else f"{config.certificate} and {config.key}"
        raise ConfigError(f"server.tls: {files}: {_why(error, locked=_locked(config))}") from error
    context.ends = leaf.not_valid_after_utc
    if context.ends <= datetime.now(UTC):
        raise ConfigError(f"server.tls.certificate: {config.certificate}: expired at {context.ends:{_TIME}}")
    if config.client_ca is not None:
        try:
            context.load_verify_locations(config.client_ca)
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(f"server.tls.client_ca: {config.client_ca}: {_why(error)}") from error
        context.links_certified = True
        everybody = config.client_certificates is CertifiedClients.ALL
        context.verify_mode = ssl.CERT_REQUIRED if everybody else ssl.CERT_OPTIONAL
    return context


def _leaf(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "holds no certificate in PEM"
        raise ConfigError(f"server.tls.certificate: {path}: {why}") from error


def _locked(config: TlsConfig) -> bool:
    """Whether the key is encrypted: what OpenSSL says of a wrong password names no password."""
    with suppress(OSError):
        return b"ENCRYPTED" in (config.key or config.certificate).read_bytes()
    return False


def _why(error: Exception, *, locked: bool = False) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is another certificate's"
        if locked:
            return "the key's password (key_password) is missing or wrong"
        return f"cannot be used ({(error.reason or 'not PEM').lower()})"
    return (error.strerror if isinstance(error, OSError) else None) or "cannot be used"


class ServedTls:
    """The certificate that is served now. To be made before the first connection is taken."""

    def __init__(self, config: TlsConfig, clock: Clock) -> None:
        """Raises ConfigError if the files cannot be used."""
        self._config = config
        self._clock = clock
        self._timer: TimerHandleLike | None = None
        self._seen = self._look()
        self.context = served_context(config)
        self._trouble = ""

    def watch(self) -> None:
        """Look at the files from now on, until `stop`."""
        self._timer = self._clock.call_later(LOOK_S, self._again)

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()

    def note(self) -> str:
        """What an operator should know of it; empty if nothing."""
        if self._trouble:
            return f"the former certificate is served on: {self._trouble}"
        ends = self.context.ends
        return f"the certificate ends at {ends:{_TIME}}" if ends - self._clock.now() < SOON else ""

    def reload(self) -> None:
        """Read the files again."""
        self._seen = self._look()
        try:
            self.context = served_context(self._config)
        except ConfigError as error:
            self._trouble = str(error)
            log.warning("the certificate is not changed", why=str(error))
        else:
            self._trouble = ""
            log.info("the certificate was read", ends=f"{self.context.ends:{_TIME}}")

    def _again(self) -> None:
        if self._look() != self._seen:
            self.reload()
        self.watch()

    def _look(self) -> _Seen:
        """What tells a file from another: by these alone, so that a look costs nothing."""
        names = (self._config.certificate, self._config.key, self._config.client_ca)
        return tuple(_told(name) for name in names if name is not None)


def _told(path: Path) -> tuple[int, int, int]:
    with suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return (0, 0, 0)


def require_certificate(request: web.Request) -> None:
    """Raises RefusedError for a platform's page without a certificate, where that is needed."""
    transport = request.transport
    if transport is None:
        return
    context = transport.get_extra_info("sslcontext")
    needed = isinstance(context, ServedContext) and context.links_certified
    if needed and not transport.get_extra_info("peercert"):
        raise RefusedError(ErrorCode.NOT_ALLOWED, "a link needs a client certificate (server.tls.client_ca)")

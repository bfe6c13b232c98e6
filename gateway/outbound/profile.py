"""How a receiver is connected to: through which proxy, whom we believe, and what we show of ourselves.

All of it is the operator's: a webhook names a profile of the configuration, and never a file of this machine.
Without one the environment says whether there is a proxy, and the system whom to believe.
"""

import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, NamedTuple
from urllib.request import getproxies_environment

import structlog
from yarl import URL

from gateway.outbound.config import ConnectionConfig, proxy_url
from schemas.errors import ConfigError, RefusedError
from schemas.results import ErrorCode

DEFAULT: Final = "default"
LEAST_VERSION: Final = ssl.TLSVersion.TLSv1_2
_WHERE: Final = "webhooks.connections"
log = structlog.get_logger("trunkline.webhooks")


class Proxy(NamedTuple):
    """One that speaks HTTP; its address is the operator's, wherever that leads."""

    url: URL  # without the credentials
    authorization: str = ""  # what shows it who we are
    by_name: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What is for it alone."""
        return {"proxy-authorization": self.authorization} if self.authorization else {}

    @classmethod
    def at(cls, text: str, *, by_name: bool = False) -> "Proxy":
        """As it is written. Raises ValueError."""
        url = proxy_url(text)
        shown = ""
        if url.user or url.password:
            shown = "Basic " + b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()
        return cls(url.origin(), shown, by_name)


class Environment:
    """HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case."""

    def __init__(self, said: Mapping[str, str]) -> None:
        """`said` as getproxies_environment gives it. Raises ConfigError."""
        self._proxies: dict[str, Proxy] = {}
        for scheme in ("http", "https"):
            if said.get(scheme):
                try:
                    self._proxies[scheme] = Proxy.at(said[scheme])
                except ValueError as error:
                    raise ConfigError(f"environment: {scheme.upper()}_PROXY: {error}") from error
        self._direct = [one.strip().lower() for one in said.get("no", "").split(",") if one.strip()]

    def proxy(self, url: URL) -> Proxy | None:
        """The one for an address, if there is one."""
        found = self._proxies.get(url.scheme)
        host = (url.host or "").rstrip(".")
        if found is None or any(_is_meant(one, host, url.port) for one in self._direct):
            return None
        return found


def _is_meant(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY is for a host: `*`, a name with all below it, an address, a network.

    A port may follow.
    """
    with suppress(ValueError):
        network = ip_network(entry.strip("[]"), strict=False)
        with suppress(ValueError):
            return ip_address(host) in network
    if entry.endswith(f":{port}"):
        entry = entry.removesuffix(f":{port}").strip("[]")
    name = entry.removeprefix("*").removeprefix(".")
    return entry == "*" or host == name or (bool(name) and host.endswith(f".{name}"))


NOTHING_SAID: Final = Environment({})


def environment() -> Environment:
    """What it says now. Raises ConfigError."""
    return Environment(getproxies_environment())


class Profile:
    """One of them."""

    def __init__(self, name: str, config: ConnectionConfig, around: Environment) -> None:
        """Raises ConfigError for files that cannot be used."""
        self.name = name
        self._config = config
        self._environment = around
        self._proxy: Proxy | None = None
        if config.proxy is not None and config.proxy.get_secret_value():
            self._proxy = Proxy.at(config.proxy.get_secret_value(), by_name=config.proxy_by_name)
        named = (config.ca_file, config.certificate_file, config.private_key_file)
        self._files = [file for file in named if file is not None]
        self._read_at: Sequence[int] = ()
        self._context: ssl.SSLContext | None = None
        if self._files:
            self._read_at = self._changed_at()
            self._context = self._read()

    def is_for(self, tenant: str) -> bool:
        """Whether webhooks of that tenant may go by it; '' is the operator, who may use all."""
        return tenant == "" or self._config.tenant in ("", tenant)

    @property
    def shows_certificate(self) -> bool:
        """Whether we show one of ours."""
        return self._config.certificate_file is not None

    @property
    def authorities(self) -> str:
        """Whom we believe, in words."""
        own = self._config.ca_file is not None
        return f"an authority of {self.name}'s ca_file" if own else "an authority that this system trusts"

    def proxy(self, url: URL) -> Proxy | None:
        """The one through which an address is reached."""
        if self._config.proxy is not None:
            return self._proxy
        found = self._environment.proxy(url)
        return None if found is None else found._replace(by_name=self._config.proxy_by_name)

    def context(self) -> ssl.SSLContext | None:
        """For TLS, with the files as they are now; None: as everybody does it.

        Files that cannot be used, as in the middle of a change, leave it as it was.
        """
        if self._files and (at := self._changed_at()) != self._read_at:
            self._read_at = at
            try:
                self._context = self._read()
            except ConfigError as error:
                log.warning("files of a connection are not used as they are now", why=str(error))
        return self._context

    def _changed_at(self) -> list[int]:
        return [_changed_at(file) for file in self._files]

    def _read(self) -> ssl.SSLContext:
        config, where = self._config, f"{_WHERE}.{self.name}"
        try:
            context = ssl.create_default_context(cafile=config.ca_file)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{where}.ca_file: {_why(error)}") from error
        context.minimum_version = LEAST_VERSION
        if config.certificate_file is not None:
            secret = config.private_key_password
            password = "" if secret is None else secret.get_secret_value()
            try:
                # A function: without one, the system would ask at the terminal.
                context.load_cert_chain(config.certificate_file, config.private_key_file, lambda: password)
            except (OSError, ValueError) as error:
                raise ConfigError(f"{where}.certificate_file, private_key_file: {_why(error)}") from error
        return context


class Profiles:
    """All that are configured, by name."""

    def __init__(
        self, connections: Mapping[str, ConnectionConfig] | None = None, around: Environment = NOTHING_SAID
    ) -> None:
        """Raises ConfigError."""
        named = {DEFAULT: ConnectionConfig(), **(connections or {})}
        self._profiles = {name: Profile(name, config, around) for name, config in named.items()}

    def get(self, name: str, tenant: str = "") -> Profile:
        """One; the default one for ''. Raises RefusedError for one that there is not, for that tenant."""
        found = self._profiles.get(name or DEFAULT)
        if found is None or not found.is_for(tenant):
            theirs = ", ".join(key for key, one in self._profiles.items() if one.is_for(tenant))
            raise RefusedError(
                ErrorCode.INVALID_COMMAND, f"connection: {name!r} is not configured; there are: {theirs}"
            )
        return found


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"cannot be used: {error.reason or 'not PEM'}"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return "cannot be used"

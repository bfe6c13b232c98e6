"""What the configuration says about what we send and whom we look up: `webhooks` and `look_ups`."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, SecretStr, field_validator, model_validator
from yarl import URL

from gateway.runtime.section import Section


def proxy_url(text: str) -> URL:
    """A proxy's address, with `http://` or without. Raises ValueError that shows nothing of it."""
    try:
        url = URL(text if "://" in text else f"http://{text}")
    except ValueError:
        url = URL()
    if url.scheme != "http" or not url.host or url.path not in {"", "/"}:
        raise ValueError("must be the address of an HTTP proxy, such as http://proxy.example:3128")
    return url


class ConnectionConfig(Section):
    """How receivers are connected to, by those who name it. Its files are read again when they change."""

    tenant: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,40}$")] = ""  # only its webhooks; empty: everybody's
    # http://user:password@proxy.example:3128; "": none; left out: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say
    proxy: SecretStr | None = None
    proxy_by_name: bool = False  # tell it the receiver's name and not the address that we checked
    ca_file: Path | None = None  # authorities in PEM, instead of the system's
    certificate_file: Path | None = None  # ours, in PEM, with what leads to its authority
    private_key_file: Path | None = None  # None: it is in certificate_file
    private_key_password: SecretStr | None = None

    @field_validator("proxy")
    @classmethod
    def _is_one(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value():
            proxy_url(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _key_has_a_certificate(self) -> Self:
        if self.certificate_file is None and (self.private_key_file or self.private_key_password):
            raise ValueError("private_key_file needs a certificate_file")
        return self


ConnectionName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]


class ScheduleConfig(Section):
    """Seconds from one attempt to the next; the first counts from the event."""

    records: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)
    live: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)


class WebhooksConfig(Section):
    """Deliveries to subscribers' servers."""

    allow_private_networks: list[IPv4Network | IPv6Network] = Field(default_factory=list)
    max_payload_bytes: int = Field(default=64 * 1024, ge=1024)  # a larger event is sent by reference
    schedule: ScheduleConfig = ScheduleConfig()
    # By the names that webhooks and query hooks give; `default` is for those that give none.
    connections: dict[ConnectionName, ConnectionConfig] = Field(default_factory=dict)


class LookUpsConfig(Section):
    """Names that we send to or dial."""

    name_servers: list[str] = Field(default_factory=list)  # `address` or `address:port`; empty: the system's

    @field_validator("name_servers")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for one in value:
            url = URL(f"dns://{one}")
            if url.path not in {"", "/"} or url.host is None:
                raise ValueError(f"{one} is not an address, such as 192.0.2.53 or [2001:db8::53]:53")
            ip_address(url.host)
        return value

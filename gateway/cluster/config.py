"""The section `bus` of the configuration: the NATS servers that several gateways share.

`bus: nats://user:password@host:4222` is short for servers, user and password; several addresses are parted by
commas.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, SecretStr, model_validator
from yarl import URL

from gateway.runtime.section import Section

_SCHEMES = ("nats", "tls", "ws", "wss")


class BusConfig(Section):
    """Where they are, who we are to them, and how much they may keep of ours."""

    servers: list[str] = Field(min_length=1)  # any of one cluster; the others are found by it
    prefix: str = Field(default="trunkline", pattern=r"^[a-z0-9_-]{1,32}$")  # of all names of ours there
    user: str = ""
    password: SecretStr | None = None
    token: SecretStr | None = None
    nkey_file: Path | None = None  # the seed
    credentials_file: Path | None = None  # JWT and seed, as `nsc` writes them
    tls_ca: Path | None = None  # None: the system's authorities, where a server asks for TLS
    tls_cert: Path | None = None
    tls_key: Path | None = None
    replicas: PositiveInt = Field(default=1, le=5)  # of each stream: 3 survive the loss of one server
    journal_bytes: PositiveInt | None = None  # at most, of each replica; None: what the servers allow
    state_bytes: PositiveInt | None = None
    lease_s: PositiveFloat = Field(default=2.0, ge=1.0, le=60.0)  # so long after its death nobody takes over
    answer_s: PositiveFloat = Field(
        default=3.0, le=30.0
    )  # for an answer of the servers; then it is asked again

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: object) -> object:
        """A password in an address goes where nothing prints it."""
        if not isinstance(value, dict) or not isinstance(value.get("servers"), list):
            return value
        urls = [_address(one) for one in value["servers"]]
        for url in urls:
            if url is not None and url.user:
                value = {"user": url.user, "password": url.password, **value}
        plain = [
            one if url is None else str(url.with_user(None))
            for one, url in zip(value["servers"], urls, strict=True)
        ]
        return {**value, "servers": plain}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for one in self.servers:
            if _address(one) is None:
                raise ValueError("servers: must be addresses such as nats://host:4222")
        ways = [self.user, self.token, self.nkey_file, self.credentials_file]
        if sum(bool(one) for one in ways) > 1:
            raise ValueError("one of user, token, nkey_file and credentials_file")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key belong together")
        return self


def _address(text: object) -> URL | None:
    """Of a server, if it is one."""
    try:
        url = URL(text) if isinstance(text, str) else URL()
    except ValueError:
        return None
    return url if url.scheme in _SCHEMES and url.host else None


def _long(value: object) -> object:
    return {"servers": [one.strip() for one in value.split(",")]} if isinstance(value, str) else value


Bus = Annotated[BusConfig, BeforeValidator(_long, json_schema_input_type=str | BusConfig)]

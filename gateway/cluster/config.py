"""The section `bus` of the configuration: the NATS servers that several gateways share.

`bus: nats://user:password@host:4222` is short for `bus: {servers: [...]}`.
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
    lease_s: PositiveFloat = Field(default=5.0, ge=1.0, le=60.0)  # so long after its death nobody takes over
    answer_s: PositiveFloat = Field(
        default=3.0, le=30.0
    )  # for an answer of the servers; then it is asked again

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for one in self.servers:
            url = URL(one)
            if url.scheme not in _SCHEMES or not url.host:
                raise ValueError("bus.servers: must be addresses such as nats://host:4222")
        ways = [self.user, self.token, self.nkey_file, self.credentials_file]
        if sum(bool(one) for one in ways) > 1:
            raise ValueError("bus: one of user, token, nkey_file and credentials_file")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("bus: tls_cert and tls_key belong together")
        return self


def _long(value: object) -> object:
    return {"servers": [one.strip() for one in value.split(",")]} if isinstance(value, str) else value


Bus = Annotated[BusConfig, BeforeValidator(_long)]

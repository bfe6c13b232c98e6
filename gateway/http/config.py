"""The section `server` of the configuration."""

import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, field_validator
from yarl import URL

from gateway.runtime.section import Section

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s*]+")


class CertifiedClients(StrEnum):
    """Who has to show a certificate, where `client_ca` is set."""

    LINKS = "links"  # pages of platforms; of others one that is shown has to be good
    ALL = "all"  # everybody, before anything is said


class TlsConfig(Section):
    """TLS that we serve ourselves: files in PEM, read again when they change."""

    certificate: Path  # with those above it
    key: Path | None = None  # None: it is in the certificate's file
    key_password: SecretStr | None = None
    client_ca: Path | None = None  # who issues our clients' certificates. None: nobody is asked for one
    client_certificates: CertifiedClients = CertifiedClients.LINKS


class ServerConfig(Section):
    """Where we listen, and how much of it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    reuse_port: bool = False  # other gateways of this machine listen on it too (SO_REUSEPORT): see --workers
    tls: TlsConfig | None = None  # None: plain HTTP; for this machine, or behind a proxy that has TLS
    public_url: str | None = None  # how others reach us; what we send them refers to it
    origins: list[str] = Field(
        default_factory=list
    )  # whose pages may read answers and hold streams; "*": all
    max_frame_bytes: PositiveInt = 1024 * 1024
    max_platform_frame_bytes: PositiveInt = 8 * 1024 * 1024  # of what platforms say, once they are let in
    max_connections: PositiveInt = 10_000
    max_strangers: PositiveInt = 2_000  # connections that have not said who they are; at it the oldest goes
    max_strangers_per_address: PositiveInt = 1_000
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default_factory=list
    )  # whose word on the client's address counts
    compressed_bodies: bool = False  # gzip and deflate, of those who have said who they are
    # For health and metrics, its owner's alone. None: beside the store; "": there is none
    operator_socket: str | None = None
    poll_wait_s: PositiveFloat = 25.0  # of a client's poll, for a message
    poll_idle_s: PositiveFloat = 60.0  # without a request or a poll; then the client's session is dropped
    shutdown_s: PositiveFloat = 10.0  # from the signal to the end, in all

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for one in value:
            if one != "*" and not _ORIGIN.fullmatch(one):
                raise ValueError(
                    f"{one!r} is no origin, such as https://crm.example or http://crm.example:8080"
                )
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = URL(value)
        if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.fragment:
            raise ValueError("must be an http(s) address without query, such as https://trunkline.example")
        return value

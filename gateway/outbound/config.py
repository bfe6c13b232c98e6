"""What the configuration says about what we send and whom we look up: `webhooks` and `look_ups`."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from pydantic import Field, NonNegativeFloat, field_validator
from yarl import URL

from gateway.runtime.section import Section


class ScheduleConfig(Section):
    """Seconds from one attempt to the next; the first counts from the event."""

    records: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)
    live: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)


class WebhooksConfig(Section):
    """Deliveries to subscribers' servers."""

    allow_private_networks: list[IPv4Network | IPv6Network] = Field(default_factory=list)
    max_payload_bytes: int = Field(default=64 * 1024, ge=1024)  # a larger event is sent by reference
    schedule: ScheduleConfig = ScheduleConfig()


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

"""The options of a WWE platform or endpoint. There are no secrets: this API carries none."""

from typing import Annotated, Final

from pydantic import Field, field_validator

from adapters.contract.dialect import DialectSettings
from adapters.genesys_wwe import web_content
from adapters.genesys_wwe.tables import CHANNELS
from schemas.commands import LONGEST_BLOCK_S

EVERY_KEY: Final = "*"
MAX_BLOCK_MS: Final = int(LONGEST_BLOCK_S * 1000)


class Settings(DialectSettings):
    """South: what the agents' page is asked for. North: what a host page may see and change."""

    # Dispositions and notes are plain attached data on this platform; its administrator chooses the keys.
    disposition_key: str = Field(default="Business Result", min_length=1)
    notes_key: str = Field(default="Notes", min_length=1)
    channels: tuple[str, ...] = Field(default=CHANNELS, min_length=1)  # subscribed to, south
    # North, as for the vendor service-client-api.user-data.read-allowed and
    # service-client-api.user-data.write-allowed: `*` is every key. What is denied stays denied.
    user_data_read_allowed: tuple[str, ...] = (EVERY_KEY,)
    user_data_read_denied: tuple[str, ...] = ()
    user_data_write_allowed: tuple[str, ...] = (EVERY_KEY,)
    user_data_write_denied: tuple[str, ...] = ()
    # North, as the patterns in service-client-api.accepted-web-content-origins: a service's name, `agent.*`
    # or `*`. The origin itself is not asked for: the client's token stands in its place.
    services_allowed: tuple[str, ...] = (EVERY_KEY,)
    # North, as service-client-api.rate-limit and its companions: requests a minute, 0 is no limit, and how
    # long the requests over it are ignored, 0 is for good.
    rate_limit: int = Field(default=0, ge=0)
    rate_limits: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)  # by service
    rate_limit_quarantine_s: int = Field(default=30, ge=0)
    # As service-client-api.block-markdone-timeout: how long a block on mark-done stands. South: 0 is unknown.
    # North: 0 is no limit to what a client blocks.
    block_markdone_timeout_ms: int = Field(default=0, ge=0, le=MAX_BLOCK_MS)
    # South: how often the list is read again while the agent may mark something done without our being told;
    # 0 is never.
    reconcile_s: float = Field(default=30.0, ge=0)
    # North, the host page: the applications that it shows, label and address, as the vendor's
    # workspace.web-content; and who may call what, as its service-client-api.accepted-web-content-origins.
    web_content: dict[str, str] = Field(default_factory=dict)
    accepted_web_content_origins: str = ""
    # North: what configuration.getOption reads, by section and option.
    options: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("accepted_web_content_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        web_content.parse(value)
        return value

    @property
    def hides(self) -> bool:
        """Whether there is any key that a host page must not see."""
        return bool(self.user_data_read_denied) or EVERY_KEY not in self.user_data_read_allowed

    def readable(self, key: str) -> bool:
        """Whether a host page may see this key of the attached data."""
        return _permits(key, self.user_data_read_allowed, self.user_data_read_denied)

    def writable(self, key: str) -> bool:
        """Whether a host page may set or delete this key."""
        return _permits(key, self.user_data_write_allowed, self.user_data_write_denied)

    def serves(self, service: str) -> bool:
        """Whether a host page may call this service."""
        namespace, _, _ = service.partition(".")
        return not {EVERY_KEY, service, f"{namespace}.*"}.isdisjoint(self.services_allowed)


def _permits(key: str, allowed: tuple[str, ...], denied: tuple[str, ...]) -> bool:
    return key not in denied and (EVERY_KEY in allowed or key in allowed)

"""The options of a WWE platform or endpoint. There are no secrets: this API carries none.

Source: reference 1.2, the vendor's options that most of them are named after.
"""

import re
from typing import Annotated, Final

from pydantic import Field, field_validator

from adapters.contract.dialect import DialectSettings
from adapters.genesys_wwe.tables import CHANNELS
from schemas.commands import LONGEST_BLOCK_S

EVERY_KEY: Final = "*"
MAX_BLOCK_MS: Final = int(LONGEST_BLOCK_S * 1000)
_ORIGIN: Final = re.compile(r"^(\*|https?://[^\s/()*,]+)$")
_ENTRY: Final = re.compile(r"\s*(?P<origin>[^,()]*?)\s*(\((?P<services>[^()]*)\)\s*)?(,|$)")
_SERVICE: Final = re.compile(r"^(\*|\w+\.(\*|\w+))$")


class Settings(DialectSettings):
    """South: what the agents' page is asked for. North: what a host page may see and change."""

    disposition_key: str = Field(
        default="Business Result",
        min_length=1,
        description="The key of the attached data that holds the disposition; the administrator of the "
        "platform chooses it.",
    )
    notes_key: str = Field(
        default="Notes", min_length=1, description="The key of the attached data that holds the notes."
    )
    channels: tuple[str, ...] = Field(
        default=CHANNELS, min_length=1, description="Platform: the event channels that are subscribed to."
    )
    user_data_read_allowed: tuple[str, ...] = Field(
        default=(EVERY_KEY,),
        description="Clients: keys of the user data that they see; `*` is every key. As the vendor's "
        "service-client-api.user-data.read-allowed.",
    )
    user_data_read_denied: tuple[str, ...] = Field(
        default=(), description="Clients: keys that they do not see, although they are allowed."
    )
    user_data_write_allowed: tuple[str, ...] = Field(
        default=(EVERY_KEY,),
        description="Clients: keys of the user data that they may change; `*` is every key. As the vendor's "
        "service-client-api.user-data.write-allowed.",
    )
    user_data_write_denied: tuple[str, ...] = Field(
        default=(), description="Clients: keys that they may not change, although they are allowed."
    )
    services_allowed: tuple[str, ...] = Field(
        default=(EVERY_KEY,),
        description="Clients: services that they may call, as `agent.getStateList`, `agent.*` or `*`. The "
        "client's token stands in the place of its origin.",
    )
    rate_limit: int = Field(
        default=0,
        ge=0,
        description="Clients: requests a minute; 0 is no limit. As the vendor's "
        "service-client-api.rate-limit.",
    )
    rate_limits: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="Clients: the same, by service."
    )
    rate_limit_quarantine_s: int = Field(
        default=30,
        ge=0,
        description="Clients: for so long the requests over a limit are ignored; 0 is for good.",
    )
    block_markdone_timeout_ms: int = Field(
        default=0,
        ge=0,
        le=MAX_BLOCK_MS,
        description="How long a block on mark-done stands. Platform: set it as there, 0 is unknown. Clients: "
        "0 is no limit. As the vendor's service-client-api.block-markdone-timeout.",
    )
    reconcile_s: float = Field(
        default=30.0,
        ge=0,
        description="Platform: how often the list is read again while the agent may mark something done "
        "without our being told; 0 is never.",
    )
    web_content: dict[str, str] = Field(
        default_factory=dict,
        description="Clients, the host page: the applications that it shows, label and address. As the "
        "vendor's workspace.web-content.",
    )
    accepted_web_content_origins: str = Field(
        default="",
        description="Clients, the host page: who may call what. As the vendor's "
        "service-client-api.accepted-web-content-origins.",
    )
    options: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Clients: what configuration.getOption reads, by section and option.",
    )

    @field_validator("accepted_web_content_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        web_origins(value)
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


def web_origins(text: str) -> dict[str, tuple[str, ...]]:
    """Which origins may call which services: the patterns by origin, as the vendor writes them.

    Origins are separated by commas; each may be followed by patterns of services in parentheses, separated by
    commas too. Without them, or with `(*)`, an origin may call all. Raises ValueError that names what is not
    understood.
    """
    found: dict[str, tuple[str, ...]] = {}
    text, at = text.strip(), 0
    while at < len(text):
        entry = _ENTRY.match(text, at)
        if entry is None:
            raise ValueError(f"the parentheses of {text[at:].strip()} are not closed")
        origin, patterns = entry["origin"], entry["services"]
        if not _ORIGIN.match(origin):
            raise ValueError(f"{origin!r} is no origin, such as https://crm.example")
        services = (EVERY_KEY,) if patterns is None else tuple(one.strip() for one in patterns.split(","))
        for one in services:
            if not _SERVICE.match(one):
                raise ValueError(f"{one!r} is no service, such as voice.dial or agent.*")
        found[origin] = services
        at = entry.end()
    return found

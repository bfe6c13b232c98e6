"""What deliveries go by, of the configuration."""

from collections.abc import Mapping
from typing import Protocol

from gateway.http.config import ServerConfig
from gateway.outbound.egress import EgressSections
from gateway.platforms.config import PlatformConfig
from gateway.runtime.limits import LimitsConfig
from schemas.ids import PlatformId


class DeliverySections(EgressSections, Protocol):
    """The sections of the configuration that deliveries go by."""

    @property
    def server(self) -> ServerConfig:
        """How others reach us."""

    @property
    def limits(self) -> LimitsConfig:
        """How much may wait, and for how long."""

    @property
    def platforms(self) -> Mapping[PlatformId, PlatformConfig]:
        """Who is in which team."""

"""The sections `log` and `metrics` of the configuration."""

from typing import Literal

from pydantic import Field

from gateway.runtime.section import Section


class LogConfig(Section):
    """Logs, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class MetricsConfig(Section):
    """Where Prometheus may ask without a key: an address of a network that only it and probes reach."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65535)  # None: there is none

"""The section `log` of the configuration."""

from typing import Literal

from gateway.runtime.section import Section


class LogConfig(Section):
    """Logs, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"

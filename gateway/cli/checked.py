"""A configuration file, checked in full: the sections, and each platform's settings by its dialect."""

from pathlib import Path

from gateway import config as configuration
from gateway.app import dialects
from gateway.config import Config
from gateway.http.tls import served_context
from gateway.outbound.egress import Egress
from gateway.platforms.config import platform_settings
from gateway.queries import hook
from schemas.errors import ConfigError


def load(path: Path) -> Config:
    """Read it. Raises ConfigError with file, place and text of every mistake."""
    config = configuration.load(path)
    try:
        platform_settings(config.platforms, {one.name: one for one in dialects()})
        hook.check_addresses(config.platforms, Egress.of(config))
        if config.server.tls is not None:
            served_context(config.server.tls)
    except ConfigError as error:
        raise ConfigError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from error
    return config

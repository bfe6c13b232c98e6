"""A configuration file, checked in full: the sections, and each platform's settings by its dialect."""

from pathlib import Path

from gateway import config as configuration
from gateway.app import dialects
from gateway.config import Config
from gateway.queries import hook
from schemas.errors import ConfigError


def load(path: Path) -> Config:
    """Read it. Raises ConfigError with file, place and text of every mistake."""
    config = configuration.load(path)
    try:
        configuration.platform_settings(config, {one.name: one for one in dialects()})
        hook.check_addresses(config)
    except ConfigError as error:
        raise ConfigError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from error
    return config

"""The configuration: one YAML file, and environment variables over it (`TRUNKLINE_SERVER__PORT=9000`).

Each section belongs to the room that goes by it; here they come together. Fixed after the start.
"""

from pathlib import Path
from typing import Self

import yaml
from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from gateway.http.config import ServerConfig
from gateway.outbound.config import LookUpsConfig, WebhooksConfig
from gateway.platforms.config import PlatformConfig, PlatformName
from gateway.runtime.addresses import is_loopback
from gateway.runtime.limits import LimitsConfig
from gateway.runtime.section import mistakes
from gateway.sign_in.config import SingleSignOnConfig
from gateway.store.config import StoreConfig
from gateway.telemetry.config import LogConfig, MetricsConfig
from schemas.errors import ConfigError


class Config(BaseSettings):
    """The whole of it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="TRUNKLINE_", env_nested_delimiter="__"
    )

    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    platforms: dict[PlatformName, PlatformConfig] = {}
    limits: LimitsConfig = LimitsConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    look_ups: LookUpsConfig = LookUpsConfig()
    log: LogConfig = LogConfig()
    metrics: MetricsConfig = MetricsConfig()
    single_sign_on: SingleSignOnConfig | None = None

    @model_validator(mode="after")
    def _signs_on_to_what_there_is(self) -> Self:
        asked = self.single_sign_on
        if asked is not None and (unknown := asked.agent_claims.keys() - self.platforms.keys()):
            raise ValueError(f"single_sign_on.agent_claims: no platforms: {', '.join(sorted(unknown))}")
        if asked is not None and not asked.origins and not is_loopback(self.server.host):
            raise ValueError("single_sign_on.origins: needed, as not only this machine is served")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file, and nothing else."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key may not be given twice: one of the two would be lost in silence."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # refused in its turn
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice", key.start_mark
                )
            seen.add((key.tag, key.value))
        super().flatten_mapping(node)


def load(path: str | Path) -> Config:
    """Read and check the file. Raises ConfigError with file, place and text of every mistake."""
    try:
        raw = yaml.load(Path(path).read_bytes(), Loader=_StrictLoader)  # noqa: S506  # it is a SafeLoader
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    return parse({} if raw is None else raw, str(path))


def parse(raw: object, name: str) -> Config:
    """Check what was read from a file of that name. Raises ConfigError."""
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ConfigError(f"{name}: must be a mapping of sections")
    try:
        return Config(**raw)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{name}: {line}" for line in mistakes(error.errors()))) from error
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from error

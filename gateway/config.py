"""The configuration: one YAML file, and environment variables over it (`TRUNKLINE_SERVER__PORT=9000`).

Each section belongs to the room that goes by it; here they come together. Fixed after the start. Paths in it
are relative to the file's folder, from wherever the command is called.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from gateway.cluster.config import Bus
from gateway.crm.config import CrmConfig, CrmName
from gateway.http.config import ServerConfig
from gateway.outbound.config import LookUpsConfig, WebhooksConfig
from gateway.platforms.config import PlatformConfig, PlatformName
from gateway.runtime.addresses import is_loopback
from gateway.runtime.environment import Environment
from gateway.runtime.limits import LimitsConfig
from gateway.runtime.mistakes import mistakes
from gateway.runtime.section import Section
from gateway.runtime.yaml_lines import Lines
from gateway.security.config import AccessConfig
from gateway.sign_in.config import SingleSignOnConfig
from gateway.spans.config import TracingConfig
from gateway.store.config import MEMORY, StoreConfig
from gateway.telemetry.config import LogConfig, MetricsConfig
from schemas.errors import ConfigError

_Model = TypeVar("_Model", bound=BaseModel)


class Config(Section):
    """The whole of it."""

    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    platforms: dict[PlatformName, PlatformConfig] = Field(default_factory=dict)
    limits: LimitsConfig = LimitsConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    crm: dict[CrmName, CrmConfig] = Field(default_factory=dict)
    look_ups: LookUpsConfig = LookUpsConfig()
    log: LogConfig = LogConfig()
    metrics: MetricsConfig = MetricsConfig()
    tracing: TracingConfig = TracingConfig()
    access: AccessConfig = AccessConfig()
    single_sign_on: SingleSignOnConfig | None = None
    bus: Bus | None = None  # None: this gateway is alone, and its store is a file
    bootstrap_key_file: Path | None = None  # the first key's: taken in, or written; see security/bootstrap.py

    @field_validator("bootstrap_key_file", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        """An empty variable of the environment names none."""
        return value or None

    @model_validator(mode="after")
    def _signs_on_to_what_there_is(self) -> Self:
        asked = self.single_sign_on
        if asked is not None and (unknown := asked.agent_claims.keys() - self.platforms.keys()):
            raise ValueError(f"single_sign_on.agent_claims: no platforms: {', '.join(sorted(unknown))}")
        if asked is not None and not asked.origins and not is_loopback(self.server.host):
            raise ValueError("single_sign_on.origins: needed, as not only this machine is served")
        return self


def load(path: str | Path) -> Config:
    """Read and check the file. Raises ConfigError with file, line, place and text of every mistake."""
    try:
        lines = Lines.read(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        what = error.problem or error.context
        line = "" if error.problem_mark is None else f" (line {error.problem_mark.line + 1})"
        raise ConfigError(f"{path}: not YAML: {what}{line}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: it has characters that no text has") from error
    raw = {} if lines.value is None else lines.value
    config = parse(raw, str(path), lines)
    try:
        return _from(config, Path(path).absolute().parent)
    except ConfigError as error:
        raise located(error, path) from error


def parse(raw: object, name: str, lines: Lines | None = None) -> Config:
    """Check what was read from a file of that name. Raises ConfigError."""
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ConfigError(f"{name}: must be a mapping of sections")
    environment = Environment(Config, os.environ)
    merged = environment.over(raw)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        told = mistakes(error.errors(), Config)
        raise ConfigError("\n".join(_located(told, name, lines or Lines(), environment))) from error


def located(error: ConfigError, path: str | Path) -> ConfigError:
    """A mistake that was found in what was read from that file, with the file's name and the lines."""
    lines = Lines.read(Path(path).read_bytes())
    told = _located(str(error).splitlines(), str(path), lines, read_environment(lines.value))
    return ConfigError("\n".join(told))


def read_environment(raw: object = None) -> Environment:
    """The variables of this process, laid over what a file says. Raises ConfigError."""
    environment = Environment(Config, os.environ)
    environment.over(raw if isinstance(raw, dict) else {})
    return environment


def _located(told: list[str], name: str, lines: Lines, environment: Environment) -> Iterator[str]:
    for one in told:
        place = one.partition(": ")[0]
        if (variable := environment.variable_of(place)) is not None:
            yield f"{name}: {one} (set by {variable})"
        elif (line := lines.line_of(place)) is not None:
            yield f"{name}: {one} (line {line})"
        else:
            yield f"{name}: {one}"


def _from(config: Config, folder: Path) -> Config:
    """The same, with paths from that folder. Raises ConfigError where only the former rule finds a file."""
    config = _absolute(config, folder, "")
    store, server = config.store, config.server
    if store.path != MEMORY:
        at = _found(store.path, folder, "store.path")
        config = config.model_copy(update={"store": store.model_copy(update={"path": str(at)})})
    if server.operator_socket:
        at = folder / server.operator_socket
        config = config.model_copy(update={"server": server.model_copy(update={"operator_socket": str(at)})})
    return config


def _absolute(section: _Model, folder: Path, place: str) -> _Model:
    update: dict[str, object] = {}
    for name in type(section).model_fields:
        value, where = getattr(section, name), f"{place}{name}"
        if isinstance(value, Path):
            update[name] = _found(value, folder, where)
        elif isinstance(value, BaseModel):
            update[name] = _absolute(value, folder, f"{where}.")
        elif isinstance(value, dict):
            update[name] = {
                key: _absolute(one, folder, f"{where}.{key}.") if isinstance(one, BaseModel) else one
                for key, one in value.items()
            }
    return section.model_copy(update=update)


def _found(path: str | Path, folder: Path, place: str) -> Path:
    """The path from that folder. Raises ConfigError where only the former rule finds something.

    That was: from where the command is called. A gateway with an empty store beside the true one would be
    worse than none.
    """
    now, former = folder / path, Path(path).absolute()
    if not now.exists() and former.exists():
        raise ConfigError(
            f"{place}: is relative to this file now, which is {now}, where there is nothing; but there is"
            f" {former}, where it was looked for until now. Move that file, or give its whole path"
        )
    return now

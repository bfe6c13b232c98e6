"""The configuration: one YAML file, and environment variables over it (`TRUNKLINE_SERVER__PORT=9000`).

Fixed after the start. Unknown keys are mistakes; `platform_settings` checks a platform's `settings`.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from yarl import URL

from adapters.dialect import DialectSettings, ErasedDialect, LinkKind
from gateway.commands.config import NeedInfoConfig
from gateway.outbound.signature import KEY_BYTES, key_of
from gateway.security.access import is_loopback
from gateway.security.tokens import SESSION_S
from gateway.sign_in.config import SingleSignOnConfig
from schemas.errors import ConfigError
from schemas.ids import PlatformId
from schemas.queries import QueryKind
from schemas.values import Json

MEMORY: Final = ":memory:"  # as `store.path`: keep nothing


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerConfig(_Section):
    """Where we listen, and how much of it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None  # how others reach us; what we send them refers to it
    max_frame_bytes: PositiveInt = 1024 * 1024
    max_platform_frame_bytes: PositiveInt = 8 * 1024 * 1024  # of what platforms say, once they are let in
    max_connections: PositiveInt = 10_000
    max_strangers: PositiveInt = 2_000  # connections that have not said who they are; at it the oldest goes
    max_strangers_per_address: PositiveInt = 1_000
    trusted_proxies: list[IPv4Network | IPv6Network] = []  # whose word on the client's address counts
    compressed_bodies: bool = False  # gzip and deflate, of those who have said who they are
    # For health and metrics, its owner's alone. None: beside the store; "": there is none
    operator_socket: str | None = None
    poll_wait_s: PositiveFloat = 25.0  # of a client's poll, for a message
    poll_idle_s: PositiveFloat = 60.0  # without a request or a poll; then the client's session is dropped
    shutdown_s: PositiveFloat = 10.0  # from the signal to the end, in all

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = URL(value)
        if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.fragment:
            raise ValueError("must be an http(s) address without query, such as https://trunkline.example")
        return value


class StoreConfig(_Section):
    """Where the journal is. `path` is a file of ours alone; its folder must exist."""

    path: str = "trunkline.db"
    retention_days: PositiveFloat = 7.0
    retention_bytes: PositiveInt = 10 * 1024**3


Deadline = Annotated[float, Field(gt=0, le=60)]


class QueryHookConfig(_Section):
    """A server that answers a platform's queries: one POST each, its response is the answer."""

    url: str
    secret: SecretStr  # signs the requests, in the form of Standard Webhooks: whsec_ and base64
    kinds: frozenset[QueryKind] | None = None  # it is asked; None: all
    timeout_s: Deadline = 4.0

    @field_validator("secret")
    @classmethod
    def _signs(cls, value: SecretStr) -> SecretStr:
        if len(key_of(value.get_secret_value())) not in KEY_BYTES:
            raise ValueError("a signing secret has 24 to 64 bytes, in base64")
        return value


class QueriesConfig(_Section):
    """What the platform asks the CRM: who answers beside its clients, and for how long we wait."""

    timeout_s: Deadline = 5.0
    timeouts_s: dict[QueryKind, Deadline] = {}  # of single kinds
    webhook: QueryHookConfig | None = None

    def within_s(self, kind: QueryKind) -> float:
        """How long a query of that kind is open."""
        return self.timeouts_s.get(kind, self.timeout_s)

    @model_validator(mode="after")
    def _hook_is_quicker(self) -> Self:
        """Else a hook that does not answer in time could never be told from one that is too late."""
        if self.webhook is not None:
            asked = QueryKind if self.webhook.kinds is None else self.webhook.kinds
            shortest = min((self.within_s(kind) for kind in asked), default=self.timeout_s)
            if self.webhook.timeout_s >= shortest:
                raise ValueError(f"webhook.timeout_s must be less than the queries' {shortest:g} s")
        return self


TeamName = Annotated[str, Field(pattern=r"^[^\s,]([^,]{0,98}[^\s,])?$")]  # commas separate them in a query
AgentName = Annotated[str, Field(min_length=1)]


class PlatformConfig(_Section):
    """One platform."""

    dialect: str
    url: str | None = None  # of the platform, where we dial it; the scheme says over what
    settings: dict[str, Json] = {}
    # Dialects spoken to its clients, with settings where they are not the defaults; None: all. Its own has
    # the platform's settings unless others are given here.
    facades: list[str] | dict[str, dict[str, Json]] | None = None
    needinfo: NeedInfoConfig = NeedInfoConfig()
    queries: QueriesConfig = QueriesConfig()
    teams: dict[TeamName, list[AgentName]] = {}  # by name, the agents by the platform's name for them
    origins: list[str] = []  # of the pages that may connect to us; empty: our own only
    hosts: list[str] = []  # names of ours at which pages find this platform under a vendor's own paths

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not (URL(value).scheme and URL(value).host):
            raise ValueError("must be an address, such as wss://platform.example/path")
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            if origin != "*" and str(URL(origin).origin()) != origin:
                raise ValueError(f"{origin} is not an origin, such as https://crm.example")
        return value


class LimitsConfig(_Section):
    """Nothing is unbounded."""

    subscriber_buffer_bytes: PositiveInt = 4 * 1024 * 1024  # a subscriber further behind is closed, resumably
    command_queue: PositiveInt = 64  # commands under way or waiting, per agent session
    journal_pending: PositiveInt = 20_000  # events not yet durable; then platforms are not read from
    lost_after_s: PositiveFloat = 6 * 3600  # without a link to their agent; then interactions are given up
    # An agent who is signed in is handed fresh tokens for so long; then he signs in again.
    session_s: PositiveInt = SESSION_S
    malformed_kept: PositiveInt = 100  # frames kept for the operator, per platform
    webhooks: PositiveInt = 100
    webhook_concurrency: PositiveInt = 8  # deliveries under way, per webhook
    query_concurrency: PositiveInt = 16  # queries put to a web hook at once, per platform
    webhook_backlog: PositiveInt = 100_000  # deliveries waiting, per webhook; further ones are dead at once
    commands_days: PositiveFloat = 7.0  # finished commands and deliveries are kept for so long


class ScheduleConfig(_Section):
    """Seconds from one attempt to the next; the first counts from the event."""

    records: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)
    live: list[NonNegativeFloat] | None = Field(default=None, min_length=1, max_length=30)


class WebhooksConfig(_Section):
    """Deliveries to subscribers' servers."""

    allow_private_networks: list[IPv4Network | IPv6Network] = []
    max_payload_bytes: int = Field(default=64 * 1024, ge=1024)  # a larger event is sent by reference
    schedule: ScheduleConfig = ScheduleConfig()


class LookUpsConfig(_Section):
    """Names that we send to or dial."""

    name_servers: list[str] = []  # `address` or `address:port`; empty: the system's

    @field_validator("name_servers")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for one in value:
            url = URL(f"dns://{one}")
            if url.path not in {"", "/"} or url.host is None:
                raise ValueError(f"{one} is not an address, such as 192.0.2.53 or [2001:db8::53]:53")
            ip_address(url.host)
        return value


class LogConfig(_Section):
    """Logs, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


PlatformName = Annotated[PlatformId, Field(pattern=r"^[a-z0-9_-]{1,40}$")]


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
        raise ConfigError("\n".join(f"{name}: {line}" for line in _lines(error.errors()))) from error
    except SettingsError as error:
        raise ConfigError(f"environment: {error}") from error


def _lines(errors: Iterable[ErrorDetails], *prefix: str) -> list[str]:
    """One line a mistake, without the value: it may be a secret."""
    places = [(".".join((*prefix, *(str(part) for part in error["loc"]))), error) for error in errors]
    return [f"{place}: {error['msg']}" if place else error["msg"] for place, error in places]


def _unreachable(url: URL, dialect: ErasedDialect) -> Iterable[str]:
    """Why such a platform cannot be dialled there."""
    schemes = [
        *("ws", "wss"),
        *(("http", "https") if dialect.polling is not None else ()),
        *(("tcp",) if dialect.framing is not None else ()),
    ]
    if url.scheme not in schemes:
        yield f"must begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}"
    elif url.port is None:
        yield "needs a port"


class PlatformSettings(NamedTuple):
    """What a platform's dialects read of the configuration."""

    own: DialectSettings
    facades: Mapping[str, DialectSettings]  # by the dialects that its clients may speak


def platform_settings(
    config: Config, dialects: Mapping[str, ErasedDialect]
) -> dict[PlatformId, PlatformSettings]:
    """Each platform's settings as its dialects' own models. Raises ConfigError with every mistake."""
    settings: dict[PlatformId, PlatformSettings] = {}
    wrong: list[str] = []
    for platform_id, platform in config.platforms.items():
        where = f"platforms.{platform_id}"
        dialect = dialects.get(platform.dialect)
        if dialect is None:
            known = ", ".join(sorted(dialects))
            wrong.append(f"{where}.dialect: {platform.dialect!r} is not one of {known}")
            continue
        if dialect.link is LinkKind.DIAL and platform.url is None:
            wrong.append(f"{where}.url: needed, we connect to such a platform")
        if dialect.link is not LinkKind.DIAL and platform.url is not None:
            wrong.append(f"{where}.url: such a platform is not dialled")
        if dialect.link is LinkKind.DIAL and platform.url is not None:
            wrong += [f"{where}.url: {what}" for what in _unreachable(URL(platform.url), dialect)]
        served = {name: one for name, one in dialects.items() if one.client_connection is not None}
        wrong += [
            f"{where}.facades: no clients of {name!r} can be served"
            for name in platform.facades or ()
            if name not in served
        ]
        own = _settings(dialect, platform.settings, (where, "settings"), wrong)
        facades = _facade_settings(platform, own, served, where, wrong)
        if own is not None:
            settings[platform_id] = PlatformSettings(own, facades)
    if wrong:
        raise ConfigError("\n".join(wrong))
    return settings


def _facade_settings(
    platform: PlatformConfig,
    own: DialectSettings | None,
    served: Mapping[str, ErasedDialect],
    where: str,
    wrong: list[str],
) -> dict[str, DialectSettings]:
    given = platform.facades if isinstance(platform.facades, dict) else {}
    found: dict[str, DialectSettings] = {}
    for name, dialect in served.items():
        if platform.facades is not None and name not in platform.facades:
            continue
        made = own
        if name != platform.dialect or name in given:
            made = _settings(dialect, given.get(name, {}), (where, "facades", name), wrong)
        if made is not None:
            found[name] = made
    return found


def _settings(
    dialect: ErasedDialect, raw: Mapping[str, Json], where: tuple[str, ...], wrong: list[str]
) -> DialectSettings | None:
    try:
        made: DialectSettings = dialect.settings.model_validate(raw)
    except ValidationError as error:
        wrong += _lines(error.errors(), *where)
        return None
    return made

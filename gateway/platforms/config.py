"""The section `platforms` of the configuration; `platform_settings` checks each dialect's `settings`."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, NamedTuple, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from yarl import URL

from adapters.contract.dialect import DialectSettings, ErasedDialect, LinkKind
from gateway.numbers.config import NumbersConfig
from gateway.outbound.config import ConnectionName
from gateway.outbound.signature import KEY_BYTES, key_of
from gateway.platforms.needinfo import NeedInfoConfig
from gateway.platforms.wrap_up import WrapUpConfig
from gateway.runtime.addresses import is_origin
from gateway.runtime.mistakes import mistakes, near
from gateway.runtime.section import Section
from gateway.store.deliveries import ContentType
from schemas.errors import ConfigError
from schemas.ids import PlatformId
from schemas.queries import QueryKind
from schemas.values import Json

Deadline = Annotated[float, Field(gt=0, le=60)]


class QueryHookConfig(Section):
    """A server that answers a platform's queries: one POST each, its response is the answer."""

    url: str
    secret: SecretStr  # signs the requests, in the form of Standard Webhooks: whsec_ and base64
    kinds: frozenset[QueryKind] | None = None  # it is asked; None: all
    timeout_s: Deadline = 4.0
    content_type: ContentType = ContentType.CLOUD_EVENT
    connection: ConnectionName | None = None  # of `webhooks.connections`

    @field_validator("secret")
    @classmethod
    def _signs(cls, value: SecretStr) -> SecretStr:
        if len(key_of(value.get_secret_value())) not in KEY_BYTES:
            raise ValueError("a signing secret has 24 to 64 bytes, in base64")
        return value


class QueriesConfig(Section):
    """What the platform asks the CRM: who answers beside its clients, and for how long we wait."""

    timeout_s: Deadline = 5.0
    timeouts_s: dict[QueryKind, Deadline] = Field(default_factory=dict)  # of single kinds
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
PlatformName = Annotated[PlatformId, Field(pattern=r"^[a-z0-9_-]{1,40}$")]
TenantName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,40}$")]
AgentName = Annotated[str, Field(min_length=1)]


class PlatformConfig(Section):
    """One platform."""

    dialect: str
    tenant: TenantName = ""  # whose it is, with its events, for good; empty: the operator's
    url: str | None = None  # of the platform, where we dial it; the scheme says over what
    settings: dict[str, Json] = Field(default_factory=dict)
    # Dialects spoken to its clients, with settings where they are not the defaults; None: all. Its own has
    # the platform's settings unless others are given here.
    facades: list[str] | dict[str, dict[str, Json]] | None = None
    needinfo: NeedInfoConfig = NeedInfoConfig()
    numbers: NumbersConfig = NumbersConfig()
    wrap_up: WrapUpConfig = WrapUpConfig()
    queries: QueriesConfig = QueriesConfig()
    teams: dict[TeamName, list[AgentName]] = Field(
        default_factory=dict
    )  # by name, the agents by the platform's name for them
    origins: list[str] = Field(
        default_factory=list
    )  # of the pages that may connect to us; empty: our own only
    token_url: str | None = None  # of the CRM, where the ready relay page asks for a token
    hosts: list[str] = Field(
        default_factory=list
    )  # names of ours at which pages find this platform under a vendor's own paths

    @field_validator("url", "token_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not (URL(value).scheme and URL(value).host):
            raise ValueError("must be an address, such as wss://platform.example/path")
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            if origin != "*" and not is_origin(origin):
                raise ValueError(f"{origin} is not an origin, such as https://crm.example")
        return value


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
    platforms: Mapping[PlatformId, PlatformConfig], dialects: Mapping[str, ErasedDialect]
) -> dict[PlatformId, PlatformSettings]:
    """Each platform's settings as its dialects' own models. Raises ConfigError with every mistake."""
    settings: dict[PlatformId, PlatformSettings] = {}
    wrong: list[str] = []
    for platform_id, platform in platforms.items():
        where = f"platforms.{platform_id}"
        dialect = dialects.get(platform.dialect)
        if dialect is None:
            known = ", ".join(sorted(dialects))
            meant = near(platform.dialect, dialects) if get_close_matches(platform.dialect, dialects) else ""
            wrong.append(f"{where}.dialect: {platform.dialect!r} is not one of {known}{meant}")
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
        wrong += mistakes(error.errors(), dialect.settings, *where)
        return None
    return made

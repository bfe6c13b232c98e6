"""The section `crm` of the configuration: CRMs by name, each with its connector's own `settings`."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import Field, NonNegativeFloat, SecretStr, ValidationError

from adapters.contract.crm import Connector, Crm, LiveCrm
from gateway.outbound.config import ConnectionName
from gateway.outbound.egress import Egress
from gateway.platforms.config import PlatformName
from gateway.runtime.mistakes import mistakes, near
from gateway.runtime.section import Section
from schemas.errors import ConfigError, RefusedError
from schemas.interaction import Media
from schemas.values import Json

CrmName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]


class CrmConfig(Section):
    """One CRM."""

    connector: str
    url: SecretStr  # to which the connector's paths are added; a secret, for some have their token in it
    headers: dict[str, SecretStr] = Field(default_factory=dict)  # credentials: sent with every request
    connection: ConnectionName | None = None  # of webhooks.connections: proxy, certificates
    platforms: list[PlatformName] = Field(default_factory=list)  # whose contacts it has; empty: all
    media: list[Media] = Field(default_factory=lambda: [Media.VOICE])
    per_leg: bool = False  # an activity for each agent's leg, and not one for the contact
    users: dict[str, str] = Field(default_factory=dict)  # the CRM's users, by our agents
    settings: dict[str, Json] = Field(default_factory=dict)  # the connector's own
    pop: bool = False  # show the record from here to the agent who is called, where `users` has him
    presence: bool = False  # tell the states of the agents whom `users` has
    timeout_s: float = Field(default=10.0, gt=0, le=60)  # one request
    find_s: float = Field(default=1.5, gt=0, le=10)  # to find and pop a record, while it rings
    unknown_wait_s: NonNegativeFloat = 30.0  # until what may have been created is looked up
    live_s: float = Field(default=10.0, gt=0, le=60)  # a call that is told of later is no news
    at_once: int = Field(default=4, ge=1, le=32)  # requests under way
    give_up_after_hours: int = Field(default=72, ge=1, le=720)

    def has(self, platform_id: str) -> bool:
        """Whether it has what happens on that platform."""
        return not self.platforms or platform_id in self.platforms


class Opened(NamedTuple):
    """One that is configured, with its connector."""

    name: str
    config: CrmConfig
    crm: Crm | None  # either it keeps activities,
    live: LiveCrm | None  # or it hears what happens


def opened(
    section: Mapping[CrmName, CrmConfig],
    connectors: Mapping[str, Connector],
    platforms: Mapping[PlatformName, object],
    egress: Egress,
) -> list[Opened]:
    """All of them. Raises ConfigError with every mistake; no address is shown."""
    found: list[Opened] = []
    wrong: list[str] = []
    for name, config in section.items():
        where = f"crm.{name}"
        connector = connectors.get(config.connector)
        if connector is None:
            wrong.append(
                f"{where}.connector: {config.connector!r} is none{near(config.connector, connectors)}"
            )
            continue
        wrong += [
            f"{where}.platforms: there is no {one!r}" for one in config.platforms if one not in platforms
        ]
        try:
            egress.check(config.url.get_secret_value())
        except RefusedError as refused:
            wrong.append(f"{where}.url: {refused.message}")
        try:
            egress.profiles.get(config.connection or "")
        except RefusedError as refused:
            wrong.append(f"{where}.{refused.message}")
        try:
            crm, live = connector.open(config.settings), connector.open_live(config.settings)
        except ValidationError as error:
            wrong += mistakes(error.errors(), connector.settings, where, "settings")
        else:
            found.append(Opened(name, config, crm, live))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return found

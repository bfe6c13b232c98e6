"""What a softswitch is configured with: its agents, services, numbers and manners."""

from collections.abc import Iterable
from hmac import compare_digest
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from adapters.contract.dialect import DialectSettings
from schemas.agent import AgentState
from schemas.ids import AgentId
from schemas.interaction import EndCause


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AgentConfig(_Config):
    """One agent. Without a password any is taken; `logged_in` and `state` are how the switch starts."""

    id: str = Field(min_length=1)
    name: str = ""
    extension: str = ""
    password: SecretStr | None = None
    skills: tuple[str, ...] = ()  # service ids
    logged_in: bool = True
    state: Literal[AgentState.READY, AgentState.NOT_READY] = AgentState.READY


class DispositionConfig(_Config):
    """One outcome to choose."""

    id: str = Field(min_length=1)
    name: str = ""
    code: str = ""
    category: str = ""
    priority: int = 0
    preview_only: bool = False


class ServiceConfig(_Config):
    """A service (queue, skill). With `acw`, completing asks for the agent's next state."""

    id: str = Field(min_length=1)
    name: str = ""
    outbound: bool = False
    dispositions: tuple[DispositionConfig, ...] = ()
    disposition_required: bool = False
    acw: bool = False
    wrap_up_s: float | None = Field(default=None, ge=0)  # None: until the agent completes


class NumberRule(_Config):
    """Outside numbers that do not answer. Both ends must match; an empty one matches all."""

    prefix: str = ""
    suffix: str = ""
    cause: EndCause


# +999 is assigned to nobody; the digits after it are those of the SIP answer.
NUMBERS: tuple[NumberRule, ...] = (
    NumberRule(prefix="+999404", cause=EndCause.BAD_DESTINATION),
    NumberRule(prefix="+999408", cause=EndCause.NO_ANSWER),
    NumberRule(prefix="+999480", cause=EndCause.DEVICE_UNAVAILABLE),
    NumberRule(prefix="+999486", cause=EndCause.BUSY),
    NumberRule(prefix="+999503", cause=EndCause.CONGESTION),
    NumberRule(prefix="+999603", cause=EndCause.DECLINED),
)


class SoftswitchSettings(DialectSettings):
    """One switch. Times are seconds; the seed decides every id."""

    agents: tuple[AgentConfig, ...] = Field(
        default=(), description="The agents: id, name, extension, password, skills, and how they start."
    )
    services: tuple[ServiceConfig, ...] = Field(
        default=(), description="The services: id, name, dispositions, and what is asked after the work."
    )
    default_service: str = Field(default="", description="Of contacts and calls that name none.")
    not_ready_reasons: tuple[str, ...] = Field(default=(), description="Reasons for being not ready.")
    logout_reasons: tuple[str, ...] = Field(default=(), description="Reasons for signing out.")
    require_logout_reason: bool = Field(default=False, description="Ask for one.")
    confirm_takeover: bool = Field(
        default=False, description="Ask before a sign-in ends the session that the agent has elsewhere."
    )
    ring_timeout_s: float = Field(default=20.0, gt=0, description="How long an offer rings.")
    answer_after_s: float | None = Field(
        default=2.0,
        ge=0,
        description="When the far end answers; not set: only when it is told to by `simulate.remote_answer`.",
    )
    wrap_up: bool = Field(default=True, description="There is work after a contact.")
    early_transfer: bool = Field(
        default=False, description="A consultation may be completed while the colleague still rings."
    )
    numbers: tuple[NumberRule, ...] = Field(
        default=NUMBERS, description="Outside numbers that do not answer, by how they begin and end."
    )
    seed: int = Field(default=1, description="Decides every id.")

    def checks_password(self, agent_id: AgentId) -> bool:
        """Whether that agent needs a password."""
        return any(one.id == agent_id and one.password is not None for one in self.agents)

    def knows_password(self, agent_id: AgentId, password: str) -> bool | None:
        """Whether that is the agent's password; None: he needs none."""
        own = next((one.password for one in self.agents if one.id == agent_id), None)
        return None if own is None else compare_digest(own.get_secret_value().encode(), password.encode())

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        services = {service.id for service in self.services}
        _unique("agent id", (agent.id for agent in self.agents))
        _unique("extension", (agent.extension for agent in self.agents if agent.extension))
        _unique("service id", (service.id for service in self.services))
        if self.default_service and self.default_service not in services:
            raise ValueError(f"default_service {self.default_service!r} is no service")
        for agent in self.agents:
            if unknown := [skill for skill in agent.skills if skill not in services]:
                raise ValueError(f"agent {agent.id!r}: {unknown} are no services")
        return self


def _unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} is there twice")
        seen.add(name)

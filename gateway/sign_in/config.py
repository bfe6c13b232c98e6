"""The section `single_sign_on` of the configuration: the provider, and who of its people is which agent."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, field_validator
from yarl import URL

from gateway.runtime.addresses import fit_for_secrets, is_origin
from gateway.security.tokens import MAX_TTL_S, SHIFT_S
from schemas.ids import PlatformId


class SingleSignOnConfig(BaseModel):
    """An OpenID provider at which agents sign in, to the platforms in `agent_claims` and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None  # None: a public client
    scopes: list[str] = ["openid"]
    # Platform: the claim that is the agent's id there. No default: a wrong guess signs the wrong person in.
    agent_claims: dict[PlatformId, Annotated[str, Field(min_length=1)]] = Field(min_length=1)
    origins: list[str] = []  # of ours, as browsers see them; empty: where we listen, on this machine only
    token_s: PositiveInt = Field(default=SHIFT_S, le=MAX_TTL_S)  # of the first; open pages get fresh ones

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        url = URL(value)
        if not fit_for_secrets(url) or url.query_string or url.fragment:
            raise ValueError("must be an https address, such as https://login.example")
        return value

    @field_validator("scopes")
    @classmethod
    def _scopes(cls, value: list[str]) -> list[str]:
        if "openid" not in value:
            raise ValueError("openid must be among them")
        return value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            if not fit_for_secrets(URL(origin)) or not is_origin(origin):
                raise ValueError(f"{origin} is not an origin of https, such as https://desktop.example")
        return value

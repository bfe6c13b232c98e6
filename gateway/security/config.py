"""The section `access` of the configuration: who is let in beside keys, and how often anything is tried."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator
from yarl import URL

from gateway.runtime.addresses import fit_for_secrets
from gateway.runtime.section import Section
from gateway.security.access import Scope

GrantField = Literal["tenant", "platforms", "agents", "teams", "verbs", "types", "roles"]
IssuerName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Text = Annotated[str, Field(min_length=1)]


class RateConfig(Section):
    """A token bucket: so many requests at once, and so many a second ever after."""

    burst: int = Field(default=5_000, ge=1, le=1_000_000)
    per_s: float = Field(default=1_000.0, gt=0, le=1_000_000)


class IssuerConfig(Section):
    """A provider whose bearer tokens are let in, and what of theirs gives what here."""

    issuer: str  # as its tokens name it, to the letter
    audience: Text  # that they must be for
    jwks_uri: str | None = None  # where its keys are; None: as its discovery document says
    scopes_claim: Text = "scope"  # a list, or a text with spaces; `realm_access.roles` is a way to one
    scopes: Mapping[str, list[Scope]] = Field(min_length=1)  # what is in it: the scopes that it gives here
    grant_claims: Mapping[GrantField, Text] = {}  # what it is narrowed to: the claim; it must be there

    @field_validator("issuer", "jwks_uri")
    @classmethod
    def _addresses(cls, value: str | None) -> str | None:
        if value is not None and (not fit_for_secrets(URL(value)) or URL(value).fragment):
            raise ValueError("must be an https address, such as https://login.example")
        return value


class AccessConfig(Section):
    """Who may do how much of it."""

    key_rate: RateConfig = RateConfig()  # of a key that has none of its own
    # Wrong keys and tokens a minute, from one address, and for one key; more get 429.
    wrong_per_minute: PositiveInt = 30
    issuers: Mapping[IssuerName, IssuerConfig] = {}  # by names of ours

    @field_validator("issuers")
    @classmethod
    def _issuers(cls, value: Mapping[str, IssuerConfig]) -> Mapping[str, IssuerConfig]:
        if len({one.issuer for one in value.values()}) != len(value):
            raise ValueError("two of them are the same issuer")
        return value

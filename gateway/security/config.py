"""The section `access` of the configuration: how often keys may be used, and wrong ones shown."""

from pydantic import Field, PositiveInt

from gateway.runtime.section import Section


class RateConfig(Section):
    """A token bucket: so many requests at once, and so many a second ever after."""

    burst: int = Field(default=5_000, ge=1, le=1_000_000)
    per_s: float = Field(default=1_000.0, gt=0, le=1_000_000)


class AccessConfig(Section):
    """Who may do how much of it."""

    key_rate: RateConfig = RateConfig()  # of a key that has none of its own
    # Wrong keys and tokens a minute, from one address, and for one key; more get 429.
    wrong_per_minute: PositiveInt = 30

"""What an operator may choose about this dialect. No secrets: all of it runs in a browser."""

from typing import Final

from pydantic import Field

from adapters.contract.dialect import DialectSettings

_ARN: Final = r"^arn:aws:connect:[a-z0-9-]+:\d{12}:instance/[0-9a-f-]+$"


class Settings(DialectSettings):
    """North: what pages read that look into the platform's names."""

    instance_arn: str = Field(
        default="arn:aws:connect:us-east-1:000000000000:instance/00000000-0000-4000-8000-000000000000",
        pattern=_ARN,
        description="Clients: the instance that all names shown to pages begin with. Libraries cut region, "
        "account and instance out of it.",
    )
    tasks: bool = Field(
        default=False,
        description="Clients: whether work items are shown. Only where every page loads TaskJS too: without "
        "it the library throws when it reads such a contact.",
    )
    dialable_countries: tuple[str, ...] = Field(
        default=(), description="Clients: the countries that a page's dialler offers, as `us`."
    )

    @property
    def region(self) -> str:
        """The one that the instance is in."""
        return self.instance_arn.split(":")[3]

"""Options that several commands have, apart from what makes use of them, which takes long to load."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.lazily import lazily

if TYPE_CHECKING:
    from gateway.events import filters
else:
    filters = lazily("gateway.events.filters")

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The YAML configuration.", dir_okay=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
TypesOption = Annotated[
    list[str] | None, typer.Option("--type", help="interaction.held, interaction.*; repeat for several.")
]
PlatformsOption = Annotated[list[str] | None, typer.Option("--platform", help="Repeat for several.")]
InteractionOption = Annotated[list[str] | None, typer.Option("--interaction", help="Repeat for several.")]

LOCAL: Final = "http://127.0.0.1:8080"
UrlOption = Annotated[str, typer.Option(envvar="TRUNKLINE_URL", help="Where the gateway is served.")]
KeyFileOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Holds the API key; else the environment's TRUNKLINE_KEY.")
]


def wanted_of(
    types: list[str] | None,
    platforms: list[str] | None,
    interactions: list[str] | None,
    agents: list[str] | None = None,
) -> "filters.Filter":
    """What options say that is wanted."""
    return filters.Filter(
        agents=frozenset(agents or ()),
        types=frozenset(types or ()),
        platforms=frozenset(platforms or ()),
        interactions=frozenset(interactions or ()),
    )

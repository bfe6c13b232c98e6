"""Bright Pattern, bound together for the registry."""

from typing import Final

from adapters.bright_pattern import methods
from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.demo import DEMO
from adapters.bright_pattern.encode_events import encoder
from adapters.bright_pattern.pages import BROWSER
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.bright_pattern.tables import GLOBAL_ID, NAME
from adapters.contract.capabilities import Capabilities
from adapters.contract.dialect import Dialect, LinkKind, Naming
from adapters.kit import coverage

_COVERED: Final = coverage.load("adapters.bright_pattern", vars(methods))
CAPABILITIES: Final = Capabilities(
    commands_south=methods.COMMANDS_SOUTH,
    events_south=_COVERED["south"].told,
    commands_north=methods.COMMANDS_NORTH,
    events_north=_COVERED["north"].told,
    voice_only=frozenset({"interaction.consult"}),
    pause_unseen=True,
)
DIALECT: Final = Dialect(
    name=NAME,
    title="Bright Pattern Agent Desktop (AdApi)",
    settings=BrightPatternSettings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=lambda _settings, agent: BrightPatternPlatform(agent),
    client_connection=BrightPatternClient,
    event_encoder=encoder,
    shift=DEMO,
    vocabulary={
        "south": _COVERED["south"].vocabulary(methods.WORDS_SOUTH),
        "north": _COVERED["north"].vocabulary(methods.WORDS_NORTH),
    },
    browser=BROWSER,
    naming=Naming(durable=(GLOBAL_ID,)),
)

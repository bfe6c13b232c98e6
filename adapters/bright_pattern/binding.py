"""Bright Pattern, bound together for the registry."""

from typing import Final

from adapters.bright_pattern.capabilities import CAPABILITIES
from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.codec import GLOBAL_ID
from adapters.bright_pattern.connection import BrightPatternPlatform
from adapters.bright_pattern.encoder import encoder
from adapters.bright_pattern.pages import BROWSER
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.bright_pattern.shift import SHIFT
from adapters.bright_pattern.tables import NAME
from adapters.bright_pattern.vocabulary import VOCABULARY
from adapters.contract.dialect import Dialect, LinkKind, Naming

DIALECT: Final = Dialect(
    name=NAME,
    title="Bright Pattern Agent Desktop (AdApi)",
    settings=BrightPatternSettings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=lambda _settings, agent: BrightPatternPlatform(agent),
    client_connection=BrightPatternClient,
    event_encoder=encoder,
    shift=SHIFT,
    vocabulary=VOCABULARY,
    browser=BROWSER,
    naming=Naming(durable=(GLOBAL_ID,)),
)

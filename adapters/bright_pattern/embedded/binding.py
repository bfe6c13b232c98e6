"""The dialect, bound together."""

from typing import Final

from adapters.bright_pattern.embedded.capabilities import CAPABILITIES
from adapters.bright_pattern.embedded.client import Client
from adapters.bright_pattern.embedded.connection import Connection
from adapters.bright_pattern.embedded.encoder import event_encoder
from adapters.bright_pattern.embedded.pages import BROWSER
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from adapters.bright_pattern.embedded.vocabulary import VOCABULARY
from adapters.contract.dialect import Dialect, LinkKind, Naming

DIALECT: Final = Dialect(
    name=NAME,
    title="Bright Pattern, Embedded Agent Desktop API",
    settings=EmbeddedSettings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=Connection,
    client_connection=Client,
    event_encoder=event_encoder,
    vocabulary=VOCABULARY,
    browser=BROWSER,
    naming=Naming(durable=("global_id",)),
)

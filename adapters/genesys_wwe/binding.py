"""The dialect, bound together."""

from typing import Final

from adapters.dialect import Dialect, LinkKind, Naming
from adapters.genesys_wwe.capabilities import CAPABILITIES
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.connection import Connection
from adapters.genesys_wwe.encoder import event_encoder, own_event_encoder
from adapters.genesys_wwe.pages import BROWSER
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.shift import SHIFT
from adapters.genesys_wwe.tables import NAME
from adapters.genesys_wwe.vocabulary import VOCABULARY

DIALECT: Final = Dialect(
    name=NAME,
    title="Genesys Workspace Web Edition",
    settings=Settings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=Connection,
    client_connection=Client,
    event_encoder=event_encoder,
    own_event_encoder=own_event_encoder,
    shift=SHIFT,
    vocabulary=VOCABULARY,
    browser=BROWSER,
    naming=Naming(durable=("uuid", "call", "connection")),  # whichever of them a frame has: see observing
)

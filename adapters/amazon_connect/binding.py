"""The dialect, bound together."""

from pathlib import Path
from typing import Final

from adapters.amazon_connect import methods
from adapters.amazon_connect.client import Client
from adapters.amazon_connect.encode import event_encoder
from adapters.amazon_connect.platform import Connection
from adapters.amazon_connect.settings import Settings
from adapters.amazon_connect.tables import NAME
from adapters.contract.dialect import Browser, Dialect, LinkKind, Naming
from adapters.kit.pages import CHANNEL, FRAME
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _panel(options: Settings) -> Json:
    """What the page asks: what it tells who wants to know where it is."""
    return {"region": options.region}


_BROWSER: Final = Browser(
    link={**CHANNEL, "relay.js": _HERE / "relay.js"},
    facade={
        **FRAME,
        **{name: _HERE / name for name in ("ccp.html", "ccp.js", "conduit.js", "sdk-channel.js")},
        "logout.html": _HERE / "logout.html",
        "ccp.json": _panel,
    },
    # The control panel as two generations of addresses have it, and what signs out beside it.
    drop_in={
        "/ccp-v2/": "ccp.html",
        "/connect/ccp-v2/": "ccp.html",
        "/logout": "logout.html",
        "/connect/logout": "logout.html",
    },
)

DIALECT: Final = Dialect(
    name=NAME,
    title="Amazon Connect Streams",
    settings=Settings,
    link=LinkKind.RELAY,
    capabilities=methods.CAPABILITIES,
    platform_connection=lambda _settings, agent: Connection(agent),
    client_connection=Client,
    event_encoder=event_encoder,
    vocabulary=methods.VOCABULARY,
    browser=_BROWSER,
    naming=Naming(lasting=True),
)

"""The dialect, bound together."""

from pathlib import Path
from typing import Final

from adapters.contract.dialect import Browser, Dialect, LinkKind, Naming
from adapters.genesys_wwe import methods, settings
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import event_encoder, own_event_encoder
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME, PACKAGE
from adapters.kit import demo, guides
from adapters.kit.pages import FRAME, KEEPER, READY, SAMPLE
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _host(options: Settings) -> Json:
    """What host.js asks: the applications to show, the sample if there are none, and who may call what."""
    content = options.web_content or {"Sample": "sample.html"}
    return {
        "applications": [{"label": label, "url": url} for label, url in content.items()],
        "origins": settings.web_origins(options.accepted_web_content_origins),
        "services": options.services_allowed,
    }


# What a browser loads: the relay inside the desktop, and the host page in its place.
BROWSER: Final = Browser(
    link={
        **READY,
        **{name: _HERE / name for name in ("relay.js", "relay.html", "relay-page.js")},
    },
    facade={
        **FRAME,
        **SAMPLE,
        **{name: _HERE / name for name in ("host.html", "host.js", "sample.html", "sample.js")},
        "keeper.js": (KEEPER, _HERE / "keeper.js"),
        "host.json": _host,
        **{name: _HERE / name for name in ("screen.js", "host.css")},
    },
    sample="host.html",
)

DIALECT: Final = Dialect(
    name=NAME,
    title="Genesys Workspace Web Edition",
    guides=guides.beside(__file__),
    settings=Settings,
    link=LinkKind.RELAY,
    capabilities=methods.CAPABILITIES,
    platform_connection=Connection,
    client_connection=Client,
    event_encoder=event_encoder,
    own_event_encoder=own_event_encoder,
    demo=demo.load(PACKAGE),
    vocabulary=methods.VOCABULARY,
    browser=BROWSER,
    naming=Naming(durable=("uuid", "call", "connection")),  # whichever of them a frame has: see observe
)

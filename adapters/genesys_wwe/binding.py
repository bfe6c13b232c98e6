"""The dialect, bound together."""

from pathlib import Path
from typing import Final

from adapters.contract.capabilities import Capabilities, Support, approximate
from adapters.contract.dialect import Browser, Dialect, LinkKind, Naming
from adapters.genesys_wwe import flows, methods, settings
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import event_encoder, own_event_encoder
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME, PACKAGE
from adapters.kit import coverage, demo
from adapters.kit.methods import abilities, served_by, unsaid, words_north, words_south
from adapters.kit.pages import FRAME, KEEPER, READY
from schemas import commands as c
from schemas.values import Json

_COVERAGE: Final = coverage.load(PACKAGE, vars(methods))
_SOUTH, _NORTH = _COVERAGE["south"], _COVERAGE["north"]

COMMANDS_NORTH: Final = abilities(
    words_north(methods.ROWS),
    {
        **methods.UNSAID,
        **methods.AS_DATA,
        **unsaid({c.Alternate: "a client holds one call and resumes the other"}),
        c.verb(c.Logout): served_by(
            methods.SET_STATE,
            support=Support.APPROXIMATE,
            note="the operation that logs off, where the list has it",
        ),
        c.verb(c.VendorCall): approximate(
            "outbound, system, sipEndpoint",
            "what the model has no word for, over a platform of the same vendor",
        ),
    },
)

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
    settings=Settings,
    link=LinkKind.RELAY,
    capabilities=Capabilities(
        commands_south=flows.COMMANDS,
        events_south=_SOUTH.told,
        commands_north=COMMANDS_NORTH,
        events_north=_NORTH.told,
        voice_only=frozenset({c.verb(c.Release)}),
    ),
    platform_connection=Connection,
    client_connection=Client,
    event_encoder=event_encoder,
    own_event_encoder=own_event_encoder,
    demo=demo.load(PACKAGE),
    vocabulary={
        "south": _SOUTH.vocabulary(words_south(methods.ROWS)),
        "north": _NORTH.vocabulary(words_north(methods.ROWS)),
    },
    browser=BROWSER,
    naming=Naming(durable=("uuid", "call", "connection")),  # whichever of them a frame has: see observe
)

"""The dialect, bound together. A registrar of handlers is the script's own: it asks for an event."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from adapters.bright_pattern.binding import FRAME_PAGE, RELAY_PAGE, scripts
from adapters.bright_pattern.embedded import methods
from adapters.bright_pattern.embedded.client import Client
from adapters.bright_pattern.embedded.encode import event_encoder
from adapters.bright_pattern.embedded.platform import Connection
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME, REGISTRARS
from adapters.contract.capabilities import Vocabulary, word_unsaid
from adapters.contract.dialect import Browser, Dialect, LinkKind, Naming
from adapters.kit import guides
from adapters.kit.pages import KEEPER

_HERE: Final = Path(__file__).parent / "browser"
_BROWSER: Final = Browser(
    link={**RELAY_PAGE, "relay.js": _HERE / "relay.js"},
    facade={**FRAME_PAGE, "sdk.js": (KEEPER, _HERE / "sdk.js")},
    # The script as two deployments have it, the frame that it adds, and the desktop that pages frame.
    # Source: reference 7.2; the last as the samples of the vendor's SDK specification frame it.
    drop_in={
        "/agentdesktop/app/lib/servicepattern-sdk-v1.js": "sdk.js",
        "/agentdesktop/libs/servicepattern-sdk-v1.js": "sdk.js",
        "/agentdesktop/AgentDesktopSdkProxy.jsp": "frame.html",
        "/agentdesktop/": "frame.html",
        "/agentdesktop/UniversalRepeater.jsp": "frame.html",
    },
    scripts=scripts,
)
_INIT: Final = word_unsaid("the page's own: it loads the proxy frame, and nothing of it crosses the wire")


def _with_registrars(said: Vocabulary) -> Vocabulary:
    registrars = {name: said.events[event] for name, event in REGISTRARS.items()}
    return replace(said, methods={"init": _INIT, **said.methods, **registrars})


DIALECT: Final = Dialect(
    name=NAME,
    title="Bright Pattern, Embedded Agent Desktop API",
    guides=guides.beside(__file__),
    settings=EmbeddedSettings,
    link=LinkKind.RELAY,
    capabilities=methods.CAPABILITIES,
    platform_connection=Connection,
    client_connection=Client,
    event_encoder=event_encoder,
    vocabulary={role: _with_registrars(said) for role, said in methods.VOCABULARY.items()},
    browser=_BROWSER,
    naming=Naming(durable=("global_id",)),
)

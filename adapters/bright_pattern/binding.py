"""Bright Pattern, bound together for the registry.

The ready relay page and the frame know no method and no event: they are the older API's too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.bright_pattern import methods
from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.encode_events import encoder, own_encoder
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings, ScriptSettings
from adapters.bright_pattern.tables import GLOBAL_ID, NAME, PACKAGE
from adapters.contract.dialect import Browser, Content, Dialect, LinkKind, Naming
from adapters.kit import demo, guides
from adapters.kit.pages import FRAME, KEEPER, READY, SAMPLE
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _relay(settings: ScriptSettings) -> Json:
    """What the ready page asks: where the vendor's script is."""
    return {"script": settings.script}


def scripts(settings: ScriptSettings) -> Sequence[str]:
    """The vendor's, which the ready page loads."""
    return (settings.script,) if settings.script else ()


RELAY_PAGE: Final[Mapping[str, Content]] = {  # what is to be with a `relay.js`
    **READY,
    **{name: _HERE / name for name in ("relay.html", "relay-page.js")},
    "relay.json": _relay,
}
FRAME_PAGE: Final[Mapping[str, Content]] = {  # what a script in the vendor's place puts into the page
    **FRAME,
    **{name: _HERE / name for name in ("frame.html", "frame.js", "login.js")},
}
_BROWSER: Final = Browser(
    link={**RELAY_PAGE, "relay.js": _HERE / "relay.js"},
    facade={
        **FRAME_PAGE,
        **SAMPLE,
        **{name: _HERE / name for name in ("sample.html", "sample.js")},
        "api.js": (KEEPER, _HERE / "api.js"),
    },
    drop_in={  # widget 1.0 and 2.0: the script, and the page that it puts into its frame; reference 1.1
        "/agent/communicator/adapters/api.js": "api.js",
        "/agent/communicator/": "frame.html",
        "/agent/crmembedded/adapters/api.js": "api.js",
        "/agent/crmembedded/": "frame.html",
    },
    scripts=scripts,
    sample="sample.html",
)
CAPABILITIES: Final = methods.CAPABILITIES
DIALECT: Final = Dialect(
    name=NAME,
    title="Bright Pattern Agent Desktop (AdApi)",
    guides=guides.beside(__file__),
    settings=BrightPatternSettings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=lambda _settings, agent: BrightPatternPlatform(agent),
    client_connection=BrightPatternClient,
    event_encoder=encoder,
    own_event_encoder=own_encoder,
    demo=demo.load(PACKAGE),
    vocabulary=methods.VOCABULARY,
    browser=_BROWSER,
    naming=Naming(durable=(GLOBAL_ID,)),
)

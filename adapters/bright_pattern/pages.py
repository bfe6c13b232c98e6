"""What a browser loads of this dialect: the relay beside the vendor's script, and the facade in its place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.dialect import Browser, Content
from adapters.pages import CHANNEL, FRAME
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _relay(settings: BrightPatternSettings) -> Json:
    """What the ready page asks: where the vendor's script is."""
    return {"script": settings.script}


def _scripts(settings: BrightPatternSettings) -> Sequence[str]:
    return (settings.script,) if settings.script else ()


_LINK: Final[Mapping[str, Content]] = {
    **CHANNEL,
    "frame.css": FRAME["frame.css"],
    **{name: _HERE / name for name in ("relay.js", "relay.html", "relay-page.js")},
    "relay.json": _relay,
}
_FACADE: Final[Mapping[str, Content]] = {
    **FRAME,
    **{name: _HERE / name for name in ("api.js", "frame.html", "frame.js", "login.js")},
    **{name: _HERE / name for name in ("sample.html", "sample.js")},
}
# Widget 1.0 and 2.0: the script, and the page that it puts into its frame. Source: reference 1.1.
_DROP_IN: Final[Mapping[str, str]] = {
    "/agent/communicator/adapters/api.js": "api.js",
    "/agent/communicator/": "frame.html",
    "/agent/crmembedded/adapters/api.js": "api.js",
    "/agent/crmembedded/": "frame.html",
}
BROWSER: Final = Browser(_LINK, _FACADE, _DROP_IN, _scripts, sample="sample.html")

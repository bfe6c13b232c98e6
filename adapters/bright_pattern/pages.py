"""What a browser loads of this dialect: the relay beside the vendor's script, and the facade in its place.

The ready relay page and the frame know no method and no event: they are the older API's too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.bright_pattern.settings import ScriptSettings
from adapters.contract.dialect import Browser, Content
from adapters.kit.pages import CHANNEL, FRAME
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _relay(settings: ScriptSettings) -> Json:
    """What the ready page asks: where the vendor's script is."""
    return {"script": settings.script}


def scripts(settings: ScriptSettings) -> Sequence[str]:
    """The vendor's, which the ready page loads."""
    return (settings.script,) if settings.script else ()


RELAY_PAGE: Final[Mapping[str, Content]] = {  # what is to be with a `relay.js`
    **CHANNEL,
    "frame.css": FRAME["frame.css"],
    **{name: _HERE / name for name in ("relay.html", "relay-page.js")},
    "relay.json": _relay,
}
FRAME_PAGE: Final[Mapping[str, Content]] = {  # what a script in the vendor's place puts into the page
    **FRAME,
    **{name: _HERE / name for name in ("frame.html", "frame.js", "login.js")},
}

_LINK: Final[Mapping[str, Content]] = {**RELAY_PAGE, "relay.js": _HERE / "relay.js"}
_FACADE: Final[Mapping[str, Content]] = {
    **FRAME_PAGE,
    **{name: _HERE / name for name in ("api.js", "sample.html", "sample.js")},
}
# Widget 1.0 and 2.0: the script, and the page that it puts into its frame. Source: reference 1.1.
_DROP_IN: Final[Mapping[str, str]] = {
    "/agent/communicator/adapters/api.js": "api.js",
    "/agent/communicator/": "frame.html",
    "/agent/crmembedded/adapters/api.js": "api.js",
    "/agent/crmembedded/": "frame.html",
}
BROWSER: Final = Browser(_LINK, _FACADE, _DROP_IN, scripts, sample="sample.html")

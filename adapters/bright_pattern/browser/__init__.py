"""What a browser loads of this dialect: the relay beside the vendor's script, and the facade in its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.browser import CHANNEL, FRAME
from adapters.dialect import Browser

_HERE: Final = Path(__file__).parent

_LINK: Final[Mapping[str, Path]] = {**CHANNEL, "relay.js": _HERE / "relay.js"}
_FACADE: Final[Mapping[str, Path]] = {
    **FRAME,
    **{name: _HERE / name for name in ("api.js", "frame.html", "frame.js", "sample.html", "sample.js")},
}
# Widget 1.0 and 2.0: the script, and the page that it puts into its frame. Source: reference 1.1.
_DROP_IN: Final[Mapping[str, str]] = {
    "/agent/communicator/adapters/api.js": "api.js",
    "/agent/communicator/": "frame.html",
    "/agent/crmembedded/adapters/api.js": "api.js",
    "/agent/crmembedded/": "frame.html",
}
BROWSER: Final = Browser(_LINK, _FACADE, _DROP_IN, sample="sample.html")

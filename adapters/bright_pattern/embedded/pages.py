"""What a browser loads of this dialect: the relay beside the vendor's script, and one in its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.bright_pattern.pages import FRAME_PAGE, RELAY_PAGE, scripts
from adapters.contract.dialect import Browser, Content

_HERE: Final = Path(__file__).parent / "browser"

_LINK: Final[Mapping[str, Content]] = {**RELAY_PAGE, "relay.js": _HERE / "relay.js"}
_FACADE: Final[Mapping[str, Content]] = {**FRAME_PAGE, "sdk.js": _HERE / "sdk.js"}
# The script as two deployments have it, the frame that it adds, and the desktop that pages frame themselves.
# Source: reference 7.2; the last as the samples of the vendor's SDK specification frame it.
_DROP_IN: Final[Mapping[str, str]] = {
    "/agentdesktop/app/lib/servicepattern-sdk-v1.js": "sdk.js",
    "/agentdesktop/libs/servicepattern-sdk-v1.js": "sdk.js",
    "/agentdesktop/AgentDesktopSdkProxy.jsp": "frame.html",
    "/agentdesktop/": "frame.html",
    "/agentdesktop/UniversalRepeater.jsp": "frame.html",
}
BROWSER: Final = Browser(_LINK, _FACADE, _DROP_IN, scripts)

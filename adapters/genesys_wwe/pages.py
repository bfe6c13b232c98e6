"""What a browser loads of this dialect: the relay inside the desktop, and the host page in its place."""

from pathlib import Path
from typing import Final

from adapters.dialect import Browser
from adapters.genesys_wwe import web_content
from adapters.genesys_wwe.settings import Settings
from adapters.pages import CHANNEL, FRAME
from schemas.values import Json

_HERE: Final = Path(__file__).parent / "browser"


def _host(settings: Settings) -> Json:
    """What host.js asks: the applications to show, the sample if there are none, and who may call what."""
    content = settings.web_content or {"Sample": "sample.html"}
    return {
        "applications": [{"label": label, "url": url} for label, url in content.items()],
        "origins": web_content.parse(settings.accepted_web_content_origins),
        "services": settings.services_allowed,
    }


BROWSER: Final = Browser(
    link={
        **CHANNEL,
        "frame.css": FRAME["frame.css"],
        **{name: _HERE / name for name in ("relay.js", "relay.html")},
    },
    facade={
        **FRAME,
        **{name: _HERE / name for name in ("host.html", "host.js", "keeper.js", "sample.html", "sample.js")},
        "host.json": _host,
        **{name: _HERE / name for name in ("screen.js", "host.css")},
    },
    sample="host.html",
)

"""What the browser scripts of all dialects share: a channel with the gateway, and signing in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent / "browser"

CHANNEL: Final[Mapping[str, Path]] = {  # and what a relay needs beside it
    name: _HERE / name for name in ("channel.js", "kept.js", "credentials.js")
}
KEEPER: Final = _HERE / "keeper.js"  # in front of a script that a page loads beside a frame of ours
SAMPLE: Final[Mapping[str, Path]] = {  # what pages share that a dialect is tried with
    name: _HERE / name for name in ("sample.css", "sample-look.js")
}
READY: Final[Mapping[str, Path]] = {  # for a ready page with a relay
    **CHANNEL,
    **{name: _HERE / name for name in ("ready.js", "frame.css")},
}
FRAME: Final[Mapping[str, Path]] = {
    **CHANNEL,
    **{name: _HERE / name for name in ("sign-in.js", "ways.js", "phone.js", "frame.css")},
}

"""`/manual`: the pages of docs/, built with this version, served from where they were packed.

They hold no secret and ask nobody else for anything. Where they were not built, a page says so.
"""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.http.folders import File, answer, tagged
from gateway.http.operations import Operation, Unguarded, unguarded
from schemas.results import ErrorCode

# In an installed package the first, in a folder of sources the second.
PLACES: Final = (Path(__file__).parent / "manual", Path(__file__).parents[2] / "build" / "manual" / "site")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"Content-Security-Policy": POLICY}
_TYPES: Final[Mapping[str, str]] = {".js": "text/javascript", ".json": "application/json"}
_FIRST: Final = "index.html"
_NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The manual was not built</title>
</head>
<body>
<h1>The manual was not built</h1>
<p>This gateway runs without its manual. In a folder of sources <code>make docs</code> builds it, and the
next start serves it here; a wheel that is made after that has it inside.</p>
<p>The same pages are plain text under <code>docs/</code>. <a href="/docs">The contract</a> is here.</p>
</body>
</html>
"""


class Manual:
    """The handlers. `site` is the folder that the builder wrote; None: the first of the usual places."""

    def __init__(self, site: Path | None = None) -> None:
        folder = site or next((one for one in PLACES if (one / _FIRST).is_file()), PLACES[-1])
        found = folder.rglob("*") if (folder / _FIRST).is_file() else ()
        self._paths = {one.relative_to(folder).as_posix(): one for one in found if one.is_file()}
        self._read: dict[str, File] = {}  # as they are asked for, no more than there are

    def operations(self) -> tuple[Operation, ...]:
        """One address for each depth that a page or picture has."""
        return (
            _page("manual", "GET /manual", self.first),
            _page("manual_page", "GET /manual/{file}", self.page),
            _page("manual_folder", "GET /manual/{folder}/{file}", self.page),
            _page("manual_picture", "GET /manual/{folder}/{pictures}/{file}", self.page),
        )

    async def first(self, _request: web.Request) -> web.StreamResponse:
        """On to the first page."""
        if not self._paths:
            return web.Response(text=_NOT_BUILT, content_type="text/html", headers=_HEADERS)
        raise web.HTTPTemporaryRedirect(f"/manual/{_FIRST}")

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A page, a picture, or what they need."""
        place = request.match_info
        parts = (place.get("folder"), place.get("pictures"), place["file"])
        name = "/".join(part for part in parts if part)
        if not self._paths:
            raise web.HTTPTemporaryRedirect("/manual")
        if name not in self._paths:
            raise web.HTTPNotFound(reason="the manual has no such page")
        return answer(request, self._file(name), _HEADERS)

    def _file(self, name: str) -> File:
        known = self._read.get(name)
        if known is None:
            path = self._paths[name]
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            charset = "utf-8" if kind.startswith("text/") else None
            known = self._read[name] = tagged(path.read_bytes(), kind, charset)
        return known


def _page(name: str, address: str, handler: Unguarded) -> Operation:
    return Operation(
        *("Browser", name, address, unguarded(handler), None, {200: str, 304: None, 307: None}),
        media="text/html",
        text="The manual: a page, a picture, or what they need.",
        any_query=True,
        problems=(ErrorCode.UNKNOWN_OBJECT,),
        headers={"ETag": "Of this very page; see `If-None-Match`."},
    )

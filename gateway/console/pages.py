"""`/console`: the page on which people look into the gateway, and `/`, which leads a browser there.

The page is static and holds nothing of anybody: it asks the public API, with the key that its user shows.
What he may not see, it does not see either.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.http.folders import Folder
from gateway.http.operations import Operation, Unguarded, unguarded
from gateway.http.people import prefers_pages
from schemas.results import ErrorCode

_FOLDER: Final = Path(__file__).parent / "browser"
# No script or style in the page's own text, no frame, no other host; and no text is ever made into markup.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {"Referrer-Policy": "no-referrer"}
_PAGE: Final = "index.html"


class Console:
    """The handlers."""

    def __init__(self) -> None:
        self._files = Folder(_FOLDER, _POLICY, _HEADERS)
        self._views = Folder(_FOLDER / "views", _POLICY, _HEADERS)

    def operations(self) -> tuple[Operation, ...]:
        """The addresses, open to everybody. A view is a file of its own, in a folder of its own."""
        return (
            Operation(
                *("Browser", "root", "GET /", unguarded(self.root), None, {302: None}),
                any_query=True,
                problems=(ErrorCode.UNKNOWN_OBJECT,),
                text="Leads a browser to the console; there is nothing here for a program.",
            ),
            Operation(
                *("Browser", "console", "GET /console", unguarded(self.page), None, {200: str, 304: None}),
                media="text/html",
                any_query=True,
                text="The console: a page that shows what a key may see, by this very API.",
            ),
            Operation(
                *("Browser", "console_folder", "GET /console/", unguarded(self.folder), None, {302: None}),
                any_query=True,
                text="On to the console.",
            ),
            _part("console_file", "GET /console/{file}", self.file),
            _part("console_view", "GET /console/views/{file}", self.view),
        )

    async def root(self, request: web.Request) -> web.StreamResponse:
        """To the console, if a page is asked for."""
        if not prefers_pages(request):
            raise web.HTTPNotFound
        raise web.HTTPFound("console")

    async def folder(self, _request: web.Request) -> web.StreamResponse:
        """To the address without the slash: the page's links go from there."""
        raise web.HTTPFound("../console")

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page."""
        return self._files.answer(request, _PAGE)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A script or the style."""
        return self._files.answer(request, request.match_info["file"])

    async def view(self, request: web.Request) -> web.StreamResponse:
        """The script of one view."""
        return self._views.answer(request, request.match_info["file"])


def _part(name: str, address: str, handler: Unguarded) -> Operation:
    return Operation(
        *("Browser", name, address, unguarded(handler), None, {200: str, 304: None}),
        media="text/javascript",
        any_query=True,
        problems=(ErrorCode.UNKNOWN_OBJECT,),
        text="A part of the console.",
        headers={"ETag": "Of this very file; see `If-None-Match`."},
    )

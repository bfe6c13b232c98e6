"""`/phone/`: the element's modules, for pages of any origin, and the page to try it.

They hold no secret, so they are open to everybody; what the element may see and do is its token's to say.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.http.folders import Folder
from gateway.http.operations import Operation, unguarded
from schemas.results import ErrorCode

_PAGE: Final = "page.html"
# The gateway of the phone may be another than that of the page: its socket and lists are asked over there.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_FOR_ALL: Final = {
    "Access-Control-Allow-Origin": "*",  # module scripts are loaded with CORS
    "Cross-Origin-Resource-Policy": "cross-origin",  # and are for other people's pages
}
_TAGGED: Final = {"ETag": "Of this very script or page; see `If-None-Match`."}


class PhoneFiles:
    """The handlers."""

    def __init__(self) -> None:
        self._folder = Folder(Path(__file__).parent / "browser", _POLICY, _FOR_ALL)

    def operations(self) -> tuple[Operation, ...]:
        """What is served."""
        return (
            Operation(
                *("Browser", "phone_page", "GET /phone/", unguarded(self.page), None, {200: str, 304: None}),
                media="text/html",
                any_query=True,
                headers=_TAGGED,
            ),
            Operation(
                *("Browser", "phone_file", "GET /phone/{file}", unguarded(self.file), None),
                {200: str, 304: None},
                media="text/javascript",
                any_query=True,
                problems=(ErrorCode.UNKNOWN_OBJECT,),
                headers=_TAGGED,
            ),
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A page to try the soft phone."""
        return self._folder.answer(request, _PAGE)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The soft phone, `trunkline-phone.js`, or a module that it needs."""
        return self._folder.answer(request, request.match_info["file"])

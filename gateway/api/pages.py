"""Scripts and pages that the dialects declare for browsers, served as they are, with a strict policy.

They hold no secret, so they are open to everybody. Which pages may put one of ours into a frame is what the
platform's `origins` say.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from adapters.dialect import Browser, ErasedDialect
from gateway.api.operations import Operation, Unguarded, unguarded
from gateway.platform import Platform
from schemas.ids import PlatformId

_TYPES: Final[Mapping[str, str]] = {".js": "text/javascript", ".html": "text/html", ".css": "text/css"}
_MINUTE: Final = "public, max-age=60"


class Pages:
    """Serves what the dialects declare, for the platforms that there are."""

    def __init__(
        self, platforms: Mapping[PlatformId, Platform], dialects: Mapping[str, ErasedDialect]
    ) -> None:
        self._platforms = platforms
        self._dialects = dialects
        declared = [one.browser for one in dialects.values() if one.browser is not None]
        files = {path for one in declared for path in (*one.link.values(), *one.facade.values())}
        self._files: dict[Path, tuple[bytes, str]] = {}  # what is served, and its tag
        for path in files:
            body = path.read_bytes()
            self._files[path] = body, f'"{sha256(body).hexdigest()[:32]}"'

    def operations(self) -> tuple[Operation, ...]:
        """The addresses. A socket stands beside each folder of them, at the folder's own address."""
        drop_in = sorted(path for one in self._dialects.values() for path in _browser(one).drop_in)
        return (
            _page("link_page", "GET /v1/links/{platform}/{file}", self.link, "A relay, or what it needs."),
            _page(
                *("facade_page", "GET /v1/facades/{platform}/{dialect}/{file}", self.facade),
                "A script or page that stands in for a vendor's, or what it needs.",
            ),
            *(
                _page(f"drop_in_{i}", f"GET {path}", self.drop_in, "The same, at the vendor's own path.")
                for i, path in enumerate(drop_in, 1)
            ),
        )

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A file of the platform's own dialect."""
        platform = self._platform(request.match_info["platform"])
        return self._answer(request, _browser(platform.dialect).link, request.match_info["file"], platform)

    async def facade(self, request: web.Request) -> web.StreamResponse:
        """A file of a dialect that the platform is offered in."""
        platform = self._platform(request.match_info["platform"])
        dialect = self._dialects.get(request.match_info["dialect"])
        if dialect is None or dialect.name not in platform.facades:
            raise web.HTTPNotFound(reason="that dialect is not offered there")
        name = request.match_info["file"]
        made = _browser(dialect).made.get(name)
        if made is not None:
            body = msgspec.json.encode(made(platform.facades[dialect.name]))
            return web.Response(body=body, content_type="application/json", headers=_headers(platform))
        return self._answer(request, _browser(dialect).facade, name, platform)

    async def drop_in(self, request: web.Request) -> web.StreamResponse:
        """A vendor's own path: on to the platform that the host stands for, or to the only one there is."""
        dialect = next(one for one in self._dialects.values() if request.path in _browser(one).drop_in)
        name = _browser(dialect).drop_in[request.path]
        host = request.host.partition(":")[0]
        offered = [one for one in self._platforms.values() if dialect.name in one.facades]
        named = [one for one in offered if host in one.config.hosts]
        found = named or offered
        if len(found) != 1:
            raise web.HTTPNotFound(reason="no one platform has this host among its hosts")
        raise web.HTTPTemporaryRedirect(f"/v1/facades/{found[0].id}/{dialect.name}/{name}")

    def _platform(self, name: str) -> Platform:
        platform = self._platforms.get(PlatformId(name))
        if platform is None:
            raise web.HTTPNotFound(reason="no such platform")
        return platform

    def _answer(
        self, request: web.Request, declared: Mapping[str, Path], name: str, platform: Platform
    ) -> web.Response:
        path = declared.get(name)
        if path is None:
            raise web.HTTPNotFound(reason="no such script or page")
        body, tag = self._files[path]
        headers = {**_headers(platform), "ETag": tag, "Cache-Control": _MINUTE}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=_TYPES[path.suffix], charset="utf-8", headers=headers)


def _page(name: str, address: str, handler: Unguarded, text: str) -> Operation:
    return Operation(
        *("Browser", name, address, unguarded(handler), None, {200: str}), media="text/javascript", text=text
    )


def _browser(dialect: ErasedDialect) -> Browser:
    return dialect.browser or Browser()


def _headers(platform: Platform) -> dict[str, str]:
    """Only our own scripts and our own socket; in frames only of the origins that may connect."""
    ancestors = " ".join(["'self'", *platform.config.origins])
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; "
        f"frame-src *; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    return {
        "Access-Control-Allow-Origin": "*",  # module scripts are loaded with CORS
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "cross-origin",  # a script is for other people's pages
        "X-Content-Type-Options": "nosniff",
    }

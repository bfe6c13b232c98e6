"""Scripts and pages that the dialects declare for browsers, served as they are, with a strict policy.

They hold no secret, so they are open to everybody. Which pages may put one of ours into a frame is what the
platform's `origins` say.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

import msgspec
from aiohttp import web
from yarl import URL

from adapters.contract.dialect import Browser, Content, DialectSettings, ErasedDialect
from gateway.http.folders import TYPES, answer, tagged
from gateway.http.operations import Operation, Unguarded, unguarded
from gateway.platforms.platform import Platform
from gateway.security.access import Gate
from schemas.ids import PlatformId
from schemas.results import ErrorCode
from schemas.values import Json

_PAGE: Final = "page.json"
_encode = msgspec.json.Encoder().encode


class Pages:
    """Serves what the dialects declare, for the platforms that there are."""

    def __init__(
        self, platforms: Mapping[PlatformId, Platform], dialects: Mapping[str, ErasedDialect], gate: Gate
    ) -> None:
        self._platforms = platforms
        self._gate = gate
        self._dialects = dialects
        declared = [one.browser for one in dialects.values() if one.browser is not None]
        contents = [one for browser in declared for one in (*browser.link.values(), *browser.facade.values())]
        self._files = {one: _text(one) for one in contents if isinstance(one, Path | tuple)}

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
                Operation(
                    *("Browser", f"drop_in_{i}", f"GET {path}", unguarded(self.drop_in), None, {307: None}),
                    any_query=True,
                    text="The same, at the vendor's own path: on to the platform that the host stands for.",
                )
                for i, path in enumerate(drop_in, 1)
            ),
        )

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A file of the platform's own dialect."""
        platform = self._platform(request.match_info["platform"])
        browser = _browser(platform.dialect)
        scripts = browser.scripts(platform.settings)
        link = {**browser.link, _PAGE: lambda _settings: self._page(platform)} if browser.link else {}
        return self._answer(request, link, platform, platform.settings, scripts)

    def _page(self, platform: Platform) -> Json:
        """What a ready page asks: whether it needs a token, and who may give it one."""
        config = platform.config
        keys = not self._gate.open_mode()
        return {"keys": keys, "origins": list(config.origins), "token_url": config.token_url}

    async def facade(self, request: web.Request) -> web.StreamResponse:
        """A file of a dialect that the platform is offered in."""
        platform = self._platform(request.match_info["platform"])
        dialect = request.match_info["dialect"]
        settings = platform.facades.get(dialect)
        if settings is None:
            raise web.HTTPNotFound(reason="that dialect is not offered there")
        return self._answer(request, _browser(self._dialects[dialect]).facade, platform, settings)

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
        self,
        request: web.Request,
        declared: Mapping[str, Content],
        platform: Platform,
        settings: DialectSettings,
        scripts: Sequence[str] = (),
    ) -> web.Response:
        name = request.match_info["file"]
        content = declared.get(name)
        if content is None:
            raise web.HTTPNotFound(reason="no such script or page")
        file = isinstance(content, Path | tuple)
        body = self._files[content] if isinstance(content, Path | tuple) else _encode(content(settings))
        kind = TYPES[PurePath(name).suffix] if file else "application/json"
        return answer(request, tagged(body, kind), _headers(platform, scripts))


def _text(content: Path | tuple[Path, ...]) -> bytes:
    """Scripts that are served as one stand in one block: what they declare is nobody else's in the page."""
    if isinstance(content, Path):
        return content.read_bytes()
    return b"{\n%b}\n" % b"\n".join([one.read_bytes() for one in content])


def _page(name: str, address: str, handler: Unguarded, text: str) -> Operation:
    return Operation(  # the query is for the page's own script
        *("Browser", name, address, unguarded(handler), None, {200: str, 304: None}),
        media="text/javascript",
        text=text,
        any_query=True,
        problems=(ErrorCode.UNKNOWN_OBJECT,),
        headers={"ETag": "Of this very script or page; see `If-None-Match`."},
    )


def _browser(dialect: ErasedDialect) -> Browser:
    return dialect.browser or Browser()


def _headers(platform: Platform, scripts: Sequence[str]) -> dict[str, str]:
    """Our scripts and the configured ones, our socket, and frames within the origins that may connect."""
    sources = " ".join(["'self'", *scripts])
    ancestors = " ".join(["'self'", *platform.config.origins])
    asked = str(URL(platform.config.token_url).origin()) if platform.config.token_url else ""
    policy = (
        f"default-src 'none'; script-src {sources}; style-src 'self'; connect-src 'self' ws: wss: {asked}; "
        f"frame-src *; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    return {
        "Access-Control-Allow-Origin": "*",  # module scripts are loaded with CORS
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "cross-origin",  # a script is for other people's pages
        "X-Content-Type-Options": "nosniff",
    }

"""Real pages in a real Chromium, and a site on loopback of an origin of its own that they are loaded from."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from shutil import which
from typing import Final

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.patience import PATIENCE_S

# Any of these; `make setup` installs one where it can.
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root in a sandbox, and without the look-ups of hosts that a closed network refuses.
_ARGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, with nothing kept from before."""
    path = next(filter(None, map(which, _NAMES)), None)
    if path is None:
        pytest.fail(
            f"no browser: one of {', '.join(_NAMES)} has to be installed (Debian: the package chromium)"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_ARGS))
        try:
            yield browser
        finally:
            await browser.close()


class Site:
    """Somebody else's web site."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.origin = ""
        self.errors: list[str] = []

    async def _serve(self, request: web.Request) -> web.Response:
        if request.path == "/favicon.ico":
            return web.Response(status=204)
        text = self.pages.get(request.path)
        if text is None:
            raise web.HTTPNotFound
        kind = "text/javascript" if request.path.endswith(".js") else "text/html"
        return web.Response(text=text, content_type=kind)

    async def open(self, browser: Browser | BrowserContext, path: str, html: str) -> Page:
        """A page of the site with that content, loaded; what goes wrong in it is noted."""
        self.pages[path] = f"<!doctype html><meta charset=utf-8><title>CRM</title>{html}"
        return await self.visit(browser, self.origin + path)

    async def visit(self, browser: Browser | BrowserContext, address: str) -> Page:
        """A page anywhere, loaded; what goes wrong in it is noted."""
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        await page.goto(address)
        return page


@asynccontextmanager
async def site(
    pages: Mapping[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    """The site, on a free port."""
    made = Site()
    made.pages.update(pages or {})
    app = web.Application()
    app.router.add_get("/{path:.*}", made._serve)  # noqa: SLF001  # its own route
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        host, port = runner.addresses[0][:2]
        made.origin = f"{'http' if tls is None else 'https'}://{host}:{port}"
        yield made
    finally:
        await runner.cleanup()

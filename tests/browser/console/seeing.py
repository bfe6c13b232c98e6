"""The console in a real browser, watched: what its page logs, and whom it asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page, Request, expect
from yarl import URL

from tests.patience import PATIENCE_S

PICTURES: Final = Path(__file__).parents[3] / "build/console"
WIDE: Final = (1280, 900)
NARROW: Final = (320, 700)
expect.set_options(timeout=PATIENCE_S * 1000)
_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Seen:
    """A page of the console, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.elsewhere: list[str] = []  # requests that left this machine
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("request", self._asks)
        page.on("websocket", lambda socket: self._goes(socket.url))

    def _note(self, kind: str, text: str) -> None:
        """A refusal that the page tells its user of is in the browser's log as well, and no fault."""
        if kind == "error" and "the server responded with a status of" not in text:
            self.errors.append(text)

    def _asks(self, request: Request) -> None:
        self._goes(request.url)

    def _goes(self, url: str) -> None:
        if URL(url).scheme in {"http", "https", "ws", "wss"} and URL(url).host not in _HOSTS:
            self.elsewhere.append(url)

    async def go(self, place: str) -> None:
        """To another of its pages, as a link does."""
        await self.page.evaluate("place => { location.hash = `#/${place}` }", place)

    async def has(self, text: str) -> None:
        """Wait until the page says that."""
        await self.page.get_by_text(text).first.wait_for()

    async def sign_in(self, credential: str) -> None:
        """By the form."""
        await self.page.get_by_label("Key or bearer token").fill(credential)
        await self.page.get_by_role("button", name="Sign in").click()

    async def press(self, name: str) -> None:
        """A button, by what it says."""
        await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def secret(self) -> str:
        """What is shown this once; it is then said to be kept."""
        text = await self.page.locator("dialog code.secret").inner_text()
        await self.press("I have kept it")
        await self.page.locator("dialog").wait_for(state="detached")
        return text

    def well(self) -> None:
        """Nothing went wrong, and nobody elsewhere was asked."""
        assert self.errors == []
        assert self.elsewhere == []


@asynccontextmanager
async def console(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Seen]:
    """The console of a gateway, in a session of its own. Its page must have gone well in the end."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    seen = Seen(await context.new_page())
    await seen.page.goto(url)
    yield seen
    await context.close()
    seen.well()

"""The ready relay page on a gateway with keys: how it comes by a token. In a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import BrowserContext, Page, Route

from adapters.bright_pattern.embedded.tables import NAME as OLDER
from gateway.runtime.clock import SystemClock
from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.values import Json
from tests.browser.pages import Site, chromium, site
from tests.browser.test_tokens import over
from tests.browser.vendor import DESKTOP, OLDER_STAND_IN, STAND_IN
from tests.e2e.world import PLATFORM, World, platform, world
from tests.fakes import until
from tests.patience import PATIENCE_S

WWE: Final = "genesys_wwe"
DIALECTS: Final = ("bright_pattern", OLDER, WWE)
SCRIPTS: Final = {"bright_pattern": STAND_IN, OLDER: OLDER_STAND_IN, WWE: DESKTOP}
# What answers a ready page that asks for a token.
ANSWERS: Final = """<script>
const asking = [];
addEventListener('message', ({source, origin, data}) => {
  if (data?.asking !== 'token') return;
  asking.push(data.who ?? '');
  source.postMessage({trunkline: 1, hello: {token: TOKENS.shift()}}, origin);
});
</script>"""


@asynccontextmanager
async def joined(dialect: str, **more: Json) -> AsyncIterator[tuple[World, Site, BrowserContext]]:
    """A gateway with keys whose only platform is waited for, the vendor's and the CRM's site, a browser."""
    async with site() as at:
        bare = SCRIPTS[dialect].replace("<script>", "").replace("</script>", "")
        at.pages["/api.js"] = bare
        settings: dict[str, Json] = {} if dialect == WWE else {"script": at.origin + "/api.js"}
        sim = platform(dialect, agents=("a1",), origins=(at.origin,))
        own: dict[str, Json] = {
            "dialect": dialect,
            "settings": settings,
            "origins": [at.origin],
            **{name: f"{at.origin}{value}" for name, value in more.items()},
        }
        overrides: dict[str, Json] = {"platforms": {PLATFORM: own}}
        async with (
            world([sim], overrides=overrides, clock=SystemClock(), pages=False) as played,
            chromium() as browser,
        ):
            await played.gateway.keys.create("crm", list(Scope))
            yield played, at, await browser.new_context()


def token(played: World) -> str:
    return played.gateway.tokens.mint(AgentId("a1"), PLATFORM, Role.LINK)


async def linked(played: World, count: int = 1) -> None:
    """Until so many pages are the platform's."""
    await until(lambda: played.gateway.platforms[PLATFORM].links == count)


async def open_by_crm(
    played: World, at: Site, context: BrowserContext, tokens: list[str], query: str = ""
) -> tuple[Page, Page]:
    """A page of the CRM's that answers with these tokens, and the ready page in a window that it opened."""
    page = await at.open(context, "/crm", f"<body><script>const TOKENS = {tokens!r};</script>{ANSWERS}")
    async with context.expect_page() as opening:
        await page.evaluate("(url) => void open(url)", f"{played.url}/v1/links/sim/relay.html{query}")
    opened = await opening.value
    opened.set_default_timeout(PATIENCE_S * 1000)
    return page, opened


@pytest.mark.parametrize("dialect", ["bright_pattern", OLDER])
async def test_a_token_in_the_fragment_is_used_hidden_and_there_after_a_reload(dialect: str) -> None:
    async with joined(dialect) as (played, at, context):
        given = token(played)
        page = await at.visit(context, f"{played.url}/v1/links/sim/relay.html#token={given}")
        await page.wait_for_selector("#status[data-state=open]")
        assert page.url == f"{played.url}/v1/links/sim/relay.html"
        assert given not in await page.evaluate("() => JSON.stringify(history.state) + location.href")
        await page.reload()
        await page.wait_for_selector("#status[data-state=open]")
        assert at.errors == []


async def test_a_token_in_the_query_is_not_taken() -> None:
    async with joined("bright_pattern") as (played, at, context):
        page = await at.visit(context, f"{played.url}/v1/links/sim/relay.html?token={token(played)}")
        await page.wait_for_selector("#status[data-state=refused]")
        assert "was given no token" in await page.inner_text("#status")


@pytest.mark.parametrize("dialect", ["bright_pattern", OLDER])
async def test_the_page_that_opened_it_gives_a_token_and_another_when_that_is_over(dialect: str) -> None:
    async with joined(dialect) as (played, at, context):
        page, ready = await open_by_crm(played, at, context, [await over(played), token(played)], "?who=ann")
        await ready.wait_for_selector("#status[data-state=open]")
        assert await page.evaluate("() => asking") == ["ann", "ann"]
        assert at.errors == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_page_around_it_gives_a_token(dialect: str) -> None:
    async with joined(dialect) as (played, at, context):
        url = f"{played.url}/v1/links/sim/relay.html?wwe={at.origin}"
        desktop = DESKTOP if dialect == WWE else "<body>"
        tokens = f"<script>const TOKENS = {[token(played)]!r};</script>"
        await at.open(context, "/", f'{desktop}{tokens}{ANSWERS}<iframe src="{url}"></iframe>')
        await linked(played)
        assert at.errors == []


async def test_a_page_of_an_origin_that_is_not_listed_gives_none() -> None:
    async with joined("bright_pattern") as (played, at, context), site() as foreign:
        page, ready = await open_by_crm(played, foreign, context, [token(played)])
        await page.wait_for_function("() => asking.length > 0")
        await ready.wait_for_selector("#status[data-state=refused]")
        assert "no token in time" in await ready.inner_text("#status")
        assert played.gateway.platforms[PLATFORM].links == 0
        assert at.errors == []


@pytest.mark.parametrize("dialect", ["bright_pattern", WWE])
async def test_the_crm_s_address_that_the_operator_names_is_asked(dialect: str) -> None:
    async with joined(dialect, token_url="/mint") as (played, at, context):
        asked: list[str] = []

        async def mint(route: Route) -> None:
            asked.append(route.request.url.partition("?")[2])
            allowed = {
                "Access-Control-Allow-Origin": played.url,
                "Access-Control-Allow-Credentials": "true",
            }
            await route.fulfill(body=token(played), headers=allowed)

        await context.route("**/mint*", mint)
        url = f"{played.url}/v1/links/sim/relay.html?wwe={at.origin}&who=ann"
        await at.open(context, "/", f'{DESKTOP if dialect == WWE else "<body>"}<iframe src="{url}"></iframe>')
        await linked(played)
        assert asked == ["who=ann"]
        assert at.errors == []

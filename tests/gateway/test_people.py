"""A refusal is a page for people and a problem for programs; `/` leads people on."""

import re
from typing import Final

import pytest
from aiohttp import ClientSession

from gateway.security.access import Scope
from tests.gateway.handmade import Bench, bench

# As Chromium and Firefox ask when somebody goes to an address.
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PROGRAMS: Final = ("", "*/*", "application/json", "application/json, text/html;q=0.5", "text/html;q=0")
WRONG: Final = ("/nowhere", "/v1/nowhere", "/console/nowhere.js", "/docs/nowhere.js", "/v1/sessions/none")


async def asked(one: Bench, path: str, accept: str, method: str = "GET") -> tuple[int, str, str, str]:
    """Status, type, text and where it leads."""
    async with (
        ClientSession(skip_auto_headers=["Accept"]) as http,
        http.request(
            method, one.url + path, headers={"Accept": accept} if accept else {}, allow_redirects=False
        ) as got,
    ):
        return got.status, got.content_type, await got.text(), got.headers.get("Location", "")


@pytest.mark.parametrize("path", WRONG)
async def test_a_wrong_address_is_a_page_for_people_and_a_problem_for_programs(path: str) -> None:
    async with bench() as one:
        status, kind, text, _ = await asked(one, path, BROWSER)
        assert (status, kind) == (404, "text/html")
        assert "There is no such page" in text
        assert not re.search(r"<script|\bon\w+=|style=", text)
        for accept in PROGRAMS:
            assert (await asked(one, path, accept))[:2] == (404, "application/problem+json"), accept
        assert (await asked(one, path, BROWSER, "POST"))[1] == "application/problem+json"


async def test_a_page_says_which_right_is_missing_and_keeps_the_headers_of_the_problem() -> None:
    async with bench() as one:
        _, key = await one.gateway.keys.create("reader", [Scope.EVENTS_READ])
        async with one.http.get(f"{one.url}/v1/keys", headers={"Accept": BROWSER}) as got:
            assert (got.status, got.content_type) == (401, "text/html")
            assert got.headers["WWW-Authenticate"].startswith("Bearer")
            assert "Accept" in got.headers["Vary"]
            assert "default-src 'none'" in got.headers["Content-Security-Policy"]
        shown = {"Accept": BROWSER, "Authorization": f"Bearer {key}"}
        async with one.http.get(f"{one.url}/v1/keys", headers=shown) as got:
            assert got.status == 403
            assert "needs the scope admin" in await got.text()
        async with one.http.get(f"{one.url}/v1/keys") as got:
            assert "Accept" in got.headers["Vary"]


async def test_an_address_is_never_markup() -> None:
    async with bench() as one:
        _, _, text, _ = await asked(one, "/%3Cimg%20src=x%20onerror=alert(1)%3E", BROWSER)
    assert "<img" not in text


async def test_the_root_leads_a_browser_to_the_console_and_gives_programs_what_it_gave() -> None:
    async with bench() as one:
        assert (await asked(one, "/", BROWSER))[::3] == (302, "console")
        assert (await asked(one, "/console/", BROWSER))[::3] == (302, "../console")
        for accept in PROGRAMS:
            assert (await asked(one, "/", accept))[:2] == (404, "application/problem+json"), accept


async def test_the_console_is_served_under_a_policy_that_lets_no_text_become_script() -> None:
    async with bench() as one:
        await one.gateway.keys.create("closes the gateway", [Scope.ADMIN])  # the page itself is for everybody
        for path in ("/console", "/console/main.js", "/console/views/keys.js"):
            async with one.http.get(one.url + path) as got:
                policy, tag, text = (
                    got.headers["Content-Security-Policy"],
                    got.headers["ETag"],
                    await got.text(),
                )
            for part in (
                "default-src 'none'",
                "script-src 'self'",
                "connect-src 'self'",
                "trusted-types 'none'",
            ):
                assert f"{part};" in f"{policy};"
            assert "unsafe" not in policy
            async with one.http.get(one.url + path, headers={"If-None-Match": tag}) as got:
                assert got.status == 304
            if path == "/console":
                assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|<style|style=", text)

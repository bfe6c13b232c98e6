"""What is served to browsers: small, whole, and under a policy that lets nothing else run."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.amazon_connect.binding import DIALECT as AMAZON_CONNECT
from adapters.bright_pattern import queries
from adapters.bright_pattern.binding import DIALECT
from adapters.bright_pattern.embedded import tables as older
from adapters.bright_pattern.embedded.methods import METHODS as OLDER_METHODS
from adapters.bright_pattern.methods import METHODS
from adapters.registry import DIALECTS
from tests.browser.pages import chromium, site
from tests.e2e.world import platform, world

ADAPTERS = sorted(Path("adapters").rglob("*.js"))
SCRIPTS = [*ADAPTERS, *sorted(Path("gateway").rglob("*.js"))]
LARGEST_BYTES = 12_000


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_is_small(script: Path) -> None:
    assert script.stat().st_size < LARGEST_BYTES


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_no_script_evaluates_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"\beval\b|\bFunction\(|innerHTML|document\.write|setTimeout\(['\"]", text)


def test_every_script_of_the_adapters_is_served() -> None:
    declared = {
        part.resolve()
        for one in (*DIALECTS, AMAZON_CONNECT)  # which is not in the registry yet
        if one.browser is not None
        for content in (*one.browser.link.values(), *one.browser.facade.values())
        for part in (content if isinstance(content, tuple) else (content,))
        if isinstance(part, Path)
    }
    assert {path.resolve() for path in ADAPTERS} <= declared


def test_the_facade_has_every_method_and_the_relay_every_event() -> None:
    names = re.findall(
        r"\b[a-z]\w+\b", Path("adapters/bright_pattern/browser/api.js").read_text(encoding="utf-8")
    )
    assert set(METHODS) <= set(names)
    relay = Path("adapters/bright_pattern/browser/relay.js").read_text(encoding="utf-8")
    asked, _, told = relay.partition("const EVENTS")
    waits = set(re.findall(r"\bON_\w+", asked))
    assert waits == set(queries.READ)
    assert waits | set(re.findall(r"\bON_\w+", told)) == set(DIALECT.vocabulary["south"].events)


def snake(method: str) -> str:
    """A method's name in upper snake case."""
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0], method).upper()


def test_the_facade_names_its_messages_as_the_vendor_does() -> None:
    text = Path("adapters/bright_pattern/browser/api.js").read_text(encoding="utf-8")
    special = dict(re.findall(r"(\w+): '([A-Z_]+)'", text.partition("MESSAGES = {")[2].partition("}")[0]))
    for method, row in METHODS.items():
        assert special.get(method, snake(method)) == row.message


OLDER = Path("adapters/bright_pattern/embedded/browser")


def table(script: Path, name: str) -> str:
    """What stands in a table of a script."""
    text = script.read_text(encoding="utf-8")
    return re.split(r"\n *[})]", text.partition(f"const {name} = ")[2], maxsplit=1)[0]


def test_the_older_script_has_every_method_and_event_under_its_name() -> None:
    sdk = OLDER / "sdk.js"
    methods = re.findall(r"\b[a-z]\w+\b", table(sdk, "METHODS"))
    special = dict(re.findall(r"(\w+): '(\w+)'", table(sdk, "COMMANDS")))
    commands = {method: special.get(method, snake(method)) for method in methods}
    assert commands == {name: one.command for name, one in OLDER_METHODS.items()}
    assert dict(re.findall(r"(\w+): '(\w+)'", table(sdk, "REGISTRARS"))) == older.REGISTRARS
    told_as = dict(re.findall(r"(\w+): '(\w+)'", table(sdk, "TOLD_AS")))
    assert set(told_as) <= set(OLDER_METHODS)
    assert set(told_as.values()) == {older.CALL_RECORDING, older.SCREEN_RECORDING}


def test_the_older_relay_finds_every_method_and_event_by_its_command() -> None:
    relay = OLDER / "relay.js"
    special = dict(re.findall(r"(\w+): '(\w+)'", table(relay, "METHODS")))
    for method, one in OLDER_METHODS.items():
        plain = re.sub(r"_([a-z])", lambda letter: letter[1].upper(), one.command.lower())
        assert special.get(one.command, plain) == method
    told = {
        registrar: command
        for command, registrars in re.findall(r"(\w+): \[(.*)\]", table(relay, "EVENTS"))
        for registrar in re.findall(r"\w+", registrars)
    }
    assert told == older.REGISTRARS
    perhaps = re.search(r"PERHAPS_ANSWERED = /(.*)/;", relay.read_text(encoding="utf-8"))
    assert perhaps is not None
    answered = {method for method in OLDER_METHODS if re.search(perhaps[1], method)} | {"getState"}
    assert answered == {method for method, one in OLDER_METHODS.items() if one.callback}


async def test_pages_are_served_with_a_strict_policy_and_a_tag() -> None:
    async with site() as at:
        sim = platform("genesys_wwe", origins=(at.origin,))
        async with world([sim]) as played:
            address = f"{played.url}/v1/facades/sim/genesys_wwe/host.html"
            async with played.http.get(address) as response:
                policy, tag = response.headers["Content-Security-Policy"], response.headers["ETag"]
                text = await response.text()
            assert "default-src 'none'; script-src 'self'" in policy
            assert f"frame-ancestors 'self' {at.origin}" in policy
            assert "unsafe" not in policy
            assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|<style", text)
            async with played.http.get(address, headers={"If-None-Match": tag}) as response:
                assert response.status == 304
            for path in ("links/sim/other.js", "links/none/relay.js", "facades/sim/none/api.js"):
                async with played.http.get(f"{played.url}/v1/{path}") as response:
                    assert response.status == 404, path


@pytest.mark.parametrize("widget", ["communicator", "crmembedded"])
async def test_a_page_that_builds_its_address_from_a_host_name_needs_no_other_change(widget: str) -> None:
    async with site() as at:
        sim = platform("channel_session", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            page = await at.open(
                browser, "/", f'<body><script src="{played.url}/agent/{widget}/adapters/api.js"></script>'
            )
            first = "() => { window.adApi = brightpattern.AdApi(); return adApi.adcFrame.src; }"
            assert await page.evaluate(first) == f"{played.url}/agent/{widget}/"
            frame = await (await page.wait_for_selector("iframe")).content_frame()  # type: ignore[union-attr]  # it is there
            assert frame is not None
            await frame.fill("#who", "a1")
            await frame.click("#sign-in button")
            state = await page.evaluate("() => adApi.getLoginState()")
            assert state["data"]["isLoggedIn"], state
            assert at.errors == []


async def test_scripts_that_share_a_part_stand_beside_each_other_and_leave_nothing_of_it_to_the_page() -> (
    None
):
    async with site() as at:
        sim = platform("channel_session", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            names = ("bright_pattern/api.js", "bright_pattern_embedded/sdk.js", "genesys_wwe/keeper.js")
            tags = "".join(
                f'<script src="{played.url}/v1/facades/sim/{name}"></script>' for name in (*names, *names)
            )
            page = await at.open(browser, "/", f"<script>const keeper = 1, name = 2;</script>{tags}<body>")
            seen = "() => [typeof keeperFor, keeper, typeof brightpattern.AdApi, typeof bpspat.api.init]"
            assert await page.evaluate(seen) == ["undefined", 1, "function", "function"]
            assert at.errors == []


async def test_a_script_with_a_shared_part_has_a_tag_of_all_of_it() -> None:
    async with world([platform("channel_session")]) as played:
        for name in ("bright_pattern/api.js", "bright_pattern_embedded/sdk.js", "genesys_wwe/keeper.js"):
            async with played.http.get(f"{played.url}/v1/facades/sim/{name}") as response:
                assert response.content_type == "text/javascript"
                text, tag = await response.text(), response.headers["ETag"]
            assert (
                text.count("sessionStorage"),
                tag,
            ) == (1, f'"{sha256(text.encode()).hexdigest()[:32]}"')

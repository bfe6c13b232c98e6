"""The page that people read the contract on: whole, and with nothing from elsewhere but a script of ours."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Final

from gateway.api.asyncapi import FROM_CLIENT, TOLD, tag
from schemas.commands import COMMANDS
from schemas.events import EVENTS
from tests.gateway.documented import at, plain
from tests.gateway.handmade import bench


class Page(HTMLParser):
    """What the tests want to know of a page."""

    VOID: Final = frozenset({"meta", "link", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(name)
        self.attributes |= {key for key, _ in attributes}
        told = dict(attributes)
        if (own := told.get("id")) is not None:
            self.ids.append(own)
        if (to := told.get("href")) is not None:
            self.links.add(to)
        if name not in self.VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        """It must be the one that was opened last."""
        assert self.open.pop() == name, name


async def test_page_holds_everything_and_needs_nothing() -> None:
    async with bench() as one:
        async with one.http.get(f"{one.url}/docs") as got:
            text, headers = await got.text(), got.headers
        schemas = at(plain(one.gateway.contract.openapi), "components", "schemas")
        operations = one.gateway.contract.operations
    page = Page()
    page.feed(text)
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert {operation.id for operation in operations} | set(schemas) <= set(page.ids)
    for name in (*EVENTS, *COMMANDS, *(tag(frame) for frame in (*FROM_CLIENT, *TOLD))):
        assert f"<h3><code>{name}</code></h3>" in text
    assert {link for link in page.links if not link.startswith("#")} == {"/openapi.json", "/asyncapi.json"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert re.findall(r"<script[^>]*>[^<]*", text) == ['<script type="module" src="docs/docs.js">']
    assert not [key for key in page.attributes if key == "style" or key.startswith("on")]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style
    assert headers["Content-Type"] == "text/html; charset=utf-8"

"""How an operation is tried: as a line for a terminal, and as what the page's script makes a form of."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final

import msgspec

from gateway.api.openapi import in_path
from gateway.http.operations import JSON, Operation

SCRIPTS: Final = Path(__file__).parent / "browser"
_HERE: Final = "http://127.0.0.1:8080"  # the script puts in where it was loaded from
_encode = msgspec.json.Encoder().encode


def curl(one: Operation) -> str:
    """A line for a terminal; a reader puts in what stands in braces."""
    words = ["curl"]
    if one.method != "GET":
        words.append(f"-X {one.method}")
    if one.media == "text/event-stream":
        words.append("-N")
    if one.scope is not None:
        words.append('-H "Authorization: Bearer $KEY"')
    if one.example is not None:
        words.append(f"-H 'Content-Type: {one.takes or one.media}'")
        words.append(f"-d '{_encode(one.example).decode()}'")
    return " ".join([*words, f"'{_HERE}{one.path}'"])


def tried(one: Operation) -> str:
    """The attribute of its article that the script reads; empty for what no page can ask."""
    if one.upgraded or one.media == "text/event-stream" or (one.method == "GET" and one.any_query):
        return ""
    places: list[Mapping[str, str]] = [{"name": name, "in": "path", "what": ""} for name in in_path(one.path)]
    places += [
        {"name": each.name, "in": each.place, "what": each.what}
        for each in one.parameters
        if each.place == "query" or each.name in _OURS
    ]
    body = None if one.body is None else "" if one.example is None else _encode(one.example).decode()
    what = {
        "method": one.method,
        "path": one.path,
        "places": places,
        "body": body,
        "takes": one.takes or JSON,
    }
    return f' data-try="{escape(_encode(what).decode())}"'


_OURS: Final = frozenset({"Idempotency-Key", "If-Match"})  # headers that a page may send

"""Which metrics and labels a dashboard, a file of rules or a document names.

Of Prometheus's language only what names something is read: a metric, the matchers after it, the labels that
`by` and `without` keep. That is enough to find what there is not; Prometheus itself reads the rest.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from schemas.errors import ConfigError

_METRIC: Final = re.compile(r"\b((?:trunkline|process)_[a-z0-9_]+)\b(?:\{([^}]*)\})?")
_MATCHER: Final = re.compile(r'([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_KEPT: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_LEGEND: Final = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
_IN_TEXT: Final = re.compile(r"`((?:trunkline|process)_[a-z0-9_]+)(?:\{([^}`]*)\})?`")
_PLAIN: Final = re.compile(r"[\w|.:-]+")  # of a pattern: nothing but alternatives


class Named(NamedTuple):
    """A metric that something names, with labels and their values. `where` is for people."""

    where: str
    metric: str
    labels: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = frozenset()


def named(path: Path) -> Iterator[Named]:
    """All that a file names. Raises ConfigError for one that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        match path.suffix:
            case ".json":
                yield from _of_dashboard(path.name, json.loads(text))
            case ".yml" | ".yaml":
                for document in yaml.safe_load_all(text):
                    yield from _of_rules(path.name, document)
            case _:
                for found in _IN_TEXT.finditer(text):
                    yield _named(path.name, found[1], found[2])
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error


def _of_dashboard(where: str, node: object, title: str = "") -> Iterator[Named]:
    match node:
        case dict():
            title = str(node.get("title", title))
            legend = str(node.get("legendFormat", ""))
            for key in ("expr", "query", "definition"):
                if isinstance(text := node.get(key), str):
                    yield from _of_expression(f"{where}: {title}", text, legend)
            for member in node.values():
                yield from _of_dashboard(where, member, title)
        case list():
            for member in node:
                yield from _of_dashboard(where, member, title)
        case _:
            pass


def _of_rules(where: str, node: object) -> Iterator[Named]:
    match node:
        case {"expr": str() as text, **rest}:
            name = str(rest.get("alert", rest.get("record", "")))
            yield from _of_expression(f"{where}: {name}", text, json.dumps(rest.get("annotations", {})))
        case dict():
            for member in node.values():
                yield from _of_rules(where, member)
        case list():
            for member in node:
                yield from _of_rules(where, member)
        case _:
            pass


def _of_expression(where: str, text: str, legend: str) -> Iterator[Named]:
    """Each metric with its matchers. What is kept of labels, or shown, must be of the first."""
    kept = {label.strip() for found in _KEPT.findall(text) for label in found.split(",") if label.strip()}
    shown = set(_LEGEND.findall(legend)) - {"__name__"}
    for number, found in enumerate(_METRIC.finditer(text)):
        one = _named(where, found[1], found[2])
        yield one._replace(labels=one.labels | kept | shown) if not number else one


def _named(where: str, metric: str, matchers: str | None) -> Named:
    said = list(_MATCHER.findall(matchers or ""))
    values = {
        (label, value)
        for label, how, text in said
        if how in ("=", "=~", "!=", "!~") and _PLAIN.fullmatch(text) and "$" not in text
        for value in _alternatives(text, how)
    }
    return Named(where, metric, frozenset(label for label, _, _ in said), frozenset(values))


def _alternatives(text: str, how: str) -> Iterable[str]:
    if how in ("=", "!="):
        return [text]
    return [] if "." in text else text.split("|")

"""`/docs`: the contract as one page of plain HTML, made on the server and whole without any script.

The one script beside it (browser/docs.js) adds a search, and forms to try each operation with.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

import msgspec

from gateway.api import openapi
from gateway.api.asyncapi import FRAMES, FROM_CLIENT, TOLD, Frame, tag
from gateway.api.components import Schema
from gateway.api.directions import Directed
from gateway.api.examples import curl, tried
from gateway.api.openapi import ABOUT, BEARER, GROUPS, in_path, schema_of
from gateway.http.operations import Operation
from gateway.http.problems import ProblemDetails
from schemas.commands import COMMANDS
from schemas.events import EVENTS

STYLE: Final = """
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --dim: #5c6670; --line: #d9dee3; --page: #fff; --box: #f5f7f9;
  --link: #0a58ca; --get: #1a7f4b; --put: #8a5a00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e3e7eb; --dim: #9aa5b1; --line: #333b44; --page: #14181c; --box: #1c2228;
    --link: #79b0ff; --get: #5fd39a; --put: #e5b567; --delete: #ff8a80;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body {
  margin: 0; display: grid; grid-template-columns: 18rem minmax(0, 56rem); gap: 2.5rem;
  color: var(--ink); background: var(--page); font: 15px/1.55 system-ui, sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem 2rem 1.5rem;
  border-right: 1px solid var(--line); font-size: 13px;
}
nav b { display: block; margin: 1rem 0 .2rem }
nav a { display: block; color: var(--dim); overflow-wrap: anywhere }
main { padding: 1.5rem 1.5rem 6rem 0 }
a { color: var(--link); text-decoration: none }
main p a, main td a, a:hover, a:focus-visible { text-decoration: underline }
h1 { margin: 0 0 .5rem; font-size: 1.8rem }
h2 { margin: 3rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line) }
h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere }
article {
  margin: 1rem 0; padding: .9rem 1.1rem;
  border: 1px solid var(--line); border-radius: 8px; background: var(--box);
}
article:target { border-color: var(--link) }
p { margin: .3rem 0 }
code { font: 13px/1.4 ui-monospace, monospace }
table { width: 100%; margin-top: .6rem; border-collapse: collapse; font-size: 14px }
td {
  padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--line);
  text-align: left; vertical-align: top; overflow-wrap: anywhere;
}
.dim { color: var(--dim) }
.verb { display: inline-block; min-width: 4.2em; font: 600 13px ui-monospace, monospace }
.get { color: var(--get) }
.post { color: var(--link) }
.put { color: var(--put) }
.delete { color: var(--delete) }
[hidden] { display: none !important }
pre {
  margin: .6rem 0 0; padding: .6rem .8rem; max-height: 28rem; overflow: auto;
  border: 1px solid var(--line); border-radius: 6px; font: 13px/1.45 ui-monospace, monospace;
}
details { margin-top: .6rem }
summary { cursor: pointer; color: var(--link) }
.field { display: grid; gap: .15rem; max-width: 34rem; margin: .5rem 0 }
label { font-weight: 600 }
input, textarea, button {
  font: inherit; color: inherit; background: var(--page); padding: .35rem .6rem;
  border: 1px solid var(--dim); border-radius: 6px;
}
textarea { font: 13px/1.45 ui-monospace, monospace }
button { cursor: pointer }
nav input { width: 100%; margin: .2rem 0 }
@media (max-width: 60rem) {
  body { display: block }
  main { padding: 1rem }
  nav { position: static; height: auto; max-height: 40vh; border: 0; border-bottom: 1px solid var(--line) }
}
"""


def page(operations: Iterable[Operation]) -> str:
    """The whole page."""
    operations = tuple(operations)
    directed = openapi.schemas(operations, FRAMES, [one.__name__ for one in FROM_CLIENT])
    schemas = directed.schemas
    groups = {name: [one for one in operations if one.group == name] for name in GROUPS}
    frames: dict[str, Mapping[str, Frame]] = {
        "Event types": EVENTS,
        "Command types": COMMANDS,
        "Frames from a client": {tag(one): one for one in FROM_CLIENT},
        "Frames to a client": {tag(one): one for one in TOLD},
    }
    names = {one: directed.written(one.__name__) for one in (*COMMANDS.values(), *FROM_CLIENT)}
    tagged = {names.get(one, one.__name__) for kinds in frames.values() for one in kinds.values()}
    others = {name: one for name, one in schemas.items() if name not in tagged}
    main = [
        f'<h1>Trunkline <span class="dim">{escape(version("trunkline"))}</span></h1>',
        f"<p>{_prose(ABOUT)}</p><p>{_prose(str(BEARER['description']))}</p>",
        (
            '<p>For machines: <a href="/openapi.json">OpenAPI 3.1</a>,'
            ' <a href="/asyncapi.json">AsyncAPI 3.0</a>.</p>'
        ),
        *(part for name, ones in groups.items() for part in _group(name, ones, directed)),
        *(part for name, kinds in frames.items() for part in _tagged(name, kinds, schemas, names)),
        _heading("Schemas"),
        *(_schema(name, name, one) for name, one in others.items()),
    ]
    links = [
        *(part for name, ones in groups.items() for part in _links(name, ((one.id, one.id) for one in ones))),
        *(
            part
            for name, kinds in frames.items()
            for part in _links(name, ((one, names.get(kind, kind.__name__)) for one, kind in kinds.items()))
        ),
        *_links("Schemas", ((name, name) for name in others)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trunkline: the contract</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{STYLE}</style><script type="module" src="docs/docs.js"></script></head>'
        f'<body><nav aria-label="Contents">{"".join(links)}</nav><main>{"".join(main)}</main></body></html>'
    )


def _links(name: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f'<b><a href="#{_anchor(name)}">{escape(name)}</a></b>'
    for text, target in entries:
        yield f'<a href="#{escape(target)}">{escape(text)}</a>'


def _heading(name: str) -> str:
    return f'<h2 id="{_anchor(name)}">{escape(name)}</h2>'


def _anchor(name: str) -> str:
    return "part-" + name.lower().replace(" ", "-")


def _prose(text: str) -> str:
    """Escaped, with what stands between backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


# --- operations


def _group(name: str, operations: Iterable[Operation], directed: Directed) -> Iterator[str]:
    yield f"{_heading(name)}<p>{_prose(GROUPS[name])}</p>"
    for one in operations:
        yield _operation(one, directed)


def _operation(one: Operation, directed: Directed) -> str:
    summary, more = one.doc
    needs = f"Needs the scope <code>{one.scope.value}</code>." if one.scope else "Needs no key."
    body = ""
    if one.body is not None:
        optional = "" if one.body_required else ", may be left out"
        body = f"<p>Body: {_kind(openapi.written_schema_of(directed, one.body))}{optional}</p>"
        if one.example is not None:
            body += (
                f'<pre tabindex="0">{escape(msgspec.json.encode(one.example).decode(), quote=False)}</pre>'
            )
    parameters = [(name, "string, in the path", what) for name, what in in_path(one.path).items()]
    parameters += [
        (each.name, f"{_kind(each.schema)}, in the {each.place}", each.what) for each in one.parameters
    ]
    asked = _table((f"<code>{name}</code>", kind, _prose(what)) for name, kind, what in parameters)
    answers: dict[int, tuple[str, str]] = {
        status: (_kind(schema_of(ProblemDetails)), ", ".join(f"<code>{code}</code>" for code in codes))
        for status, codes in one.refusals().items()
    }
    for status, kind in one.answers.items():
        told = "" if kind is None else _kind(schema_of(kind))
        answers[status] = (told, escape(HTTPStatus(status).phrase))
    return (
        f'<article id="{one.id}"{tried(one)}><h3><span class="verb {one.method.lower()}">{one.method}</span>'
        f"<code>{escape(one.path)}</code></h3><p>{_prose(summary)} {_prose(more)}</p>"
        f'<p class="dim">{needs} <code>{one.id}</code></p>{asked}{body}'
        + ("" if one.upgraded else f'<pre class="curl" tabindex="0">{escape(curl(one), quote=False)}</pre>')
        + _table((f"<code>{status}</code>", *cells) for status, cells in sorted(answers.items()))
        + "</article>"
    )


# --- schemas


def _tagged(
    name: str, kinds: Mapping[str, Frame], schemas: Mapping[str, Schema], names: Mapping[Frame, str]
) -> Iterator[str]:
    """Structs of one union: what all share is told once."""
    yield _heading(name)
    named = {text: names.get(kind, kind.__name__) for text, kind in kinds.items()}
    properties = [_properties(schemas[one]) for one in named.values()]
    shared = {
        key: one
        for key, one in properties[0].items()
        if all(each.get(key) == one for each in properties) and key != "type"
    }
    if shared:
        required = _required(schemas[next(iter(named.values()))])
        yield f"<article><h3>All of them</h3>{_fields(shared, required)}</article>"
    for text, schema_name in named.items():
        schema = schemas[schema_name]
        own = {key: one for key, one in _properties(schema).items() if key not in shared and key != "type"}
        yield _schema(schema_name, text, {**schema, "properties": own})


def _schema(name: str, title: str, schema: Schema) -> str:
    text = f"<p>{_prose(str(schema.get('description', '')))}</p>"
    properties = _properties(schema)
    inside = _fields(properties, _required(schema)) if properties else ""
    if "enum" in schema or "anyOf" in schema:
        inside = f"<p>{_kind(schema)}</p>"
    return f'<article id="{escape(name)}"><h3><code>{escape(title)}</code></h3>{text}{inside}</article>'


def _properties(schema: Schema) -> dict[str, object]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _required(schema: Schema) -> frozenset[str]:
    found = schema.get("required")
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _fields(properties: Mapping[str, object], required: frozenset[str]) -> str:
    return _table(
        (f"<code>{escape(key)}</code>", _kind(one), "required" if key in required else "", _told(one))
        for key, one in properties.items()
    )


def _told(schema: object) -> str:
    match schema:
        case {"description": str(text)}:
            return _prose(text)
        case _:
            return ""


def _kind(schema: object) -> str:
    """A type in a few words, with links to what it refers to."""
    match schema:
        case {"$ref": str(ref)}:
            name = escape(ref.rpartition("/")[2])
            told = f'<a href="#{name}">{name}</a>'
        case {"anyOf": list(options)}:
            told = " or ".join(map(_kind, options))
        case {"enum": list(values)}:
            told = " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"type": "array", "items": items}:
            told = f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": {} as values} if values:
            told = f"map of {_kind(values)}"
        case {"type": str(name), "minimum": low, "maximum": high}:
            told = f"{name} from {low} to {high}"
        case {"format": str(name)} | {"type": str(name)}:
            told = escape(name)
        case _:
            told = "any JSON value"
    return told


def _table(rows: Iterable[Iterable[str]]) -> str:
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return f"<table>{''.join(lines)}</table>" if lines else ""

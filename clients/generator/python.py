"""The structs for the Python client: frozen, read tolerantly, with the ids as types of their own."""

import re
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum, StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NewType

import msgspec

from clients.generator import reading
from clients.generator.reading import ROOM_OF, ROOMS, UNIONS, UNKNOWN, Field, Hint, Kind, name_of

PACKAGE: Final = "trunkline_client.model"
HEAD: Final = "Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand."
TITLES: Final = {  # of those that are made of several
    "directory": "Whom an agent can call.",
    "stream": "The frames of `/v1/stream` beside the events, and the filters.",
    "api": "Bodies of requests and answers.",
}
WIDTH: Final = 110
_SAID: Final = re.compile(r'""".*?"""|"[^"\n]*"|#[^\n]*', re.DOTALL)


def modules() -> Iterator[tuple[str, str]]:
    """File name and text of each module of `trunkline_client/model`, as ruff formats it."""
    with TemporaryDirectory() as folder:
        made = {Path(folder) / name: source for name, source in _sources()}
        for path, source in made.items():
            path.write_text(source, encoding="utf-8")
        config = f"line-length={WIDTH}"
        subprocess.run(  # noqa: S603  # ours
            [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--config", config, *made],
            check=True,
        )
        for path in made:
            yield path.name, path.read_text(encoding="utf-8")


def _sources() -> Iterator[tuple[str, str]]:
    yield "__init__.py", f'"""The canonical model, a module per subject.\n\n{HEAD}\n"""\n'
    for room in ROOMS:
        body = "\n".join(_ids() if room == "ids" else _body(room))
        yield f"{room}.py", _headed(room, body)


def _headed(room: str, body: str) -> str:
    imports = [f"from {PACKAGE}.{one} import {', '.join(names)}" for one, names in _imports(room, body)]
    library = ["import msgspec"] if "msgspec." in body else []
    typed = [
        line
        for line, name in (
            ("from datetime import datetime", "datetime"),
            ("from typing import Literal", "Literal"),
            ("from typing import NewType", "NewType"),
        )
        if name in _words(body)
    ]
    own = ["from trunkline_client.tolerance import OpenEnum"] if "OpenEnum" in body else []
    blocks = ["\n".join(one) for one in (typed, library, [*imports, *own]) if one]
    title = TITLES.get(room) or reading.title_of(room)
    return "\n\n".join([f'"""{title}\n\n{HEAD}\n"""', *blocks, body])


def _words(body: str) -> set[str]:
    """Of the source, without what is only said of it."""
    return set(re.findall(r"\w+", _SAID.sub("", body)))


def _imports(room: str, body: str) -> Iterator[tuple[str, list[str]]]:
    used = _words(body)
    for other in sorted(ROOMS):
        if other == room:
            continue
        names = (
            set(reading.new_types()) if other == "ids" else {name_of(cls) for cls in reading.of_room(other)}
        )
        for union in UNIONS:
            if _room_of_union(union) == other:
                names |= {union, *_told(union)}
        if shared := sorted(names & used):
            yield other, shared


def _room_of_union(name: str) -> str:
    return ROOM_OF[reading.of_union(name)[0].__module__]


def _told(union: str) -> list[str]:
    return [union.replace("Any", "Told"), UNKNOWN[union]] if union in UNKNOWN else []


def _ids() -> Iterator[str]:
    for name, (of, note) in reading.new_types().items():
        yield f'{name} = NewType("{name}", {of})' + (f"  # {note}" if note else "")


def _body(room: str) -> Iterator[str]:
    begun: set[type] = set()
    left = [union for union in UNIONS if _room_of_union(union) == room]
    for cls in reading.of_room(room):
        yield from _enum(cls) if issubclass(cls, StrEnum) else _struct(reading.kind_of(cls))
        yield ""
        begun.add(cls)
        for union in [one for one in left if begun.issuperset(reading.of_union(one))]:
            left.remove(union)
            yield f"{union} = {' | '.join(name_of(one) for one in reading.of_union(union))}"
            yield from _unknown(union) if union in UNKNOWN else ()
            yield ""


def _docstring(text: str) -> str:
    lines = text.splitlines()
    end = '"""' if len(lines) == 1 else '\n    """'
    return "\n".join(['    """' + lines[0], *(f"    {line}".rstrip() for line in lines[1:])]) + end


def _enum(cls: type[StrEnum]) -> Iterator[str]:
    yield f"class {name_of(cls)}(OpenEnum):"
    yield _docstring(reading.text_of(cls))
    yield ""
    for one in cls:
        yield f'    {one.name} = "{one.value}"'


def _struct(kind: Kind) -> Iterator[str]:
    base = "msgspec.Struct" if kind.base is None else name_of(kind.base)
    config = ["frozen=True", "kw_only=True", "omit_defaults=True"]
    if kind.tag_field is not None:
        config.append(f'tag_field="{kind.tag_field}"')
    if kind.tag is not None:
        config.append(f'tag="{kind.tag}"')
    yield f"class {name_of(kind.cls)}({base}, {', '.join(config)}):"
    yield _docstring(reading.text_of(kind.cls))
    yield ""
    for one in kind.fields:
        yield from _field(one, sent=kind.cls in reading.SENT)


def _field(one: Field, *, sent: bool) -> Iterator[str]:
    line = f"    {one.name}: {annotation(one.hint, sent=sent)}"
    if not one.required:
        default = _default(one)
        named = one.name != one.told_as
        line += f' = msgspec.field(default={default}, name="{one.told_as}")' if named else f" = {default}"
    if one.note and len(line) + len(one.note) + 4 <= WIDTH:
        yield f"{line}  # {one.note}"
        return
    if one.note:
        yield from _above(one.note)
    yield line


def _above(note: str) -> Iterator[str]:
    line = "    #"
    for word in note.split():
        if len(line) + len(word) + 1 > WIDTH:
            yield line
            line = "    #"
        line += f" {word}"
    yield line


def _default(one: Field) -> str:
    value = one.default
    match value:
        case Enum():
            return f"{name_of(type(value))}.{value.name}"
        case msgspec.Struct():
            return f"{name_of(type(value))}()"
        case frozenset() | list() | tuple():
            members = [_default(one._replace(default=each)) for each in value]
            return f"({', '.join(members)},)" if members else "()"
        case str() | int() | float():
            options = typing.get_args(one.hint) or (one.hint,)
            named = [each for each in options if getattr(each, "__supertype__", None) is type(value)]
            return f"{_new_type(named[0])}({_literal(value)})" if named else _literal(value)
        case _:
            return repr(value)


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _new_type(hint: Hint) -> str:
    return str(getattr(hint, "__name__", ""))


def annotation(hint: Hint, *, sent: bool) -> str:
    """As it is written in the client; what is only told may be newer than it."""
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        names, left = reading.union_names(hint)
        told = [one.replace("Any", "Told") if one in UNKNOWN and not sent else one for one in names]
        parts = [*told, *(annotation(one, sent=sent) for one in left if one is not type(None))]
        return " | ".join([*dict.fromkeys(parts), *(["None"] if type(None) in left else [])])
    if origin in {list, tuple, frozenset}:
        return f"tuple[{annotation(within[0], sent=sent)}, ...]"
    if origin is dict:
        return f"dict[{annotation(within[0], sent=sent)}, {annotation(within[1], sent=sent)}]"
    return f"Literal[{', '.join(map(_literal, within))}]" if origin is typing.Literal else _name(hint)


def _name(hint: Hint) -> str:
    if hint is msgspec.Raw:
        return "msgspec.Raw"
    if isinstance(hint, NewType):
        return _new_type(hint)
    if isinstance(hint, type):
        return name_of(hint)
    raise TypeError(f"the clients have no word for {hint}")


def _unknown(union: str) -> Iterator[str]:
    """What is read in the place of a tag that is newer than the client."""
    first = reading.of_union(union)[0]
    root = next(one for one in reversed(first.__mro__) if one in reading.ALL)
    name = UNKNOWN[union]
    yield "\n"
    yield f'class {name}({name_of(root)}, frozen=True, kw_only=True, omit_defaults=True, tag="{name}"):'
    yield _docstring("One that is newer than this client: `told` is all that was said.")
    yield ""
    yield "    told: dict[str, object] = {}"
    yield "\n"
    yield f"{union.replace('Any', 'Told')} = {union} | {name}"

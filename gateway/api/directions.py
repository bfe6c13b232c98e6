"""Schemas by direction: what a client writes, and what it reads.

A field with a default may be left out by who writes, and is left out by us where a struct omits defaults;
where it does not, the field is always there. JSON Schema's `default` says neither, and makers of clients take
it for "always there". So no schema has one: it stands in the description. What is both written and read, and
is not the same in both, stands twice: as itself, and with `Input` after its name. Nothing unknown may be
written.
"""

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Final

import msgspec

from gateway.api.components import Schema, structs
from gateway.api.notes import notes

INPUT: Final = "Input"
_SCHEMAS: Final = frozenset({"items", "additionalProperties", "not"})
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED: Final = frozenset({"properties", "$defs"})


class Directed:
    """The schemas of a document."""

    def __init__(
        self,
        schemas: Mapping[str, Schema],
        kinds: Iterable[object],
        written: Iterable[str],
        read: Iterable[str],
    ) -> None:
        """`written` and `read` are the names of what clients send and get; `kinds` are the types of all."""
        self._structs = {one.cls.__name__: one.cls for one in structs(list(kinds))}
        sent, got = _reached(schemas, written), _reached(schemas, read)
        inputs = {name: self._input(name, schemas[name]) for name in sent}
        outputs = {name: self._output(name, schemas[name]) for name in got}
        twice = {name for name in sent & got if inputs[name] != outputs[name]}
        while more := {one for one in sent & got - twice if not twice.isdisjoint(_references(schemas[one]))}:
            twice |= more
        self._twice = frozenset(twice)
        self.schemas: dict[str, Schema] = dict(outputs)
        for name, schema in inputs.items():
            self.schemas[self.written(name)] = _renamed(schema, self._twice)
        self.schemas = dict(sorted(self.schemas.items()))

    def written(self, name: str) -> str:
        """The name of what is sent."""
        return name + INPUT if name in self._twice else name

    def _input(self, name: str, schema: Schema) -> Schema:
        closed = _without_defaults(self._noted(name, schema))
        if name in self._structs and "properties" in closed:
            closed = {**closed, "additionalProperties": False}
        return closed

    def _output(self, name: str, schema: Schema) -> Schema:
        plain = _without_defaults(self._noted(name, schema), told=False)
        struct = self._structs.get(name)
        properties = plain.get("properties")
        if struct is None or struct.__struct_config__.omit_defaults or not isinstance(properties, dict):
            return plain
        return {**plain, "required": list(properties)}

    def _noted(self, name: str, schema: Schema) -> Schema:
        """With what the source says of each field."""
        struct, properties = self._structs.get(name), schema.get("properties")
        if struct is None or not isinstance(properties, dict):
            return schema
        said = notes(struct)
        noted = {
            key: one
            if key not in said or "description" in one
            else {**one, "description": _sentence(said[key])}
            for key, one in properties.items()
        }
        return {**schema, "properties": noted}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _without_defaults(schema: Schema, *, told: bool = True) -> Schema:
    """`told`: in the description, for who writes, and may leave it out."""
    made: Schema = {}
    for key, value in schema.items():
        if key in _SCHEMAS and isinstance(value, dict):
            made[key] = _without_defaults(value, told=told)
        elif key in _LISTS and isinstance(value, list):
            made[key] = [_without_defaults(one, told=told) for one in value]
        elif key in _NAMED and isinstance(value, dict):
            made[key] = {name: _without_defaults(one, told=told) for name, one in value.items()}
        elif key == "default":
            if told and value not in (None, "", [], {}, False):
                default = f"Default: `{msgspec.json.encode(value).decode()}`."
                made["description"] = f"{schema.get('description', '')} {default}".strip()
        elif key == "description" and isinstance(value, str):
            made.setdefault(key, cleandoc(value))
        elif key == "uniqueItems" and told:
            continue  # what a client names twice is taken once
        else:
            made[key] = value
    return made


def _renamed(schema: object, twice: frozenset[str]) -> Schema:
    renamed = _rename(schema, twice)
    if not isinstance(renamed, dict):
        raise TypeError("a schema is an object")
    return renamed


def _rename(value: object, twice: frozenset[str]) -> object:
    match value:
        case dict():
            return {
                key: _ref(one, twice) if key == "$ref" or _is_mapping(key, value) else _rename(one, twice)
                for key, one in value.items()
            }
        case list():
            return [_rename(one, twice) for one in value]
        case _:
            return value


def _is_mapping(key: str, value: Mapping[str, object]) -> bool:
    return isinstance(one := value[key], str) and one.startswith("#/") and key != "description"


def _ref(value: object, twice: frozenset[str]) -> object:
    name = str(value).rpartition("/")[2]
    return f"{value}{INPUT}" if name in twice else value


def _references(value: object) -> Iterator[str]:
    match value:
        case dict():
            for key, one in value.items():
                if key == "$ref" and isinstance(one, str):
                    yield one.rpartition("/")[2]
                else:
                    yield from _references(one)
        case list():
            for one in value:
                yield from _references(one)
        case _:
            pass


def _reached(schemas: Mapping[str, Schema], names: Iterable[str]) -> frozenset[str]:
    left, seen = list(names), set[str]()
    while left:
        if (name := left.pop()) not in seen and name in schemas:
            seen.add(name)
            left += _references(schemas[name])
    return frozenset(seen)

"""What is wrong with a section of the configuration, in our own words: the place, the rule, the nearest name.

The library that validates says where and what kind of mistake; its wording and the parts that it puts into a
place (branches of a union, `[key]`) are kept from operators. No value is told: it may be a secret.
"""

import types
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

Kind = object  # an annotation; None: nothing is known of what is there

_NEAR: Final = 0.6
_TEXTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "frozen_set_type", "set_type"), "must be a list"),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type", "mapping_type"), "must be a mapping of names"
    ),
    **dict.fromkeys(("path_type",), "must be a path"),
    **dict.fromkeys(
        ("ip_v4_network", "ip_v6_network", "ip_any_network"), "must be a network, such as 10.0.0.0/8"
    ),
    "string_type": "must be text; put it in quotes if it looks like a number",
    "missing": "is required",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be less than or equal to {le:g}",
    "string_too_short": "must have {min_length} characters at least",
    "string_too_long": "must have {max_length} characters at most",
    "too_short": "must have {min_length} entries at least",
    "too_long": "must have {max_length} entries at most",
    "string_pattern_mismatch": "is not such a name as it must be: {pattern}",
}


def mistakes(errors: Iterable[ErrorDetails], model: type[BaseModel], *prefix: str) -> list[str]:
    """One line a mistake: `place: what is wrong`. `prefix` is the model's own place."""
    found: dict[str, list[str]] = {}
    for error in errors:
        parts, at = _place(model, error["loc"])
        place = ".".join((*prefix, *parts))
        text = _text(error, at)
        told = found.setdefault(place, [])
        if text not in told:
            told.append(text)
    return [
        f"{place}: {', or '.join(texts)}" if place else ", or ".join(texts) for place, texts in found.items()
    ]


def near(name: str, known: Iterable[str]) -> str:
    """`; is it port?`, or else which there are; empty if there are none."""
    names = list(known)
    found = get_close_matches(name.lower(), names, 1, _NEAR)
    if found:
        return f"; is it {found[0]}?"
    return f"; there are: {', '.join(names)}" if names else ""


def bare(kind: Kind) -> Kind:
    """An annotation without what only narrows it: `Annotated`, an alias, `None`."""
    while True:
        if hasattr(kind, "__value__"):
            kind = kind.__value__  # an alias
        elif get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            branches = [one for one in get_args(kind) if one is not type(None)]
            if len(branches) != 1:
                return kind
            (kind,) = branches
        elif isinstance(supertype := getattr(kind, "__supertype__", None), type):
            kind = supertype  # a NewType
        else:
            return kind


def branches(kind: Kind) -> Sequence[Kind]:
    """Those of a union; else the annotation alone."""
    kind = bare(kind)
    many = get_origin(kind) in (Union, types.UnionType)
    return [bare(one) for one in get_args(kind) if one is not type(None)] if many else [kind]


def members(kind: Kind) -> Mapping[str, Kind] | None:
    """The annotations of a model's members, by name; None: it is no model."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: one.rebuild_annotation() for name, one in kind.model_fields.items()}
    return None


def values(kind: Kind) -> Kind:
    """The annotation of what a mapping or a list holds; None: it is neither, or nothing is known."""
    kind = bare(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        return arguments[1] if arguments else None
    if origin in (list, tuple, set, frozenset):
        return arguments[0] if arguments else None
    return None


def _place(model: Kind, loc: Sequence[str | int]) -> tuple[list[str], Kind]:
    """The names on the way, as they stand in the file, and the annotation of what holds the last one."""
    parts: list[str] = []
    kind, holder = model, model
    for part in loc:
        if len(branches(kind)) > 1:  # the library names the branch here
            tag = str(part).partition("[")[0]
            kind = next((one for one in branches(kind) if tag == _branch(one)), None)
            continue
        if part == "[key]":
            continue
        named = members(kind)
        inside = values(kind) if named is None else named.get(str(part))
        if named is None and inside is None and kind is not None and get_origin(bare(kind)) is None:
            continue  # within a value that has no parts
        holder, kind = kind, inside
        parts.append(str(part))
    return parts, holder


def _branch(kind: Kind) -> str:
    return getattr(get_origin(kind) or kind, "__name__", "")


def _text(error: ErrorDetails, holder: Kind) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not known{near(str(error['loc'][-1]), members(holder) or ())}"
    if kind in ("enum", "literal_error"):
        return f"must be one of {_options(context)}{_meant(error, context)}"
    if kind in ("string_too_short", "too_short") and context.get("min_length") == 1:
        return "may not be empty"
    if kind in _TEXTS:
        return _TEXTS[kind].format(**context)
    said = error["msg"].removeprefix("Value error, ")
    return said.replace("Input should be", "must be")


def _options(context: Mapping[str, object]) -> str:
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


def _meant(error: ErrorDetails, context: Mapping[str, object]) -> str:
    found = get_close_matches(str(error["input"]).lower(), _options(context).split(", "), 1, _NEAR)
    return f"; is it {found[0]}?" if found else ""

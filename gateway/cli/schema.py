"""`trunkline schema`: the canonical model as JSON Schema, from the structs themselves."""

from typing import Any, Final

import msgspec

from schemas.commands import AnyCommand
from schemas.events import AnyEvent
from schemas.needinfo import Answer
from schemas.queries import AnyQuery, AnyQueryAnswer
from schemas.results import AnyResult, CommandRecord

ROOTS: Final[dict[str, object]] = {
    "Event": AnyEvent,
    "Command": AnyCommand,
    "Result": AnyResult,
    "CommandRecord": CommandRecord,
    "Answer": Answer,
    "Query": AnyQuery,
    "QueryAnswer": AnyQueryAnswer,
}


def hook(kind: type) -> dict[str, Any]:
    """JSON Schema of what msgspec does not know: any JSON value, and a frame as received."""
    if kind in (object, msgspec.Raw):
        return {}
    raise TypeError(kind)


def components(ref_template: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of each root by name, and of every struct they refer to."""
    schemas, parts = msgspec.json.schema_components(
        list(ROOTS.values()), schema_hook=hook, ref_template=ref_template
    )
    return dict(zip(ROOTS, schemas, strict=True)), parts


def document() -> dict[str, Any]:
    """One document: `$defs` holds everything, the roots too."""
    roots, parts = components("#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trunkline canonical model",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in roots],
        "$defs": {**parts, **roots},
    }

"""`trunkline schema`: the canonical model as JSON Schema, from the structs themselves."""

from gateway.api.components import ROOTS, Schema, components


def document() -> Schema:
    """One document: `$defs` holds everything, the roots too."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trunkline canonical model",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ROOTS],
        "$defs": components(ROOTS, "#/$defs/{name}"),
    }

"""The configuration as JSON Schema, for editors: each platform's settings as its dialect takes them."""

from gateway.app import dialects
from gateway.config import Config

Schema = dict[str, object]


def document() -> Schema:
    """One document; `$defs` holds the sections."""
    schema: Schema = Config.model_json_schema()
    definitions = _mapping(schema["$defs"])
    rules: list[Schema] = []
    for dialect in dialects():
        own = dialect.settings.model_json_schema(ref_template=f"#/$defs/{dialect.name}.{{model}}")
        for name, inner in _mapping(own.pop("$defs", {})).items():
            definitions[f"{dialect.name}.{name}"] = inner
        definitions[f"{dialect.name}.settings"] = own
        rules.append(
            {
                "if": {"properties": {"dialect": {"const": dialect.name}}, "required": ["dialect"]},
                "then": {"properties": {"settings": {"$ref": f"#/$defs/{dialect.name}.settings"}}},
            }
        )
    platform = _mapping(definitions["PlatformConfig"])
    platform["allOf"] = rules
    named = _mapping(platform["properties"])
    named["dialect"] = {**_mapping(named["dialect"]), "enum": sorted(one.name for one in dialects())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Configuration of Trunkline",
    }


def _mapping(value: object) -> Schema:
    if not isinstance(value, dict):
        raise TypeError("a schema has mappings here")
    return value

"""The JSON Schema of a config (draft-07, which yaml-language-server reads), made from the models."""

from __future__ import annotations

from typing import Any

from provision import products
from provision.config.models import Document

VARIABLE = r"\$\{"  # a text with a variable in it cannot be judged in an editor

# Products with a redirect URI, which is made of the address; what a file describes an editor cannot know.
_WITH_PAGE = [name for name in products.NAMES if products.load(name).redirect_path]


def json_schema() -> dict[str, Any]:
    """Return the schema. A file that extends another, or has no name and so is extended, may lack keys."""
    generated = Document.model_json_schema()
    properties = _plain(generated["properties"], generated.get("$defs", {}))
    required = _required(properties)
    address = {"required": ["application"], "properties": {"application": required.pop("application")}}
    _relax(properties)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "provision config",
        "description": Document.__doc__,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "if": {"anyOf": [{"required": ["extends"]}, {"not": {"required": ["name"]}}]},
        "else": {
            "required": [name for name in generated["required"] if name != "application"],
            "properties": required,
            "if": {"properties": {"product": {"enum": _WITH_PAGE}}},
            "then": address,
        },
    }


def _plain(schema: Any, definitions: dict[str, Any]) -> Any:
    """Write references out (draft-07 ignores what stands beside one) and drop generated titles."""
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _plain({**definitions[name], **beside}, definitions)
    if isinstance(schema.get("properties"), dict):
        properties = {name: _plain(value, definitions) for name, value in schema["properties"].items()}
        rest = {key: value for key, value in schema.items() if key not in ("properties", "title")}
        return {**_plain(rest, definitions), "properties": properties}
    # Titles are made from the keys' names; a default is null only where the description says what it is.
    return _with_variables(
        {
            key: _plain(value, definitions)
            for key, value in schema.items()
            if key not in ("title", "discriminator") and (key, value) != ("default", None)
        }
    )


def _with_variables(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a text with a variable pass beside one that keeps the rule."""
    if schema.get("type") != "string":
        return schema
    if "pattern" in schema:
        return {**schema, "pattern": f"{schema['pattern']}|{VARIABLE}"}
    if "enum" in schema:
        choices = {"enum": schema["enum"]}
        rest = {key: value for key, value in schema.items() if key != "enum"}
        return {**rest, "anyOf": [choices, {"pattern": VARIABLE}]}
    return schema


def _required(properties: dict[str, Any]) -> dict[str, Any]:
    """Return what each section requires, taken out of it."""
    return {
        name: {"required": section["required"]}
        for name, section in properties.items()
        if "required" in section
    }


def _relax(properties: dict[str, Any]) -> None:
    for section in properties.values():
        section.pop("required", None)

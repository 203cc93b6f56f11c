"""Judge messages by LINE's own OpenAPI description: a second opinion, made of nothing that hookline is made of.

A discriminator says nothing to JSON Schema, which would let nearly anything pass: each base becomes its kinds, one
for each `type`, and every object is closed, so that no key passes that LINE doesn't describe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

_DESCRIPTION = Path(__file__).with_name("messaging-api.yml")
_REFERENCE = "#/components/schemas/"
_NO_URI = re.compile(r'[^\x21-\x7e]|["<>\\^`{|}]|%(?![0-9A-Fa-f]{2})')  # RFC 3986 has none of these

Schemas = Mapping[str, Mapping[str, Any]]


def objections(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what LINE's description says against the messages of one call; nothing if they are valid."""
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator().iter_errors(list(messages))]


@cache
def _validator() -> Validator:
    schemas = yaml.safe_load(_DESCRIPTION.read_text("utf-8"))["components"]["schemas"]
    definitions = dict(_definitions(schemas))
    formats = FormatChecker([])
    formats.checks("uri")(lambda value: not isinstance(value, str) or _NO_URI.search(value) is None)
    call = {"type": "array", "minItems": 1, "maxItems": 5, "items": {"$ref": "#/$defs/Message"}}
    return Draft202012Validator({**call, "$defs": definitions}, format_checker=formats)


def _definitions(schemas: Schemas) -> Iterator[tuple[str, Any]]:
    types = {_name(to): kind for one in schemas.values() for kind, to in _kinds(one).items()}
    for name, schema in schemas.items():
        if _kinds(schema):
            yield name, _one_of(_kinds(schema))
        elif "properties" in schema or "allOf" in schema:
            yield name, _closed(schema, schemas, types.get(name))
        else:
            yield name, schema


def _kinds(schema: Mapping[str, Any]) -> Mapping[str, str]:
    kinds: Mapping[str, str] = schema.get("discriminator", {}).get("mapping", {})
    return kinds


def _name(reference: str) -> str:
    return reference.removeprefix(_REFERENCE)


def _one_of(kinds: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the schema of exactly one of *kinds*, each of which has its own `type`."""
    known = {"type": "object", "required": ["type"], "properties": {"type": {"enum": [*kinds]}}}
    each = [
        {
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{_name(to)}"},
        }
        for kind, to in kinds.items()
    ]
    return {**known, "allOf": each}


def _closed(schema: Mapping[str, Any], schemas: Schemas, kind: str | None) -> Mapping[str, Any]:
    """Return *schema* in one piece, its base included, with no other keys; *kind* is its `type`."""
    pieces = list(_pieces(schema, schemas))
    properties = {name: _rewritten(item) for piece in pieces for name, item in piece.get("properties", {}).items()}
    required = {name for piece in pieces for name in piece.get("required", [])}
    if kind is not None:
        properties["type"] = {"const": kind}
        required.add("type")
    return {"type": "object", "properties": properties, "required": sorted(required), "additionalProperties": False}


def _pieces(schema: Mapping[str, Any], schemas: Schemas) -> Iterator[Mapping[str, Any]]:
    yield schema
    for part in schema.get("allOf", []):
        yield from _pieces(schemas[_name(part["$ref"])] if "$ref" in part else part, schemas)


def _rewritten(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: f"#/$defs/{_name(item)}" if key == "$ref" else _rewritten(item) for key, item in schema.items()}
    return [_rewritten(item) for item in schema] if isinstance(schema, list) else schema

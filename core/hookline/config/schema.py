"""Write the JSON Schema of bot.yaml, for editors: draft 7, which yaml-language-server reads."""

from __future__ import annotations

import json
from typing import Any

from ..adapters.adapter import AdapterKind
from ..intents.entities import KINDS
from .spec import NAME, FileSpec

_SECRET: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": r"^\$\{\w+\}$"},
        {
            "type": "object",
            "properties": {"file": {"type": "string"}},
            "required": ["file"],
            "additionalProperties": False,
        },
    ],
    "description": "${VAR} or {file: PATH}; never the secret itself.",
}
_VARIABLE = r"\$\{"
_SCALARS = ["string", "number", "boolean"]
_LETTERS = r"A-Za-z0-9_\u0080-\uFFFF"  # what `\w` is to us; to an editor it is ASCII only


def schema(adapters: dict[str, AdapterKind]) -> dict[str, Any]:
    """Return the schema of a file whose bots may use *adapters*."""
    whole = FileSpec.model_json_schema()
    definitions = whole.pop("$defs")
    bot = definitions["BotSpec"]
    bot["additionalProperties"] = False
    definitions["EntitySpec"] = {"anyOf": [{"enum": [*KINDS]}, definitions["EntitySpec"]]}
    bot["properties"]["adapter"] = {"enum": sorted(adapters), "description": "The platform."}
    bot["properties"]["plugins"] = {
        "type": "object",
        "patternProperties": {NAME: {"type": ["object", "null"]}},
        "description": "The plugins that this bot uses, with their settings.",
    }
    for name, kind in sorted(adapters.items()):
        settings = kind.settings.model_json_schema()
        definitions.update(settings.pop("$defs", {}))
        bot["properties"][name] = settings
    whole["properties"]["version"] = {"enum": [1, "1"], "description": "The version of this grammar."}
    document = {"$schema": "http://json-schema.org/draft-07/schema#", **whole, "definitions": definitions}
    return _as_written(document)  # type: ignore[no-any-return]  # a dict stays a dict


def dump(document: dict[str, Any]) -> str:
    """Return the schema as it is kept in config/."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _as_written(value: Any) -> Any:
    """Turn pydantic's schema of checked values into one, in draft 7, of what is written in the file."""
    if isinstance(value, list):
        return [_as_written(item) for item in value]
    if not isinstance(value, dict):
        return value.replace("#/$defs/", "#/definitions/") if isinstance(value, str) else value
    if value.get("format") == "password":
        return _SECRET
    found = {name: _as_written(item) for name, item in value.items() if not (name == "default" and item is None)}
    if found.get("type") == "array" and found.get("items") == _SECRET:
        return {"anyOf": [_SECRET, {"type": "array", "items": _SECRET, "minItems": 1}]}
    if "patternProperties" in found:
        found["patternProperties"] = {_pattern(name): item for name, item in found["patternProperties"].items()}
        found.setdefault("additionalProperties", False)  # the pattern is that of all names
    return _with_variables(found)


def _with_variables(found: dict[str, Any]) -> dict[str, Any]:
    """Let text be written without quotes, and ``${VAR}`` stand for anything."""
    match found.get("type"):
        case "string":
            found["type"] = _SCALARS
            if "pattern" in found:
                found["pattern"] = f"{_pattern(found['pattern'])}|{_VARIABLE}"
        case "boolean" | "integer" | "number":
            found = {**found, "type": [found["type"], "string"], "pattern": _VARIABLE}
    return found


def _pattern(ours: str) -> str:
    """Return one of our patterns as JavaScript has it; ours have letters only in brackets."""
    return ours.replace(r"\w", _LETTERS)

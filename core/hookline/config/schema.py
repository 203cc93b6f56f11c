"""Write the JSON Schema of bot.yaml, for editors: draft 7, which yaml-language-server reads."""

from __future__ import annotations

import json
from typing import Any

from ..adapters.adapter import AdapterKind
from .spec import FileSpec

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


def schema(adapters: dict[str, AdapterKind]) -> dict[str, Any]:
    """Return the schema of a file whose bots may use *adapters*."""
    whole = FileSpec.model_json_schema()
    definitions = whole.pop("$defs")
    bot = definitions["BotSpec"]
    bot["additionalProperties"] = False
    bot["properties"]["adapter"] = {"enum": sorted(adapters), "description": "The platform."}
    bot["properties"]["plugins"] = {
        "type": "object",
        "additionalProperties": {"type": ["object", "null"]},
        "description": "The plugins that this bot uses, with their settings.",
    }
    for name, kind in sorted(adapters.items()):
        settings = kind.settings.model_json_schema()
        definitions.update(settings.pop("$defs", {}))
        bot["properties"][name] = _secrets(settings)
    whole["properties"]["version"] = {"enum": [1, "1"], "description": "The version of this grammar."}
    document = {"$schema": "http://json-schema.org/draft-07/schema#", **whole, "definitions": definitions}
    return _draft7(document)  # type: ignore[no-any-return]  # a dict stays a dict


def dump(document: dict[str, Any]) -> str:
    """Return the schema as it is kept in config/."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("format") == "password":
            return _SECRET
        found = {name: _secrets(item) for name, item in value.items()}
        if found.get("type") == "array" and found.get("items") == _SECRET:
            return {"anyOf": [_SECRET, {"type": "array", "items": _SECRET, "minItems": 1}]}
        return found
    return [_secrets(item) for item in value] if isinstance(value, list) else value


def _draft7(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _draft7(item) for name, item in value.items() if not (name == "default" and item is None)}
    if isinstance(value, list):
        return [_draft7(item) for item in value]
    return value.replace("#/$defs/", "#/definitions/") if isinstance(value, str) else value

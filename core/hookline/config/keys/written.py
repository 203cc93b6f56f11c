"""Turn a model into the JSON Schema, in draft 7, of what is written in the file for it.

A plain scalar may stand for a text, a quoted number for a number, ``${VAR}`` for anything, and a secret only as
``${VAR}`` or ``{file: PATH}``. What the loader takes must fit; the other way round only as far as draft 7 can say it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import ModelSchema

from ...errors import PluginError

VARIABLE: Mapping[str, Any] = {"type": "string", "pattern": r"\$\{"}
_SCALARS = ["string", "number", "boolean"]
_NUMBERS = {
    "integer": r"^\s*[+-]?\d[\d_]*(\.0*)?\s*$",
    "number": r"^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$",
}
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_UNBOUNDED = "|^[+-]?(inf|nan)$"
_A = {"integer": "a whole number", "number": "a number"}
_SECRET_RULE = "${VAR} or {file: PATH}, never the secret itself."  # noqa: S105  no secret, a sentence about them
_SECRET: Mapping[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": r"^\$\{\w+\}$", "patternErrorMessage": f"Expected {_SECRET_RULE}"},
        {
            "type": "object",
            "properties": {
                "file": {"type": "string", "description": "The file that holds the secret and nothing else."}
            },
            "required": ["file"],
            "additionalProperties": False,
        },
    ],
}
_SHORTEST_VARIABLE = len("${A}")
_ONE, _SEVERAL, _NAMED = ("not", "if", "then", "else"), ("allOf", "anyOf"), ("properties", "definitions")
_DROPPED = ("format", "uniqueItems", "discriminator", "writeOnly", "contentMediaType")
"""What is stricter than the loader, or no word of draft 7."""

_READ_OTHERWISE = {"true": True, "false": False}
_LETTERS = r"A-Za-z0-9_\u0080-𲎯"  # what `\w` is to us; to an editor it is ASCII only
_OURS_ONLY = re.compile(r"\(\?(?![:=!]|P?<)|\\[ABGPRZhpz]|[*+?}]\+|\[\[|\(\?P?<(?![=!])")
"""What JavaScript reads otherwise, or not at all: flags, named groups, anchors of the whole text."""

_PIECE = re.compile(r"\\.|[\[\]]|[^\\\[\]]+", re.DOTALL)


def written_schema(model: type[BaseModel], owner: str, prefix: str = "") -> dict[str, Any]:
    """Return the schema of *model*; what it refers to is under ``definitions``, with *prefix* in front of each name.

    Raises PluginError in the name of *owner* when its model can't be described.
    """
    try:
        found = model.model_json_schema(ref_template=f"#/definitions/{prefix}{{model}}", schema_generator=_Strict)
    except Exception as error:  # third-party code describes its own types: whatever it raises is said
        reason = str(error).splitlines()[0] if str(error) else ""
        message = f"`{model.__name__}` has no JSON Schema: {type(error).__name__}: {reason}"
        raise PluginError(owner, message) from error
    definitions = {f"{prefix}{name}": item for name, item in found.pop("$defs", {}).items()}
    written: dict[str, Any] = as_written({**found, **({"definitions": definitions} if definitions else {})})
    return written


class _Strict(GenerateJsonSchema):
    """Close the models that don't say what becomes of unknown keys, as the loader does; take no names for titles."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: ModelSchema) -> dict[str, Any]:
        found = super().model_schema(schema)
        settings = schema["cls"].model_config
        if settings.get("extra") is None and not schema.get("root_model"):
            found.setdefault("additionalProperties", False)
        if settings.get("title") is None:
            found.pop("title", None)
        return found


def as_written(value: Any) -> Any:
    """Return the schema of what is written for what the schema *value* describes."""
    if not isinstance(value, dict):
        return value  # true or false
    if value.get("format") == "password":
        return _secret(value)
    found = {name: _part(name, item) for name, item in value.items() if name not in _DROPPED}
    if found.get("default", ...) is None:
        del found["default"]
    if "description" in found:
        found["description"] = found["description"].replace("``", "`")
    if "prefixItems" in found:
        found["items"] = found.pop("prefixItems")
    if "oneOf" in found:
        found["anyOf"] = found.pop("oneOf")
    if value.get("type") == "array" and _is_secret(value.get("items")):
        return _one_or_many_secrets(found)
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)  # the pattern is that of all names
    if "enum" in found or "const" in found:
        return _choice(found)
    return _with_variables(found)


def _part(keyword: str, value: Any) -> Any:
    if keyword in _ONE or (keyword in ("items", "additionalProperties") and isinstance(value, dict)):
        return as_written(value)
    if keyword in _SEVERAL or keyword in ("oneOf", "prefixItems"):
        return [as_written(item) for item in value]
    if keyword in _NAMED:
        return {name: as_written(item) for name, item in value.items()}
    if keyword == "patternProperties":
        return {_pattern(name) or "": as_written(item) for name, item in value.items()}
    return value


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get("format") == "password"


def _secret(found: Mapping[str, Any]) -> dict[str, Any]:
    own = f"{found['description']} " if "description" in found else ""
    title = {"title": found["title"]} if "title" in found else {}
    return {**title, **_SECRET, "description": f"{own}{_SECRET_RULE}"}


def _one_or_many_secrets(found: Mapping[str, Any]) -> dict[str, Any]:
    whole = _secret(found)
    items = {"type": "array", "items": {**_SECRET, "description": _SECRET_RULE}, "minItems": 1}
    return {**whole, "anyOf": [*_SECRET["anyOf"], items]}


def _choice(found: dict[str, Any]) -> dict[str, Any]:
    """Let a variable stand for a choice, and what an editor reads as something else for a choice that is text."""
    choices = found.pop("enum", None) or [found.pop("const")]
    rest = {name: item for name, item in found.items() if name not in ("type", "const")}
    read = [_read(choice) for choice in choices if isinstance(choice, str) and _read(choice) is not None]
    return {**rest, "anyOf": [{"enum": [*choices, *read]}, dict(VARIABLE)]}


def _read(text: str) -> object:
    if text in _READ_OTHERWISE:
        return _READ_OTHERWISE[text]
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else None


def _with_variables(found: dict[str, Any]) -> dict[str, Any]:
    """Let text be written without quotes, and ``${VAR}`` stand for anything."""
    match found.get("type"):
        case "string":
            return _text({**found, "type": _SCALARS})
        case "integer" | "number" as kind:
            pattern = f"{_NUMBERS[kind]}|{VARIABLE['pattern']}" + (_UNBOUNDED if _is_unbounded(found) else "")
            return {
                **found,
                "type": [kind, "string"],
                "pattern": pattern,
                "patternErrorMessage": f"Expected {_A[kind]}.",
            }
        case "boolean":
            message = "Expected true or false, without quotes."
            return {
                **found,
                "type": ["boolean", "string"],
                "pattern": VARIABLE["pattern"],
                "patternErrorMessage": message,
            }
    return found


def _text(found: dict[str, Any]) -> dict[str, Any]:
    if "pattern" in found:
        pattern = _pattern(found.pop("pattern"))
        found |= {} if pattern is None else {"pattern": f"{pattern}|{VARIABLE['pattern']}"}
    if found.get("minLength", 0) > _SHORTEST_VARIABLE or "maxLength" in found:
        limits = {name: found.pop(name) for name in ("minLength", "maxLength", "pattern") if name in found}
        return {**found, "anyOf": [{"type": found.pop("type"), **limits}, dict(VARIABLE)]}
    return found


def _is_unbounded(found: Mapping[str, Any]) -> bool:
    return found["type"] == "number" and not _BOUNDS & found.keys()


def _pattern(ours: str) -> str | None:
    """Return one of our patterns as JavaScript has it, or None when it can't be sure to."""
    if _OURS_ONLY.search(ours):
        return None
    parts, is_inside = [], False
    for piece in _PIECE.findall(ours):
        is_inside = piece == "[" or (is_inside and piece != "]")
        letters = _LETTERS if is_inside else f"[{_LETTERS}]"
        parts.append(letters if piece == r"\w" else piece)
    return "".join(parts)

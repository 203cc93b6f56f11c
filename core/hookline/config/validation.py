"""Check data against a model and say each of pydantic's findings in our words, at its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .annotations import bare, holds_secret, item_of, model_of, value_of
from .diagnostics import Problems, did_you_mean
from .document import Marks, YamlPath

ModelT = TypeVar("ModelT", bound=BaseModel)

_ROUNDS = 5
_ALWAYS = ("missing", "extra_forbidden")
_UNION_MEMBERS = ("str", "dict[str,any]", "dict[str,str]")
_UNIONS = {
    "reply": "text, a message object with a `type`, or `json: FILE`",
    "on_error": "text, a message object with a `type`, or `json: FILE`",
    "postback": "the data as text, or a mapping of its fields",
}
_MISSING_HINTS = {
    "version": "begin the file with `version: 1`",
    "bots": "a file needs at least one bot",
    "adapter": "write `adapter: line`",
}


def validated(
    model: type[ModelT], data: Any, marks: Marks, problems: Problems, path: YamlPath = (), what: str = ""
) -> ModelT | None:
    """Return *data* as a *model*; report each mistake, values never shown.

    What is wrong is left out and the rest validated again, so that the next check sees all that is fine;
    the paths that were damaged are noted in *problems*. None when nothing usable is left.
    """
    hides = any(holds_secret(field.annotation) for field in model.model_fields.values())
    for round_number in range(_ROUNDS):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False, include_context=True)
        if round_number == 0:
            reported = [
                d for d in details if not problems.is_damaged(_known(d["loc"], marks, path)) or d["type"] in _ALWAYS
            ]
            for detail in reported:
                _report(detail, model, data, marks, problems, path, what, hides=hides)
        for detail in details:
            loc = _known(detail["loc"], marks, path)
            problems.damaged.add(loc)
            data = _without(data, loc[len(path) :])
        if data is None:
            return None
    return None


def _without(data: Any, loc: YamlPath) -> Any:
    """Return a copy of *data* without the mapping's key that *loc* is under; None when that is everything."""
    keys = [index for index, part in enumerate(loc) if isinstance(part, str)]
    if not keys or not isinstance(data, dict):
        return None
    cut = keys[-1]
    return _cut(data, loc[: cut + 1])


def _cut(data: Any, loc: YamlPath) -> Any:
    part, rest = loc[0], loc[1:]
    if isinstance(data, dict) and isinstance(part, str):
        kept = dict(data)
        if rest and part in kept:
            kept[part] = _cut(kept[part], rest)
        else:
            kept.pop(part, None)
        return kept
    if isinstance(data, list) and isinstance(part, int) and part < len(data) and rest:
        return [_cut(item, rest) if index == part else item for index, item in enumerate(data)]
    return data


def _report(
    detail: ErrorDetails,
    model: type[BaseModel],
    data: Any,
    marks: Marks,
    problems: Problems,
    path: YamlPath,
    what: str,
    *,
    hides: bool,
) -> None:
    loc = _known(detail["loc"], marks, path)
    if detail["loc"] and detail["loc"][-1] in _UNION_MEMBERS:
        name = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
        value = _value_at(data, loc[len(path) :])
        hint = "a text that begins with `{` needs single quotes: '…'" if isinstance(value, dict) else None
        problems.error(marks.value(loc), f"`{name}`: expected {_UNIONS.get(name, 'text or a mapping')}", hint)
        return
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            problems.error(marks.key(loc), f"`{name}` is missing{_in(loc, what, data, path)}", _MISSING_HINTS.get(name))
        case "extra_forbidden":
            known = _known_keys(model, detail["loc"][:-1])
            problems.error(
                marks.key((*path, *detail["loc"])),
                f"unknown key `{name}`{_in(loc[:-1], what, data, path)}",
                did_you_mean(name, known) or _list_hint(known),
                hide=hides,
            )
        case _:
            problems.error(marks.value(loc), _message(detail, loc, data, path), _hint(detail, data, loc, path))


def _known(loc: Sequence[str | int], marks: Marks, path: YamlPath) -> YamlPath:
    """Return the longest part of *loc* that stands in the file: pydantic adds names of union members."""
    place = path
    for part in loc:
        if (*place, part) in marks.values or (*place, part) in marks.keys:
            place = (*place, part)
    return place


def _in(loc: YamlPath, what: str, data: Any, path: YamlPath) -> str:
    container = _value_at(data, loc[len(path) :])
    names = [str(part) for part in loc if isinstance(part, str)]
    if len(loc) >= 2 and loc[-2] == "routes" and isinstance(container, dict) and isinstance(container.get("name"), str):
        return f" in route `{container['name']}`"
    if len(loc) >= 2 and loc[-2] in ("bots", "packs"):
        return f" in {str(loc[-2])[:-1]} `{loc[-1]}`"
    if len(loc) > len(path) and names:
        return f" in `{names[-1]}`"
    return f" in {what}" if what else ""


def _message(detail: ErrorDetails, loc: YamlPath, data: Any, path: YamlPath) -> str:
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    where = f"`{name}`: " if name else ""
    match detail["type"]:
        case "literal_error" | "enum":
            return f"{where}expected {detail['ctx']['expected'].replace(chr(39), '`')}"
        case "string_type" | "string_sub_type":
            return f"{where}expected text"
        case "list_type":
            return f"{where}expected a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{where}expected a mapping of keys and values"
        case "string_pattern_mismatch":
            return f"{where}{_pattern_message(name)}"
        case "string_too_short" | "too_short":
            return f"{where}may not be empty"
        case "value_error":
            return f"{where}{detail['ctx']['error']!s}"
    return where + detail["msg"][:1].lower() + detail["msg"][1:].replace("input should be", "expected")


def _pattern_message(name: str) -> str:
    match name:
        case "run":
            return "expected PLUGIN.HANDLER, as in `orders.show`"
        case "api_base":
            return "expected a URL, as in https://api.line.me"
        case "name":
            return "a name is letters, digits, `_` and `-`, at most 64 (an override: PACK.ROUTE)"
    return "a name is letters, digits, `_` and `-`, at most 64"


def _hint(detail: ErrorDetails, data: Any, loc: YamlPath, path: YamlPath) -> str | None:
    value = _value_at(data, loc[len(path) :])
    if isinstance(value, dict) and detail["type"] in ("string_type", "string_sub_type"):
        return "a value that begins with `{` needs quotes: put the whole value in single quotes: '…'"
    if isinstance(value, str) and detail["type"] in ("literal_error", "enum"):
        expected = [word.strip(" '") for word in detail["ctx"]["expected"].replace(" or ", ",").split(",")]
        return did_you_mean(value, expected)
    return None


def _value_at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the keys that are known where *loc* points, walking down the models."""
    current: Any = model
    for part in loc:
        found = model_of(current)
        if found is not None and isinstance(part, str) and part in found.model_fields:
            current = found.model_fields[part].annotation
        elif isinstance(part, int):
            current = item_of(current)
        else:
            value = value_of(current)
            current = value if value is not Any else current
        current = bare(current)
    found = model_of(current)
    return list(found.model_fields) if found else []


def _list_hint(known: Sequence[str]) -> str | None:
    return f"known are {', '.join(f'`{name}`' for name in known)}" if known else None

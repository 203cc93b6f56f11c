"""Check data against a model and say each of pydantic's findings in our words, at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from unicodedata import normalize

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ...findings.findings import Findings, Hint, did_you_mean, near
from ..yaml.marks import Marks, YamlPath
from ..yaml.oddities import CUT_HINT
from .annotations import drops_keys, fields_of, item_of, model_of, value_of

ModelT = TypeVar("ModelT", bound=BaseModel)

_ROUNDS = 5
_UNION_MEMBERS = ("str", "dict[str,any]", "dict[str,str]")
_UNIONS = {
    "reply": "text, a message object with a `type`, or `json: FILE`",
    "any": "text, a message object with a `type`, `json: FILE`, or a list of these",
    "on_error": "text, a message object with a `type`, or `json: FILE`",
    "postback": "the data as text, or a mapping of its fields",
}
_MISSING_HINTS = {
    "version": "begin the file with `version: 1`",
    "bots": "a file needs at least one bot",
    "adapter": "write `adapter: line`",
}
_KEY_AND_COLON = re.compile(r"(?P<key>[\w.-]+)\s*(?P<colon>[:：])")
_FULL_WIDTH_COLON = "write `: ` instead of the full-width colon"
_NAME_RULE = "a name is letters, digits, `_` and `-`, at most 64"
_PATTERNS = {
    "run": "expected PLUGIN.HANDLER, as in `orders.show`",
    "api_base": "expected a URL, as in https://api.line.me",
    "data_base": "expected a URL, as in https://api-data.line.me",
    "name": f"{_NAME_RULE} (an override: PACK.ROUTE)",
    "include": _NAME_RULE,
}


def validated(
    model: type[ModelT], data: Any, marks: Marks, findings: Findings, path: YamlPath = (), what: str = ""
) -> ModelT | None:
    """Return *data* as a *model*; report each mistake, values never shown.

    What is wrong is left out and the rest validated again, so that the next check sees all that is fine;
    the paths that were damaged are noted in *marks*. None when nothing usable is left.
    """
    report = _Report(model, data, marks, findings, path, what)
    ignored = list(_ignored_keys(model, data)) if drops_keys(model) else []
    for loc in ignored:
        report.unknown_key(loc)
        marks.damage((*path, *loc))
    data = _without(data, ignored) if ignored else data
    for round_number in range(_ROUNDS):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False, include_context=True)
        if round_number == 0:
            for detail in details:
                report.add(detail)
        wrong = []
        for detail in details:
            is_missing = detail["type"] == "missing"  # it may stand in the file, left out in an earlier round
            loc = report.known(detail["loc"][:-1] if is_missing else detail["loc"])
            marks.damage(loc)
            wrong.append(loc[len(path) :])
        data = _without(data, wrong)
        if data is None:
            return None
    return None


def _ignored_keys(annotation: Any, data: Any, loc: YamlPath = ()) -> Iterator[YamlPath]:
    """Yield the unknown keys that pydantic would drop in silence: those of models that don't say what `extra` is."""
    if isinstance(data, list):
        for index, value in enumerate(data):
            yield from _ignored_keys(item_of(annotation), value, (*loc, index))
    if not isinstance(data, dict):
        return
    model = model_of(annotation)
    fields = fields_of(model) if model else {}
    for name, value in data.items():
        if model is None or name in fields:
            inner = fields[name].annotation if model else value_of(annotation)
            yield from _ignored_keys(inner, value, (*loc, name))
        elif model.model_config.get("extra") is None:
            yield (*loc, name)


def _without(data: Any, locs: Iterable[YamlPath]) -> Any:
    """Return a copy of *data* without the mappings' keys that *locs* are under; None when that is everything."""
    cuts: dict[str | int, Any] = {}
    for loc in locs:
        keys = [index for index, part in enumerate(loc) if isinstance(part, str)]
        if not keys or not isinstance(data, dict):
            return None
        _add_cut(cuts, loc[: keys[-1]], loc[keys[-1]])
    return _cut(data, cuts)


def _add_cut(cuts: dict[str | int, Any], around: YamlPath, key: str | int) -> None:
    """Note in *cuts*, which has what is below a key and None where that goes, that *key* goes from what is *around*."""
    inside: Any = cuts
    for part in around:
        inside = inside.setdefault(part, {})
        if inside is None:
            return
    inside[key] = None


def _cut(data: Any, cuts: Mapping[str | int, Any]) -> Any:
    """Return a copy of *data* without what goes by *cuts*."""
    if isinstance(data, dict):
        kept = ((key, value) for key, value in data.items() if cuts.get(key, cuts) is not None)
        return {key: _cut(value, cuts[key]) if key in cuts else value for key, value in kept}
    if isinstance(data, list):
        return [_cut(item, cuts[index]) if cuts.get(index) else item for index, item in enumerate(data)]
    return data


@dataclass(frozen=True, slots=True)
class _Report:
    """Say pydantic's findings about *data*, which stands at *path*, in our words."""

    model: type[BaseModel]
    data: Any
    marks: Marks
    findings: Findings
    path: YamlPath
    what: str

    def add(self, detail: ErrorDetails) -> None:
        """Report one finding, unless it only follows from something that was left out before."""
        loc, last = self.known(detail["loc"]), detail["loc"][-1] if detail["loc"] else ""
        if detail["type"] == "missing":
            hint = _MISSING_HINTS.get(str(last))
            self.findings.error(self.marks.key(loc), f"`{last}` is missing{self._in(loc)}", hint)
        elif detail["type"] == "extra_forbidden":
            self.unknown_key(detail["loc"])
        elif self.marks.is_damaged(loc):
            return
        elif last == "[key]":
            self.findings.error(self.marks.key(loc), f"`{loc[-1]}`: {_NAME_RULE}")
        elif last in _UNION_MEMBERS:
            name = _name(loc)
            is_mapping = isinstance(self._value_at(loc), dict)
            hint = "a text that begins with `{` needs single quotes: '…'" if is_mapping else None
            message = f"`{name}`: expected {_UNIONS.get(name, 'text or a mapping')}"
            self.findings.error(self.marks.value(loc), message, hint)
        else:
            where = f"`{_name(loc)}`{self.marks.origin(loc)}: " if _name(loc) else ""
            self.findings.error(self.marks.value(loc), where + _message(detail, _name(loc)), self._hint(detail, loc))

    def unknown_key(self, loc: Sequence[str | int]) -> None:
        """Report a key that isn't known; its value is shown only when it was surely meant for a known one."""
        place = (*self.known(loc[:-1]), loc[-1])
        known = _known_keys(self.model, place[len(self.path) : -1])
        key = str(loc[-1])
        shown = self.findings.shown_key(key, self.marks.key(place))
        message = f"unknown key `{shown}`{self._in(place[:-1])}"
        otherwise = f"known are {', '.join(f'`{name}`' for name in known)}" if known else None
        self.findings.unknown(self.marks.key(place), message, partial(_meant, key, known), otherwise)

    def known(self, loc: Sequence[str | int]) -> YamlPath:
        """Return the longest part of *loc* that stands in the file: pydantic adds names of union members."""
        place = self.path
        for part in loc:
            if self.marks.has((*place, part)):
                place = (*place, part)
        return place

    def _in(self, loc: YamlPath) -> str:
        container = self._value_at(loc)
        names = [str(part) for part in loc if isinstance(part, str)]
        if loc[-2:-1] == ("routes",) and isinstance(container, dict) and isinstance(container.get("name"), str):
            return f" in route `{container['name']}`"
        if loc[-2:-1] in (("bots",), ("packs",)):
            return f" in {str(loc[-2])[:-1]} `{loc[-1]}`"
        if len(loc) > len(self.path) and names:
            return f" in `{names[-1]}`"
        return f" in {self.what}" if self.what else ""

    def _hint(self, detail: ErrorDetails, loc: YamlPath) -> Hint:
        value = self._value_at(loc)
        if isinstance(hint := detail.get("ctx", {}).get("hint"), str):
            return hint  # a check of the model's own brought it
        if value is None and loc in self.marks.odd:
            return CUT_HINT
        if isinstance(value, dict) and detail["type"] in ("string_type", "string_sub_type"):
            return "a value that begins with `{` needs quotes: put the whole value in single quotes: '…'"
        if not isinstance(value, str):
            return None
        if detail["type"] in ("literal_error", "enum"):
            expected = [word.strip(" '") for word in detail["ctx"]["expected"].replace(" or ", ",").split(",")]
            return near(normalize("NFKC", value), expected)
        if detail["type"] in ("dict_type", "model_type", "model_attributes_type") and "：" in value:
            return _FULL_WIDTH_COLON
        if detail["type"] in ("int_parsing", "float_parsing") and not value.isascii():
            return "write half-width digits, as in 12"
        return None

    def _value_at(self, loc: YamlPath) -> Any:
        value = self.data
        for part in loc[len(self.path) :]:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def _meant(key: str, known: Sequence[str]) -> str | None:
    return _colon_hint(key, known) or did_you_mean(normalize("NFKC", key), known)


def _colon_hint(key: str, known: Sequence[str]) -> str | None:
    """Return a hint where a *key* is a known one and its value, with a colon between that is none of YAML's."""
    found = _KEY_AND_COLON.match(key)
    if found is None or found["key"] not in known:
        return None
    remedy = _FULL_WIDTH_COLON if found["colon"] == "：" else "a blank is missing behind the `:`"
    return f"did you mean `{found['key']}`? {remedy}"


def _name(loc: Sequence[str | int]) -> str:
    return next((str(part) for part in reversed(loc) if isinstance(part, str)), "")


def _message(detail: ErrorDetails, name: str) -> str:
    match detail["type"]:
        case "literal_error" | "enum":
            return f"expected {detail['ctx']['expected'].replace(chr(39), '`')}"
        case "string_type" | "string_sub_type":
            return "expected text"
        case "list_type":
            return "expected a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "expected a mapping of keys and values"
        case "string_pattern_mismatch":
            return _PATTERNS.get(name, f"expected text that fits `{detail['ctx']['pattern']}`")
        case "string_too_short" | "too_short" if detail["ctx"]["min_length"] == 1:
            return "may not be empty"
        case "too_short":
            return f"expected at least {detail['ctx']['min_length']}"
        case "value_error":
            return str(detail["ctx"]["error"])
    message = detail["msg"].removeprefix("Input should be ")
    return f"expected {message}" if message != detail["msg"] else message[:1].lower() + message[1:]


def _known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the keys that are known where *loc* points, walking down the models."""
    current: Any = model
    for part in loc:
        found = model_of(current)
        if isinstance(part, int):
            current = item_of(current)
        elif found is None:
            current = value_of(current)
        else:
            current = fields_of(found)[part].annotation if part in fields_of(found) else Any
    found = model_of(current)
    return list(fields_of(found)) if found else []

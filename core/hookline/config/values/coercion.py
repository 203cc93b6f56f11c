"""Give every scalar the meaning that its field's type asks for, before pydantic checks the values.

A bool is only an unquoted ``true`` or ``false``; a secret only ``${VAR}`` or ``{file: …}``; where any JSON may stand,
unquoted numbers, ``true``, ``false`` and ``null`` are what they are in JSON; everywhere else text is text. What a
variable was filled into is text too, or the ``true`` or ``false`` that a bool asks for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ...findings.findings import Findings
from ...pasting import trimmed
from ..yaml.interpolation import Fault, InterpolationError, Text, Variables
from ..yaml.marks import Marks, YamlPath
from ..yaml.oddities import CUT_HINT
from ..yaml.texts import Texts
from .annotations import Shape, fields_of, is_bool, members, shapes_of, takes_text

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\Z")
MAX_DIGITS = 300
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None}
_RULE = "a secret is `${VAR}` or `{file: /run/secrets/name}`, never written in the file"
_MADE_UP: tuple[object, ...] = (False, 1, "https://simulated.invalid", "2000-01-01T00:00:00Z")
SIMULATED_SECRET = "simulated-secret"  # noqa: S105  it opens nothing: it stands for what isn't set where nothing need be


@dataclass(frozen=True, slots=True)
class Coercion:
    """Turn the data of one file into what pydantic is to check."""

    marks: Marks
    folder: Path
    variables: Variables
    findings: Findings
    texts: Texts
    secrets: set[str]

    def coerce(self, model: type[BaseModel], raw: Any, path: YamlPath) -> Any:
        """Return *raw* with its scalars turned into what the fields of *model* ask for."""
        return self._coerce(Shape(model), raw, path)

    def _coerce(self, shape: Shape, raw: Any, path: YamlPath) -> Any:
        if raw is None:
            self.marks.empty.add(self.marks.value(path))
        if shape.is_deferred or (raw is None and shape.allows_none):
            return raw
        if shape.is_secret or (shape.is_list_of_secrets and not isinstance(raw, list)):
            return self._secret(raw, path)
        if isinstance(raw, Text):
            return self._scalar(shape.scalar, raw, path)
        if isinstance(raw, dict):
            return self._mapping(shape, raw, path)
        if isinstance(raw, list):
            return [self._coerce(shape.item, value, (*path, index)) for index, value in enumerate(raw)]
        return raw

    def _mapping(self, shape: Shape, raw: dict[str, Any], path: YamlPath) -> dict[str, Any]:
        if shape.model is None or (shape.is_listed and not _is_meant(shape.model, raw)):
            return {name: self._coerce(shape.value, value, (*path, name)) for name, value in raw.items()}
        fields, shapes = fields_of(shape.model), shapes_of(shape.model)
        if None in raw.values() and getattr(shape.model, "refuses_nothing", False):
            self._refuse_nothing(shapes, raw, path)
        return {
            name: self._coerce(shapes[name], value, (*path, name)) if name in shapes else value
            for name, value in raw.items()
            if name not in fields or not self._falls_back(fields[name], value)
        }

    def _refuse_nothing(self, shapes: Mapping[str, Shape], raw: dict[str, Any], path: YamlPath) -> None:
        """Report keys with nothing behind them that would count as left out: an empty `allow:` isn't open to all."""
        for name, value in raw.items():
            if value is None and name in shapes and shapes[name].allows_none:
                hint = CUT_HINT if (*path, name) in self.marks.odd else "say what it is to be, or leave it out"
                self._wrong((*path, name), f"`{name}` is empty", hint)

    def _falls_back(self, field: FieldInfo, raw: Any) -> bool:
        """Say whether the field's default stands in for a variable that needn't be set."""
        if not self.variables.is_simulated or not isinstance(raw, Text) or field.is_required():
            return False
        has_default = field.default not in (None, []) or field.default_factory is not None
        return self._is_made_up(raw) and (has_default or not takes_text(field.annotation))

    def _is_made_up(self, raw: Text) -> bool:
        try:
            return self.variables.fill(raw).is_made_up
        except InterpolationError:
            return False

    def _scalar(self, kind: Any, raw: Text, path: YamlPath) -> Any:
        filled = self._filled(raw, path)
        if filled is None:
            return raw
        if filled.is_made_up and not takes_text(kind):
            return _fitting(kind, filled)
        if filled.is_made_up:
            self.marks.made_up.add(self.marks.value(path))
        if is_bool(kind):
            return self._bool(filled, path)
        if kind in (Any, object):
            return self._json_value(filled, path)
        if kind is Path or Path in get_args(kind):
            return str(self.folder / filled)  # like every other path in the file, relative to that
        return filled

    def _json_value(self, raw: Text, path: YamlPath) -> Any:
        value = json_value(raw)
        if isinstance(value, float) and math.isinf(value):
            self._wrong(path, f"{_last(path)}: a number out of bounds", "put it in quotes, if it is a text")
        return value

    def _bool(self, raw: Text, path: YamlPath) -> Any:
        if (raw.is_plain or raw.is_filled) and raw in ("true", "false"):
            return raw == "true"
        self._wrong(path, f"expected true or false, unquoted, for {_last(path)}")
        return True

    def _secret(self, raw: Any, path: YamlPath) -> str:
        if self.variables.is_simulated:
            value = self._secret_if_there(raw)
        elif isinstance(raw, Text):
            value = self._secret_text(raw, path)
        elif isinstance(raw, dict) and set(raw) == {"file"} and isinstance(raw["file"], Text):
            value = self._secret_file(raw["file"], path)
        else:
            value = None
            self._wrong(path, f"{_last(path)} must be one secret", _RULE, hide=True)
        bare = trimmed(value or "")
        if value is not None and not bare:
            message = f"the secret for {_last(path)} is empty{self.marks.origin(path)}"
            self._wrong(path, message, _RULE, hide=True)
        if not bare or bare == SIMULATED_SECRET:
            return SIMULATED_SECRET
        self.hide([bare])
        return bare

    def hide(self, secrets: Iterable[str]) -> None:
        """Let nobody see *secrets*: neither in findings nor in logs."""
        kept = {secret for secret in secrets if secret}
        self.secrets.update(kept)
        self.findings.hide(kept)

    def _secret_if_there(self, raw: Any) -> str | None:
        """Return the secret that is given or set; None when it is to be made up, whatever is wrong with it."""
        try:
            if isinstance(raw, Text):
                filled = self.variables.fill(raw)
                return None if filled.is_made_up else str(filled) or None
            if isinstance(raw, dict) and set(raw) == {"file"} and isinstance(raw["file"], Text):
                filled = self.variables.fill(raw["file"])
                return self.texts.read_live(self.folder / filled).decode().strip() or None
        except (InterpolationError, OSError, ValueError):  # ValueError: it isn't UTF-8
            return None
        return None

    def _secret_text(self, raw: Text, path: YamlPath) -> str | None:
        try:
            filled = self.variables.fill(raw)
        except InterpolationError as error:
            self._report(path, (Fault(fault.message, fault.hint) for fault in error.faults))
            return None
        if filled.is_reference:
            self.marks.variables[path] = raw[len("${") : -len("}")]
            return str(filled)
        self._wrong(path, f"{_last(path)} holds a secret in plain text", _RULE, hide=True)
        return None

    def _secret_file(self, name: Text, path: YamlPath) -> str | None:
        filled = self._filled(name, (*path, "file"))
        if filled is None:
            return None
        try:
            return self.texts.read_live(self.folder / filled).decode()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self._wrong((*path, "file"), f"can't read the secret's file: {reason}")
            return None

    def _filled(self, raw: Text, path: YamlPath) -> Text | None:
        try:
            return self.variables.fill(raw)
        except InterpolationError as error:
            self._report(path, error.faults)
            return None

    def _report(self, path: YamlPath, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.findings.error(self.marks.value(path), str(fault), fault.hint)
        self._leave(path)

    def _wrong(self, path: YamlPath, message: str, hint: str | None = None, *, hide: bool = False) -> None:
        self.findings.error(self.marks.value(path), message, hint, hide=hide)
        self._leave(path)

    def _leave(self, path: YamlPath) -> None:
        self.marks.damage(path)
        self.findings.settle(self.marks.value(path))


def _is_meant(model: type[BaseModel], raw: dict[str, Any]) -> bool:
    """Say whether *raw* is a *model*, where it could be one of a list of message objects, too: those have a type."""
    return "type" not in raw and bool(raw.keys() & fields_of(model).keys())


def json_value(raw: Text) -> Any:
    """Return a scalar as JSON reads it when it was written without quotes; infinity for a number out of bounds."""
    if not raw.is_plain:
        return str(raw)
    if raw in _WORDS:
        return _WORDS[raw]
    found = _NUMBER.match(raw)
    if not found:
        return str(raw)
    if found[2] or found[3]:
        return float(raw)
    return int(raw) if len(raw) <= MAX_DIGITS else math.copysign(math.inf, -1 if raw[0] == "-" else 1)


def _fitting(kind: Any, text: Text) -> Any:
    """Return what may stand for *text* in a field of *kind*, of some things that are tried."""
    literals = [value for item in members(kind) if get_origin(item) is Literal for value in get_args(item)]
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for value in (text, *literals, *_MADE_UP):
        try:
            adapter.validate_python(value)
        except ValidationError:
            continue
        return value
    return text


def _last(path: YamlPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "this value"

"""Give every scalar the meaning that its field's type asks for, before pydantic checks the values.

A bool is only an unquoted ``true`` or ``false``; a secret only ``${VAR}`` or ``{file: …}``; where any JSON may stand,
unquoted numbers, ``true``, ``false`` and ``null`` are what they are in JSON; everywhere else text is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from .annotations import Deferred, bare, holds_secret, is_bool, is_secret, item_of, model_of, value_of
from .diagnostics import Problems
from .document import Marks, YamlPath
from .interpolation import InterpolationError, Text, Variables

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\Z")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None}
_RULE = "a secret is `${VAR}` or `{file: /run/secrets/name}`, never written in the file"
SIMULATED_SECRET = "simulated-secret"  # noqa: S105  it opens nothing: the simulated platform is given the same one


@dataclass(frozen=True, slots=True)
class Coercion:
    """Turn the data of one file into what pydantic is to check."""

    marks: Marks
    folder: Path
    variables: Variables
    problems: Problems
    secrets: set[str]

    def coerce(self, annotation: Any, raw: Any, path: YamlPath) -> Any:
        """Return *raw* with its scalars turned into what *annotation* asks for."""
        annotation = bare(annotation)
        if annotation is Deferred:
            return raw
        if is_secret(annotation):
            return self._secret(raw, path)
        if isinstance(raw, Text):
            return self._scalar(annotation, raw, path)
        if isinstance(raw, dict):
            return self._mapping(annotation, raw, path)
        if isinstance(raw, list):
            item = item_of(annotation)
            return [self.coerce(item, value, (*path, index)) for index, value in enumerate(raw)]
        return raw

    def _mapping(self, annotation: Any, raw: dict[str, Any], path: YamlPath) -> dict[str, Any]:
        model = model_of(annotation)
        if model is not None:
            types_of = {(field.alias or name): field.annotation for name, field in model.model_fields.items()}
            other = Deferred if model.model_config.get("extra") == "allow" else Any
            return {name: self.coerce(types_of.get(name, other), value, (*path, name)) for name, value in raw.items()}
        if holds_secret(annotation) and item_of(annotation) is not Any and set(raw) == {"file"}:
            return self.coerce(item_of(annotation), raw, path)  # type: ignore[no-any-return]  # one secret for a list
        value_type = value_of(annotation)
        return {name: self.coerce(value_type, value, (*path, name)) for name, value in raw.items()}

    def _scalar(self, annotation: Any, raw: Text, path: YamlPath) -> Any:
        item = item_of(annotation) if get_origin(annotation) is list else annotation
        if is_secret(item):
            return self._secret(raw, path)
        filled = self._filled(raw, path)
        if filled is None:
            return raw
        if is_bool(item):
            return self._bool(filled, path)
        if item in (Any, object):
            return json_value(filled)
        return filled

    def _bool(self, raw: Text, path: YamlPath) -> Any:
        if (raw.is_plain or raw.is_reference) and raw in ("true", "false"):
            return raw == "true"
        self._wrong(path, f"expected true or false, unquoted, for {_last(path)}")
        return True

    def _secret(self, raw: Any, path: YamlPath) -> Any:
        if raw is None:
            return None
        if self.variables.is_simulated:
            return SIMULATED_SECRET
        value: str | None = None
        if isinstance(raw, dict) and set(raw) == {"file"} and isinstance(raw["file"], Text):
            value = self._secret_file(raw["file"], path)
        elif isinstance(raw, Text):
            filled = self._filled(raw, path)
            if filled is None:
                return SIMULATED_SECRET
            if filled.is_reference:
                value = str(filled)
            else:
                self._wrong(path, f"{_last(path)} holds a secret in plain text", _RULE, hide=True)
                return SIMULATED_SECRET
        else:
            self._wrong(path, f"{_last(path)} must be one secret", _RULE, hide=True)
            return SIMULATED_SECRET
        if value == "":
            self._wrong(path, f"the secret for {_last(path)} is empty", _RULE, hide=True)
        if value:
            self.secrets.add(value)
        return value if value else SIMULATED_SECRET

    def _secret_file(self, name: Text, path: YamlPath) -> str | None:
        filled = self._filled(name, (*path, "file"))
        if filled is None:
            return None
        try:
            return (self.folder / filled).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self._wrong((*path, "file"), f"can't read the secret's file: {reason}")
            return None

    def _wrong(self, path: YamlPath, message: str, hint: str | None = None, *, hide: bool = False) -> None:
        self.problems.damaged.add(path)
        self.problems.error(self.marks.value(path), message, hint, hide=hide)

    def _filled(self, raw: Text, path: YamlPath) -> Text | None:
        try:
            return self.variables.fill(raw)
        except InterpolationError as error:
            self._wrong(path, str(error), error.hint)
            return None


def json_value(raw: Any) -> Any:
    """Return a scalar as JSON reads it when it was written without quotes."""
    if isinstance(raw, dict):
        return {name: json_value(value) for name, value in raw.items()}
    if isinstance(raw, list):
        return [json_value(value) for value in raw]
    if not isinstance(raw, Text):
        return raw
    if not raw.is_plain:
        return str(raw)
    if raw in _WORDS:
        return _WORDS[raw]
    found = _NUMBER.match(raw)
    if not found or len(raw) > 300:
        return str(raw)
    return float(raw) if found[2] or found[3] else int(raw)


def _last(path: YamlPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "this value"

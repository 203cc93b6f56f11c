"""Fill ``{root.name}`` placeholders; every other brace is literal, and nothing is ever executed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..adapters.fields import walk

USUAL_ROOTS = ("sender", "match", "state", "settings", "event", "person")
"""What may stand before the dot of a placeholder anywhere."""
ROOTS = (*USUAL_ROOTS, "flow", "entry", "tap")
MAX_VALUE = 5000

_PLACEHOLDER = re.compile(
    r"\{(?:\{(?P<literal>[A-Za-z_]\w*\.[\w.]*(?:-[\w.]+)*(?:\|[^{}]*)?)\}\}"
    r"|(?P<root>[A-Za-z_]\w*)\.(?P<name>[\w.]*(?:-[\w.]+)*)(?:\|(?P<default>[^{}]*))?\})"
)
_HAN_OR_KANA = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Hold one ``{root.name|default}``."""

    root: str
    name: str
    default: str | None

    @property
    def source(self) -> str:
        """Return it as it was written, without a default."""
        return f"{{{self.root}.{self.name}}}"


Fill = Callable[[str, str], str]
"""``(what stands before it, the value) -> the value as it is written there``."""
FillOf = Callable[[Mapping[str, Any], str], Fill | None]
"""Return how values are written into the text under a key of an object; None for as they are."""

Values = Mapping[str, Mapping[str, Any]]
"""What each root offers: ``{"sender": {"name": "Mei"}, …}``."""


@dataclass(frozen=True, slots=True)
class Template:
    """Hold a text with placeholders, parsed once; ``fill`` says how values are written into it, if not as they are."""

    parts: tuple[str | Placeholder, ...]
    fill: Fill | None = None

    def render(self, values: Values) -> str:
        """Return the text with every placeholder filled: by its value, its default, or nothing."""
        if self.fill is None:
            return "".join(part if isinstance(part, str) else _value(part, values) for part in self.parts)
        text = ""
        for part in self.parts:
            text += part if isinstance(part, str) else self.fill(text, _value(part, values))
        return text

    @property
    def placeholders(self) -> Iterator[Placeholder]:
        """Yield the placeholders in order."""
        return (part for part in self.parts if isinstance(part, Placeholder))


def parse(text: str) -> Template:
    """Parse *text*; it never fails, since what isn't a placeholder is literal."""
    parts: list[str | Placeholder] = []
    place = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[place : found.start()])
        if found["literal"]:
            parts.append("{" + found["literal"] + "}")
        else:
            parts.append(Placeholder(found["root"], found["name"], found["default"]))
        place = found.end()
    parts.append(text[place:])
    return Template(tuple(part for part in parts if part != ""))


class MessageTemplate:
    """Hold a message object whose strings, at any depth, may have placeholders.

    ``parsed`` is its ``body`` with each text that has a brace of meaning as a :class:`Template`; the body itself when
    there is none. With ``is_quoting`` it is sent as a quote of the message that it answers.
    """

    __slots__ = ("body", "is_quoting", "parsed", "placeholders")

    def __init__(
        self, body: Mapping[str, Any], *, is_quoting: bool = False, fill: FillOf = lambda owner, key: None
    ) -> None:
        self.body = body
        self.is_quoting = is_quoting
        found: list[Placeholder] = []
        parsed = _parsed(body, found, fill)
        self.placeholders = tuple(found)
        self.parsed: Mapping[str, Any] = body if not found and parsed == body else parsed

    @classmethod
    def finished(cls, body: Mapping[str, Any]) -> MessageTemplate:
        """Return *body* as it is: what looks like a placeholder is text."""
        template = cls({})
        template.body = template.parsed = body
        return template

    def render(self, values: Values) -> Mapping[str, Any]:
        """Return the message object with every placeholder filled; the rest is as it was written."""
        if self.parsed is self.body:
            return self.body
        filled = _render(self.parsed, values)
        assert isinstance(filled, dict)
        return filled


def roots_of(templates: Iterable[MessageTemplate]) -> frozenset[str]:
    """Return the roots that *templates* use."""
    return _shared(frozenset(placeholder.root for template in templates for placeholder in template.placeholders))


@lru_cache(maxsize=64)
def _shared(roots: frozenset[str]) -> frozenset[str]:
    """Return the one object that all replies with these *roots* have."""
    return roots


def _parsed(value: Any, found: list[Placeholder], fill: FillOf) -> Any:
    """Return *value* with its strings parsed (plain ones kept); append their placeholders to *found*."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        template = parse(value)
        found.extend(template.placeholders)
        return value if template.parts == (value,) else template
    if isinstance(value, Mapping):
        return {name: _filled(_parsed(item, found, fill), value, name, fill) for name, item in value.items()}
    if isinstance(value, list):
        return [_parsed(item, found, fill) for item in value]
    return value


def _filled(parsed: Any, owner: Mapping[str, Any], name: str, fill: FillOf) -> Any:
    return replace(parsed, fill=fill(owner, name)) if isinstance(parsed, Template) else parsed


def _render(value: Any, values: Values) -> Any:
    if isinstance(value, Template):
        return value.render(values)
    if isinstance(value, dict):
        return {name: _render(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [_render(item, values) for item in value]
    return value


def _value(placeholder: Placeholder, values: Values) -> str:
    offered = values.get(placeholder.root, {})
    value = offered.get(placeholder.name)
    if value is None:
        value = walk(offered, placeholder.name.split("."))
    return as_text(value)[:MAX_VALUE] or placeholder.default or ""


def as_text(value: object) -> str:
    """Return *value* as a person reads it: texts one after the other, what is nested as JSON, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return joined([as_text(item) for item in value])
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def joined(texts: Sequence[str]) -> str:
    """Return *texts* as a list is written where they are: Chinese and Japanese have a comma of their own for it."""
    between = "、" if any(map(_HAN_OR_KANA.search, texts)) else ", "
    return between.join(text for text in texts if text)

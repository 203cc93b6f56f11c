"""Turn what a ``reply:`` lists into messages, and find what the platform would refuse and what can't be filled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..routing.templates import ROOTS, MessageTemplate, Placeholder, parse
from .diagnostics import Problems, did_you_mean
from .marks import YamlPath
from .surroundings import Source, Surroundings

MAX_REPLY = 5

SENDER_NAMES = ("id", "name", "language", "picture", "status")
EVENT_NAMES = ("id", "type", "text", "user", "chat", "chat_kind", "time", "message_id", "postback")


@dataclass(frozen=True, slots=True)
class _Message:
    """Hold one message object and where it stands; ``file`` is the JSON file that it is in, if it is in one."""

    body: Mapping[str, Any]
    source: Source
    file: str | None = None

    def report(self, problems: Problems, path: YamlPath, message: str, hint: str | None) -> None:
        """Report a mistake at *path* in it: in the file's name when it is in a file."""
        where = f"`{self.file}`: " if self.file is not None else ""
        place = self.source.value(*path) if self.file is None else self.source.value()
        problems.error(place, where + message, hint)


def build_messages(
    items: Sequence[str | dict[str, Any]],
    source: Source,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
) -> tuple[MessageTemplate, ...]:
    """Return the messages that a ``reply:`` lists; report what the platform would refuse.

    *captures* are the names that ``{match.…}`` may use; None allows any.
    """
    is_list = source.marks.has((*source.path, 0))
    messages = [
        message
        for index, item in enumerate(items)
        for message in _messages(item, source.below(index) if is_list else source, around)
    ]
    templates = tuple(MessageTemplate(message.body) for message in messages)
    for message, template in zip(messages, templates, strict=True):
        _check_message(message, around)
        if not all(_is_known(placeholder, around, captures) for placeholder in template.placeholders):
            _check_placeholders(message, around, captures)
    if len(messages) > MAX_REPLY:
        around.problems.error(
            source.value(), f"{len(messages)} messages in one reply, at most {MAX_REPLY}: a reply token works once"
        )
    return templates


def _messages(item: str | dict[str, Any], source: Source, around: Surroundings) -> list[_Message]:
    if isinstance(item, str):
        return [_Message({"type": "text", "text": str(item)}, source)]
    if "json" in item and "type" not in item:
        for key in item.keys() - {"json"}:
            around.problems.error(source.key(key), f"unknown key `{key}` beside `json:`", hide=True)
        return _json_file(str(item["json"]), source.below("json"), around)
    if not isinstance(item.get("type"), str):
        hint = "as in `type: text`; a text that is in braces needs quotes"
        around.problems.error(source.value(), "a message object needs a `type`", hint)
        return []
    return [_Message(item, source)]


def _json_file(name: str, source: Source, around: Surroundings) -> list[_Message]:
    place, problems = source.value(), around.problems
    try:
        content = json.loads(around.texts.read(source.folder / name).decode())
        json.dumps(content, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except OSError as error:
        problems.error(place, f"can't read `{name}`: {error.strerror}", f"it is looked for in {source.folder}")
        return []
    except json.JSONDecodeError as error:
        problems.error(place, f"`{name}` is not JSON: {error.msg} in line {error.lineno}, column {error.colno}")
        return []
    except (ValueError, RecursionError):
        problems.error(place, f"`{name}` is not UTF-8 JSON")
        return []
    bodies = content if isinstance(content, list) else [content]
    if not all(isinstance(body, dict) and isinstance(body.get("type"), str) for body in bodies):
        problems.error(place, f"`{name}` must hold a message object with a `type`, or a list of them")
        return []
    return [_Message(body, source, name) for body in bodies]


def _check_message(message: _Message, around: Surroundings) -> None:
    for where, reason in around.adapter.check_message(message.body):
        path = tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", where) if part)
        message.report(around.problems, path, f"{around.adapter.name} would refuse `{where}`: {reason}", None)


def _check_placeholders(message: _Message, around: Surroundings, captures: frozenset[str] | None) -> None:
    for path, placeholder in _placeholders(message.body, ()):
        if _is_known(placeholder, around, captures):
            continue
        written = placeholder.source
        if placeholder.root not in ROOTS:
            hint = did_you_mean(placeholder.root, ROOTS) or f"known are {', '.join(ROOTS)}; literal is {{{written}}}"
            message.report(around.problems, path, f"unknown placeholder `{written}`", hint)
            continue
        known = _known_names(placeholder.root, around, captures)
        hint = did_you_mean(placeholder.name, known or ()) or _known_hint(placeholder.root, known)
        message.report(around.problems, path, f"unknown name in `{written}`", hint)


def _is_known(placeholder: Placeholder, around: Surroundings, captures: frozenset[str] | None) -> bool:
    if placeholder.root not in ROOTS:
        return False
    known = _known_names(placeholder.root, around, captures)
    return bool(placeholder.name) if known is None else placeholder.name in known


def _placeholders(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, Placeholder]]:
    """Yield the placeholders in every string of *value*, with the path of the string."""
    if isinstance(value, str):
        if "{" in value:
            yield from ((path, placeholder) for placeholder in parse(value).placeholders)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _placeholders(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _placeholders(item, (*path, index))


def _known_names(root: str, around: Surroundings, captures: frozenset[str] | None) -> Iterable[str] | None:
    match root:
        case "sender":
            return SENDER_NAMES
        case "event":
            return EVENT_NAMES
        case "settings":
            return around.known_settings
        case "match":
            return captures
    return None  # state: whatever handlers put there


def _known_hint(root: str, known: Iterable[str] | None) -> str:
    names = ", ".join(sorted(known or ()))
    return f"known here: {names}" if names else f"`{root}` has no names here"

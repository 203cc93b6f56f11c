"""Turn what a ``reply:`` lists into messages, and find what the platform would refuse and what can't be filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...adapters.flaws import Flaw, PartialText, where
from ...findings.findings import Findings, did_you_mean
from ...routing.templates import ROOTS, MessageTemplate, Placeholder, Template, parse
from ..yaml.marks import YamlPath
from .braces import check_braces
from .oddities import check_sent
from .surroundings import Site, Surroundings

MAX_REPLY = 5

SENDER_NAMES = ("id", "name", "language", "picture", "status")
EVENT_NAMES = ("id", "type", "text", "user", "chat", "chat_kind", "time", "message_id", "postback")


@dataclass(frozen=True, slots=True)
class _Message:
    """Hold one message object and where it stands: in the YAML file, or in a JSON file that it names."""

    body: Mapping[str, Any]
    site: Site


def build_messages(
    items: Sequence[str | dict[str, Any]],
    site: Site,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
) -> tuple[MessageTemplate, ...]:
    """Return the messages that a ``reply:`` lists; report what the platform would refuse.

    *captures* are the names that ``{match.…}`` may use; None allows any.
    """
    check_sent(site, around.findings)
    is_list = site.marks.has((*site.path, 0))
    messages = [
        message
        for index, item in enumerate(items)
        for message in _messages(item, site.below(index) if is_list else site, around)
    ]
    templates = tuple(MessageTemplate(message.body) for message in messages)
    _check_messages(messages, templates, around)
    for message, template in zip(messages, templates, strict=True):
        if not all(_is_known(placeholder, around, captures) for placeholder in template.placeholders):
            _check_placeholders(message, around, captures)
        if message.site.marks is site.marks:
            check_braces(message.body, message.site, around, captures or ())
    if len(messages) > MAX_REPLY:
        around.findings.error(
            site.value(), f"{len(messages)} messages in one reply, at most {MAX_REPLY}: a reply token works once"
        )
    return templates


def _messages(item: str | dict[str, Any], site: Site, around: Surroundings) -> list[_Message]:
    if isinstance(item, str):
        return [_Message({"type": "text", "text": str(item)}, site)]
    if "json" in item and "type" not in item:
        for key in item.keys() - {"json"}:
            around.findings.error(site.key(key), f"unknown key `{key}` beside `json:`", hide=True)
        return _json_file(str(item["json"]), site.below("json"), around)
    if site.is_damaged and not isinstance(item.get("type"), str):
        return []
    return _typed(item, site, around.findings, "as in `type: text`; a text that is in braces needs quotes")


def _typed(item: object, site: Site, findings: Findings, hint: str | None = None) -> list[_Message]:
    if isinstance(item, dict) and isinstance(item.get("type"), str):
        return [_Message(item, site)]
    findings.error(site.value(), "a message object needs a `type`", hint)
    return []


def _json_file(name: str, site: Site, around: Surroundings) -> list[_Message]:
    place = site.value()
    file = around.findings.unfilled(str(Path(place.file).parent / name))
    try:
        found = around.json_files.read(site.folder / name, file, around.findings)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        around.findings.error(place, f"can't read `{name}`: {reason}", f"it is looked for in {site.folder}")
        return []
    if found is None:
        return []
    inside = Site(found.marks, (), site.folder)
    if not isinstance(found.data, list):
        return _typed(found.data, inside, around.findings)
    if not found.data:
        around.findings.error(inside.value(), "a list of messages may not be empty")
    bodies = enumerate(found.data)
    return [message for index, body in bodies for message in _typed(body, inside.below(index), around.findings)]


def _check_messages(messages: Sequence[_Message], templates: Sequence[MessageTemplate], around: Surroundings) -> None:
    """Report what the platform would refuse or ignore, looked for once for all bots that share them."""
    look = (around.adapter.name, tuple((message.site.marks.file, message.site.path) for message in messages))
    for flaw in around.json_files.flaws(look, lambda: _flaws(messages, templates, around)):
        index, *path = flaw.path
        site = messages[int(index)].site
        place = site.key(*path) if flaw.is_key else site.value(*path)
        what = f"`{where(tuple(path))}`" if path else "this message"
        hint = flaw.hint or did_you_mean(flaw.given, flaw.known) or _known_words(flaw.known)
        if flaw.is_refused:
            around.findings.error(place, f"{around.adapter.name} would refuse {what}: {flaw.reason}", hint)
        else:
            around.findings.warning(place, f"{around.adapter.name} would ignore {what}: {flaw.reason}", hint)


def _flaws(messages: Sequence[_Message], templates: Sequence[MessageTemplate], around: Surroundings) -> Sequence[Flaw]:
    pairs = zip(messages, templates, strict=True)
    return list(around.adapter.check_messages([_certain(template, message.site) for message, template in pairs]))


def _certain(template: MessageTemplate, site: Site) -> Any:
    """Return the message as it is certain to be sent: of a text with placeholders only the literal parts are."""
    if site.marks.made_up:
        return _literal(_without_made_up(template.parsed, site))
    return template.body if template.parsed is template.body else _literal(template.parsed)


def _literal(value: Any) -> Any:
    if isinstance(value, Template):
        literal = "".join(part for part in value.parts if isinstance(part, str))
        start = value.parts[0]
        is_whole = len(value.parts) == 1 and isinstance(start, str)
        return literal if is_whole else PartialText(literal, start if isinstance(start, str) else "")
    if isinstance(value, Mapping):
        return {name: _literal(item) for name, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


def _without_made_up(value: Any, site: Site) -> Any:
    """Return *value* with nothing certain where a variable stands that needn't be set."""
    if isinstance(value, str | Template):
        is_made_up = site.marks.has(site.path) and site.value() in site.marks.made_up
        return PartialText("", "") if is_made_up else value
    if isinstance(value, Mapping):
        return {name: _without_made_up(item, site.below(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_made_up(item, site.below(index)) for index, item in enumerate(value)]
    return value


def _known_words(known: Sequence[str]) -> str | None:
    return f"known are {', '.join(f'`{word}`' for word in known)}" if known else None


def _check_placeholders(message: _Message, around: Surroundings, captures: frozenset[str] | None) -> None:
    for path, placeholder in _placeholders(message.body, ()):
        if _is_known(placeholder, around, captures):
            continue
        written = placeholder.source
        if placeholder.root not in ROOTS:
            hint = did_you_mean(placeholder.root, ROOTS) or f"known are {', '.join(ROOTS)}; literal is {{{written}}}"
            around.findings.error(message.site.value(*path), f"unknown placeholder `{written}`", hint)
            continue
        known = _known_names(placeholder.root, around, captures)
        hint = did_you_mean(placeholder.name, known or ()) or _known_hint(placeholder.root, known)
        around.findings.error(message.site.value(*path), f"unknown name in `{written}`", hint)


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

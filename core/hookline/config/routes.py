"""Turn the entries under ``routes:`` into routes that run, and find what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..adapters.adapter import AdapterKind
from ..plugins.registry import Plugin
from ..routing.conditions import Conditions, Window
from ..routing.keywords import MAX_KEYWORD
from ..routing.patterns import Pattern, PatternError, compile_pattern
from ..routing.routes import ANY, Action, Postback, Respond, Route, Run
from ..routing.templates import ROOTS, MessageTemplate, Placeholder
from ..routing.text import fold
from .diagnostics import Problems, did_you_mean
from .document import Marks, YamlPath
from .spec import RouteSpec, WhenSpec

MAX_REPLY = 5
TEXT_EVENT, MESSAGE_EVENT = "message.text", "message"
NO_REPLY_HINT = "use `run:` and push to someone who can be reached"

SENDER_NAMES = ("id", "name", "language", "picture", "status")
EVENT_NAMES = ("id", "type", "text", "user", "chat", "chat_kind", "time", "message_id", "postback")

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """Say where entries stand: their marks, their path in the file, and the folder of relative names."""

    marks: Marks
    path: YamlPath
    folder: Path

    def below(self, *path: str | int) -> Source:
        """Return the source of something inside."""
        return Source(self.marks, (*self.path, *path), self.folder)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Say what routes may refer to: the bot's adapter, plugins and settings."""

    adapter: AdapterKind
    plugins: Mapping[str, Plugin]
    timezone: str
    settings: frozenset[str]
    problems: Problems
    broken: frozenset[str] = frozenset()
    pack: str | None = None
    pack_settings: frozenset[str] | None = None

    @property
    def known_settings(self) -> frozenset[str]:
        """Return the names that ``{settings.…}`` may use here."""
        return self.settings if self.pack_settings is None else self.pack_settings

    def inside_pack(self, plugin: str, settings: frozenset[str]) -> Surroundings:
        """Return the surroundings of the routes that *plugin* ships."""
        return replace(self, pack=plugin, pack_settings=settings)


@dataclass
class _Matchers:
    keywords: tuple[str, ...] = ()
    exacts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    patterns: list[Pattern] = field(default_factory=list)
    postback: Postback | None = None


def build_route(spec: RouteSpec, source: Source, around: Surroundings, name: str) -> Route | None:
    """Return the route that *spec* describes, or None after reporting why there is none."""
    matchers = _matchers(spec, source, around)
    on = _event_types(spec, source, around)
    when = _conditions(spec.when, source.below("when"), around)
    action = _action(spec, source, around, matchers, on)
    if action is None:
        return None
    return Route(
        name=name,
        action=action,
        on=on,
        place=str(source.marks.key((*source.path, "name"))),
        keywords=matchers.keywords,
        exacts=matchers.exacts,
        prefixes=matchers.prefixes,
        patterns=tuple(matchers.patterns),
        postback=matchers.postback,
        when=when,
        is_fallback=spec.otherwise,
        plugin=around.pack if around.pack_settings is not None else None,
    )


def build_messages(
    items: Sequence[str | dict[str, Any]],
    source: Source,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
) -> tuple[MessageTemplate, ...]:
    """Return the messages that a ``reply:`` lists; report what the platform would refuse.

    *captures* are the names that ``{match.…}`` may use; None allows any.
    """
    templates: list[MessageTemplate] = []
    is_list = (*source.path, 0) in source.marks.values
    for index, item in enumerate(items):
        here = source.below(index) if is_list else source
        for body in _bodies(item, here, around.problems):
            template = MessageTemplate(body)
            _check_message(body, here, around)
            _check_placeholders(template.placeholders, here, around, captures)
            templates.append(template)
    if len(templates) > MAX_REPLY:
        around.problems.error(
            source.marks.value(source.path),
            f"{len(templates)} messages in one reply, at most {MAX_REPLY}: a reply token works once",
        )
    return tuple(templates)


def _matchers(spec: RouteSpec, source: Source, around: Surroundings) -> _Matchers:
    return _Matchers(
        keywords=_literals(spec.keyword, source.below("keyword"), around.problems),
        exacts=_literals(spec.exact, source.below("exact"), around.problems),
        prefixes=_literals(spec.prefix, source.below("prefix"), around.problems),
        patterns=_patterns(spec.pattern, source.below("pattern"), around.problems),
        postback=_postback(spec.postback),
    )


def _literals(words: Sequence[str] | None, source: Source, problems: Problems) -> tuple[str, ...]:
    for place, word in _items(words, source):
        folded = fold(word).strip()
        if not folded:
            problems.error(place, f"`{source.path[-1]}`: nothing is left of this text once it is normalised")
        elif len(folded) > MAX_KEYWORD:
            problems.error(place, f"`{source.path[-1]}`: {len(folded)} characters, at most {MAX_KEYWORD}")
    return tuple(words or ())


def _patterns(sources: Sequence[str] | None, source: Source, problems: Problems) -> list[Pattern]:
    compiled = []
    for place, text in _items(sources, source):
        try:
            compiled.append(compile_pattern(text))
        except PatternError as error:
            problems.error(place, f"`pattern`: {error}", _pattern_hint(text))
    return compiled


def _pattern_hint(source: str) -> str | None:
    if any(sign in source for sign in ("(?=", "(?!", "(?<=", "(?<!")):
        return "RE2 has no look-around, so that no text can make it slow"
    if re.search(r"\\[1-9]", source):
        return "RE2 has no back-references, so that no text can make it slow"
    return None


def _postback(given: str | dict[str, str] | None) -> Postback | None:
    if given is None:
        return None
    return (
        Postback(data=str(given)) if isinstance(given, str) else Postback(fields={k: str(v) for k, v in given.items()})
    )


def _event_types(spec: RouteSpec, source: Source, around: Surroundings) -> frozenset[str]:
    if spec.on is not None:
        for place, kind in _items(spec.on, source.below("on")):
            _check_event_type(kind, place, around)
        return frozenset(str(kind) for kind in spec.on)
    if spec.keyword or spec.exact or spec.prefix or spec.pattern:
        return frozenset([TEXT_EVENT])
    if spec.postback is not None:
        return frozenset(["postback"])
    if not spec.otherwise and not around.problems.is_damaged(source.path):
        around.problems.error(
            source.marks.key(source.path),
            f"route `{_name(spec)}` says neither what it matches nor `on:`",
            "add a matcher (keyword, exact, prefix, pattern, postback), `on: TYPE`, or `otherwise: true`",
        )
    return frozenset([MESSAGE_EVENT])


def _check_event_type(kind: str, place: Any, around: Surroundings) -> None:
    known = around.adapter.events
    if kind in (ANY, MESSAGE_EVENT) or kind in known:
        return
    near = did_you_mean(kind, [*known, MESSAGE_EVENT])
    if near:
        around.problems.error(place, f"`on`: {around.adapter.name} has no event type `{kind}`", near)
    else:
        around.problems.warning(place, f"`on`: {around.adapter.name} has no event type `{kind}` that hookline knows of")


def _conditions(spec: WhenSpec | None, source: Source, around: Surroundings) -> Conditions:
    if spec is None:
        return Conditions()
    return Conditions(
        chat=frozenset(spec.chat),
        mentioned=spec.mentioned,
        users=frozenset(str(user) for user in spec.users),
        groups=frozenset(str(group) for group in spec.groups),
        days=frozenset(spec.days),
        windows=tuple(_windows(spec.time, source.below("time"), around.problems)),
        timezone=_zone(spec.timezone, source.below("timezone"), around),
        state=spec.state,
    )


def _windows(given: Sequence[str], source: Source, problems: Problems) -> Iterable[Window]:
    for place, text in _items(given, source):
        found = _TIME.match(text.strip())
        hours = [int(part) for part in found.groups()] if found else []
        if not found or any(hour == 24 and minute for hour, minute in (hours[:2], hours[2:])):
            problems.error(place, f"`time`: `{text}` is not a time of day", "write it as in 09:00-18:00")
            continue
        yield Window(time(hours[0] % 24, hours[1]), time(hours[2] % 24, hours[3]) if hours[2] < 24 else time.max)


def _zone(name: str | None, source: Source, around: Surroundings) -> ZoneInfo:
    if name is not None:
        return check_timezone(name, source, around.problems)
    try:
        return ZoneInfo(around.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")  # the bot's own timezone is reported where it stands


def check_timezone(name: str, source: Source, problems: Problems) -> ZoneInfo:
    """Return the time zone *name*; report an unknown one and return UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.error(
            source.marks.value(source.path), f"`timezone`: `{name}` is not a time zone", "write it as in Asia/Taipei"
        )
        return ZoneInfo("UTC")


def _action(
    spec: RouteSpec, source: Source, around: Surroundings, matchers: _Matchers, on: frozenset[str]
) -> Action | None:
    key = source.marks.key(source.path)
    if (spec.reply is None) == (spec.run is None):
        if around.problems.is_damaged(source.path):
            return None
        what = "has neither `reply:` nor `run:`" if spec.reply is None else "has both `reply:` and `run:`"
        around.problems.error(key, f"route `{_name(spec)}` {what}", "a route does one of the two")
        return None
    if spec.run is not None:
        return _run(spec.run, source.below("run"), around)
    assert spec.reply is not None
    silent = sorted(kind for kind in on if around.adapter.events.get(kind) is False)
    if silent:
        around.problems.error(
            source.marks.key((*source.path, "reply")),
            f"`{silent[0]}` can't be replied to: {around.adapter.name} gives it no reply token",
            NO_REPLY_HINT,
        )
    return Respond.of(build_messages(spec.reply, source.below("reply"), around, _captures(spec, matchers)))


def _run(target: str, source: Source, around: Surroundings) -> Run | None:
    plugin, _, handler = target.partition(".")
    place = source.marks.value(source.path)
    if plugin in around.broken:
        return None  # reported where the plugin is named
    if plugin not in around.plugins:
        hint = did_you_mean(plugin, around.plugins) or f"add `{plugin}:` under the bot's `plugins:`"
        around.problems.error(place, f"`run`: this bot uses no plugin `{plugin}`", hint)
        return None
    handlers = around.plugins[plugin].handlers
    if handler not in handlers:
        known = ", ".join(f"`{name}`" for name in handlers) or "none"
        hint = did_you_mean(handler, handlers) or f"it has {known}"
        around.problems.error(place, f"`run`: plugin `{plugin}` has no handler `{handler}`", hint)
        return None
    return Run(plugin, handler)


def _captures(spec: RouteSpec, matchers: _Matchers) -> frozenset[str] | None:
    if spec.postback is not None and not isinstance(spec.postback, str):
        return None  # whatever fields the data has
    names = {"text"}
    names |= {"keyword"} if spec.keyword else set()
    names |= {"rest"} if spec.prefix else set()
    for pattern in matchers.patterns:
        names |= pattern.names
    return frozenset(names)


def _bodies(item: str | dict[str, Any], source: Source, problems: Problems) -> list[Mapping[str, Any]]:
    if isinstance(item, str):
        return [{"type": "text", "text": str(item)}]
    if "json" in item and "type" not in item:
        for key in item.keys() - {"json"}:
            problems.error(source.marks.key((*source.path, key)), f"unknown key `{key}` beside `json:`")
        return _json_file(str(item["json"]), source.below("json"), problems)
    if not isinstance(item.get("type"), str):
        place = source.marks.value(source.path)
        problems.error(
            place, "a message object needs a `type`", "as in `type: text`; a text that is in braces needs quotes"
        )
        return []
    return [item]


def _json_file(name: str, source: Source, problems: Problems) -> list[Mapping[str, Any]]:
    place = source.marks.value(source.path)
    try:
        content = json.loads((source.folder / name).read_text("utf-8"))
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
    return bodies


def _check_message(body: Mapping[str, Any], source: Source, around: Surroundings) -> None:
    for where, reason in around.adapter.check_message(body):
        path = [int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", where) if part]
        place = source.marks.value((*source.path, *path))
        around.problems.error(place, f"{around.adapter.name} would refuse `{where}`: {reason}")


def _check_placeholders(
    placeholders: Iterable[Placeholder], source: Source, around: Surroundings, captures: frozenset[str] | None
) -> None:
    place = source.marks.value(source.path)
    for placeholder in placeholders:
        if placeholder.root not in ROOTS:
            literal = placeholder.source
            hint = did_you_mean(placeholder.root, ROOTS) or f"known are {', '.join(ROOTS)}; literal is {{{literal}}}"
            around.problems.error(place, f"unknown placeholder `{literal}`", hint)
            continue
        known = _known_names(placeholder.root, around, captures)
        if known is None and placeholder.name:
            continue
        if placeholder.name not in (known or ()):
            hint = did_you_mean(placeholder.name, known or ()) or _known_hint(placeholder.root, known)
            around.problems.error(place, f"unknown name in `{placeholder.source}`", hint)


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


def _items(words: Sequence[str] | None, source: Source) -> Iterable[tuple[Any, str]]:
    """Yield each item with its place, whether it was written alone or in a list."""
    for index, word in enumerate(words or ()):
        yield source.marks.value((*source.path, index)), word


def _name(spec: RouteSpec) -> str:
    return spec.name or "(without a name)"

"""Warn of braces in messages that would be sent as they stand, where a placeholder was meant."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...routing.templates import ROOTS, USUAL_ROOTS, parse
from ..yaml.marks import YamlPath
from .surroundings import Site, Surroundings, plain

_MEANT = {
    "{sender.name}": ("name", "user", "username", "displayname", "nickname", "firstname", "sender", "customer"),
    "{sender.id}": ("userid", "lineid", "senderid"),
    "{event.text}": ("text", "message", "msg", "input", "event", "query"),
    "{event.time}": ("time", "timestamp"),
    "{event.chat}": ("chat", "chatid", "groupid"),
    "{event.postback}": ("postback",),
    "{match.keyword}": ("keyword",),
    "{match.rest}": ("rest",),
    "{match.text}": ("match",),
    "{state.NAME}": ("state",),
    "{settings.NAME}": ("settings",),
}
_WORDS = {word: placeholder for placeholder, words in _MEANT.items() for word in words}
"""What people call the same elsewhere, in small letters without `_` and `-`."""
_WORD = re.compile(r"(?<![{$])\{\s*(\w[\w-]*)\s*\}(?!\})|\{\{\s*(\w[\w-]*)\s*\}\}")
_DOTTED = re.compile(
    r"(?P<open>[{｛]{1,2})\s*(?P<root>[A-Za-z_]\w*)\s*[.．。]\s*(?P<name>\w[\w.]*)\s*(?P<rest>[|｜][^{}｛｝]*)?[}｝]{1,2}"
)
_STATEMENT = re.compile(r"\{%-?\s*(?:if|for|set|else|elif|end\w+)\b[^%]*%\}")
_BLANK = re.compile(r"\s")


def check_braces(body: Mapping[str, Any], site: Site, around: Surroundings, captures: Iterable[str]) -> None:
    """Warn of what in the message *body*, which stands at *site*, looks like a placeholder; it may have *captures*."""
    if not _has_braces(body):
        return
    known = ChainMap({plain(name): f"{{match.{name}}}" for name in captures}, around.settings_by_plain_name)
    for path, text, names in _texts(body, (), frozenset()):
        for written, meant in _mistaken(text, names, known):
            message = f"`{written}` would be sent as it stands, since it is no placeholder"
            around.findings.warning(site.value(*path), message, meant)


def _has_braces(value: object) -> bool:
    if isinstance(value, str):
        return "{" in value or "｛" in value
    if isinstance(value, dict):
        return any(map(_has_braces, value.values()))
    return isinstance(value, list) and any(map(_has_braces, value))


def _texts(value: Any, path: YamlPath, names: frozenset[str]) -> Iterator[tuple[YamlPath, str, frozenset[str]]]:
    """Yield the texts with braces in *value*, and the *names* that something beside each explains."""
    if isinstance(value, str):
        if "{" in value or "｛" in value:
            yield path, value, names
    elif isinstance(value, Mapping):
        beside = frozenset(name for item in value.values() if isinstance(item, Mapping) for name in item)
        for name, item in value.items():
            yield from _texts(item, (*path, name), beside)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index), names)


def _mistaken(text: str, names: frozenset[str], known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what in *text* looks like a placeholder and is none, and what to do about it."""
    for found in _WORD.finditer(text):
        word = found[1] or found[2]
        meant = known.get(plain(word)) or _WORDS.get(plain(word))
        if meant and word not in names:
            yield found.group(), f"did you mean `{meant}`?"
    for found in _DOTTED.finditer(text):
        if _is_meant(found):
            yield found.group(), _remedy(found)
    for found in _STATEMENT.finditer(text):
        yield found.group(), "a reply has no conditions: make it two routes, or let a plugin answer"


def _is_meant(found: re.Match[str]) -> bool:
    """Say whether what was *found* is hardly literal: a known root, or blanks between two braces as elsewhere."""
    if any(part != found.group() for part in parse(found.group()).parts):
        return False  # a placeholder, or the documented way to write one as text
    return found["root"] in ROOTS or (len(found["open"]) > 1 and _BLANK.search(found.group()) is not None)


def _remedy(found: re.Match[str]) -> str:
    """Say how the placeholder that was *found* is written here; what elsewhere are filters is left out."""
    root, name, rest = found["root"], found["name"], found["rest"] or ""
    if root in ROOTS:
        default = f"|{rest[1:]}" if rest and len(found["open"]) == 1 else ""
        return f"write `{{{root}.{name}{default}}}`"
    meant = _WORDS.get(plain(name))
    return f"did you mean `{meant}`?" if meant else f"a placeholder begins with one of {', '.join(USUAL_ROOTS)}"

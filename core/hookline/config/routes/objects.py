"""Read the message objects that a reply lists, from the YAML file and from the JSON files that it names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...adapters.flaws import FlawPath
from ...findings.findings import Findings, Place
from ...messages import UNCHECKED
from ...neutral import WORDS
from ..yaml.json_files import JsonFile, Named
from ..yaml.marks import YamlPath
from .surroundings import Site, Surroundings

_FILE = "json"


@dataclass(frozen=True, slots=True)
class MessageObject:
    """Hold one message object and where it stands: at ``site``, but for ``parts``, which stand in other files.

    ``left_out`` are the paths of keys that have nothing behind them in the YAML file. With ``is_quoting`` it is sent as
    a quote of what it answers.
    """

    body: Mapping[str, Any]
    site: Site
    parts: Mapping[YamlPath, Site] = field(default_factory=dict)
    left_out: Collection[YamlPath] = ()
    is_quoting: bool = False

    def place(self, path: FlawPath, *, is_key: bool = False) -> Place:
        """Return the place of the value at *path* in it, or of its key."""
        for length in range(len(path) - is_key, -1, -1):
            part = self.parts.get(path[:length])
            if part is not None:
                return part.key(*path[length:]) if is_key else part.value(*path[length:])
        return self.site.key(*path) if is_key else self.site.value(*path)

    def is_made_up(self, path: FlawPath) -> bool:
        """Say whether a variable stands at *path* that needn't be set."""
        marks = self.site.marks
        return marks.has((*self.site.path, *path)) and self.site.value(*path) in marks.made_up


def read_objects(item: str | dict[str, Any], site: Site, around: Surroundings) -> list[MessageObject]:
    """Return the messages that one entry of a ``reply:`` stands for; report what is none."""
    if isinstance(item, str):
        return [MessageObject({"type": "text", "text": str(item)}, site)]
    if _FILE in item and "type" not in item:
        return _from_file(item, site, around)
    if site.is_damaged and not (isinstance(item.get("type"), str) or is_meant_neutral(item, around)):
        return []
    hint = "as in `text: 您好` or `type: text`; a text that is in braces needs quotes"
    return [whole for one in _typed(item, site, around, hint) if (whole := _written(one.body, site, around))]


def _typed(item: object, site: Site, around: Surroundings, hint: str | None = None) -> list[MessageObject]:
    if not (isinstance(item, dict) and (isinstance(item.get("type"), str) or is_meant_neutral(item, around))):
        around.findings.error(site.value(), "a message object needs a `type`", hint)
        return []
    _check_mark(item, site, around.findings)
    return [MessageObject(item, site)]


def is_meant_neutral(item: Mapping[str, Any], around: Surroundings) -> bool:
    """Say whether *item* is written in words that every platform knows, or for platforms by their names."""
    return "type" not in item and not item.keys().isdisjoint({*WORDS, *around.platforms})


def _check_mark(item: Mapping[str, Any], site: Site, findings: Findings) -> None:
    if not isinstance(item.get(UNCHECKED, False), bool):
        findings.error(site.value(UNCHECKED), f"expected true or false, unquoted, for `{UNCHECKED}`")


def _written(item: Mapping[str, Any], site: Site, around: Surroundings) -> MessageObject | None:
    """Return what *item* of a YAML file is with what the files say that it names, and without what says nothing.

    None comes of a file that can't be read, which is reported.
    """
    parts: dict[YamlPath, Site | None] = {}
    left_out: set[YamlPath] = set()

    def filled(value: Any, path: YamlPath) -> Any:
        if isinstance(value, list):
            return [filled(one, (*path, index)) for index, one in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        if path and value.keys() == {_FILE} and isinstance(value[_FILE], str):
            found = _read(value[_FILE], site.below(*path, _FILE), around)
            parts[path] = None if found is None else Site(found.marks, (), site.folder)
            return None if found is None else found.data
        left_out.update((*path, key) for key, one in value.items() if one is None and is_empty(*path, key))
        return {key: filled(one, (*path, key)) for key, one in value.items() if (*path, key) not in left_out}

    def is_empty(*path: str | int) -> bool:
        return site.value(*path) in site.marks.empty

    body = filled(item, ())
    known = {path: part for path, part in parts.items() if part is not None}
    return MessageObject(body, site, known, left_out) if len(known) == len(parts) else None


def _from_file(item: Mapping[str, Any], site: Site, around: Surroundings) -> list[MessageObject]:
    found = _read(str(item[_FILE]), site.below(_FILE), around)
    beside = _written({key: value for key, value in item.items() if key != _FILE}, site, around)
    if found is None or beside is None:
        return []
    _check_mark(beside.body, site, around.findings)
    inside = Site(found.marks, (), site.folder)
    if not isinstance(found.data, list):
        return _of_file(found.data, inside, beside, around)
    if not found.data:
        around.findings.error(inside.value(), "a list of messages may not be empty")
    bodies = enumerate(found.data)
    return [one for index, body in bodies for one in _of_file(body, inside.below(index), beside, around)]


def _of_file(body: object, inside: Site, beside: MessageObject, around: Surroundings) -> list[MessageObject]:
    """Return the message that an object of a file is or was exported from, with what stands *beside* the file."""
    exported = around.adapter.exported(body) if isinstance(body, dict) else None
    known = {UNCHECKED} if exported is None else beside.body.keys() - _wholes(exported.origins)
    for key in sorted(beside.body.keys() - known):
        around.findings.error(beside.site.key(key), f"unknown key `{key}` beside `{_FILE}:`", hide=True)
    own = {key: value for key, value in beside.body.items() if key in known}
    if exported is None:
        whole = _typed(body, inside, around)
        return [replace(beside, body={**one.body, **own}, parts={(): inside}) for one in whole] if own else whole
    parts = {path: inside.below(*origin) for path, origin in exported.origins.items() if path[0] not in own}
    return [replace(beside, body={**exported.message, **own}, parts={**beside.parts, **parts})]


def _wholes(origins: Mapping[FlawPath, FlawPath]) -> set[str | int]:
    """Return the keys of a message whose value is all that was exported."""
    return {path[0] for path, origin in origins.items() if not origin}


def _read(name: str, site: Site, around: Surroundings) -> JsonFile | None:
    """Return what the JSON file *name*, which is named at *site*, says, or None after reporting why not."""
    place = site.value()
    around.json_files.named[place] = Named(name, site.folder)
    file = around.findings.unfilled(str(Path(place.file).parent / name))
    try:
        return around.json_files.read(site.folder / name, file, around.findings)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = f"it is looked for in {site.folder}" if isinstance(error, FileNotFoundError) else None
        around.findings.error(place, f"can't read `{name}`: {reason}", hint)
        return None

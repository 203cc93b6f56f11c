"""Put a bot's routes in order: its own, and those of the packs that it includes, changed where it says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .diagnostics import Problems, did_you_mean
from .routes import Source
from .spec import RouteSpec


@dataclass(frozen=True, slots=True)
class Pack:
    """Hold a pack and where it stands. ``plugin`` names the plugin that ships it, if one does."""

    name: str
    routes: Sequence[RouteSpec]
    source: Source
    plugin: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one route that is to be built, under its full name."""

    name: str
    spec: RouteSpec
    source: Source
    pack: Pack | None = None


def arrange(specs: Sequence[RouteSpec], source: Source, packs: Mapping[str, Pack], problems: Problems) -> list[Entry]:
    """Return the routes in the order in which they are tried; report names that don't add up."""
    entries: list[Entry] = []
    changes: list[Entry] = []
    for index, spec in enumerate(specs):
        here = source.below(index)
        if spec.include is not None:
            entries.extend(_included(spec, here, packs, problems))
        elif _is_named(spec, here, problems):
            entry = Entry(str(spec.name), spec, here)
            is_change = spec.override or (not spec.enabled and "." in entry.name)
            (changes if is_change else entries).append(entry)
    entries = _changed(entries, changes, problems)
    _check_names(entries, problems)
    return [entry for entry in entries if entry.spec.enabled]


def _included(spec: RouteSpec, source: Source, packs: Mapping[str, Pack], problems: Problems) -> list[Entry]:
    for name in sorted(spec.model_fields_set - {"include", "enabled"}):
        problems.error(source.marks.key((*source.path, name)), f"`{name}` can't stand beside `include:`")
    name = str(spec.include)
    pack = packs.get(name)
    if pack is None:
        hint = did_you_mean(name, packs) or (f"known are {', '.join(sorted(packs))}" if packs else "there are no packs")
        problems.error(source.marks.value((*source.path, "include")), f"`include`: there is no pack `{name}`", hint)
        return []
    if not spec.enabled:
        return []
    entries = []
    for index, inner in enumerate(pack.routes):
        here = pack.source.below(index)
        if inner.include is not None:
            problems.error(here.marks.key((*here.path, "include")), "a pack can't include another")
        elif _is_named(inner, here, problems):
            entries.append(Entry(f"{name}.{inner.name}", inner, here, pack))
    return entries


def _is_named(spec: RouteSpec, source: Source, problems: Problems) -> bool:
    if spec.name is None:
        if not problems.is_damaged(source.path):
            problems.error(source.marks.key(source.path), "a route needs a `name`")
        return False
    return True


def _changed(entries: Sequence[Entry], changes: Sequence[Entry], problems: Problems) -> list[Entry]:
    """Put overrides at the place of what they replace, and drop what is disabled."""
    by_name = {change.name: change for change in changes}
    included = {entry.name for entry in entries if entry.pack is not None}
    for change in changes:
        if change.name not in included:
            problems.error(
                change.source.marks.value((*change.source.path, "name")),
                f"`{change.name}` is not an included route, so there is nothing to change",
                did_you_mean(change.name, included)
                or (f"included are {', '.join(sorted(included))}" if included else None),
            )
    return [replace(by_name[entry.name], pack=None) if entry.name in by_name else entry for entry in entries]


def _check_names(entries: Sequence[Entry], problems: Problems) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        place = entry.source.marks.value((*entry.source.path, "name"))
        if entry.name in seen:
            first = seen[entry.name].source
            line = first.marks.key((*first.path, "name"))
            problems.error(
                place, f"a second route `{entry.name}`", f"the first is at {line}; names are unique in a bot"
            )
        elif "." in entry.name and entry.pack is None and not entry.spec.override and entry.spec.enabled:
            problems.error(
                place,
                f"`{entry.name}`: a dot is for routes of packs",
                "add `override: true` to replace an included route, or choose a name without a dot",
            )
        seen.setdefault(entry.name, entry)

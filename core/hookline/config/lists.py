"""Put the ids in the place of ``lists.NAME``, and find what is wrong with ``lists:``, ``allow:`` and ``deny:``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..findings.diagnostics import Place, Problems, did_you_mean
from ..routing.access import NOBODY, OPEN, Access, Listed
from .spec import AccessSpec
from .surroundings import Lists, Source

MARK = "lists."


@dataclass(frozen=True, slots=True)
class NamedList:
    """Hold the ids of one list, and where it stands."""

    ids: Sequence[str]
    source: Source


def build_lists(named: Mapping[str, NamedList], problems: Problems, *, is_whole: bool) -> Lists:
    """Return the lists by their names; report lists in lists."""
    for name, one in named.items():
        for place, word in one.source.items(one.ids):
            if word.startswith(MARK):
                problems.error(place, f"`{name}`: a list holds ids, not other lists", "write the ids here")
    return Lists({name: frozenset(map(str, one.ids)) for name, one in named.items()}, is_whole)


def build_access(
    allow: AccessSpec | None, deny: AccessSpec | None, source: Source, lists: Lists, problems: Problems
) -> Access:
    """Return whom ``allow:`` and ``deny:``, which stand below *source*, let through."""
    if allow is None and deny is None:
        return OPEN
    allowed = _listed(allow, source.below("allow"), lists, problems)
    denied = _listed(deny, source.below("deny"), lists, problems)
    return Access(allowed, denied or NOBODY)


def _listed(spec: AccessSpec | None, source: Source, lists: Lists, problems: Problems) -> Listed | None:
    if spec is None:
        return None
    if not (spec.users or spec.groups) and not source.is_damaged:
        problems.error(source.key(), f"`{source.path[-1]}` lists nobody", "write `users:` or `groups:` below it")
    return Listed(
        ids_of(spec.users, source.below("users"), lists, problems),
        ids_of(spec.groups, source.below("groups"), lists, problems),
    )


def ids_of(words: Sequence[str], source: Source, lists: Lists, problems: Problems) -> frozenset[str]:
    """Return the ids that *words* stand for; report names that no list has."""
    return frozenset(
        found for place, word in source.items(words) for found in _ids(word, place, source, lists, problems)
    )


def _ids(word: str, place: Place, source: Source, lists: Lists, problems: Problems) -> Iterator[str]:
    key, name = source.path[-1], word.removeprefix(MARK)
    if lists.ids(word) is not None:
        problems.error(place, f"`{key}`: `{word}` is the name of a list", f"write `{MARK}{word}`")
    elif name == word:
        yield str(word)
    elif (ids := lists.ids(name)) is not None:
        yield from ids
    elif lists.is_whole and place not in source.marks.made_up:
        known = [f"{MARK}{one}" for one in sorted(lists.known)]
        here = f"known are {', '.join(known)}" if known else "declare it under `lists:`, of the bot or of the file"
        problems.error(place, f"`{key}`: bot `{lists.bot}` has no list `{name}`", did_you_mean(word, known) or here)

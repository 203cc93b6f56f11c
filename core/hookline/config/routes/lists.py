"""Put the ids in the place of ``lists.NAME``, and find what is wrong with ``lists:``, ``allow:`` and ``deny:``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ...adapters.adapter import IdForms
from ...findings.findings import Findings, Place, did_you_mean, listed
from ...routing.conditions.access import NOBODY, OPEN, Access, Listed
from ..keys.routes import AccessSpec
from .ids import check_id, check_kind
from .surroundings import Lists, Site

MARK = "lists."


@dataclass(frozen=True, slots=True)
class NamedList:
    """Hold the ids of one list, and where it stands."""

    ids: Sequence[str]
    site: Site


def build_lists(named: Mapping[str, NamedList], findings: Findings, *, is_whole: bool) -> Lists:
    """Return the lists by their names; report lists in lists."""
    for name, one in named.items():
        for place, word in one.site.items(one.ids):
            if word.startswith(MARK):
                findings.error(place, f"`{name}`: a list holds ids, not other lists", "write the ids here")
    return Lists({name: frozenset(map(str, one.ids)) for name, one in named.items()}, is_whole)


def check_lists(named: Mapping[str, NamedList], forms: Collection[IdForms], findings: Findings) -> None:
    """Warn of what in the lists that are *named* is an id by none of *forms*."""
    for name, one in named.items():
        for place, word in one.site.items(one.ids):
            if not word.startswith(MARK) and place not in one.site.marks.made_up:
                check_id(name, word, place, forms, findings)


def build_access(
    allow: AccessSpec | None, deny: AccessSpec | None, site: Site, lists: Lists, findings: Findings
) -> Access:
    """Return whom ``allow:`` and ``deny:``, which stand below *site*, let through."""
    if allow is None and deny is None:
        return OPEN
    allowed = _listed(allow, site.below("allow"), lists, findings)
    denied = _listed(deny, site.below("deny"), lists, findings)
    return Access(allowed, denied or NOBODY)


def _listed(spec: AccessSpec | None, site: Site, lists: Lists, findings: Findings) -> Listed | None:
    if spec is None:
        return None
    if not (spec.users or spec.groups) and not site.is_damaged:
        findings.error(site.key(), f"`{site.path[-1]}` lists nobody", "write `users:` or `groups:` below it")
    return Listed(
        ids_of(spec.users, site.below("users"), lists, findings),
        ids_of(spec.groups, site.below("groups"), lists, findings),
    )


def ids_of(words: Sequence[str], site: Site, lists: Lists, findings: Findings) -> frozenset[str]:
    """Return the ids that *words* stand for; report names that no list has."""
    return frozenset(found for place, word in site.items(words) for found in _ids(word, place, site, lists, findings))


def _ids(word: str, place: Place, site: Site, lists: Lists, findings: Findings) -> Iterator[str]:
    key, name = str(site.path[-1]), word.removeprefix(MARK)
    if lists.ids(word) is not None:
        findings.error(place, f"`{key}`: `{word}` is the name of a list", f"write `{MARK}{word}`")
    elif name == word:
        if place not in site.marks.made_up:
            check_id(key, word, place, [lists.forms], findings)
        yield str(word)
    elif (ids := lists.ids(name)) is not None:
        check_kind(key, word, ids, place, lists.forms, findings)
        yield from ids
    elif lists.is_whole and place not in site.marks.made_up:
        message = f"`{key}`: bot `{lists.bot}` has no list `{name}`"
        findings.error(place, message, partial(_known_lists, word, lists))


def _known_lists(word: str, lists: Lists) -> str:
    known = [f"{MARK}{one}" for one in sorted(lists.known)]
    here = f"known are {listed(known)}" if known else "declare it under `lists:`, of the bot or of the file"
    return did_you_mean(word, known) or here

"""Put a bot's routes in order: its own, and those of the packs that it includes, changed where it says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ...findings.findings import Findings, listed, near
from ..keys.flows import FlowSpec
from ..keys.intents import IntentSpec
from ..keys.routes import RouteSpec
from .routes import check_alone
from .surroundings import Site


@dataclass(frozen=True, slots=True)
class Pack:
    """Hold a pack and where its routes stand. ``plugin`` names the plugin that ships it, if one does.

    ``token`` tells it from any other, and from what it was before it changed.
    """

    name: str
    routes: Sequence[RouteSpec]
    site: Site
    plugin: str | None = None
    intents: Mapping[str, IntentSpec] = field(default_factory=dict)
    flows: Mapping[str, FlowSpec] = field(default_factory=dict)
    token: bytes = b""

    @property
    def intents_site(self) -> Site:
        """Return where its intents stand: beside its routes."""
        return self.site.beside("intents")

    @property
    def flows_site(self) -> Site:
        """Return where its flows stand: beside its routes."""
        return self.site.beside("flows")


@dataclass(frozen=True, slots=True)
class Packs:
    """Hold the packs that a bot may include.

    ``broken`` names those that can't be used, which is reported where they stand. Unless ``is_whole`` there may be
    more, in a file that couldn't be read.
    """

    known: Mapping[str, Pack]
    broken: frozenset[str] = frozenset()
    is_whole: bool = True

    def is_unknown(self, name: str) -> bool:
        """Say whether there is surely no pack *name*."""
        return self.is_whole and name not in self.known and name not in self.broken


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one route that is to be built, under its full name."""

    name: str
    spec: RouteSpec
    site: Site
    pack: Pack | None = None


def arrange(specs: Sequence[RouteSpec], site: Site, packs: Packs, findings: Findings) -> list[Entry]:
    """Return the routes in the order in which they are tried; report names that don't add up."""
    entries: list[Entry] = []
    changes: list[Entry] = []
    included: dict[str, Site] = {}
    for index, spec in enumerate(specs):
        here = site.below(index)
        if spec.include is not None:
            if _is_included_once(spec.include, here, included, findings):
                entries.extend(_included(spec, here, packs, findings))
        elif _is_named(spec, here, findings):
            entry = Entry(str(spec.name), spec, here)
            is_change = spec.override or (not spec.enabled and "." in entry.name)
            (changes if is_change else entries).append(entry)
    lost = frozenset(name for name in included if name not in packs.known)
    entries = _changed(entries, changes, lost, findings)
    _check_names(entries, findings)
    return [entry for entry in entries if entry.spec.enabled]


def check_unused(pack: Pack, findings: Findings) -> None:
    """Report that no bot includes *pack*, and what is wrong in it for any bot."""
    findings.warning(pack.site.around().key(), f"pack `{pack.name}` is included by no bot")
    entries = _entries(pack, findings)
    for entry in entries:
        check_alone(entry.spec, entry.site, findings)
    _check_names(entries, findings)


def _is_included_once(name: str, site: Site, included: dict[str, Site], findings: Findings) -> bool:
    if name in included:
        first = included[name].value("include")
        findings.error(site.value("include"), f"`include`: pack `{name}` is here twice", f"the first is at {first}")
        return False
    included[name] = site
    return True


def _included(spec: RouteSpec, site: Site, packs: Packs, findings: Findings) -> list[Entry]:
    for name in sorted(spec.model_fields_set - {"include", "enabled"}):
        findings.error(site.key(name), f"`{name}` can't stand beside `include:`")
    name = str(spec.include)
    if packs.is_unknown(name):
        hint = near(name, packs.known, partial(_known_packs, packs.known))
        findings.error(site.value("include"), f"`include`: there is no pack `{name}`", hint)
    return _entries(packs.known[name], findings) if spec.enabled and name in packs.known else []


def _known_packs(names: Iterable[str]) -> str:
    known = sorted(names)
    return f"known are {listed(known)}" if known else "there are no packs"


def _known_routes(names: Iterable[str]) -> str:
    return f"included are {listed([f'`{name}`' for name in sorted(names)])}"


def _entries(pack: Pack, findings: Findings) -> list[Entry]:
    entries = []
    for index, spec in enumerate(pack.routes):
        here = pack.site.below(index)
        if spec.include is not None:
            findings.error(here.key("include"), "a pack can't include another")
        elif _is_named(spec, here, findings):
            entries.append(Entry(f"{pack.name}.{spec.name}", spec, here, pack))
    return entries


def _is_named(spec: RouteSpec, site: Site, findings: Findings) -> bool:
    if spec.name is None and not site.is_damaged:
        findings.error(site.key(), "a route needs a `name`")
    return spec.name is not None


def _changed(
    entries: Sequence[Entry], changes: Sequence[Entry], lost: frozenset[str], findings: Findings
) -> list[Entry]:
    """Put overrides at the place of what they replace, and drop what is disabled; *lost* packs are unknown."""
    included = {entry.name for entry in entries if entry.pack is not None}
    by_name: dict[str, Entry] = {}
    for change in changes:
        if change.name not in included and change.name.partition(".")[0] not in lost:
            hint = near(change.name, included, partial(_known_routes, included))
            message = f"`{change.name}` is not an included route, so there is nothing to change"
            findings.error(change.site.value("name"), message, hint if included else None)
        elif change.name in by_name:
            _report_second(by_name[change.name], change, findings)
        by_name.setdefault(change.name, change)
    return [replace(by_name[entry.name], pack=None) if entry.name in by_name else entry for entry in entries]


def _check_names(entries: Sequence[Entry], findings: Findings) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        if entry.name in seen:
            _report_second(seen[entry.name], entry, findings)
        elif "." in entry.name and entry.pack is None and not entry.spec.override and entry.spec.enabled:
            findings.error(
                entry.site.value("name"),
                f"`{entry.name}`: a dot is for routes of packs",
                "add `override: true` to replace an included route, or choose a name without a dot",
            )
        seen.setdefault(entry.name, entry)


def _report_second(first: Entry, second: Entry, findings: Findings) -> None:
    hint = f"the first is at {first.site.key('name')}; names are unique in a bot"
    findings.error(second.site.value("name"), f"a second route `{second.name}`", hint)

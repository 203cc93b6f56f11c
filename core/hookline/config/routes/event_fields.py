"""Find what of an event a route may name, and turn `when: {event: …}` into conditions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ...adapters.adapter import AdapterKind
from ...adapters.fields import OWN_FIELDS, RAW, EventField, RawPath
from ...findings.findings import Findings, Place, did_you_mean, near
from ...routing.conditions.fields import Says, number_of
from ...routing.routes import MESSAGE_EVENT, accepts
from .surroundings import Site

_ASKED_BY: Mapping[str, str] = {
    "type": "on: TYPE",
    "text": "exact: TEXT",
    "postback": "postback: DATA",
    "user": "when: {users: […]}",
    "chat": "when: {groups: […]}",
    "chat_kind": "when: {chat: user}",
    "time": "when: {time: …}",
}
"""What asks for fields that events of every platform have."""

NEAR_STEP = 0.85
"""So alike is a step of a path to a known one that it's taken for a slip: platforms have more than is known here."""

_EXPECTED = {"number": "a number", "bool": "true or false"}


@dataclass(frozen=True, slots=True)
class Heard:
    """Hold which events a route hears: those of *adapter* whose types it lists under ``on``."""

    adapter: AdapterKind
    on: frozenset[str]

    def lacks(self, field: EventField) -> bool:
        """Say whether none of them has *field*; of a type that nobody knows it isn't known."""
        return "*" not in field.types and not any(self._may_have(kind, field) for kind in self.on)

    def _may_have(self, kind: str, field: EventField) -> bool:
        is_known = kind in self.adapter.events or kind == MESSAGE_EVENT
        return not is_known or any(accepts(frozenset([kind]), one) for one in field.types)


def field_of(name: str, adapter: AdapterKind) -> EventField | None:
    """Return the field that ``{event.NAME}`` shows, also of one item of a list; None when it is none or a raw path."""
    first, _, rest = name.partition(".")
    field = OWN_FIELDS.get(first) or adapter.fields.get(first)
    if field is None or (rest and not (field.is_list and rest.isdigit())):
        return None
    return field


def is_raw(name: str) -> bool:
    """Say whether *name* is a path into the raw object, as in ``raw.beacon.type``."""
    first, *rest = name.split(".")
    return first == RAW and bool(rest) and all(rest)


def names_of(adapter: AdapterKind) -> Sequence[str]:
    """Return all names that ``{event.…}`` may use."""
    return [*OWN_FIELDS, *adapter.fields]


def types_of(field: EventField) -> str:
    """Return the types of events that say *field*, as a hint lists them."""
    return ", ".join(f"`{kind}`" for kind in sorted(field.types))


def build_says(
    wanted: Mapping[str, Sequence[str]], site: Site, heard: Heard | None, findings: Findings
) -> Iterator[Says]:
    """Yield the conditions for what the event is *wanted* to say; nothing is known of them where nobody is *heard*."""
    if heard is None:
        return
    for name, values in wanted.items():
        field = heard.adapter.fields.get(name)
        if field is not None:
            _check_field(name, field, site, heard, findings)
            _check_values(name, field, site.below(name), values, heard, findings)
            yield Says(name, tuple(map(str, values)), field.value)
        elif "." in name and all(name.split(".")):
            yield _says_raw(name.removeprefix(f"{RAW}."), values, site.below(name), heard, findings)
        elif name in OWN_FIELDS:
            _refuse_shown(name, site, findings)
        else:
            findings.error(
                site.key(name), f"`event`: {heard.adapter.name} has no `{name}`", partial(_known, name, heard)
            )


def _says_raw(path: str, values: Sequence[str], site: Site, heard: Heard, findings: Findings) -> Says:
    named = {one.read.steps: one for one in heard.adapter.fields.values() if isinstance(one.read, RawPath)}
    read = RawPath.of(path)
    near = _near_step(read.steps, named)
    if near is not None:
        findings.warning(site.key(), f"`event`: hookline knows of no `{path}` in events of {heard.adapter.name}", near)
    elif read.steps in named:
        _check_values(path, named[read.steps], site, values, heard, findings)
    return Says(path, tuple(map(str, values)), read)


def _near_step(steps: Sequence[str], known: Iterable[Sequence[str]]) -> str | None:
    """Return a hint if the first step that nobody knows is another one, misspelt; what is new isn't wrong."""
    for depth, step in enumerate(steps):
        beside = {path[depth] for path in known if len(path) > depth and path[:depth] == steps[:depth]}
        if step not in beside:
            folded = {name.casefold(): name for name in beside}
            near = difflib.get_close_matches(step.casefold(), folded, n=1, cutoff=NEAR_STEP)
            return f"did you mean `{'.'.join((*steps[:depth], folded[near[0]]))}`?" if near else None
    return None


def _check_field(name: str, field: EventField, site: Site, heard: Heard, findings: Findings) -> None:
    if field.kind == "names":
        _refuse_shown(name, site, findings)
    elif heard.lacks(field):
        message = f"`event`: none of the events of this route has `{name}`, so it can never win"
        findings.warning(site.key(name), message, f"it is said by {types_of(field)}: say so under `on:`")


def _refuse_shown(name: str, site: Site, findings: Findings) -> None:
    other = f"; to ask for it, write `{_ASKED_BY[name]}`" if name in _ASKED_BY else ""
    hint = f"`{{event.{name}}}` shows it in a reply{other}"
    findings.error(site.key(name), f"`event`: `{name}` can be shown, not asked for here", hint)


def _check_values(
    name: str, field: EventField, site: Site, values: Sequence[str], heard: Heard, findings: Findings
) -> None:
    for place, value in site.items(values):
        if place in site.marks.made_up:
            continue
        if field.kind in _EXPECTED and not _is_of_kind(value, field):
            findings.error(place, f"`{name}`: expected {_EXPECTED[field.kind]}, found `{value}`")
        elif field.choices and value.casefold() not in map(str.casefold, field.choices):
            _doubt_value(name, value, field, place, heard, findings)


def _doubt_value(name: str, value: str, field: EventField, place: Place, heard: Heard, findings: Findings) -> None:
    message = f"`{name}`: {heard.adapter.name} sends no `{value}` that hookline knows of"
    findings.warning(place, message, near(value, field.choices, f"known are {', '.join(field.choices)}"))


def _is_of_kind(value: str, field: EventField) -> bool:
    return value in ("true", "false") if field.kind == "bool" else number_of(value) is not None


def _known(name: str, heard: Heard) -> str:
    fields = heard.adapter.fields
    here = [known for known, field in fields.items() if not heard.lacks(field)]
    meant = did_you_mean(name, here) or did_you_mean(name, fields)
    known = f"known here are {', '.join(here)}; " if here else ""
    return meant or f"{known}a path into its raw object has a dot, or begins with `{RAW}.`"

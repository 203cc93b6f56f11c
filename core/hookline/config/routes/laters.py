"""Turn ``later:`` and ``cancel:`` into what a route or a step puts off, and takes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from ...durations import duration
from ...events import LATER
from ...findings.findings import listed, near
from ...routing.actions import Action, BeginFlow, Respond
from ...routing.laters import Later
from ..keys.routes import LaterSpec
from .surroundings import Site, Surroundings
from .targets import handler_of
from .wordings import build_wording

DATED = frozenset(["date", "time", "datetime"])
"""The types of questions whose answers say when."""
_ON = frozenset([LATER])


@dataclass(frozen=True, slots=True)
class PuttingOff:
    """Hold what stands around a ``later:``: what ``owner`` it is of, which flows may be begun, what can be answered.

    ``begin`` returns the full name of a flow, or None after reporting that there is none. ``kinds`` are the types of
    the questions before it, by their names. ``captures`` are the names that ``{match.…}`` may use; None for any.
    """

    owner: str
    surroundings: Surroundings
    begin: Callable[..., str | None]
    kinds: Mapping[str, str]
    captures: frozenset[str] | None


def build_laters(specs: Sequence[LaterSpec], site: Site, around: PuttingOff) -> tuple[Later, ...]:
    """Return what is put off; report what can't be."""
    is_list = site.marks.has((*site.path, 0))
    each = ((spec, site.below(index) if is_list else site) for index, spec in enumerate(specs))
    return tuple(later for spec, here in each for later in _built(spec, here, around))


def _built(spec: LaterSpec, site: Site, around: PuttingOff) -> Iterator[Later]:
    action, findings = _action(spec, site, around), around.surroundings.findings
    length, answers = _moment(spec, site, around)
    if spec.by is not None and length is not None:
        findings.error(site.key("by"), "`by` is for a time that was answered", "write it under `after:`")
    if action is None or (length is None and not answers):
        return
    if spec.run is None and not site.is_damaged:
        around.surroundings.pushed.append((site.key(), f"`later` `{spec.name}`"))
    yield Later(
        key=f"{around.owner}/{spec.name}",
        name=str(spec.name),
        action=action,
        length=length,
        answers=answers,
        is_before=spec.before is not None,
        by=spec.by or 0.0,
        at=None if spec.at is None else time.fromisoformat(spec.at),
        stale_after=spec.stale_after,
        plugin=around.surroundings.pack if around.surroundings.pack_settings is not None else None,
        place=str(site.key()),
        roots=frozenset().union(*(wording.roots for wording in action.choices))
        if isinstance(action, Respond)
        else frozenset(),
    )


def _action(spec: LaterSpec, site: Site, around: PuttingOff) -> Action | None:
    given = [name for name in ("reply", "run", "begin") if getattr(spec, name) is not None]
    if len(given) != 1:
        if not site.is_damaged:
            what = f"has both `{given[0]}:` and `{given[1]}:`" if given else "does nothing"
            message = f"`later` `{spec.name}` {what}"
            around.surroundings.findings.error(site.key(), message, "it needs one of `reply`, `run` and `begin`")
        return None
    if spec.begin is not None:
        full = around.begin(spec.begin, site=site)
        return None if full is None else BeginFlow(full)
    if spec.run is not None:
        return handler_of(spec.run, "run", site.below("run"), around.surroundings)
    assert spec.reply is not None
    return Respond((build_wording(spec.reply, site.below("reply"), around.surroundings, around.captures, _ON),))


def _moment(spec: LaterSpec, site: Site, around: PuttingOff) -> tuple[float | None, tuple[str, ...]]:
    """Return the length of time, or the answers, that say when; report what says neither."""
    findings = around.surroundings.findings
    if (spec.after is None) == (spec.before is None):
        if not site.is_damaged:
            what = "both `after:` and `before:`" if spec.after else "neither `after:` nor `before:`"
            message = f"`later` `{spec.name}` says {what}"
            findings.error(site.key(), message, "write one of them, as in `after: 24h`")
        return None, ()
    key, words = ("after", spec.after) if spec.after is not None else ("before", spec.before or [])
    if key == "after" and len(words) == 1 and words[0] not in around.kinds:
        try:
            return duration(words[0]), ()
        except ValueError as error:
            if not around.kinds:
                findings.error(site.value(key), f"`{key}`: {error}")
                return None, ()
    dated = [name for name, kind in around.kinds.items() if kind in DATED]
    known = f"what says when is {listed(dated)}" if dated else "ask for a date, a time or a datetime before this"
    wrong = [(place, word) for place, word in site.below(key).items(words) if word not in dated]
    for place, word in wrong:
        what = f"`{word}` is no time" if word in around.kinds else f"nothing is called `{word}` before this"
        findings.error(place, f"`{key}`: {what}", near(word, dated, known))
    return None, () if wrong else tuple(map(str, words))

"""Turn the entries under ``routes:`` into routes that run, and find what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...adapters.adapter import AdapterKind
from ...findings.findings import Findings, Place, did_you_mean, listed, near
from ...flows.effects import MARK
from ...routing.actions import Action, BeginFlow, Respond
from ...routing.conditions.conditions import ALWAYS, Admitted, Conditions
from ...routing.conditions.files import Savable
from ...routing.conditions.kept import InFlow
from ...routing.matching.patterns import DearPatternError, Pattern, PatternError, compile_pattern
from ...routing.notes import NO_NOTES, Notes
from ...routing.routes import (
    ANY,
    FAMILY,
    MESSAGE_EVENT,
    POSTBACK_EVENT,
    TEXT_EVENT,
    AtMost,
    Overlap,
    Postback,
    Route,
    accepts,
)
from ...routing.wordings import Wording
from ..keys.routes import AtMostSpec, ChoiceSpec, RouteSpec
from ..keys.words import Messages
from .conditions import build_conditions
from .event_fields import Heard
from .laters import PuttingOff, build_laters
from .lists import build_access
from .literals import literals
from .notes import build_notes
from .oddities import check_typed
from .pushes import Deferred
from .saving import CAPTURES, build_save, kinds_of, savable
from .surroundings import Lists, Site, Surroundings
from .targets import check_handoff, flow_of, handler_of
from .wordings import build_wording

_TEXTS, _MESSAGES, _POSTBACKS = frozenset([TEXT_EVENT]), frozenset([MESSAGE_EVENT]), frozenset([POSTBACK_EVENT])
_BETWEEN_SLASHES = re.compile(r"/[^/]+/[gimsu]*")
CHEAPER = "repeat fewer times what may be any letter, as in `.{0,20}`, or as often as it comes, as in `.*`"

_TYPED = ("keyword", "exact", "prefix", "pattern")
NO_REPLY_HINT = "use `push:`, or `run:` and push to someone who can be reached"
CANDIDATES = frozenset(f"{which}{part}" for which in ("first", "second") for part in ("", "_intent", "_example"))
"""What ``{match.…}`` has in a route with ``unsure:``, of the two intents that may be meant."""


@dataclass(frozen=True, slots=True)
class _Matchers:
    keywords: tuple[str, ...]
    exacts: tuple[str, ...]
    prefixes: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    postback: Postback | None


def build_route(spec: RouteSpec, site: Site, around: Surroundings, name: str, place: Place) -> Route | None:
    """Return the route *name* that *spec* describes, which stands at *place*, or None after reporting why not."""
    matchers = _matchers(spec, site, around.findings)
    on = _event_types(spec, site, around)
    takes = savable(spec.save)
    when = _with_file(_when(spec, site, around, on), takes)
    action = _action(spec, site, around, matchers, on)
    if action is None:
        return None
    intents = _intents(spec, site, around)
    route = Route(
        name=name,
        action=action,
        on=on,
        place=str(place),
        keywords=matchers.keywords,
        exacts=matchers.exacts,
        prefixes=matchers.prefixes,
        patterns=matchers.patterns,
        postback=matchers.postback,
        intents=intents,
        is_unsure=spec.unsure,
        when=when,
        is_fallback=spec.otherwise,
        plugin=around.pack if around.pack_settings is not None else None,
        retries=None if spec.retries is None else tuple(spec.retries),
        deadline=spec.deadline,
        cooldown=spec.cooldown,
        at_most=_at_most(spec.at_most),
        stale_after=spec.stale_after,
        overlap=_overlap(spec, site, around, matchers, on),
        save=build_save(spec.save, site.below("save"), around, _captures(spec, matchers, around) or frozenset(), on),
        notes=_notes(spec, site, around, matchers, on, name),
        interrupts=spec.interrupts,
    )
    _check_events(route, site, around)
    _check_standby(route, spec, site, around.findings)
    _check_files(route, site, around)
    _check_run_options(spec, site, around.findings)
    _check_overlap(route, spec, site, around.findings)
    return route


def _when(spec: RouteSpec, site: Site, around: Surroundings, on: frozenset[str]) -> Conditions:
    access = build_access(spec.allow, spec.deny, site, around.lists, around.findings)
    if spec.when is None:
        return ALWAYS if access.is_open else Conditions((Admitted(access),))
    heard, here = Heard(around.adapter, on), site.below("when")
    when = build_conditions(spec.when, here, around.timezone, around.lists, around.findings, access, heard)
    inside = _in_flow(spec.when.in_flow, here, around)
    return when if inside is None else replace(when, each=(*when.each, inside))


def _in_flow(given: str | bool | None, site: Site, around: Surroundings) -> InFlow | None:
    """Return what is asked by ``in_flow:``, if anything is; report a flow that isn't there."""
    if given is None or isinstance(given, bool):
        return None if given is None else InFlow(given)
    full = flow_of(given, "in_flow", site, around)
    return None if full is None else InFlow(full)


def _at_most(spec: AtMostSpec | None) -> AtMost | None:
    return None if spec is None else AtMost(spec.times, spec.per, spec.of == "chat")


def _with_file(when: Conditions, takes: Savable | None) -> Conditions:
    """Return *when*, and last of all that what was sent can be saved."""
    return when if takes is None else replace(when, each=(*when.each, takes))


def check_alone(spec: RouteSpec, site: Site, findings: Findings) -> None:
    """Report what is wrong with a route whichever bot it is for: its texts, patterns and times."""
    _matchers(spec, site, findings)
    unknown = Lists({}, is_whole=False)
    if spec.when is not None:
        build_conditions(spec.when, site.below("when"), "UTC", unknown, findings)
    build_access(spec.allow, spec.deny, site, unknown, findings)


def _matchers(spec: RouteSpec, site: Site, findings: Findings) -> _Matchers:
    for name in _TYPED if site.marks.odd else ():
        check_typed(site.below(name), findings)
    return _Matchers(
        keywords=literals("keyword", spec.keyword, site, findings),
        exacts=literals("exact", spec.exact, site, findings),
        prefixes=literals("prefix", spec.prefix, site, findings),
        patterns=compiled_patterns(spec.pattern, site.below("pattern"), findings) if spec.pattern else (),
        postback=_postback(spec.postback, site, findings),
    )


def compiled_patterns(sources: Sequence[str] | None, site: Site, findings: Findings) -> tuple[Pattern, ...]:
    """Return the RE2 expressions *sources*; report what is none."""
    compiled = []
    for place, text in site.items(sources):
        try:
            compiled.append(compile_pattern(text))
        except PatternError as error:
            is_dear = isinstance(error, DearPatternError)
            findings.error(place, f"`pattern`: {error}", CHEAPER if is_dear else _pattern_hint(text))
        if _BETWEEN_SLASHES.fullmatch(text):
            message = "`pattern`: the slashes around it would have to be typed, too"
            findings.warning(place, message, "leave them out; large and small letters are one in any case")
    return tuple(compiled)


def _pattern_hint(source: str) -> str | None:
    if any(sign in source for sign in ("(?=", "(?!", "(?<=", "(?<!")):
        return "RE2 has no look-around, so that no text can make it slow"
    if re.search(r"\\[1-9]|\(\?P=", source):
        return "RE2 has no back-references, so that no text can make it slow"
    return None


def _postback(given: str | dict[str, str] | None, site: Site, findings: Findings) -> Postback | None:
    if given is None:
        return None
    if isinstance(given, str) and given.startswith(MARK):
        message = f"`postback`: data that begins with `{MARK}` is of the buttons of flows, which no route sees"
        findings.error(site.value("postback"), message, "begin it otherwise")
    return (
        Postback(data=str(given)) if isinstance(given, str) else Postback(fields={k: str(v) for k, v in given.items()})
    )


def _event_types(spec: RouteSpec, site: Site, around: Surroundings) -> frozenset[str]:
    if spec.on is not None:
        for place, kind in site.below("on").items(spec.on):
            _check_event_type(kind, place, around)
        return frozenset(str(kind) for kind in spec.on)
    if spec.keyword or spec.exact or spec.prefix or spec.pattern or spec.intent or spec.unsure:
        return _texts_of(around.adapter)
    if spec.postback is not None:
        return _POSTBACKS
    takes = savable(spec.save)
    if takes is not None and around.adapter.media:
        wanted = {kind for kind in around.adapter.media if takes.takes_kind(kind.rpartition(".")[2])}
        return frozenset(wanted) or around.adapter.media
    if not spec.otherwise and not site.is_damaged:
        around.findings.error(
            site.key(),
            f"route `{_name(spec)}` says neither what it matches nor `on:`",
            "add a matcher (keyword, exact, prefix, pattern, intent, postback, save), `on: TYPE`, or `otherwise: true`",
        )
    return _MESSAGES


def _texts_of(adapter: AdapterKind) -> frozenset[str]:
    """Return the types of events whose texts are looked at where no `on:` says which."""
    if adapter.texts is None or TEXT_EVENT in adapter.texts or not adapter.texts:
        return _TEXTS
    return frozenset(filter(adapter.can_answer, adapter.texts)) or adapter.texts


def _check_event_type(kind: str, place: Place, around: Surroundings) -> None:
    known = around.adapter.events
    if kind in (ANY, MESSAGE_EVENT) or kind in known or _fits_any(kind, known) or known.keys() <= {ANY}:
        return
    message = f"`on`: {around.adapter.name} has no event type `{kind}` that hookline knows of"
    around.findings.warning(place, message, near(kind, [*known, MESSAGE_EVENT]))  # it may be new there


def _fits_any(kind: str, known: Iterable[str]) -> bool:
    """Say whether *kind* is a family of events, as in ``invoice.*``, of which some are known."""
    return kind.endswith(FAMILY) and any(accepts(frozenset([kind]), one) for one in known)


def _check_events(route: Route, site: Site, around: Surroundings) -> None:
    """Warn of a route that looks for what none of its events has."""
    looks_at_text, texts = route.has_text_matcher or route.asks_meaning, around.adapter.texts
    if looks_at_text and route.postback is not None:
        reason, hint = "no event has both a text and postback data", "make it two routes"
    elif looks_at_text and texts is not None and not any(map(route.accepts, texts)):
        known = TEXT_EVENT if TEXT_EVENT in texts else ", ".join(sorted(texts)[:3]) or TEXT_EVENT
        reason, hint = "none of the events under `on:` has a text", f"leave `on:` out, or add {known}"
    elif route.postback is not None and not route.accepts(POSTBACK_EVENT):
        reason, hint = "none of the events under `on:` has postback data", f"leave `on:` out, or add {POSTBACK_EVENT}"
    else:
        return
    around.findings.warning(site.key(), f"route `{route.name}` can never win: {reason}", hint)


def _check_standby(route: Route, spec: RouteSpec, site: Site, findings: Findings) -> None:
    """Report answers to what is only listened to."""
    if not route.when.hears_standby or site.below("when").is_damaged:
        return
    for name, given in (("reply", spec.reply), ("busy", spec.busy)):
        if given is not None:
            message = f"`{name}`: route `{route.name}` hears events in standby, which can't be replied to"
            findings.error(site.key(name), message, NO_REPLY_HINT if name == "reply" else "leave it out")


def _check_files(route: Route, site: Site, around: Surroundings) -> None:
    """Report a route that saves what none of its events has."""
    if route.save is None:
        return
    place, takes, media = site.key("save"), route.save.takes, around.adapter.media
    if not media:
        around.findings.error(place, f"`save`: no event of {around.adapter.name} comes with a file", "leave it out")
    elif route.has_text_matcher or route.asks_meaning or route.postback is not None:
        message = "`save` is for what people send, and no event with a file has a text or postback data"
        around.findings.error(place, message, "make it two routes")
    elif not any(route.accepts(kind) for kind in media):
        message = "`save` is for files that people send, and none of the events under `on:` comes with one"
        around.findings.error(place, message, f"leave `on:` out, or add {', '.join(sorted(media))}")
    elif not any(route.accepts(kind) and takes.takes_kind(kind.rpartition(".")[2]) for kind in media):
        message = f"route `{route.name}` can never win: no event under `on:` comes with {', '.join(takes.types)}"
        around.findings.warning(site.key(), message, f"kinds of files are {', '.join(kinds_of(around))}")


def _action(
    spec: RouteSpec, site: Site, around: Surroundings, matchers: _Matchers, on: frozenset[str]
) -> Action | None:
    given = [name for name in ("reply", "run", "begin") if getattr(spec, name) is not None]
    if len(given) != 1:
        if site.is_damaged:
            return None
        if not given and _does_else(spec):
            return Respond((Wording.of(()),))  # it is kept or told to others, and nothing is said
        what = f"has both `{given[0]}:` and `{given[1]}:`" if given else "has neither `reply:` nor `run:`"
        around.findings.error(site.key(), f"route `{_name(spec)}` {what}", "a route does one of the two")
        return None
    if spec.begin is not None:
        return _begin(spec.begin, site, around)
    if spec.run is not None:
        return handler_of(spec.run, "run", site.below("run"), around)
    assert spec.reply is not None
    return _respond(spec.reply, site.below("reply"), spec, around, _captures(spec, matchers, around), on)


def _does_else(spec: RouteSpec) -> bool:
    """Say whether a route does something, though it neither answers, runs nor begins anything."""
    keeps = spec.set or spec.remember or spec.count
    return bool(spec.save or spec.push or keeps or spec.later or spec.cancel or spec.handoff)


def _begin(name: str, site: Site, around: Surroundings) -> BeginFlow | None:
    """Return the action that begins the flow *name*, or None after reporting that there is none."""
    full = flow_of(name, "begin", site, around)
    return None if full is None else BeginFlow(full)


def deferred(spec: RouteSpec, site: Site, around: Surroundings, route: Route) -> Deferred | None:
    """Return what *route*, which *spec* describes, is to push, until all bots are known."""
    if not spec.push:
        return None
    captures = _captures(spec, _matchers(spec, site, Findings()), around)
    return Deferred(route.name, spec.push, site.below("push"), around, captures, route.on)


def _respond(
    items: Messages | ChoiceSpec,
    site: Site,
    spec: RouteSpec,
    around: Surroundings,
    captures: frozenset[str] | None,
    on: frozenset[str],
) -> Respond:
    chats = spec.when.chat if spec.when is not None else []
    silent = sorted(kind for kind in on if kind != ANY and not around.adapter.can_answer(kind))
    if silent:
        around.findings.error(
            site.key(),
            f"`{silent[0]}` can't be answered on {around.adapter.name}",
            NO_REPLY_HINT if site.path[-1] == "reply" else "leave it out",
        )
    if not isinstance(items, ChoiceSpec):
        return Respond((build_wording(items, site, around, captures, on, chats),))
    choices = site.below("any")
    return Respond(
        tuple(
            build_wording(messages, choices.below(index), around, captures, on, chats)
            for index, messages in enumerate(items.any)
        )
    )


def _check_run_options(spec: RouteSpec, site: Site, findings: Findings) -> None:
    for name in ("retries", "deadline"):
        if getattr(spec, name) is not None and spec.run is None and spec.save is None:
            findings.error(site.key(name), f"`{name}` is for a handler, and this route has a reply", "leave it out")


def _overlap(
    spec: RouteSpec, site: Site, around: Surroundings, matchers: _Matchers, on: frozenset[str]
) -> Overlap | None:
    busy = None
    if spec.busy is not None:
        busy = _respond(spec.busy, site.below("busy"), spec, around, _captures(spec, matchers, around), on)
    return None if spec.overlap == "queue" else Overlap(spec.overlap, spec.window or 0.0, busy)


def _check_overlap(route: Route, spec: RouteSpec, site: Site, findings: Findings) -> None:
    joins = spec.overlap in ("merge", "latest")
    if joins and not route.accepts(TEXT_EVENT):
        findings.error(
            site.value("overlap"),
            f"`overlap: {spec.overlap}` is for texts, and none of the events under `on:` has one",
            f"add {TEXT_EVENT} to `on:`, or use `reject`",
        )
    if spec.window is not None and not joins:
        findings.error(
            site.key("window"),
            f"`window` waits for texts to join, and this route has `overlap: {spec.overlap}`",
            "say `overlap: merge` or `overlap: latest`, or leave it out",
        )
    if spec.busy is not None and spec.overlap != "reject":
        findings.error(
            site.key("busy"),
            f"`busy` answers what is turned away, and this route has `overlap: {spec.overlap}`",
            "say `overlap: reject`, or leave it out",
        )


def _notes(
    spec: RouteSpec, site: Site, around: Surroundings, matchers: _Matchers, on: frozenset[str], name: str
) -> Notes:
    if not (spec.set or spec.remember or spec.count or spec.later or spec.cancel or spec.handoff):
        return NO_NOTES
    captures = _captures(spec, matchers, around)
    notes = build_notes(spec.set, spec.remember, spec.count, site, around, captures, on)
    putting_off = PuttingOff(name, around, partial(flow_of, key="begin", around=around), {}, captures)
    laters = build_laters(spec.later, site.below("later"), putting_off)
    hands_over = check_handoff(spec.handoff, site, around)
    return replace(notes, laters=laters, cancels=tuple(spec.cancel), hands_over=hands_over)


def _known_intents(name: str, around: Surroundings) -> str:
    prefix = around.intent_name("")
    here = [known.removeprefix(prefix) for known in around.intents if known.startswith(prefix)]
    known = f"known are {listed(sorted(here))}" if here else "declare it under `intents:`, with examples"
    return did_you_mean(name, here) or known


def _intents(spec: RouteSpec, site: Site, around: Surroundings) -> tuple[str, ...]:
    """Return the full names of the intents that a route looks for; report those that are declared nowhere."""
    if not (spec.intent or spec.unsure):
        return ()
    names = []
    for place, name in site.below("intent").items(spec.intent):
        full = around.intent_name(name)
        names.append(full)
        if full not in around.intents and full not in around.broken_intents:
            message = f"`intent`: there is no intent `{name}`"
            around.findings.error(place, message, partial(_known_intents, name, around))
    if spec.unsure and len(around.intents) + len(around.broken_intents) < 2:
        around.findings.error(site.key("unsure"), "`unsure` needs at least two intents to choose from")
    if spec.unsure and spec.intent:
        message = "a route can't look for an intent and for doubt about it"
        around.findings.error(site.key("unsure"), message, "make it two routes")
    return tuple(names)


def _captures(spec: RouteSpec, matchers: _Matchers, around: Surroundings) -> frozenset[str] | None:
    if spec.postback is not None and not isinstance(spec.postback, str):
        return None  # whatever fields the data has
    if len(matchers.patterns) < len(spec.pattern or ()):
        return None  # a pattern that doesn't compile may have any
    names = {"text"}
    names |= around.adapter.postback_params if spec.postback is not None else set()
    names |= {"keyword"} if spec.keyword else set()
    names |= {"rest"} if spec.prefix else set()
    names |= CAPTURES if spec.save is not None else set()
    names |= {"score", "runner_up"} if spec.intent or spec.unsure else set()
    names |= CANDIDATES if spec.unsure else set()
    for intent in spec.intent or ():
        full = around.intent_name(intent)
        if full not in around.intents:
            return None
        names |= {"intent", *around.intents[full].entities}
    for pattern in matchers.patterns:
        names |= pattern.names
    return frozenset(names)


def _name(spec: RouteSpec) -> str:
    return spec.name or "(without a name)"

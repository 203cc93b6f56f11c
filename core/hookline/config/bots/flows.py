"""Turn what is written under ``flows:`` into flows that run, and find what is wrong with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ...findings.findings import Place, near
from ...flows.flow import (
    MORE,
    Ask,
    AskType,
    Begin,
    Confirm,
    Do,
    Flow,
    Note,
    Rounds,
    Step,
    Stuck,
    Tell,
)
from ...flows.words import own
from ...intents.entities.entities import Built, Listed, Patterned
from ...languages import written_in
from ...plugins.dialogs import Choice
from ...routing.actions import Handle
from ...routing.conditions.conditions import ALWAYS, Conditions
from ...routing.conditions.hours import Hours
from ...routing.conditions.kept import Known
from ...routing.laters import Later
from ...routing.matching.patterns import Pattern
from ...routing.wordings import Wording
from ..keys.flows import BESIDE, FlowSpec, InnerStepSpec, PlainStepSpec, StepSpec, StepWhenSpec, WindowSpec
from ..keys.words import Messages
from ..routes.bounds import build_bounds
from ..routes.conditions import build_conditions, check_timezone, windows_of
from ..routes.laters import PuttingOff, build_laters
from ..routes.lists import ids_of
from ..routes.notes import build_notes
from ..routes.packs import Packs
from ..routes.routes import compiled_patterns
from ..routes.surroundings import Answers, Site, Surroundings
from ..routes.targets import check_handoff, handler_of
from ..routes.wordings import build_wording, is_by_language

MAX_STEPS = 100
MAX_VALUE = 200
"""So many characters a choice may have: it goes along with its button."""

_ASK_TYPES: Mapping[str, AskType] = {"number": "number", "date": "date", "time": "time"}


@dataclass(frozen=True, slots=True)
class Written:
    """Hold one flow as it is written, and where. ``pack`` is the one it is of, ``plugin`` the plugin that ships it."""

    name: str
    spec: FlowSpec
    site: Site
    pack: str | None = None
    plugin: str | None = None


@dataclass
class FlowBuilder:
    """Build the flows of one bot. ``known`` are all that may be begun, by their full names."""

    known: Mapping[str, Written]
    around: Surroundings
    flows: dict[str, Flow] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _inlined: set[str] = field(default_factory=set)

    @property
    def packs(self) -> set[str]:
        """Return the packs of which flows are begun, or put into others."""
        return {pack for name in (*self.flows, *self._inlined) if (pack := self.known[name].pack) is not None}

    def build_of(self, packs: Collection[str]) -> None:
        """Build the bot's own, those of *packs*, and all that these begin or put into themselves."""
        for name, written in self.known.items():
            if written.pack is None or written.pack in packs:
                self.build(name)

    def build(self, name: str) -> None:
        """Build the flow *name*, unless that is done, or under way."""
        if name in self.flows or name in self._open:
            return
        self._open.append(name)
        written = self.known[name]
        self.flows[name] = _Builder(self, written, _inside(self.around, written)).build()
        self._open.remove(name)

    def resolve(self, name: str, pack: str | None) -> str | None:
        """Return the full name of what is called *name* in a *pack*, or by the bot; None when there is none."""
        for full in (f"{pack}.{name}", name) if pack is not None else (name,):
            if full in self.known:
                return full
        return None

    def check_target(self, key: str, name: str, place: Place, pack: str | None) -> str | None:
        """Return the full name of the flow that stands under *key*; report one that isn't there."""
        full = self.resolve(name, pack)
        if full is None:
            hint = near(name, self.known, partial(_known_flows, list(self.known)))
            self.around.findings.error(place, f"`{key}`: there is no flow `{name}`", hint)
        elif key == "flow":  # its steps are put where it stands
            self._inlined.add(full)
        else:
            self.build(full)
        return full


class _Builder:
    """Build one flow."""

    def __init__(self, builder: FlowBuilder, written: Written, around: Surroundings) -> None:
        self._builder = builder
        self._written = written
        self._around = around
        self._findings = around.findings
        self._names: dict[str, Place] = {}
        self._certain: list[tuple[str, tuple[Conditions, ...]]] = []
        self._count = 0
        self._kinds: dict[str, str] = {}
        self._laters_at: dict[str, str] = {}

    def build(self) -> Flow:
        spec, site, name = self._written.spec, self._written.site, self._written.name
        steps = tuple(self._steps(spec.steps, site.below("steps"), "", (), (name,)))
        if self._count > MAX_STEPS:
            self._findings.error(site.key("steps"), f"`steps`: {self._count} steps, at most {MAX_STEPS}")
        self._check_flow(spec, site, steps)
        hosts = ids_of(spec.hosts, site.below("hosts"), self._around.lists, self._findings)
        return Flow(
            name=name,
            steps=steps,
            place=str(site.key()),
            plugin=self._written.plugin,
            is_shared=spec.for_ == "chat",
            hosts=hosts,
            restarts=spec.again == "restart",
            lets_digress=spec.digress,
            tries=spec.tries,
            stuck=self._stuck(spec, site.below("stuck")),
            remind_after=None if spec.remind is None else spec.remind.after,
            remind=None if spec.remind is None else self._said(spec.remind.reply, site.below("remind", "reply")),
            expire=spec.expire,
            expired=self._said(spec.expired, site.below("expired")),
            cancelled=self._said(spec.cancelled, site.below("cancelled")),
            language=next(filter(None, map(written_in, _texts(steps))), None),
            words={key: [str(word) for word in words] for key, words in spec.words if words is not None},
            controls=tuple(spec.controls),
            digest=_digest(spec),
        )

    # Steps

    def _steps(
        self,
        specs: Sequence[PlainStepSpec],
        site: Site,
        prefix: str,
        when: tuple[Conditions, ...],
        path: tuple[str, ...],
    ) -> Iterator[Step]:
        for index, spec in enumerate(specs):
            yield from self._step(spec, site.below(index), prefix, when, path)

    def _step(
        self, spec: PlainStepSpec, site: Site, prefix: str, when: tuple[Conditions, ...], path: tuple[str, ...]
    ) -> Iterator[Step]:
        kind = next((kind for kind in BESIDE if _is_said(spec, _field(kind))), None)
        if kind is None:
            if not site.is_damaged:
                self._findings.error(site.key(), "a step does nothing", f"it needs one of {', '.join(BESIDE)}")
            return
        self._count += 1
        self._check_keys(kind, spec, site)
        own = self._when(spec.when, site.below("when"))
        when = (*when, own) if own is not None else when
        match kind:
            case "ask":
                yield from self._ask_or_flow(spec, site, prefix, when, path)
            case "list":
                yield from self._rounds(spec, site, prefix, when, path)
            case "steps":
                assert isinstance(spec, InnerStepSpec | StepSpec)
                yield from self._steps(spec.steps or [], site.below("steps"), prefix, when, path)
            case _:
                step = self._other(kind, spec, site, prefix, when)
                if step is not None:
                    self._name(step.name, site.key(), site, when)
                    yield step

    def _other(
        self, kind: str, spec: PlainStepSpec, site: Site, prefix: str, when: tuple[Conditions, ...]
    ) -> Step | None:
        place = str(site.key())
        match kind:
            case "confirm":
                given = spec.confirm if isinstance(spec.confirm, list) else None
                return Confirm(f"{prefix}confirm", when, place, self._said(given, site.below("confirm"), when))
            case "run":
                handle = handler_of(str(spec.run), "run", site.below("run"), self._around)
                name = prefix + (spec.as_ or str(spec.run).rpartition(".")[2])
                return None if handle is None else Do(name, handle, when, place)
            case "reply":
                say = self._said(spec.reply, site.below("reply"), when)
                return None if say is None else Tell(_unnamed(prefix, kind, spec, site), say, when, place)
            case "begin":
                full = self._begun(str(spec.begin), "begin", site)
                return None if full is None else Begin(_unnamed(prefix, kind, spec, site), full, when, place)
        remember = spec.remember if isinstance(spec.remember, dict) else None
        notes = build_notes(spec.set, remember, spec.count, site, self._inside(when))
        notes = replace(notes, laters=self._laters(spec, site.below("later"), when), cancels=tuple(spec.cancel))
        notes = replace(notes, hands_over=check_handoff(spec.handoff, site, self._around))
        return Note(_unnamed(prefix, kind, spec, site), notes, when, place)

    def _laters(self, spec: PlainStepSpec, site: Site, when: tuple[Conditions, ...]) -> tuple[Later, ...]:
        """Return what a step puts off: one of a name in each flow, so that it is found again when it is due."""
        begin = partial(self._begun, key="begin")
        around = PuttingOff(f"flow:{self._written.name}", self._inside(when), begin, self._kinds, frozenset())
        laters = build_laters(spec.later, site, around)
        for later in laters:
            if later.key in self._laters_at:
                hint = f"the first is at {self._laters_at[later.key]}; cancel both where one of them is meant"
                self._findings.error(site.key(), f"a second `later` `{later.name}` in this flow", hint)
            self._laters_at.setdefault(later.key, later.place)
        return laters

    def _begun(self, name: str, key: str, site: Site) -> str | None:
        return self._builder.check_target(key, name, site.value(key), self._written.pack)

    def _check_keys(self, kind: str, spec: PlainStepSpec, site: Site) -> None:
        """Report keys that are for another kind of step."""
        for key in spec.model_fields_set:
            name = key.rstrip("_")
            is_said = _is_said(spec, key) or name not in BESIDE
            if is_said and name not in (kind, "when", *BESIDE[kind]):
                self._findings.error(site.key(name), f"`{name}` can't stand beside `{kind}:`", _belongs(name))

    def _ask_or_flow(
        self, spec: PlainStepSpec, site: Site, prefix: str, when: tuple[Conditions, ...], path: tuple[str, ...]
    ) -> Iterator[Step]:
        if spec.flow is None:
            yield self._ask(spec, site, prefix, when)
            return
        full = self._builder.check_target("flow", spec.flow, site.value("flow"), self._written.pack)
        if full is None:
            return
        if full in path:
            self._findings.error(site.value("flow"), f"`flow`: `{full}` asks for itself", "a flow can't be in itself")
            return
        inner = self._builder.known[full]
        outer, self._around = self._around, _inside(self._around, inner)
        yield from self._steps(inner.spec.steps, inner.site.below("steps"), f"{prefix}{spec.ask}.", when, (*path, full))
        self._around = outer

    def _ask(self, spec: PlainStepSpec, site: Site, prefix: str, when: tuple[Conditions, ...]) -> Ask:
        name = f"{prefix}{spec.ask}"
        kind, choices, pattern = self._answered_by(spec, site)
        window = self._window(spec, site.below("only"))
        only = frozenset(map(str, spec.only)) if isinstance(spec.only, list) else None
        self._check_ask(kind, choices, spec, site)
        ask = Ask(
            name=name,
            kind=kind,
            when=when,
            place=str(site.key("ask")),
            label=spec.label or "",
            say=self._question(spec, choices, site, when),
            choices=choices,
            pattern=pattern,
            bounds=build_bounds(kind, spec.at_least, spec.at_most, site, self._findings),
            only=only,
            window=window,
            check=None if spec.check is None else handler_of(spec.check, "check", site.below("check"), self._around),
            is_optional=spec.optional,
            is_remembered=spec.remember is True,
            is_prefilled=spec.prefill,
            retry=self._said(spec.retry, site.below("retry"), when),
            tries=spec.tries,
            style=self._style(spec, site),
            everyone=spec.everyone,
            url=None if spec.url is None else handler_of(spec.url, "url", site.below("url"), self._around),
        )
        self._name(name, site.key("ask"), site, when)
        self._kinds[name] = kind
        return ask

    def _question(
        self, spec: PlainStepSpec, choices: object, site: Site, when: tuple[Conditions, ...]
    ) -> Wording | None:
        """Return what is said to ask, in which ``{tap.CHOICE}`` is what a button of the author's own brings back."""
        outer = self._around
        taps = frozenset(one.value for one in choices) if isinstance(choices, tuple) else frozenset[str]()
        self._around = replace(outer, taps=taps)
        say = self._said(spec.say, site.below("say"), when)
        self._around = outer
        return say

    def _answered_by(
        self, spec: PlainStepSpec, site: Site
    ) -> tuple[AskType, tuple[Choice, ...] | Handle | None, Pattern | None]:
        """Return the type of an answer, what is offered, and the pattern that finds it."""
        patterns = compiled_patterns(spec.pattern, site.below("pattern"), self._findings) if spec.pattern else ()
        pattern = patterns[0] if patterns else None
        kind: AskType = spec.type or "text"
        choices = self._choices(spec.choices, site.below("choices"))
        if spec.entity is not None:
            given = self._entity(spec.entity, site)
            if isinstance(given, Listed):
                choices = tuple(_of_words(value, words) for value, words in given.values.items())
            elif isinstance(given, Built):
                kind = _ASK_TYPES[given.kind]
            elif isinstance(given, Patterned):
                pattern = given.patterns[0]
        if choices is not None:
            if spec.type is not None and not site.is_damaged:
                self._findings.error(site.key("type"), "`type` and `choices` can't stand together", "leave one out")
            kind = "choice"
        return kind, choices, pattern

    def _choices(self, given: Any, site: Site) -> tuple[Choice, ...] | Handle | None:
        match given:
            case None:
                return None
            case str():
                return handler_of(str(given), "choices", site, self._around)
            case dict():
                each = [self._choice(str(value), labels, site) for value, labels in given.items()]
            case _:
                each = [Choice(str(value)) for value in given]
        for index, choice in enumerate(each):
            if len(choice.value) > MAX_VALUE or "|" in choice.value:
                place = site.value(index) if isinstance(given, list) else site.key(choice.value)
                what = "a `|` in it" if "|" in choice.value else f"over {MAX_VALUE} characters"
                self._findings.error(place, f"`choices`: a value has {what}", "write VALUE: label")
        return tuple(each)

    def _choice(self, value: str, given: Any, site: Site) -> Choice:
        if is_by_language(given):
            labels = tuple((str(tag), str(label)) for tag, label in given.items())
            return Choice(value, labels=labels)
        if isinstance(given, list):
            return _of_words(value, given)
        return Choice(value, "" if given is None else str(given))

    def _entity(self, name: str, site: Site) -> object:
        intent, _, entity = name.rpartition(".")
        full = self._around.intent_name(intent)
        found = self._around.intents.get(full) or self._around.intents.get(intent)
        if found is None:
            if full not in self._around.broken_intents:
                hint = near(intent, self._around.intents, "write it as INTENT.ENTITY")
                self._findings.error(site.value("entity"), f"`entity`: there is no intent `{intent}`", hint)
            return None
        if entity not in found.entities:
            hint = near(entity, found.entities, f"it has {', '.join(found.entities) or 'none'}")
            self._findings.error(site.value("entity"), f"`entity`: intent `{intent}` has no entity `{entity}`", hint)
            return None
        return found.entities[entity]

    def _window(self, spec: PlainStepSpec, site: Site) -> Conditions:
        if not isinstance(spec.only, WindowSpec):
            return ALWAYS
        zone = check_timezone(spec.only.timezone or self._around.timezone, site.below("timezone"), self._findings)
        windows = tuple(windows_of(spec.only.time, site.below("time"), self._findings))
        return Conditions((Hours(frozenset(spec.only.days), windows, zone),), zone)

    def _style(self, spec: PlainStepSpec, site: Site) -> Any:
        styles = ("quick", "buttons", "none")
        if spec.as_ is None or spec.as_ in styles:
            return spec.as_ or "quick"
        self._findings.error(
            site.value("as"), f"`as`: there is no `{spec.as_}`", near(spec.as_, styles, ", ".join(styles))
        )
        return "quick"

    def _check_ask(self, kind: str, choices: object, spec: PlainStepSpec, site: Site) -> None:
        if spec.everyone is not None and (self._written.spec.for_ != "chat" or choices is None):
            message = "`everyone` is for `choices` in a flow with `for: chat`"
            self._findings.error(site.key("everyone"), message, "write `for: chat` beside the flow's steps")
        if spec.pattern is not None and kind not in ("text", "choice"):
            self._findings.error(site.key("pattern"), f"`pattern` is for texts and choices, not for {kind}")
        if kind == "account_link" and spec.url is None and not site.is_damaged:
            self._findings.error(
                site.key("type"), "`account_link` needs `url: PLUGIN.HANDLER`", "it says where to log in"
            )
        if not isinstance(choices, tuple) or not choices:
            return
        words = {
            word
            for each in ("cancel", "back", "change", "skip")
            for found in own()["words"][each].values()
            for word in found
        }
        for choice in choices:
            if {choice.value, choice.label} & words:
                message = (
                    f"`choices`: `{choice.shown}` is a word that stands for something else, and counts as the choice"
                )
                self._findings.warning(site.key("choices"), message, "nobody can cancel, go back or skip by it here")

    def _rounds(
        self, spec: PlainStepSpec, site: Site, prefix: str, when: tuple[Conditions, ...], path: tuple[str, ...]
    ) -> Iterator[Step]:
        assert isinstance(spec, InnerStepSpec | StepSpec)
        name = f"{prefix}{spec.list_}"
        asks: list[Ask] = []
        outer_names, outer_certain = self._names, [*self._certain]
        self._names = {}
        inside = self._around
        self._around = replace(inside, entry=Answers())
        for index, inner in enumerate(spec.steps or []):
            here = site.below("steps", index)
            if inner.ask is None or inner.flow is not None:
                self._findings.error(
                    here.key(), "a list asks: each of its steps needs `ask:`", "confirm and run behind it"
                )
                continue
            if inner.ask == MORE:
                message = f"`ask`: in a list `{MORE}` is the question whether there is another"
                self._findings.error(here.value("ask"), message, "call it something else")
            self._check_keys("ask", inner, here)
            own = self._when(inner.when, here.below("when"))
            ask = self._ask(inner, here, f"{name}/", (own,) if own is not None else ())
            asks.append(ask)
            self._count += 1
        self._names, self._certain = outer_names, outer_certain
        self._around = inside
        self._name(name, site.key("list"), site, when)
        if not asks:
            return
        names = [ask.name.rpartition("/")[2] for ask in asks]
        line = spec.line if spec.line is not None else " ".join(f"{{entry.{one}}}" for one in names)
        self._around = replace(inside, entry=Answers(frozenset(names)))
        shown = build_wording([line], site.below("line"), self._inside(when))
        self._around = inside
        at_most = _whole(spec.at_most, site, self._findings) if spec.at_most is not None else None
        more = self._said(spec.more, site.below("more"), when)
        yield Rounds(name, tuple(asks), shown, when, str(site.key("list")), more, at_most)

    # What stands around a step

    def _name(self, name: str, place: Place, site: Site, when: tuple[Conditions, ...]) -> None:
        if name in self._names:
            hint = f"the first is at {self._names[name]}; say `as: NAME` beside a second run"
            self._findings.error(place, f"a second step `{name}`", hint)
        self._names.setdefault(name, place)
        self._certain.append((name, when))

    def _inside(self, when: tuple[Conditions, ...]) -> Surroundings:
        """Return what may be named in what is said under *when*: what is known there, and what may be."""
        sure = frozenset(name for name, other in self._certain if other == when[: len(other)])
        return replace(self._around, answers=Answers(frozenset(name for name, _ in self._certain), sure))

    def _when(self, spec: StepWhenSpec | None, site: Site) -> Conditions | None:
        if spec is None:
            return None
        conditions = build_conditions(spec, site, self._around.timezone, self._around.lists, self._findings)
        for name in spec.flow:
            if name.partition(".")[0] not in {known.partition(".")[0] for known, _ in self._certain} and name not in {
                known.rpartition("/")[2] for known, _ in self._certain
            }:
                known = [one for one, _ in self._certain]
                hint = near(name, known, f"known here: {', '.join(known) or 'nothing'}")
                self._findings.error(
                    site.key("flow", name), f"`when.flow`: nothing is called `{name}` before this", hint
                )
        if spec.flow:
            conditions = replace(conditions, each=(*conditions.each, Known(spec.flow)))
        return conditions

    def _said(self, items: Messages | None, site: Site, when: tuple[Conditions, ...] = ()) -> Wording | None:
        return None if items is None else build_wording(items, site, self._inside(when), None)

    def _stuck(self, spec: FlowSpec, site: Site) -> Stuck:
        if spec.stuck is None:
            return Stuck()
        begin, run = spec.stuck.begin, spec.stuck.run
        return Stuck(
            self._said(spec.stuck.reply, site.below("reply")),
            None
            if begin is None
            else self._builder.check_target("begin", begin, site.value("begin"), self._written.pack),
            None if run is None else handler_of(run, "run", site.below("run"), self._around),
        )

    def _check_flow(self, spec: FlowSpec, site: Site, steps: Sequence[Step]) -> None:
        if spec.hosts and spec.for_ != "chat":
            self._findings.error(site.key("hosts"), "`hosts` are for a flow with `for: chat`", "leave it out")
        longest = max((ask.everyone for ask in steps if isinstance(ask, Ask) and ask.everyone is not None), default=0.0)
        if longest > spec.expire:
            self._findings.warning(site.key(), "`expire` ends this flow before `everyone` does", "make it longer")
        if steps and isinstance(steps[-1], Do | Tell) and not any(isinstance(step, Confirm) for step in steps):
            runs = any(isinstance(step, Do) for step in steps)
            if runs:
                message = f"flow `{self._written.name}` runs a handler without asking whether all is right"
                self._findings.warning(
                    site.key(), message, "put `confirm: true` before it, or nothing if that is meant"
                )
        nameless = [ask.name for ask in steps if isinstance(ask, Ask) and ask.everyone is None and not ask.called]
        is_summed_up = any(isinstance(step, Confirm) and step.say is None for step in steps)
        if is_summed_up and nameless and any(map(written_in, _texts(steps))):
            message = f"`confirm: true` shows people the names {', '.join(f'`{name}`' for name in nameless)}"
            self._findings.warning(site.key(), message, "say `label:` beside each")
        for name in ("remind", "expired"):
            if getattr(spec, name) is not None:
                self._around.pushed.append((site.key(name), f"`{name}`"))


def _inside(around: Surroundings, written: Written) -> Surroundings:
    """Return the surroundings of a flow: in a pack's its intents and settings come first."""
    if written.pack is None:
        return around
    around = replace(around, intent_pack=written.pack)
    if written.plugin is None:
        return around
    return around.inside_pack(written.plugin, frozenset(around.plugins[written.plugin].settings.model_fields))


def written_flows(specs: Mapping[str, FlowSpec], site: Site, packs: Packs, around: Surroundings) -> dict[str, Written]:
    """Return all flows that a bot may begin, by their full names: its own, and those of packs, changed by it."""
    found = {
        f"{pack.name}.{name}": Written(f"{pack.name}.{name}", spec, pack.flows_site.below(name), pack.name, pack.plugin)
        for pack in packs.known.values()
        for name, spec in pack.flows.items()
    }
    for name, spec in specs.items():
        here = site.below(name)
        if spec.override and name not in found:
            message = f"`{name}` is no flow of a pack, so there is nothing to replace"
            around.findings.error(here.key("override"), message, near(name, found, _known_flows(list(found))))
        elif "." in name and not spec.override:
            around.findings.error(here.key(), f"`{name}`: a dot is for flows of packs", "add `override: true`")
        found[str(name)] = Written(str(name), spec, here)
    return found


def _texts(steps: Sequence[Step]) -> Iterator[str]:
    """Yield what is said in *steps*, as far as it is text."""
    for step in steps:
        if isinstance(step, Rounds):
            yield from _texts(step.steps)
        if isinstance(step, Ask):
            yield step.label
            yield from (choice.shown for choice in (step.choices if isinstance(step.choices, tuple) else ()))
        if isinstance(step, Ask | Confirm | Tell) and step.say is not None:
            for template in step.say.in_language(None):
                yield str(template.body.get("text", ""))


def _of_words(value: str, words: Sequence[Any]) -> Choice:
    """Return the choice *value*, which is shown by the first of its words."""
    first, *others = map(str, words) if words else [value]
    return Choice(value, "" if first == value else first, tuple(others))


def _known_flows(names: Sequence[str]) -> str:
    return f"known are {', '.join(f'`{name}`' for name in names)}" if names else "write it under `flows:`"


def _field(kind: str) -> str:
    return {"list": "list_"}.get(kind, kind)


def _is_said(spec: PlainStepSpec, key: str) -> bool:
    """Say whether *key* was written, and not as what is meant without it."""
    return getattr(spec, key, None) not in (None, False, [])


def _belongs(name: str) -> str:
    owner = next((kind for kind, keys in BESIDE.items() if name in keys and name not in BESIDE), None)
    return "write two steps" if owner is None else f"it belongs to `{owner}:`"


def _unnamed(prefix: str, kind: str, spec: StepSpec | PlainStepSpec, site: Site) -> str:
    """Return the name of a step that has none: the same as long as it says the same."""
    return f"{prefix}{kind}:{_digest(spec)}"


def _digest(spec: Any) -> str:
    written = json.dumps(spec.model_dump(mode="json", exclude_unset=True, by_alias=True), sort_keys=True, default=str)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _whole(text: str, site: Site, findings: Any) -> int | None:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1000:
        return int(text)
    findings.error(site.value("at_most"), "`at_most` of a list is a number of rounds, up to 1000")
    return None

"""Turn what a file says of a bot into a bot that runs: its adapter, plugins and routes; find what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ...adapters.adapter import AdapterKind
from ...errors import AdapterError, PluginError
from ...findings.findings import Place, did_you_mean, near
from ...intents.intent import Intents
from ...pace import give_way
from ...plugins.registry import Plugin, PluginRegistry
from ...routing.actions import BeginFlow
from ...routing.handoffs import Handoff
from ...routing.matching.patterns import MAX_PRICE_TOGETHER, MAX_PROGRAMS
from ...routing.routes import Route
from ...routing.schedules import Scheduled
from ...routing.wordings import Wording
from ...tracebacks import summary_of
from ..configuration import DEFAULT_RUNNING_OF_BOT, BotConfiguration, PluginUse, UserLimit
from ..keys.bots import BotSpec, UserLimitSpec
from ..keys.files import FileSpec, PluginFileSpec
from ..keys.handoffs import HandoffSpec
from ..routes.conditions import build_quiet, check_timezone
from ..routes.lists import NamedList, build_access, build_lists, check_lists, ids_of
from ..routes.literals import check_literals
from ..routes.oddities import check_sent, check_typed
from ..routes.packs import Entry, Pack, Packs, arrange
from ..routes.pushes import Deferred, Sender
from ..routes.routes import CHEAPER, build_route, deferred
from ..routes.surroundings import Lists, Site, Surroundings
from ..routes.wordings import build_wording
from ..values.annotations import holds_secret, secrets_in
from ..values.coercion import SIMULATED_SECRET, Coercion
from ..values.validation import validated
from ..yaml.document import Part
from ..yaml.interpolation import Text
from ..yaml.json_files import JsonFiles
from ..yaml.texts import Notes
from .files import File, FileReader
from .intents import IntentBuilder, build_intents
from .reuse import Made, fingerprint, token_of

if TYPE_CHECKING:
    from .flows import FlowBuilder

OUR_ADAPTERS = frozenset(["discord", "github", "slack", "stripe", "telegram", "webhook"])
"""The adapters that come as packages of their own."""

NOTHING: Mapping[str, str] = MappingProxyType({})

CLASSIFIERS = "intents"
"""The plugin whose classifiers a bot may use without naming it."""


@dataclass
class BotBuilder:
    """Build bots, or take them over from an earlier load, which made those *before*.

    ``made`` are all of this load; ``wrong`` are the names of those that can't be served as they are written.
    ``places`` are those of the routes that were
    built, by the names of bot and route; ``intents`` what their intents were built by.
    """

    registry: PluginRegistry
    reader: FileReader
    packs: Packs
    lists: Lists
    before: Mapping[str, Made] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    intents: dict[str, IntentBuilder] = field(default_factory=dict)
    included: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    _deferred: dict[str, Sequence[Deferred]] = field(default_factory=dict)
    _flow_packs: dict[str, set[str]] = field(default_factory=dict)
    _plugin_packs: dict[str, Pack | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.json_files = JsonFiles(self.reader.texts)
        self._findings = self.reader.findings

    def bot(self, name: str, file: File[FileSpec]) -> BotConfiguration | None:
        """Return the bot *name* of *file*, or None after reporting why there is none; raises UncutError."""
        before = self.before.get(name)
        if before is not None and not self._is_around_same(before, file):
            before = None
        if before is not None and before.is_text_same(file.document) and not before.has_warnings:
            return self._taken(before)
        give_way()  # the next bot takes milliseconds, and a host may be waiting beside
        part = file.document.take(("bots", name))
        is_same = before is not None and before.is_same(part)
        if before is not None and is_same and not before.has_warnings:
            return self._taken(replace(before, block=part.digest))
        with self.reader.texts.noting() as notes:
            bot = self._made(name, file, part, notes)
        if before is None or bot is None or not is_same:
            return bot
        self.made[name] = replace(
            self.made[name], bot=before.bot, senders=before.senders
        )  # it was made for its warnings only
        return before.bot

    def _taken(self, before: Made) -> BotConfiguration:
        self.reader.findings.filled.update({value: name for name, value in before.variables.items() if value})
        self.reader.secrets.update(before.secrets)
        self.reader.findings.hide(before.secrets)
        self.included.update(before.packs)
        self.made[before.bot.name] = before
        return before.bot

    def _is_around_same(self, before: Made, file: File[FileSpec]) -> bool:
        """Say whether all that a bot was made of beside its own data is as it was."""
        return (
            before.file == file.document.file
            and before.has_same_values(file.variables.values)
            and before.bot.adapter == self._kind(before.bot.adapter.name)
            and not any(plugin.routes_file and plugin.name in self.packs.known for plugin in before.plugins)
            and before.lists == self._listed(before.lists)
            and before.packs == self._tokens(before.packs, before.plugins)
            and self.reader.texts.are_as_noted(before.notes)
        )

    def _kind(self, name: str) -> AdapterKind | None:
        try:
            return self.registry.platforms.load(name)
        except AdapterError:
            return None

    def _tokens(self, names: Iterable[str], plugins: Sequence[Plugin]) -> dict[str, bytes | None]:
        """Return the tokens of the packs *names*, of the files or of *plugins*."""
        shipped = {plugin.name: self._plugin_pack(plugin) for plugin in plugins}
        packs = {name: self.packs.known.get(name) or shipped.get(name) for name in names}
        return {name: pack.token if pack else None for name, pack in packs.items()}

    def _listed(self, names: Iterable[str]) -> dict[str, frozenset[str] | None]:
        """Return the ids of the files' lists *names*, or None where there is no such list."""
        return {name: self.lists.known.get(name) for name in names}

    def _made(self, name: str, file: File[FileSpec], part: Part, notes: Notes) -> BotConfiguration | None:
        document, path, secrets = file.document, part.path, self.reader.secrets
        variables = self.reader.variables(file.variables.values)
        self._findings = self.reader.findings.branch()
        coercion = replace(
            self.reader.coercion(part.marks, document.folder, variables, self._findings), secrets=(own := set[str]())
        )
        spec = validated(BotSpec, coercion.coerce(BotSpec, part.data, path), part.marks, self._findings, path)
        site = file.site_of(part)
        lists = Lists({}) if spec is None else self._lists(spec, site)
        bot = None if spec is None else self._built(name, spec, site, coercion, lists)
        self.reader.findings.join(self._findings)
        secrets.update(own)
        names = {route.include for route in spec.routes if route.include} if spec else set()
        names |= self._flow_packs.pop(name, set())
        self.included.update(names)
        lost = self.packs.broken | self.reader.wrong_packs
        if self._findings.has_errors or bot is None or not lost.isdisjoint(names):
            self.wrong.add(name)
        if bot is not None:
            plugins = [use.plugin for use in bot.plugins.values()]
            self.made[name] = Made(
                bot=bot,
                file=document.file,
                block=part.digest,
                data=fingerprint(part),
                variables=variables.asked,
                notes=notes,
                packs=self._tokens(names, plugins),
                lists=self._listed(lists.asked - spec.lists.keys()) if spec else {},
                plugins=plugins,
                secrets=frozenset(own),
                has_warnings=self._findings.has_warnings,
                deferred=self._deferred.pop(name, ()),
            )
        return bot

    def stand_in(self, name: str, before: Made | None) -> BotConfiguration | None:
        """Return what is served as the bot *name*, which is wrong: what it was *before*, if it was there."""
        self.made.pop(name, None)
        return None if before is None else self._taken(before)

    def with_pushes(self, bots: Mapping[str, BotConfiguration | None]) -> dict[str, BotConfiguration | None]:
        """Return *bots*, each with what its routes push by others; report what can't be.

        Those that are ``wrong`` stand in as they were, pushes and all.

        One is built again only where it pushes, and who does so for it isn't as it was.
        """
        known = self.lists.known
        senders = {name: None if bot is None else _sender(bot, known) for name, bot in bots.items()}
        return {
            name: bot if bot is None or name in self.wrong else self._with_pushes(bot, senders)
            for name, bot in bots.items()
        }

    def _with_pushes(self, bot: BotConfiguration, senders: Mapping[str, Sender | None]) -> BotConfiguration:
        made = self.made.get(bot.name)
        if made is None or not made.deferred:
            return bot
        asked = {name or bot.name for one in made.deferred for name in one.senders}
        now = {name: senders.get(name) for name in sorted(asked)}
        if made.senders == now:
            return bot
        findings = self.reader.findings.branch()
        written = {one.route: one.told(findings, self.json_files) for one in made.deferred}
        routes = [
            written[route.name].build(route, bot.name, senders) if route.name in written else route
            for route in bot.routes
        ]
        self.reader.findings.join(findings)
        if findings.has_errors:
            self.wrong.add(bot.name)
        built = replace(bot, routes=routes)
        self.made[bot.name] = replace(made, bot=built, senders=now)
        return built

    def _built(self, name: str, spec: BotSpec, site: Site, coercion: Coercion, lists: Lists) -> BotConfiguration | None:
        check_typed(site.below("call_names"), self._findings)
        check_literals("call_names", spec.call_names, site, self._findings)
        check_sent(site.below("settings"), self._findings)
        timezone = check_timezone(spec.timezone, site.below("timezone"), self._findings)
        uses = self._plugins(spec, coercion, site.below("plugins"))
        kinds, adapter = self.registry.platforms.names, self._adapter(spec, site)
        if adapter is None:
            return None
        lists = replace(lists, forms=adapter.ids)
        check_lists(_named(spec, site), [adapter.ids], self._findings)
        settings = self._adapter_settings(adapter, spec, coercion, site)
        around = Surroundings(
            adapter=adapter,
            plugins={plugin: use.plugin for plugin, use in uses.items() if use is not None},
            timezone=spec.timezone,
            settings=frozenset(spec.settings),
            findings=self._findings,
            json_files=self.json_files,
            broken=frozenset(plugin for plugin, use in uses.items() if use is None),
            lists=lists,
            lets_unknown=spec.messages.unknown == "warn",
            platforms=frozenset(kinds),
            hands_over=spec.handoff is not None,
        )
        packs = self._packs(around)
        intents, builder = self._intents(spec, site, packs, around)
        self.intents[name] = builder
        around = replace(around, intents=builder.known, broken_intents=frozenset(builder.broken))
        flows = self._flows(spec, site.below("flows"), packs, around)
        around = replace(around, flows={} if flows is None else {flow: flow for flow in flows.known})
        deferred: list[Deferred] = []
        routes = self._routes(name, spec, site, around, packs, deferred)
        self._deferred[name] = deferred
        if flows is not None:
            for route in routes:
                if isinstance(route.action, BeginFlow):
                    flows.build(route.action.flow)
            self._flow_packs[name] = flows.packs
        on_error = build_wording(spec.on_error, site.below("on_error"), around) if spec.on_error else None
        access = build_access(spec.allow, spec.deny, site, around.lists, self._findings)
        quiet = build_quiet(spec.quiet, site.below("quiet"), spec.timezone, self._findings)
        per_user = _user_limit(spec.limits.per_user, site.below("limits", "per_user"), around)
        schedule = self._schedule(spec, site.below("schedule"), around, flows)
        if around.pushed and spec.budget is None:
            self._note_costs(around.pushed)
        self._check_stateless(on_error, site.value("on_error"))
        self._check_stateless(per_user.reply if per_user else None, site.value("limits", "per_user", "reply"))
        if settings is None or None in uses.values():
            return None
        return BotConfiguration(
            name=name,
            adapter=adapter,
            adapter_settings=settings,
            plugins={plugin: use for plugin, use in uses.items() if use is not None},
            routes=routes,
            call_names=tuple(str(call) for call in spec.call_names),
            push_fallback=spec.push_fallback,
            settings=dict(spec.settings),
            on_error=on_error,
            running=spec.limits.running or DEFAULT_RUNNING_OF_BOT,
            per_user=per_user,
            access=access,
            stale_after=math.inf if spec.stale_after is None else spec.stale_after,
            quiet=quiet,
            lets_unknown=around.lets_unknown,
            timezone=timezone,
            lists={name: frozenset(map(str, ids)) for name, ids in spec.lists.items()},
            intents=replace(intents, asks_back=any(route.is_unsure for route in routes)),
            flows={} if flows is None else flows.flows,
            languages=tuple(map(str, spec.languages)),
            texts=self._texts(spec, site.below("texts"), around),
            budget=spec.budget,
            schedule=schedule,
            handoff=self._handoff(spec.handoff, site.below("handoff"), around),
        )

    def _flows(self, spec: BotSpec, site: Site, packs: Packs, around: Surroundings) -> FlowBuilder | None:
        """Return what builds the flows of the bot; for one without any nothing is loaded that runs them."""
        if not (spec.flows or any(pack.flows for pack in packs.known.values())):
            return None
        from .flows import FlowBuilder, written_flows  # lazy: as said

        builder = FlowBuilder(written_flows(spec.flows, site, packs, around), around)
        builder.build_of({route.include for route in spec.routes if route.include})
        return builder

    def _schedule(
        self, spec: BotSpec, site: Site, around: Surroundings, flows: FlowBuilder | None
    ) -> Mapping[str, Scheduled]:
        if not spec.schedule:
            return {}
        from .schedules import ScheduleBuilder  # lazy: most bots have none

        schedule = ScheduleBuilder(around).build(spec.schedule, site)
        for entry in schedule.values():
            if flows is not None and isinstance(entry.action, BeginFlow):
                flows.build(entry.action.flow)
        return schedule

    def _handoff(self, spec: HandoffSpec | None, site: Site, around: Surroundings) -> Handoff | None:
        if spec is None:
            return None
        if spec.tell:
            around.pushed.append((site.key("tell"), "`tell`"))
        return Handoff(
            tell=tuple(sorted(ids_of(spec.tell, site.below("tell"), around.lists, self._findings))),
            reply=None if spec.reply is None else build_wording(spec.reply, site.below("reply"), around),
            back=None if spec.back is None else build_wording(spec.back, site.below("back"), around),
            words=tuple(map(str, spec.ends.words)),
            idle=spec.ends.idle,
            at_most=spec.ends.at_most,
        )

    def _texts(self, spec: BotSpec, site: Site, around: Surroundings) -> Mapping[str, Wording]:
        if not spec.texts:
            return {}
        from .texts import build_texts  # lazy: most bots say nothing else

        return build_texts(spec.texts, site, around)

    def _note_costs(self, pushed: Sequence[tuple[Place, str]]) -> None:
        """Warn once that what the bot sends of its own accord may cost quota, for which there is no limit."""
        place, what = pushed[0]
        more = f", and so {'is' if len(pushed) == 2 else 'are'} {len(pushed) - 1} more" if len(pushed) > 1 else ""
        hint = "say how much it may at most: `budget: 200` of the bot is so many pushes a month"
        self._findings.warning(place, f"{what} is pushed, which may cost quota{more}", hint)

    def _check_stateless(self, wording: Wording | None, place: Place) -> None:
        """Report what *wording* wants of the state, which is not read for it."""
        messages = (message for each in wording.each.values() for message in each) if wording is not None else ()
        each = (placeholder for message in messages for placeholder in message.placeholders)
        asked = next((placeholder.source for placeholder in each if placeholder.root == "state"), None)
        if asked is not None:
            message = f"`{asked}` is always empty here: the state of the conversation isn't looked at for this answer"
            self._findings.warning(place, message, "leave it out")

    def _lists(self, spec: BotSpec, site: Site) -> Lists:
        """Return the lists that the bot may name: the files', and its own, which come first."""
        own = build_lists(_named(spec, site), self._findings, is_whole=not site.below("lists").is_damaged)
        return Lists({**self.lists.known, **own.known}, self.lists.is_whole and own.is_whole, str(site.path[-1]))

    def _adapter(self, spec: BotSpec, site: Site) -> AdapterKind | None:
        kinds, kind, trouble = self.registry.platforms.names, None, None
        try:
            kind = self.registry.platforms.load(spec.adapter)
        except AdapterError as error:
            trouble = error
        known = [*BotSpec.model_fields, *([spec.adapter] if spec.adapter in kinds else kinds)]
        for key in spec.model_extra or {}:
            if key not in known:
                hint = near(key, known, f"known are {', '.join(f'`{one}`' for one in known)}")
                shown = self._findings.shown_key(key, site.key(key))
                message = f"unknown key `{shown}` in bot `{site.path[-1]}`"
                self._findings.error(site.key(key), message, hint, hide=True)
        if kind is None and trouble is not None and spec.adapter in kinds:
            self._findings.error(site.value("adapter"), str(trouble), trouble.where and f"see {trouble.where}")
        elif kind is None:
            others = f"pip install hookline-{spec.adapter}" if spec.adapter in OUR_ADAPTERS else _known_adapters(kinds)
            hint = near(spec.adapter, kinds, others)
            self._findings.error(site.value("adapter"), f"`adapter`: there is no adapter `{spec.adapter}`", hint)
        return kind

    def _adapter_settings(
        self, adapter: AdapterKind, spec: BotSpec, coercion: Coercion, site: Site
    ) -> BaseModel | None:
        raw = (spec.model_extra or {}).get(adapter.name)
        path = (*site.path, adapter.name)
        if raw is None and not self.reader.is_simulated:
            needed = " and ".join(f"`{n}`" for n, f in adapter.settings.model_fields.items() if f.is_required())
            place = site.marks.key(path)
            self._findings.error(place, f"`{adapter.name}` is missing in bot `{site.path[-1]}`", f"it needs {needed}")
            return None
        return self._settings(adapter.settings, raw, coercion, site.below(adapter.name), adapter.made_up)

    def _settings(
        self, model: type[BaseModel], raw: Any, coercion: Coercion, site: Site, invented: Mapping[str, str] = NOTHING
    ) -> BaseModel | None:
        raw = {} if raw is None else raw
        if self.reader.is_simulated and isinstance(raw, dict):
            made_up = {
                name: SIMULATED_SECRET
                for name, item in model.model_fields.items()
                if item.is_required() and holds_secret(item.annotation) and name not in raw
            }
            made_up |= {name: value for name, value in invented.items() if name not in raw}
            raw = {**raw, **{name: Text(value) for name, value in made_up.items()}}
        data = coercion.coerce(model, raw, site.path)
        what = f"`{site.path[-1]}`"
        try:
            settings = validated(model, data, coercion.marks, self._findings, site.path, what=what)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin's own checks run here: whatever they raise is a finding
            message = f"plugin {what}: checking its settings failed: {summary_of(error)}"
            self._findings.error(site.key(), message)
            return None
        if not self.reader.is_simulated:
            coercion.hide(secrets_in(settings))  # the model may have taken off what was written around them
        return settings

    def _plugins(self, spec: BotSpec, coercion: Coercion, site: Site) -> dict[str, PluginUse | None]:
        return {name: self._plugin(name, raw, coercion, site.below(name)) for name, raw in spec.plugins.items()}

    def _plugin(self, name: str, raw: Any, coercion: Coercion, site: Site) -> PluginUse | None:
        try:
            plugin = self.registry.load(name)
        except PluginError as error:
            if name in self.registry.installed:
                self._findings.error(site.key(), str(error), error.where and f"see {error.where}")
            else:
                hint = partial(_install_hint, name, self.registry.installed)
                self._findings.error(site.key(), f"plugin `{name}` is not installed", hint)
            return None
        for doubt in plugin.doubts:
            self._findings.warning(site.key(), doubt.message, f"see {doubt.where}")
        settings = self._settings(plugin.settings, raw, coercion, site)
        return None if settings is None else PluginUse(plugin, settings)

    def _intents(self, spec: BotSpec, site: Site, packs: Packs, around: Surroundings) -> tuple[Intents, IntentBuilder]:
        """Return the intents of the bot and of the packs that it includes, and what was built of them."""
        names = dict.fromkeys(str(route.include) for route in spec.routes if route.include and route.enabled)
        included = [packs.known[name] for name in names if name in packs.known]
        has_any = bool(spec.intents) or any(pack.intents for pack in included)
        builder = IntentBuilder(self._findings)
        builder.broken |= {name for name in names if name not in packs.known}
        shipped = self._shipped_classifiers(site) if has_any else None
        return build_intents(spec, site, included, list(around.plugins.values()), builder, shipped), builder

    def _shipped_classifiers(self, site: Site) -> Plugin | None:
        """Return the plugin with our own classifiers, which no bot need name; None when it isn't installed."""
        if CLASSIFIERS not in self.registry.installed:
            return None
        try:
            return self.registry.load(CLASSIFIERS)
        except PluginError as error:
            self._findings.error(site.key("intents"), str(error), error.where and f"see {error.where}")
            return None

    def _routes(
        self, bot: str, spec: BotSpec, site: Site, around: Surroundings, packs: Packs, pushes: list[Deferred]
    ) -> list[Route]:
        built = []
        for entry in arrange(spec.routes, site.below("routes"), packs, self._findings):
            place = self.places[bot, entry.name] = entry.site.key("name")
            inside = _inside(around, entry)
            route = build_route(entry.spec, entry.site, inside, entry.name, place)
            if route is None:
                continue
            built.append(route)
            pushes += filter(None, [deferred(entry.spec, entry.site, inside, route)])
        self._check_patterns(bot, built, site)
        if not spec.routes and not site.below("routes").is_damaged:
            self._findings.warning(site.key(), f"bot `{bot}` has no routes, so it never answers")
        return built

    def _check_patterns(self, bot: str, built: Sequence[Route], site: Site) -> None:
        """Report what the patterns of all routes are too much for together."""
        steps = sum(variant.steps for route in built for pattern in route.patterns for variant in pattern.variants)
        if steps > MAX_PROGRAMS:
            message = f"the patterns of bot `{bot}` compile to {steps} steps together, at most {MAX_PROGRAMS}"
            self._findings.error(site.key(), message, "make the largest ones simpler, or use keywords")
            return
        prices = [(sum(pattern.price for pattern in route.patterns), route.name) for route in built]
        total = sum(price for price, _ in prices)
        if total > MAX_PRICE_TOGETHER:
            most, dearest = max(prices)
            what = f"the patterns of bot `{bot}` {total:.0f} ms together"
            message = f"a text of 5,000 letters may take {what}, at most {MAX_PRICE_TOGETHER}"
            hint = f"this route's take most, {most:.0f} ms: {CHEAPER}"
            self._findings.error(self.places[bot, dearest], message, hint)

    def _packs(self, around: Surroundings) -> Packs:
        """Return the packs of the files and those that the bot's plugins ship."""
        known = dict(self.packs.known)
        broken = self.packs.broken | around.broken
        for name, plugin in around.plugins.items():
            shipped = self._plugin_pack(plugin)
            if name in known and plugin.routes_file is not None:
                message, hint = f"two packs are named `{name}`", f"plugin `{name}` ships one; give yours another name"
                self._findings.error(known[name].site.marks.key(("packs", name)), message, hint)
            elif shipped is not None:
                known[name] = shipped
            elif plugin.routes_file is not None:
                broken |= {name}
        return Packs(known, broken, self.packs.is_whole)

    def _plugin_pack(self, plugin: Plugin) -> Pack | None:
        if plugin.routes_file is None:
            return None
        if plugin.name not in self._plugin_packs:
            self._plugin_packs[plugin.name] = self._read_plugin_pack(plugin, plugin.routes_file)
        return self._plugin_packs[plugin.name]

    def _read_plugin_pack(self, plugin: Plugin, path: Path) -> Pack | None:
        file = self.reader.read_shipped(path, PluginFileSpec, f"{plugin.distribution}/{path.name}", plugin.name)
        if file is None:
            return None
        token = token_of(file.document, Part((), file.document.data, file.document.marks), file.variables)
        spec = file.spec
        return Pack(plugin.name, spec.routes, file.site("routes"), plugin.name, spec.intents, spec.flows, token)


def _named(spec: BotSpec, site: Site) -> dict[str, NamedList]:
    return {name: NamedList(ids, site.below("lists", name)) for name, ids in spec.lists.items()}


def _sender(bot: BotConfiguration, lists: Mapping[str, frozenset[str]]) -> Sender:
    return Sender(bot.adapter, {**lists, **bot.lists}, bot.lets_unknown)


def _known_adapters(names: Iterable[str]) -> str:
    return f"known are {', '.join(sorted(names))}"


def _install_hint(name: str, installed: Iterable[str]) -> str:
    """Return what to do about a plugin that is missing: by convention the package of `NAME` is hookline-NAME."""
    meant = did_you_mean(name, installed)
    if not name.isascii():
        return meant or "install its package first, or mend the name"
    command = f"pip install hookline-{name.replace('_', '-')}"
    return f"{meant} If not: {command}" if meant else command


def _user_limit(spec: UserLimitSpec | None, site: Site, around: Surroundings) -> UserLimit | None:
    if spec is None:
        return None
    reply = build_wording(spec.reply, site.below("reply"), around) if spec.reply else None
    return UserLimit(spec.messages, spec.within, reply)


def _inside(around: Surroundings, entry: Entry) -> Surroundings:
    """Return the surroundings of *entry*: its pack's intents, and in a plugin's pack ``{settings.…}`` are its own."""
    if entry.pack is None:
        return around
    around = replace(around, intent_pack=entry.pack.name)
    if entry.pack.plugin is None:
        return around
    fields = frozenset(around.plugins[entry.pack.plugin].settings.model_fields)
    return around.inside_pack(entry.pack.plugin, fields)

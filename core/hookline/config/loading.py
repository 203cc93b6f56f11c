"""Load bot.yaml: read → fill variables → check → load plugins → build routes, reporting every mistake at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel

from ..adapters.adapter import AdapterKind
from ..errors import ConfigError, PluginError
from ..plugins.registry import Plugin, PluginRegistry
from ..routing.overlap import overlaps
from ..routing.router import Router
from ..routing.routes import Route
from .annotations import holds_secret
from .coercion import SIMULATED_SECRET, Coercion
from .configuration import BotConfiguration, Configuration, PluginUse
from .diagnostics import Place, Problems, did_you_mean
from .document import Document, Marks, YamlPath, read_document
from .interpolation import Text, Variables
from .packs import Entry, Pack, arrange
from .routes import Source, Surroundings, build_messages, build_route, check_timezone
from .spec import BotSpec, FileSpec, PluginFileSpec
from .validation import validated

_PASSWORD = re.compile(r"://[^\s:/@${}]*:(?!\$\{\w+\}@)[^\s@]+@")


def load(
    paths: Sequence[Path],
    registry: PluginRegistry,
    *,
    environment: Mapping[str, str] | None = None,
    is_simulated: bool = False,
    is_thorough: bool = False,
) -> Configuration:
    """Return the configuration that *paths* hold together, or raise ConfigError with all that is wrong.

    With *is_simulated* secrets and unset variables get made-up values. With *is_thorough* routes that can
    never win, and overlaps, are looked for too.
    """
    problems = Problems()
    loader = _Loader(registry, dict(os.environ if environment is None else environment), is_simulated, problems)
    configuration = loader.load(paths, is_thorough=is_thorough)
    if configuration is None or problems.errors():
        raise ConfigError(problems.all())
    return configuration


@dataclass
class _Merged:
    """Hold what several files say together."""

    data: dict[str, Any] = field(default_factory=dict)
    marks: Marks = field(default_factory=lambda: Marks({}, {}))
    coercions: dict[YamlPath, Coercion] = field(default_factory=dict)


class _Loader:
    def __init__(
        self, registry: PluginRegistry, environment: dict[str, str], is_simulated: bool, problems: Problems
    ) -> None:
        self._registry = registry
        self._environment = environment
        self._is_simulated = is_simulated
        self._problems = problems
        self._secrets: set[str] = set()
        self._plugin_packs: dict[str, Pack | None] = {}
        self._places: dict[tuple[str, str], Place] = {}

    def load(self, paths: Sequence[Path], *, is_thorough: bool) -> Configuration | None:
        documents = [read_document(path, self._problems) for path in paths]
        readable = [document for document in documents if document is not None]
        if len(readable) < len(documents) or not readable:
            return None
        merged = self._merge(readable)
        spec = validated(FileSpec, merged.data, merged.marks, self._problems, what="the file")
        if spec is None:
            return None
        store = self._store(spec.store, merged, readable[0].folder)
        packs = {
            name: Pack(
                name, pack.routes, Source(merged.marks, ("packs", name, "routes"), self._folder(merged, "packs", name))
            )
            for name, pack in spec.packs.items()
        }
        bots = {name: self._bot(name, bot, merged, packs) for name, bot in spec.bots.items()}
        self._check_packs(packs, spec, merged.marks)
        if self._problems.errors():
            return None
        whole = {name: bot for name, bot in bots.items() if bot is not None}
        if is_thorough:
            for bot in whole.values():
                self._check_overlaps(bot)
        return Configuration(
            store=store,
            bots=whole,
            ids_days=spec.retention.ids_days,
            bodies_days=min(spec.retention.bodies_days, spec.retention.ids_days),
            warnings=self._problems.warnings(),
            secrets=frozenset(self._secrets),
        )

    def _merge(self, documents: Sequence[Document]) -> _Merged:
        merged = _Merged()
        for document in documents:
            coercion = self._coercion(document)
            self._check_store_password(document)
            data = coercion.coerce(FileSpec, document.data, ())
            if len(documents) > 1 and "version" not in data:
                self._problems.error(
                    document.marks.key(()), "`version` is missing in the file", "begin it with `version: 1`"
                )
            for name, value in data.items():
                self._merge_key(merged, document, coercion, name, value)
            for path, place in document.marks.keys.items():
                merged.marks.keys.setdefault(path, place)
            for path, place in document.marks.values.items():
                merged.marks.values.setdefault(path, place)
        return merged

    def _merge_key(self, merged: _Merged, document: Document, coercion: Coercion, name: str, value: Any) -> None:
        if name in ("bots", "packs") and isinstance(value, dict):
            section = merged.data.setdefault(name, {})
            for item, body in value.items():
                place = document.marks.key((name, item))
                if isinstance(section, dict) and item in section:
                    first = merged.marks.key((name, item))
                    self._problems.error(place, f"a second {name[:-1]} `{item}`", f"the first is at {first}")
                elif isinstance(section, dict):
                    section[item] = body
                    merged.coercions[name, item] = coercion
            return
        if name in merged.data and merged.data[name] != value:
            first = merged.marks.value((name,))
            self._problems.error(
                document.marks.value((name,)), f"`{name}` differs from {first.file}:{first.line}", "make them equal"
            )
        merged.data.setdefault(name, value)
        merged.coercions.setdefault((name,), coercion)

    def _coercion(self, document: Document) -> Coercion:
        dotenv = {
            name: value or "" for name, value in dotenv_values(document.folder / ".env", interpolate=False).items()
        }
        variables = Variables({**dotenv, **self._environment}, self._is_simulated)
        return Coercion(document.marks, document.folder, variables, self._problems, self._secrets)

    def _folder(self, merged: _Merged, section: str, name: str) -> Path:
        return merged.coercions[section, name].folder

    def _check_store_password(self, document: Document) -> None:
        store = document.data.get("store")
        if isinstance(store, Text) and _PASSWORD.search(store):
            self._problems.error(
                document.marks.value(("store",)),
                "`store` holds a password in plain text",
                "write it as ${VAR}: postgresql://user:${PASSWORD}@host/name",
                hide=True,
            )

    def _store(self, url: str, merged: _Merged, folder: Path) -> str:
        place = merged.marks.value(("store",))
        if ("store",) in merged.coercions:
            folder = merged.coercions["store",].folder
        if not url.startswith("sqlite:///") or url == "sqlite:///" or url.startswith("sqlite:///:"):
            scheme = url.partition(":")[0] if url.partition(":")[0].isalnum() else "this"
            self._problems.error(
                place,
                f"`store`: {scheme} is not a store of this version",
                "write sqlite:///FILE, as in sqlite:///hookline.db",
            )
            return url
        return f"sqlite:///{folder.absolute() / url.removeprefix('sqlite:///')}"

    def _bot(self, name: str, spec: BotSpec, merged: _Merged, packs: Mapping[str, Pack]) -> BotConfiguration | None:
        path: YamlPath = ("bots", name)
        coercion = merged.coercions[path]
        source = Source(merged.marks, path, coercion.folder)
        check_timezone(spec.timezone, source.below("timezone"), self._problems)
        uses = self._plugins(spec, coercion, source.below("plugins"))
        adapter = self._adapter(spec, source)
        if adapter is None:
            return None
        settings = self._adapter_settings(adapter, spec, coercion, source)
        loaded = {plugin: use.plugin for plugin, use in uses.items() if use is not None}
        around = Surroundings(
            adapter=adapter,
            plugins=loaded,
            timezone=spec.timezone,
            settings=frozenset(spec.settings),
            problems=self._problems,
            broken=frozenset(plugin for plugin, use in uses.items() if use is None),
        )
        routes = self._routes(name, spec, source, packs, around)
        on_error = build_messages(spec.on_error, source.below("on_error"), around) if spec.on_error else ()
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
        )

    def _adapter(self, spec: BotSpec, source: Source) -> AdapterKind | None:
        kinds = self._registry.adapters()
        kind = kinds.get(spec.adapter)
        known = [*BotSpec.model_fields, *([kind.name] if kind else kinds)]
        for key in spec.model_extra or {}:
            if key not in known:
                hint = did_you_mean(key, known) or f"known are {', '.join(f'`{one}`' for one in known)}"
                if key == "intents":
                    hint = "this version has no intents"
                self._problems.error(
                    source.marks.key((*source.path, key)),
                    f"unknown key `{key}` in bot `{source.path[-1]}`",
                    hint,
                    hide=True,
                )
        if kind is None:
            hint = did_you_mean(spec.adapter, kinds) or f"known are {', '.join(sorted(kinds))}"
            place = source.marks.value((*source.path, "adapter"))
            self._problems.error(place, f"`adapter`: there is no adapter `{spec.adapter}`", hint)
        return kind

    def _adapter_settings(
        self, adapter: AdapterKind, spec: BotSpec, coercion: Coercion, source: Source
    ) -> BaseModel | None:
        raw = (spec.model_extra or {}).get(adapter.name)
        path = (*source.path, adapter.name)
        if raw is None and not self._is_simulated:
            needed = " and ".join(f"`{n}`" for n, f in adapter.settings.model_fields.items() if f.is_required())
            place = source.marks.key(path if path in source.marks.keys else source.path)
            self._problems.error(place, f"`{adapter.name}` is missing in bot `{source.path[-1]}`", f"it needs {needed}")
            return None
        return self._settings(adapter.settings, raw, coercion, path)

    def _settings(self, model: type[BaseModel], raw: Any, coercion: Coercion, path: YamlPath) -> BaseModel | None:
        raw = {} if raw is None else raw
        if self._is_simulated and isinstance(raw, dict):
            made_up = {
                name: SIMULATED_SECRET
                for name, item in model.model_fields.items()
                if item.is_required() and holds_secret(item.annotation) and name not in raw
            }
            raw = {**raw, **{name: Text(value) for name, value in made_up.items()}}
        data = coercion.coerce(model, raw, path)
        return validated(model, data, coercion.marks, self._problems, path, what=f"`{path[-1]}`")

    def _plugins(self, spec: BotSpec, coercion: Coercion, source: Source) -> dict[str, PluginUse | None]:
        return {name: self._plugin(name, raw, coercion, source) for name, raw in spec.plugins.items()}

    def _plugin(self, name: str, raw: Any, coercion: Coercion, source: Source) -> PluginUse | None:
        path = (*source.path, name)
        try:
            plugin = self._registry.load(name)
        except PluginError as error:
            hint = None
            if name not in self._registry.installed:
                hint = did_you_mean(name, self._registry.installed) or f"pip install hookline-{name}"
            self._problems.error(source.marks.key(path), str(error), hint)
            return None
        settings = self._settings(plugin.settings, raw, coercion, path)
        return None if settings is None else PluginUse(plugin, settings)

    def _routes(
        self, bot: str, spec: BotSpec, source: Source, packs: Mapping[str, Pack], around: Surroundings
    ) -> list[Route]:
        known = self._known_packs(packs, around.plugins, source)
        entries = arrange(spec.routes, source.below("routes"), known, self._problems)
        built = []
        for entry in entries:
            self._places[bot, entry.name] = entry.source.marks.key((*entry.source.path, "name"))
            route = build_route(entry.spec, entry.source, _inside(around, entry), entry.name)
            if route is not None:
                built.append(route)
        if not entries:
            self._problems.warning(source.marks.key(source.path), f"bot `{bot}` has no routes, so it never answers")
        return built

    def _known_packs(self, packs: Mapping[str, Pack], plugins: Mapping[str, Plugin], source: Source) -> dict[str, Pack]:
        known = dict(packs)
        for name, plugin in plugins.items():
            shipped = self._plugin_pack(plugin)
            if shipped is not None and name in known:
                place = known[name].source.marks.key(("packs", name))
                self._problems.error(
                    place, f"two packs are named `{name}`", f"plugin `{name}` ships one; give yours another name"
                )
            elif shipped is not None:
                known[name] = shipped
        return known

    def _plugin_pack(self, plugin: Plugin) -> Pack | None:
        if plugin.routes_file is None:
            return None
        if plugin.name not in self._plugin_packs:
            self._plugin_packs[plugin.name] = self._read_plugin_pack(plugin, plugin.routes_file)
        return self._plugin_packs[plugin.name]

    def _read_plugin_pack(self, plugin: Plugin, path: Path) -> Pack | None:
        document = read_document(path, self._problems, name=f"{plugin.distribution}/{path.name}")
        if document is None:
            return None
        data = self._coercion(document).coerce(PluginFileSpec, document.data, ())
        spec = validated(PluginFileSpec, data, document.marks, self._problems, what="the file")
        if spec is None:
            return None
        return Pack(plugin.name, spec.routes, Source(document.marks, ("routes",), document.folder), plugin.name)

    def _check_packs(self, packs: Mapping[str, Pack], spec: FileSpec, marks: Marks) -> None:
        included = {route.include for bot in spec.bots.values() for route in bot.routes}
        for name in packs.keys() - included:
            self._problems.warning(marks.key(("packs", name)), f"pack `{name}` is included by no bot")

    def _check_overlaps(self, bot: BotConfiguration) -> None:
        for overlap in overlaps(Router(bot.routes, bot.call_names)):
            place = self._places[bot.name, overlap.later.name]
            earlier = f"`{overlap.earlier.name}` ({self._places[bot.name, overlap.earlier.name]})"
            if overlap.is_total:
                self._problems.warning(
                    place,
                    f"route `{overlap.later.name}` can never win: {earlier} answers first",
                    f"try it: hookline explain {bot.name} '{overlap.example}'" if overlap.example else "put it earlier",
                )
            else:
                self._problems.warning(
                    place,
                    f"`{overlap.example}` never gets to route `{overlap.later.name}`: {earlier} answers first",
                    f"try it: hookline explain {bot.name} '{overlap.example}'",
                )


def _inside(around: Surroundings, entry: Entry) -> Surroundings:
    """Return the surroundings of *entry*: in a plugin's pack ``{settings.…}`` are that plugin's."""
    if entry.pack is None or entry.pack.plugin is None:
        return around
    fields = frozenset(around.plugins[entry.pack.plugin].settings.model_fields)
    return around.inside_pack(entry.pack.plugin, fields)

"""Find, load and hold plugins: their code once, whichever bots use it."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel, ConfigDict

from ..errors import PluginError
from ..hooks import PROJECT
from ..tracebacks import line_in, summary_of
from . import hookspecs
from .classifiers import IntentClassifier
from .hookspecs import Handler
from .installed import Installed, contested, offered
from .misnamed import Doubt, doubts_about
from .platforms import AdapterRegistry
from .texts import TEXTS_FILE, Texts, file_beside, texts_of
from .threads import AsyncHandler, HandlerThreads

GROUP = "hookline"
ROUTES_FILE = "routes.yaml"
CLASSIFIER_METHODS = ("train", "group", "ensure_installed", "close")


class NoSettings(BaseModel):
    """Be the settings of a plugin that has none."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Plugin:
    """Hold one loaded plugin: its code, once."""

    name: str
    distribution: str
    version: str
    module: str
    settings: type[BaseModel]
    handlers: Mapping[str, AsyncHandler]
    routes_file: Path | None
    classifiers: Mapping[str, IntentClassifier] = field(default_factory=dict)
    doubts: Sequence[Doubt] = ()
    texts: Texts = field(default_factory=dict)


@dataclass
class PluginRegistry:
    """Load the plugins that bots name, and no others; own one pluggy manager. ``platforms`` are the adapters.

    ``rivals`` are the further distributions that offer a name; then nobody knows whose is meant, and it isn't loaded.
    """

    installed: dict[str, Installed] = field(default_factory=dict)
    rivals: dict[str, list[Installed]] = field(default_factory=dict)
    platforms: AdapterRegistry = field(default_factory=lambda: AdapterRegistry.discover(own_only=True))

    def __post_init__(self) -> None:
        self._hooks = pluggy.PluginManager(PROJECT)
        self._hooks.add_hookspecs(hookspecs)
        self._plugins: dict[str, Plugin] = {}
        self._threads = HandlerThreads()
        self._is_frozen = False
        self.refused = self.platforms.refused

    @classmethod
    def discover(cls) -> PluginRegistry:
        """Return a registry that knows every installed plugin by its entry point."""
        every = entry_points()
        return cls(*offered(GROUP, every), AdapterRegistry.discover(every))

    def add(self, plugin: Installed) -> None:
        """Make a plugin known that isn't installed: the test kit does. It is the one that is meant by its name."""
        self.installed[plugin.name] = plugin
        self.rivals.pop(plugin.name, None)

    def load(self, name: str) -> Plugin:
        """Import *name* and collect what it registers; raise PluginError if that can't be done."""
        if name not in self._plugins:
            if name not in self.installed:
                raise PluginError(name, "not installed")
            if name in self.rivals:
                raise PluginError(name, contested("a plugin", [self.installed[name], *self.rivals[name]]))
            if self._is_frozen:
                self.refused.add(name)
                raise PluginError(name, "not loaded in this process")
            self._plugins[name] = self._import(self.installed[name])
        return self._plugins[name]

    def freeze(self) -> None:
        """Import nothing more from now on: ``refused`` will have the names of what was asked for."""
        self._is_frozen = True
        self.platforms.freeze()

    @property
    def loaded(self) -> Collection[Plugin]:
        """Return the plugins that are loaded."""
        return self._plugins.values()

    def _import(self, installed: Installed) -> Plugin:
        name = installed.name
        try:
            module = import_module(installed.target)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # third-party code runs here: whatever it raises becomes a finding
            message = f"importing `{installed.target}` failed: {summary_of(error)}"
            raise PluginError(name, message, line_in(installed.target.partition(".")[0], error)) from error
        doubts = doubts_about(name, module, self._hook_names(), self._marked(module))
        self._register(name, module)
        return Plugin(
            name=name,
            distribution=installed.distribution,
            version=installed.version,
            module=installed.target,
            settings=_checked_settings(name, self._call(name, "hookline_settings")),
            handlers=self._handlers(name, self._call(name, "hookline_handlers")),
            routes_file=file_beside(module, ROUTES_FILE),
            classifiers=_checked_classifiers(name, self._call(name, "hookline_classifiers")),
            doubts=doubts,
            texts=texts_of(name, file_beside(module, TEXTS_FILE)),
        )

    def _hook_names(self) -> Mapping[str, int]:
        """Return how many arguments each hook takes."""
        names = [name for name in vars(hookspecs) if self._hooks.parse_hookspec_opts(hookspecs, name) is not None]
        return {name: len(getattr(self._hooks.hook, name).spec.argnames) for name in names}

    def _marked(self, module: ModuleType) -> Mapping[str, str | None]:
        """Return which functions of *module* are marked as which hooks; None for one that may be missing here."""
        marks = {name: self._hooks.parse_hookimpl_opts(module, name) for name in vars(module)}
        return {
            name: None if mark.get("optionalhook") else mark.get("specname") or name
            for name, mark in marks.items()
            if mark is not None
        }

    def _register(self, name: str, module: ModuleType) -> None:
        try:
            self._hooks.register(module, name)
            self._hooks.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._hooks.is_registered(module):
                self._hooks.unregister(module)  # so that the next plugin isn't blamed for this one
            raise PluginError(name, f"{error}") from error

    def _call(self, name: str, hook: str) -> Any:
        for implementation in getattr(self._hooks.hook, hook).get_hookimpls():
            if implementation.plugin_name == name:
                try:
                    return implementation.function()
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # third-party code, as above
                    message = f"`{hook}()` failed: {summary_of(error)}"
                    package = implementation.plugin.__name__.partition(".")[0]
                    raise PluginError(name, message, line_in(package, error)) from error
        return None

    def _handlers(self, plugin: str, given: Any) -> dict[str, AsyncHandler]:
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            raise PluginError(plugin, f"`hookline_handlers()` returned {type(given).__name__}, expected a mapping")
        return {str(name): self._handler(plugin, str(name), handler) for name, handler in given.items()}

    def _handler(self, plugin: str, name: str, handler: Handler) -> AsyncHandler:
        if not callable(handler):
            raise PluginError(plugin, f"handler `{name}` is {type(handler).__name__}, expected a function")
        _check_signature(plugin, name, handler)
        if inspect.iscoroutinefunction(handler):
            return handler
        return self._threads.wrap(f"{plugin}.{name}", handler)


def _check_signature(plugin: str, name: str, handler: Handler) -> None:
    signature = inspect.signature(handler)
    try:
        signature.bind(object())
    except TypeError as error:
        raise PluginError(
            plugin, f"handler `{name}` is `{name}{signature}`; it must take one argument, the Context"
        ) from error


def _checked_settings(plugin: str, given: Any) -> type[BaseModel]:
    if given is None:
        return NoSettings
    if not (isinstance(given, type) and issubclass(given, BaseModel)):
        raise PluginError(
            plugin, f"`hookline_settings()` returned {given!r}, expected a subclass of pydantic.BaseModel"
        )
    return given


def _checked_classifiers(plugin: str, given: Any) -> Mapping[str, IntentClassifier]:
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise PluginError(plugin, f"`hookline_classifiers()` returned {type(given).__name__}, expected a mapping")
    for name, classifier in given.items():
        missing = [method for method in CLASSIFIER_METHODS if not callable(getattr(classifier, method, None))]
        if missing:
            raise PluginError(plugin, f"classifier `{name}` has no method `{missing[0]}`")
    return dict(given)

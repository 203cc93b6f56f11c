"""Find and load adapters: a bot names one, and no other is imported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points

from ..adapters.adapter import AdapterKind
from ..errors import AdapterError
from ..tracebacks import line_in, summary_of
from .installed import EveryEntry, Installed, contested, offered

ADAPTERS_GROUP = "hookline.adapters"
OWN = "hookline"


@dataclass
class AdapterRegistry:
    """Load the adapters that bots name. ``rivals`` are the further distributions that offer a name."""

    installed: dict[str, Installed] = field(default_factory=dict)
    rivals: dict[str, list[Installed]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    _kinds: dict[str, AdapterKind] = field(default_factory=dict)
    _is_frozen: bool = False

    @classmethod
    def discover(cls, among: EveryEntry | None = None, *, own_only: bool = False) -> AdapterRegistry:
        """Return a registry that knows every installed adapter by its entry point, or only those of hookline itself."""
        installed, rivals = offered(ADAPTERS_GROUP, entry_points() if among is None else among)
        return cls({name: one for name, one in installed.items() if one.distribution == OWN or not own_only}, rivals)

    def add(self, adapter: Installed) -> None:
        """Make an adapter known that isn't installed; it is the one that is meant by its name."""
        self.installed[adapter.name] = adapter
        self.rivals.pop(adapter.name, None)
        self._kinds.pop(adapter.name, None)

    def put(self, kind: AdapterKind) -> str:
        """Make *kind* known, which isn't installed, and return its name."""
        self.add(Installed(kind.name, ""))
        self._kinds[kind.name] = kind
        return kind.name

    def freeze(self) -> None:
        """Import no more from now on: ``refused`` will have the names of those that were asked for."""
        self._is_frozen = True

    @property
    def names(self) -> Collection[str]:
        """Return the names of all that are installed."""
        return self.installed.keys()

    def load(self, name: str) -> AdapterKind:
        """Return the adapter *name*, imported when it is first asked for; raise AdapterError if that can't be done."""
        if name not in self._kinds:
            if name not in self.installed:
                raise AdapterError(name, "not installed")
            if name in self.rivals:
                raise AdapterError(name, contested("an adapter", [self.installed[name], *self.rivals[name]]))
            if self._is_frozen:
                self.refused.add(name)
                raise AdapterError(name, "not loaded in this process")
            self._kinds[name] = _imported(self.installed[name])
        return self._kinds[name]

    def every(self) -> Mapping[str, AdapterKind]:
        """Return all that are installed, by name; raise AdapterError for the first that can't be loaded."""
        return {name: self.load(name) for name in sorted(self.installed)}


def _imported(installed: Installed) -> AdapterKind:
    module, _, attribute = installed.target.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # third-party code runs here: whatever it raises becomes a finding
        message = f"importing `{installed.target}` failed: {summary_of(error)}"
        raise AdapterError(installed.name, message, line_in(module.partition(".")[0], error)) from error
    if not isinstance(found, AdapterKind):
        raise AdapterError(installed.name, f"`{installed.target}` is a {type(found).__name__}, expected an AdapterKind")
    if found.name != installed.name:
        message = f"`{installed.target}` is named `{found.name}`, its entry point `{installed.name}`; make them one"
        raise AdapterError(installed.name, message)
    return found

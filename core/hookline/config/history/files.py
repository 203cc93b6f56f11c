"""Be where a host's configuration comes from: files that may change, and the versions of them that were good."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path

from ...clock import Clock
from ...errors import ConfigError, NewerCodeError
from ...findings.findings import Finding
from ...plugins.code import LoadedCode
from ...plugins.registry import PluginRegistry
from ..bots.reuse import Made
from ..configuration import Configuration, Stores
from ..loading import Loader
from ..yaml.disk import Disk, absolute
from ..yaml.named import base_of
from ..yaml.texts import Texts
from .before import Before
from .composing import Wrong, composed
from .versions import Version, Versions, digest_of, state_folder


@dataclass(frozen=True, slots=True)
class Tried:
    """Say what is wrong with files for a fresh process, and which bots it would leave out; None for all."""

    findings: Sequence[Finding]
    out: Collection[str] | None = None


Try = Callable[[Sequence[Path], bool], Tried]
"""Say how a fresh process, which has the code as it is now, would serve these files: all of them, or what is right."""

MOST_LOADS = 5
"""So many times files are read at once while they go on changing; whoever watches them looks again soon."""


class ConfigurationFiles:
    """Load the configuration in *paths*, again and again, with the plugins of *registry*.

    With *is_simulated* secrets that aren't set are made up, for commands that only look. *try_anew* says whether new
    code can be taken up; without it that is found out when it is. Unless it ``is_strict`` what is right is served,
    whatever is wrong beside it.

    Plugins that the first load has not imported are never imported later: they, and code that has changed, need a new
    process.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        registry: PluginRegistry,
        clock: Clock,
        *,
        try_anew: Try = lambda paths, is_strict: Tried(()),
        is_simulated: bool = False,
        is_strict: bool = True,
        disk: Disk | None = None,
    ) -> None:
        self.paths = paths
        self.is_strict = is_strict
        self.state = state_folder(paths)
        self._disk = disk or Disk()
        self.versions = Versions(self.state, paths, self._disk)
        self._registry = registry
        self._clock = clock
        self._try = try_anew
        self._is_simulated = is_simulated
        self._loader = Loader(paths, registry, is_simulated=is_simulated)
        newest = self.versions.newest()
        self._known = 0 if newest is None else newest.number
        self._code: LoadedCode | None = None
        self._changes: Mapping[str, object] = {}
        self._good: Mapping[Path, bytes] = {}
        self._served: Collection[str] = ()
        self._names: Sequence[str] = ()
        self._problems: Sequence[Finding] = ()
        self._stamps: Mapping[Path, bytes | None] = {}
        self._listings: Mapping[Path, Sequence[Path]] = {}

    def load(self) -> Configuration:
        """Return what the files say, the same objects for bots that have not changed; raise ConfigError.

        Unless it ``is_strict`` that is raised only where nothing can be served; else ``problems`` of what is returned
        say what is wrong. Raises NewerCodeError when the code that they need isn't the one that this process has
        loaded. Files that change meanwhile are read again.
        """
        self._changes = {} if self._code is None else self._code.changes()
        if self._changes:
            with suppress(ConfigError, NewerCodeError):
                self._loaded(Texts(disk=self._disk))  # for its stamps: which files count now, and what they say
            raise NewerCodeError(next(iter(self._changes)))
        configuration = self._settled()
        if self._code is None:
            self._freeze()
        return configuration

    def load_version(self, version: Version) -> Configuration:
        """Return what the files said in *version*; secrets and variables are today's. Raises ConfigError."""
        seen, listings = self._stamps, self._listings
        configuration = self._loaded(Texts(version.files, self._disk), Before({}, lambda: None, self._right_in))
        self._stamps = {**self._stamps, **seen}  # what the files themselves said when they were last looked at
        self._listings = listings
        if self._code is None:
            self._freeze()
        return configuration

    def load_newest(self) -> Configuration | None:
        """Return the configuration of the newest version that was kept, with today's secrets and variables.

        None when that is what was loaded first. So a process that takes the place of another serves what that had
        reloaded.
        """
        newest = self.versions.newest()
        if newest is None:
            return None
        if newest.number > self._known and newest.digest != digest_of(self._good):
            self._stamps = {}  # of files that the other process has read anew since
        elif not self._have_files_changed():  # nor has a secret, or a variable
            return None
        return self.load_version(newest)

    def keep(self, why: str) -> int:
        """Keep what is served as a good version and return its number; raise OSError when it can't be kept."""
        files = self._served_files() if self._problems else self._good
        return self.versions.keep(files, why, self._clock.now()).number

    def _served_files(self) -> Mapping[Path, bytes]:
        """Return files that say what is served, where some of those that were loaded say something wrong."""
        newest = self.versions.newest()
        before = {} if newest is None else newest.files
        wrong = Wrong(self._loader.amiss, self._problems, {name: made.file for name, made in self._loader.made.items()})
        names = {absolute(Path(name)): name for name in self._names}
        texts = Texts(composed(self._good, before, names, wrong), self._disk)
        loader = Loader(self.paths, self._registry, is_simulated=self._is_simulated)
        try:
            loader.load_what_is_right(Before({}, lambda: None, self._right_in), texts)  # for the files that it takes
        except ConfigError as error:
            raise OSError(EINVAL, f"what is wrong can't be told apart: {error.errors()[0]}") from error
        return texts.seen

    def stores(self, version: Version | None = None) -> Stores:
        """Return what the files say of the store, now or in *version*, whatever else they say; raise ConfigError."""
        return self._loader.stores(Texts(None if version is None else version.files, self._disk))

    def ensure_fit(self) -> None:
        """Check the files in a fresh process, with the code as it is now; raise ConfigError with what is wrong.

        Unless all must be right, that is what would leave out a bot that is served.
        """
        tried = self._try(self.paths, self.is_strict)
        errors = [each for each in tried.findings if each.severity == "error"]
        if errors and (tried.out is None or not set(self._served).isdisjoint(tried.out)):
            raise ConfigError(errors)

    def errors(self) -> Sequence[Finding]:
        """Return what is wrong with the files as they are now; nothing when that can't be told without newer code.

        Nothing of them is taken over, but what is wrong counts as looked at: mending it is a change.
        """
        self._registry.refused.clear()
        texts = Texts(disk=self._disk)
        try:
            Loader(self.paths, self._registry, is_simulated=self._is_simulated).load(texts)
        except ConfigError as error:
            if self._registry.refused:
                return ()
            self._stamps = {**self._stamps, **texts.stamps}
            return error.errors()
        return ()

    def has_changed(self) -> bool:
        """Say whether any file, or the code, is another one than at the last load, whatever came of that."""
        changes = {} if self._code is None else self._code.changes()
        return changes != self._changes or self._have_files_changed()

    def folders(self) -> set[Path]:
        """Return the folders in which something may change: of the files, and of the plugins' code."""
        folders = {path.parent for path in self._stamps} | {base_of(path) for path in self._listings}
        if self._code is not None:
            folders |= self._code.folders(plugin.module.partition(".")[0] for plugin in self._registry.loaded)
        return {folder for folder in folders if self._is_folder(folder)}

    def _is_folder(self, path: Path) -> bool:
        with suppress(OSError):
            return self._disk.ask(path, path.is_dir)
        return False

    def _before(self) -> Before:
        """Return what was right before: what this process has loaded, and for its first load what others had."""
        return Before(self._good, self.versions.newest if self._code is None else lambda: None, self._right_in)

    def _settled(self) -> Configuration:
        """Load until the files are still as they were read, so that nothing that is saved meanwhile is passed over."""
        for _ in range(MOST_LOADS - 1):
            try:
                configuration = self._loaded(Texts(disk=self._disk))
            except ConfigError:
                if not self._have_files_changed():
                    raise
            else:
                if not self._have_files_changed():
                    return configuration
        return self._loaded(Texts(disk=self._disk))

    def _loaded(self, texts: Texts, before: Before | None = None) -> Configuration:
        self._registry.refused.clear()
        try:
            if self.is_strict:
                configuration = self._loader.load(texts)
            else:
                configuration = self._loader.load_what_is_right(before or self._before(), texts)
        except ConfigError:
            if not self._registry.refused:
                raise
        finally:
            self._stamps, self._listings = texts.stamps, texts.listings
        if self._registry.refused:
            raise NewerCodeError(f"plugin `{self._registry.refused.pop()}` isn't loaded yet")
        self._good = texts.seen
        self._served, self._names, self._problems = (
            configuration.bots.keys(),
            configuration.files,
            configuration.problems,
        )
        return configuration

    def _right_in(self, version: Version) -> Mapping[str, Made]:
        """Return the bots that are right in *version*, with today's secrets and variables."""
        refused = self._registry.refused.copy()
        loader = Loader(self.paths, self._registry, is_simulated=self._is_simulated)
        try:
            loader.load_what_is_right(Before({}, lambda: None, self._right_in), Texts(version.files, self._disk))
        except ConfigError:
            return {}
        finally:
            self._registry.refused.clear()
            self._registry.refused.update(refused)
        return loader.made

    def _have_files_changed(self) -> bool:
        texts = Texts(disk=self._disk)
        if any(texts.listing(path) != was for path, was in self._listings.items()):
            return True
        return any(texts.stamp(path) != was for path, was in self._stamps.items())

    def _freeze(self) -> None:
        self._registry.freeze()
        self._code = LoadedCode()

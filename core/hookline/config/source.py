"""Be where a host's configuration comes from: files that may change, and the versions of them that were good."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from ..clock import Clock
from ..errors import ConfigError, NewerCodeError
from ..plugins.code import LoadedCode
from ..plugins.registry import PluginRegistry
from .configuration import Configuration
from .diagnostics import Diagnostic, Place, Severity
from .loading import Loader
from .texts import Texts
from .versions import Version, Versions, digest_of, state_folder

CHECK_SECONDS = 60.0

log = structlog.stdlib.get_logger("hookline.config")


class ConfigurationFiles:
    """Load the configuration in *paths*, again and again, with the plugins of *registry*.

    With *is_simulated* secrets are made up, for commands that only look.

    Plugins that the first load has not imported are never imported later: they, and code that has changed, need a new
    process.
    """

    def __init__(
        self, paths: Sequence[Path], registry: PluginRegistry, clock: Clock, *, is_simulated: bool = False
    ) -> None:
        self.paths = paths
        self.state = state_folder(paths)
        self.versions = Versions(self.state, paths[0].absolute().parent)
        self._registry = registry
        self._clock = clock
        self._is_simulated = is_simulated
        self._loader = Loader(paths, registry, is_simulated=is_simulated)
        newest = self.versions.newest()
        self._known = 0 if newest is None else newest.number
        self._code: LoadedCode | None = None
        self._texts = Texts()
        self._good: Mapping[Path, bytes] = {}
        self._watched: Mapping[Path, bytes | None] = {}

    def load(self) -> Configuration:
        """Return what the files say, the same objects for bots that have not changed; raise ConfigError.

        Raises NewerCodeError when the code that they need isn't the one that this process has loaded.
        """
        if self._code is not None and (changed := self._code.changed()) is not None:
            raise NewerCodeError(changed)
        self._registry.refused.clear()
        configuration = self._loaded(Texts())
        if self._code is None:
            self._freeze()
        return configuration

    def load_version(self, version: Version) -> Configuration:
        """Return what the files said in *version*; secrets and variables are today's. Raises ConfigError."""
        configuration = self._loaded(Texts(version.files))
        if self._code is None:
            self._freeze()
        return configuration

    def load_newest(self) -> Configuration | None:
        """Return the configuration of the newest version that was kept since the first load; None unless it is another.

        So a process that takes the place of another serves what that had reloaded.
        """
        newest = self.versions.newest()
        is_newer = newest is not None and newest.number > self._known and newest.digest != digest_of(self._good)
        return self.load_version(newest) if newest is not None and is_newer else None

    def keep(self, why: str) -> int | None:
        """Keep what was loaded last as a good version and return its number; None when it can't be kept."""
        try:
            return self.versions.keep(self._good, why, self._clock.now()).number
        except OSError as error:
            log.warning("config.not_kept", folder=str(self.state), reason=error.strerror or str(error))
            return None

    def ensure_fit(self) -> None:
        """Check the files in a fresh process, with the code as it is now; raise ConfigError with what is wrong."""
        files = [part for path in self.paths for part in ("-c", str(path))]
        command = [sys.executable, "-m", "hookline", *files, "check", "--format", "json"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=CHECK_SECONDS, check=False)  # noqa: S603  our own
            found = [finding(told) for told in json.loads(done.stdout)]
        except subprocess.TimeoutExpired:
            message = f"a new process didn't come to an end in {CHECK_SECONDS:.0f} seconds"
            raise ConfigError([self.problem(message)]) from None
        except ValueError:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise ConfigError([self.problem(f"a new process failed: {said[-1]}")]) from None
        if errors := [each for each in found if each.severity == "error"]:
            raise ConfigError(errors)

    def errors(self) -> Sequence[Diagnostic]:
        """Return what is wrong with the files as they are now; nothing when that can't be told without newer code.

        Nothing of them is taken over.
        """
        self._registry.refused.clear()
        try:
            Loader(self.paths, self._registry, is_simulated=self._is_simulated).load()
        except ConfigError as error:
            return () if self._registry.refused else error.errors()
        return ()

    def has_changed(self) -> bool:
        """Say whether any file, or the code, is another one than at the last load, whatever came of that."""
        if self._code is not None and self._code.changed() is not None:
            return True
        return any(_stamp(path) != stamp for path, stamp in self._watched.items())

    def folders(self) -> set[Path]:
        """Return the folders in which something may change: of the files, and of the plugins' code."""
        folders = {path.parent for path in self._watched}
        if self._code is not None:
            folders |= self._code.folders(plugin.module.partition(".")[0] for plugin in self._registry.loaded)
        return {folder for folder in folders if folder.is_dir()}

    def problem(self, message: str) -> Diagnostic:
        """Return *message* as a finding about the files as a whole."""
        return Diagnostic(Place(str(self.paths[0]), 1, 1), message)

    def _loaded(self, texts: Texts) -> Configuration:
        try:
            configuration = self._loader.load(texts)
        except ConfigError:
            if self._registry.refused:
                raise NewerCodeError(f"plugin `{self._registry.refused.pop()}` isn't loaded yet") from None
            raise
        finally:
            self._watched = {path: _stamp(path) for path in texts.watched}
        self._good = dict(texts.seen)
        return configuration

    def _freeze(self) -> None:
        self._registry.freeze()
        self._code = LoadedCode()


def _stamp(path: Path) -> bytes | None:
    """Return what tells the content of the file *path* from any other, None when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def finding(told: Mapping[str, object]) -> Diagnostic:
    """Return the finding that was *told* as JSON has it."""
    place = Place(str(told["file"]), int(str(told["line"])), int(str(told["column"])))
    hint = told.get("hint")
    severity: Severity = "warning" if told.get("severity") == "warning" else "error"
    source = str(told.get("source") or "")
    return Diagnostic(place, str(told["message"]), None if hint is None else str(hint), severity, source)

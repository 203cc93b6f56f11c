"""Keep each configuration that a host has served: the last good one to start with when files are broken, all to see.

Of what was wrong in the files a version has what was served instead. Each is one JSON file in a folder beside the
first configuration file, readable by its owner alone. It holds what the files said, byte for byte, and never what a
variable, a ``.env`` or a secret's file holds. Each configuration, which is all the files that are named together, has a
folder, and so a history, of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from base64 import b85decode, b85encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...filesystem import narrow
from ..yaml.disk import Disk, absolute
from ..yaml.named import base_of, is_many

STATE = ".hookline"
FOLDER = "versions"
MOST = 100
"""So many versions of a configuration are kept; the oldest go first."""
MOST_BYTES = 1 << 30
"""More than all files of a configuration together have."""


@dataclass(frozen=True, slots=True)
class Version:
    """Hold one configuration as it was served from ``at`` on (milliseconds since 1970), and why it came.

    ``files`` are by absolute path.
    """

    number: int
    at: int
    why: str
    files: Mapping[Path, bytes]

    @property
    def digest(self) -> str:
        """Return what tells it from any other."""
        return digest_of(self.files)


def digest_of(files: Mapping[Path, bytes]) -> str:
    """Return a digest of *files*, names included."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        for part in (os.fsencode(path), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def state_folder(files: Sequence[Path]) -> Path:
    """Return the folder for what a host of *files* keeps besides its store: ``.hookline`` beside the first of them.

    ``HOOKLINE_STATE`` names another, for configuration that stands where nothing can be written.
    """
    given = os.environ.get("HOOKLINE_STATE")
    return Path(given).absolute() if given else _folder_of(files[0]) / STATE


def _folder_of(path: Path) -> Path:
    """Return the folder that *path* names or is in, from the root."""
    return Path(os.path.realpath(base_of(path))) if is_many(path) else absolute(path).parent


class Versions:
    """Hold the versions of the configuration that consists of *files*, and of what they name, in the folder *state*."""

    def __init__(self, state: Path, files: Sequence[Path], disk: Disk | None = None) -> None:
        self._disk = disk or Disk()
        names = [absolute(path) for path in files]
        self._state = state
        self._base = _folder_of(files[0])
        self._folder = state / FOLDER / _token_of(sorted(map(self._name_of, names)))

    def all(self) -> list[Version]:
        """Return all that can be read, newest first."""
        found = (self._read(number) for number in sorted(self._numbers(), reverse=True))
        return [version for version in found if version is not None]

    def newest(self) -> Version | None:
        """Return the newest that can be read, or None."""
        found = (self._read(number) for number in sorted(self._numbers(), reverse=True))
        return next((version for version in found if version is not None), None)

    def get(self, number: int) -> Version | None:
        """Return version *number*, or None when it isn't kept."""
        return self._read(number)

    def keep(self, files: Mapping[Path, bytes], why: str, now: int) -> Version:
        """Keep *files* as the newest version, unless they are that already, and return it; raises OSError.

        Several processes of a host may do so at once.
        """
        self._make_folder()
        number = 0
        while True:
            newest = self.newest()
            if newest is not None and newest.digest == digest_of(files):
                return newest
            number = max([number, *self._numbers()]) + 1  # of a folder that can't be listed, too
            version = Version(number, now, why, files)
            if self._is_written(version):
                self._forget_old()
                return version

    def _make_folder(self) -> None:
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._state.name == STATE:  # another folder is its owner's to keep
            narrow(self._state)
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            narrow(folder)
        for number in self._numbers():
            narrow(self._path(number))
        ignore = self._state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def _is_written(self, version: Version) -> bool:
        """Write *version* whole, or return False when another process has taken its number."""
        content = json.dumps(
            {
                "version": version.number,
                "at": version.at,
                "why": version.why,
                "files": {self._name_of(path): _shown(content) for path, content in version.files.items()},
            },
            ensure_ascii=False,
            indent=1,
        )
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, self._path(version.number))  # unlike a rename it replaces nothing
        except FileExistsError:
            return False
        finally:
            Path(temporary).unlink()
        return True

    def _forget_old(self) -> None:
        for number in sorted(self._numbers())[:-MOST]:
            self._path(number).unlink(missing_ok=True)

    def _read(self, number: int) -> Version | None:
        try:
            kept = json.loads(self._disk.read(self._path(number), most=MOST_BYTES).text)
            files = {self._path_of(str(name)): _meant(content) for name, content in kept["files"].items()}
            return Version(number, int(kept["at"]), str(kept["why"]), files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # it was damaged, or taken away

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        return [int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdecimal()]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.json"

    def _name_of(self, path: Path) -> str:
        """Return the name of *path* seen from the first file, so that all may be moved together."""
        return path.relative_to(self._base).as_posix() if path.is_relative_to(self._base) else str(path)

    def _path_of(self, name: str) -> Path:
        return self._base / name


def _token_of(names: Sequence[str]) -> str:
    """Return what tells the files *names* from any others, short enough for the name of a folder."""
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


def _shown(content: bytes) -> str | Mapping[str, str]:
    """Return *content* as a text that a person can read, where it is one."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base85": b85encode(content).decode()}


def _meant(content: object) -> bytes:
    return b85decode(content["base85"]) if isinstance(content, dict) else str(content).encode()

"""Remember that files were found right, and believe it only while nothing that it depended on is another one.

That is a note in the user's cache: what the files said, all that they named and that was looked for beside them, the
environment, the code that was loaded and the packages that are installed. This module imports nothing large: it is
asked before anything else is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..config.yaml.named import files_of, is_many
from ..plugins.code import Told, is_current, loaded

FORM = 1
VOLATILE = frozenset(["_", "SHLVL", "OLDPWD"])
"""What the environment has of each command: it says nothing to a configuration."""
MOST_BYTES = 1 << 22
SECONDS = 5.0
UNUSABLE = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)
"""What comes of a note that isn't there, or is another thing, and where there is no home."""


def remembered(files: Sequence[Path]) -> str | None:
    """Return what was said of *files* when they were found right, if all is as it was; else None."""
    found: list[str] = []

    def look() -> None:
        with suppress(*UNUSABLE):
            note = json.loads(_text(_place(files)))
            body = note["body"]
            is_whole = note["digest"] == _digest(json.dumps(body).encode())
            if is_whole and body["around"] == _around(files) and _is_as_told(body):
                found.append(str(body["said"]))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(SECONDS)  # a file may be on a network that is away: who looks anew says which
    return found[0] if found else None


def remember(
    files: Sequence[Path],
    said: str,
    texts: Mapping[Path, bytes | None],
    listings: Mapping[Path, Sequence[Path]],
    since: int,
) -> None:
    """Note that *files* were found right, and *said* so.

    *texts* are the digests of what was read, *listings* the files that folders had. What was written after *since*
    (nanoseconds since 1970) may have changed while it was looked at; then nothing is noted.
    """
    code = loaded(since)
    if code is None:
        return
    told = {path: None if text is None else text.hex() for path, text in texts.items()}
    with suppress(OSError, RuntimeError):  # where nothing can be kept nothing is
        body = {
            "around": _around(files),
            "texts": {str(path): [os.path.realpath(path), digest] for path, digest in told.items()},
            "listings": {str(path): [str(one) for one in found] for path, found in listings.items()},
            "code": code,
            "said": said,
        }
        _write(_place(files), json.dumps({"body": body, "digest": _digest(json.dumps(body).encode())}).encode())


def _is_as_told(body: Mapping[str, Mapping[str, Sequence[str]]]) -> bool:
    for path, (where, digest) in body["texts"].items():
        if os.path.realpath(path) != where or _digest_of(Path(path)) != digest:
            return False
    for path, found in body["listings"].items():
        if not is_many(Path(path)) or [str(one) for one in files_of(Path(path))] != found:
            return False
    code: Told = body["code"]  # type: ignore[assignment]
    return is_current(code)


def _around(files: Sequence[Path]) -> Mapping[str, object]:
    """Return what tells the surroundings of this process from others."""
    environment = sorted((name, value) for name, value in os.environ.items() if name not in VOLATILE)
    return {
        "form": FORM,
        "python": [sys.version, sys.executable, *sys.path[1:]],
        "folder": str(Path.cwd()),
        "files": [str(path) for path in files],
        "environment": _digest(repr(environment).encode("utf-8", "surrogateescape")),
    }


def _place(files: Sequence[Path]) -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    cache = Path(given) if given else Path.home() / ".cache"
    name = _digest(repr([str(Path.cwd()), sys.executable, *map(str, files)]).encode("utf-8", "surrogateescape"))
    return cache / "hookline" / "checked" / f"{name}.json"


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def _digest_of(path: Path) -> str | None:
    """Return the digest of a regular file as loads know it, None where none can be read."""
    try:
        if not path.is_file():
            return None
        return _digest(path.read_bytes())
    except OSError:
        return None


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()

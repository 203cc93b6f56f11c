"""Send files of this machine to a simulated bot, as in ``/image cat.jpg``."""

from __future__ import annotations

import shlex
from pathlib import Path

from ...adapters.simulated import PICTURE, SentFile

KINDS = {"/image": "image", "/file": "file"}


class UnreadableError(Exception):
    """Say that the file that shall be sent can't be read, and why."""


def upload(command: str, path: str) -> SentFile:
    """Return what *command* asks to send, the file at *path*; ``/image`` alone sends a red dot."""
    kind, given = KINDS[command], path.strip()
    if not given and kind != "image":
        raise UnreadableError(f"say which file to send: {command} PATH")
    if not given:
        return SentFile(PICTURE, kind, "dot.png")
    try:
        found = _path(given)
        return SentFile(found.read_bytes(), kind, found.name)
    except OSError as error:
        raise UnreadableError(f"can't read `{given}`: {error.strerror}") from error


def _path(given: str) -> Path:
    """Return the path that was typed, or dropped on the terminal, which quotes it or escapes its blanks."""
    path = Path(given).expanduser()
    if path.exists():
        return path
    try:
        words = shlex.split(given)
    except ValueError:  # a quote that isn't closed is part of the name
        return path
    return Path(words[0]).expanduser() if len(words) == 1 else path

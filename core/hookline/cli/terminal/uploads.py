"""Send files of this machine to a simulated bot, as in ``/image cat.jpg``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ...adapters.line.simulated.platform import SimulatedLine
from ...adapters.line.simulated.uploads import PICTURE

KINDS = {"/image": "image", "/file": "file"}


class UnreadableError(Exception):
    """Say that the file that shall be sent can't be read, and why."""


def upload(line: SimulatedLine, bot: str, command: str, path: str, **where: Any) -> dict[str, Any]:
    """Return the event that *command* asks for, with the file at *path*; ``/image`` alone sends a red dot."""
    kind, given = KINDS[command], path.strip()
    if not given and kind != "image":
        raise UnreadableError(f"say which file to send: {command} PATH")
    if not given:
        return line.upload(bot, PICTURE, kind, name="dot.png", **where)
    try:
        return line.upload(bot, _path(given), kind, **where)
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

"""Put into words what a store holds: times, numbers, and texts of strangers, which must not command a terminal."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path


def moment(milliseconds: int | None, *, has_zone: bool = False) -> str:
    """Return a time by this machine's time zone, to the second."""
    if milliseconds is None:
        return "-"
    try:
        local = datetime.fromtimestamp(milliseconds / 1000).astimezone().replace(microsecond=0)
    except (OverflowError, OSError, ValueError):  # a platform may say anything
        return str(milliseconds)
    return (local if has_zone else local.replace(tzinfo=None)).isoformat(" ")


def json_text(value: object) -> str:
    """Return *value* as JSON, as readable as a terminal can safely show it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if plain(text) == text else json.dumps(value, ensure_ascii=True, indent=2)


def counted(number: int, name: str, plural: str | None = None) -> str:
    """Return *number* with the right form of *name*."""
    return f"{number:,} {name if number == 1 else plural or name + 's'}"


def named(path: Path) -> str:
    """Return *path* as one would write it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def plain(text: str | None) -> str:
    """Return *text* with everything that would move a terminal's cursor, or colour it, written out."""
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text or "-")


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")

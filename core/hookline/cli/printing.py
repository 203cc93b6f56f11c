"""Show what a store holds: times, numbers, and texts of strangers, which must not command the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text


def moment(milliseconds: int | None) -> str:
    """Return a time by this machine's time zone, to the second."""
    if milliseconds is None:
        return "-"
    try:
        return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):  # a platform may say anything
        return str(milliseconds)


def json_text(value: object) -> str:
    """Return *value* as JSON, as readable as a terminal can safely show it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if plain(text) == text else json.dumps(value, ensure_ascii=True, indent=2)


def counted(number: int, name: str, plural: str | None = None) -> str:
    """Return *number* with the right form of *name*."""
    return f"{number:,} {name if number == 1 else plural or name + 's'}"


def plain(text: str | None) -> str:
    """Return *text* with everything that would move a terminal's cursor, or colour it, written out."""
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text or "-")


def table(*names: str) -> Table:
    """Return an empty table with these columns."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        made.add_column(name, overflow="fold")
    return made


def add_row(into: Table, *cells: object) -> None:
    """Add a row of plain texts."""
    into.add_row(*(Text(plain(cell if isinstance(cell, str | None) else str(cell))) for cell in cells))


def console() -> Console:
    """Return the standard output, for tables."""
    return Console(highlight=False, emoji=False, markup=False)


@contextmanager
def bars(sizes: Mapping[str, int]) -> Iterator[Callable[[str, int], object]]:
    """Show a bar for each of *sizes* on a terminal; yield what is called with a name and how far that is."""
    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield lambda _name, _done: None
        return
    with Progress(console=errors, transient=True) as progress:
        tasks = {name: progress.add_task(name, total=size) for name, size in sizes.items()}
        yield lambda name, done: progress.update(tasks[name], completed=done)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")

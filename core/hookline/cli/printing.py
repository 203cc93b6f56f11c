"""Show what a store holds: times, numbers, and texts of strangers, which must not command the terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text


def moment(milliseconds: int | None) -> str:
    """Return a time by this machine's time zone, to the second."""
    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


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


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")

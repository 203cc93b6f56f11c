"""Print tables and bars: all of them in a pipe, as much as fits on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import click
from rich.cells import cell_len, set_cell_size

from ...telling.phrases import plain

GAP = "  "
LEAST_CROPPED = 12
"""A column that gives way keeps this much."""


@dataclass(frozen=True, slots=True)
class Column:
    """Describe a column: what of its texts a narrow terminal shows (a part of them, or all).

    ``rank`` says when it is left out there, the greatest first; one of rank 0 never is.
    """

    name: str
    rank: int = 0
    shows: Literal["all", "ends", "begin"] = "all"


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """Print each of *rows* on a line of its own: all of it in a pipe, as much as fits on a terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    head, *body = table(columns, rows, width)
    click.echo("\n".join([click.style(head, dim=True), *body]))


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], width: int | None) -> list[str]:
    """Return the lines of a table, its head first, that is *width* wide if that can be; None is as wide as it gets."""
    cells = [[_cell(value) for value in row] for row in rows]
    kept = list(range(len(columns)))
    if width is not None:
        cells = [
            [_ends(cell) if column.shows == "ends" else cell for column, cell in zip(columns, row, strict=True)]
            for row in cells
        ]
    cells = [[column.name for column in columns], *cells]
    widths = [max(cell_len(row[index]) for row in cells) for index in kept]
    if width is not None:
        kept = _kept(columns, widths, width)
        widths = _cropped(columns, widths, kept, width)
    return [GAP.join(_fitted(row[index], widths[index]) for index in kept).rstrip() for row in cells]


def _kept(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """Return which columns fit into *width* when those that can be cropped are."""
    least = [
        min(wide, LEAST_CROPPED) if column.shows == "begin" else wide
        for column, wide in zip(columns, widths, strict=True)
    ]
    kept = list(range(len(columns)))
    for index in sorted(kept, key=lambda index: -columns[index].rank):
        if columns[index].rank == 0 or _total(least, kept) <= width:
            break
        kept.remove(index)
    return kept


def _cropped(columns: Sequence[Column], widths: Sequence[int], kept: Sequence[int], width: int) -> list[int]:
    excess = _total(widths, kept) - width
    cropped = list(widths)
    for index in kept:
        if columns[index].shows == "begin" and excess > 0:
            cropped[index] = max(min(LEAST_CROPPED, widths[index]), widths[index] - excess)
            excess -= widths[index] - cropped[index]
    return cropped


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[index] for index in kept) + len(GAP) * (len(kept) - 1)


def _fitted(cell: str, width: int) -> str:
    shown = cell if cell_len(cell) <= width else set_cell_size(cell, width - 1).rstrip() + "…"
    return set_cell_size(shown, width)


def _cell(value: object) -> str:
    return plain(value if isinstance(value, str | None) else str(value)).replace("\n", "\\n")


def _ends(text: str) -> str:
    return text if len(text) <= 11 else f"{text[:6]}…{text[-4:]}"


@contextmanager
def bars(sizes: Mapping[str, int]) -> Iterator[Callable[[str, int], object]]:
    """Show a bar for each of *sizes* on a terminal; yield what is called with a name and how far that is."""
    from rich.console import Console  # lazy: a table needs none of it
    from rich.progress import Progress

    errors = Console(stderr=True)
    if not sizes or not errors.is_terminal:
        yield lambda _name, _done: None
        return
    with Progress(console=errors, transient=True) as progress:
        tasks = {name: progress.add_task(name, total=size) for name, size in sizes.items()}
        yield lambda name, done: progress.update(tasks[name], completed=done)

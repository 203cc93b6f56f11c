"""Hold the figures of a run, compare each with its goal, and print them as one table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADINGS = ("bench", "figure", "measured", "goal", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """Hold one figure; *goal* is ``>= number`` or ``<= number``, or empty when there is none."""

    bench: str
    name: str
    value: float
    goal: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the goal was reached."""
        if not self.goal:
            return ""
        limit = float(self.goal.split()[1])
        is_reached = self.value >= limit if self.goal.startswith(">=") else self.value <= limit
        return "reached" if is_reached else "MISSED"

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the figure's line of the table."""
        value = f"{self.value:,.0f}" if abs(self.value) >= 100 else f"{self.value:.2f}"
        return self.bench, self.name, value, self.goal, self.verdict


def note(text: str) -> None:
    """Print what isn't part of the table, on standard error."""
    print(text, file=sys.stderr, flush=True)


def plain(figures: Sequence[Figure]) -> str:
    """Return the table for a terminal."""
    lines = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(_padded(line, widths) for line in lines)


def _padded(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if column == 2 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def markdown(figures: Sequence[Figure], command: str) -> str:
    """Return the table as Markdown, below what was measured and how."""
    lines = [f"Measured at commit {_commit()} with `{command}`:", "", f"| {' | '.join(HEADINGS)} |"]
    lines.append("|---|---|---:|---|---|")
    lines += [f"| {' | '.join(figure.cells)} |" for figure in figures]
    return "\n".join(lines)


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(["git", "--no-optional-locks", "diff", "--quiet", "HEAD"], cwd=ROOT, capture_output=True)
    return (found.stdout.strip() or "unknown") + (", with changes on top," if changed.returncode else "")

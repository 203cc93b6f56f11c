"""Read docs/flow-rules.md: what happens in which situation, by which rule, and what that leaves behind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "flow-rules.md"


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold one column of the table: what was written before, what is asked, and what an answer is followed by."""

    name: str
    written: tuple[str, ...]
    asked: str | None
    followed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold what a rule leaves behind: how the event ends, what is said, and how the flow stands."""

    outcome: str
    says: Sequence[str]
    flow: str


@cache
def situations() -> Mapping[str, Situation]:
    """Return the situations by their names, in their order."""
    return {
        name: Situation(name, _code(written), next(iter(_code(asked)), None), _code(followed))
        for name, written, asked, followed in _rows("Situations")
    }


@cache
def cells() -> Mapping[tuple[str, str], str]:
    """Return the rule of each cell, by situation and event."""
    head, *rows = _table("The table")
    return {(name, row[0]): rule for row in rows for name, rule in zip(head[1:], row[1:], strict=True)}


@cache
def events() -> Sequence[str]:
    """Return the events, in their order."""
    return [row[0] for row in _rows("Events")]


@cache
def rules() -> Mapping[str, Rule]:
    """Return what each rule leaves behind."""
    return {
        name: Rule(outcome, [] if says == "nothing" else says.split(", "), flow)
        for names, outcome, says, flow in _rows("What a rule leaves behind")
        for name in names.split(", ")
    }


def _rows(title: str) -> Sequence[Sequence[str]]:
    return _table(title)[1:]


def _table(title: str) -> Sequence[Sequence[str]]:
    """Return the first table below a title, with its head."""
    _, _, below = PAGE.read_text("utf-8").partition(f"\n## {title}\n")
    lines = re.findall(r"^\|(.*)\|$", below.partition("\n## ")[0], re.MULTILINE)
    found = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [found[0], *found[2:]]


def _code(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))

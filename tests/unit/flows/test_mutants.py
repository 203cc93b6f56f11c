"""Whoever breaks a rule of flows is told so: by walks, in which something then doesn't hold."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest

from tests.unit.flows.edits import WALKED, edited
from tests.unit.flows.mutants import MUTANTS, Mutant
from tests.unit.flows.walks import Walk

ROUNDS, STEPS = 24, 60
WALKS: Mapping[str, float] = {
    "": 0.05, "gate": 0.0, "two book": 0.0, "book": 0.0, "vote": 0.0, "strict": 0.0, "book two order gate": 0.0,
    "gate order": 0.3,
}  # fmt: skip
"""Through which flows walks go, and how often the file changes meanwhile."""


def walks() -> Iterator[Walk]:
    """Yield walks through all flows, through few of them, and through some that often change."""
    for number in range(ROUNDS):
        for names, often in WALKS.items():
            flows = {name: WALKED[name] for name in names.split()} if names else WALKED
            yield Walk(random.Random(f"{names}/{number}"), flows, edits=edited if often else None, often=often)


async def is_noticed() -> bool:
    """Say whether something doesn't hold in one of the walks."""
    for walk in walks():
        try:
            await walk.go(STEPS)
        except AssertionError:
            return True
    return False


async def test_nothing_is_noticed_where_no_rule_is_broken() -> None:
    assert not await is_noticed()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
async def test_broken_rule_is_noticed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)

    assert await is_noticed()

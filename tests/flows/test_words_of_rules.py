"""Each rule by which flows decide has words for those who ask why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hookline.telling.inside import why
from tests.flows.table import cells

FLOWS = Path(__file__).parents[2] / "core" / "hookline" / "flows"


def rules() -> list[str]:
    """Return all rules: those that the table names, and those that stand in the code."""
    texts = (FLOWS.joinpath(name).read_text("utf-8") for name in ("rules.py", "course.py"))
    written = {rule for text in texts for rule in re.findall(r'"([A-Z]\d+[a-z]?)"', text)}
    assert {"A4", "B5", "M6", "T8", "U1"} <= written
    return sorted(written | set(cells().values()))


@pytest.mark.parametrize("rule", rules())
def test_rule_has_words(rule: str) -> None:
    assert why(rule)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("A5+N1", "a route answers, and then the question comes again"),
        ("T6+T1", "the flow that waited comes back; the button answers the question"),
        ("A4c7", "it is an answer, but the handler of `check:` may refuse it"),
        ("T1n", "the button answers the question: no, so it asks what to change"),
    ],
)
def test_several_rules_are_told_one_after_the_other(rule: str, words: str) -> None:
    assert why(rule) == words

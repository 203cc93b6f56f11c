"""Check which patterns are dear: those that read on through letters that may be anything, from many beginnings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hookline.routing.matching.patterns import MAX_PRICE, PatternError, compile_pattern
from hookline.routing.matching.prices import letters_of
from tests.support import findings
from tests.unit.config.broken import ENVIRONMENT, HEAD, error, found_in, route

LOOSE = {
    "菜單": 0,
    "business hours|opening times": 2,
    "退.*款": 1,
    r"編號\s*(?P<id>\d+)": 2,
    r"備註\s*(?P<n>.{1,200})": 1,
    "備註.{1,20}元": 20,
    ".{1,20}$": 20,
    r"^\w{1,20}$": 0,
    "^a.{0,30}!|b": 32,
    "(?m)^.{0,30}!": 30,
    "x(?:.{0,20}y)?": 0,
    r"王.{0,60}\d": 61,
    r"訂單\d{8}": 1,
    r"[a-z]+\d{1,12}": 2,
    r"\d{8}": 8,
    r"1\d{8}": 8,
    r"店[一-龥]{8}": 8,
    r"店\w{4}": 8,
    r"店\d{4}[-/]\d{2}": 3,
    "(?i)a.{0,20}": 0,
    "(?i)a.{0,20}!": 20,
    ".{3,}": 3,
    "(ab.){5}": 13,
    "(?:(?:a{0,3}){0,3}){0,3}!": 27,
    "(a|b)(a|bc)": 3,
    "(?:aaa|aab|aba|abb|bbb|bba)!": 3,
    r"\Qa.b\E.{2}": 2,
    r"(?:x|.{5}|[^y]{7})": 13,
    "(": 0,
    "a)b": 0,
    "*a": 0,
}


@pytest.mark.parametrize(("source", "loose"), LOOSE.items())
def test_letters_that_may_be_anything_are_counted(source: str, loose: int) -> None:
    assert letters_of(source)[0] == loose


@pytest.mark.parametrize(
    "source",
    [
        "菜單",
        r"編號\s*(?P<id>\d+)",
        r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
        r"https?://\S+",
        "(訂|查|取消).*(訂單|單號)",
        r"\bmenus?\b",
    ],
)
def test_ordinary_pattern_costs_next_to_nothing(source: str) -> None:
    assert compile_pattern(source).price < 1


@pytest.mark.parametrize(
    "source", [".{0,600}!", "退.{0,300}款x", "[^a]{0,400}a!", "(?:(?:a{0,10}){0,10}){0,10}!", "(a?){300}"]
)
def test_pattern_that_may_be_slow_is_refused(source: str) -> None:
    with pytest.raises(
        PatternError, match=re.compile(rf"a text of 5,000 letters may take \d+ ms, at most {MAX_PRICE}")
    ):
        compile_pattern(source)


def test_pattern_in_two_scripts_costs_twice() -> None:
    assert compile_pattern("麵.{0,50}!").price == pytest.approx(2 * compile_pattern("飯.{0,50}!").price, rel=0.2)


def test_dear_pattern_is_refused_at_its_place(tmp_path: Path) -> None:
    hint = "repeat fewer times what may be any letter, as in `.{0,20}`, or as often as it comes, as in `.*`"
    message = "`pattern`: a text of 5,000 letters may take 240 ms, at most 100"

    assert found_in(tmp_path, route("pattern: '.{0,600}!'", "reply: a")) == [error(8, 18, message, hint)]


def test_patterns_that_are_dear_together_are_told_at_the_dearest(tmp_path: Path) -> None:
    counts = [130, 190, 160, 131, 200]
    routes = (f"      - {{name: r{count}, pattern: '{count}.{{0,{count}}}!', reply: a}}\n" for count in counts)

    (found,) = findings(tmp_path, HEAD + "    routes:\n" + "".join(routes), ENVIRONMENT)

    assert found.message == "a text of 5,000 letters may take the patterns of bot `shop` 315 ms together, at most 200"
    assert (found.place.line, (found.hint or "")[:34]) == (11, "this route's take most, 78 ms: rep")


def test_thousand_ordinary_patterns_are_allowed(tmp_path: Path) -> None:
    routes = (f"      - {{name: r{n}, pattern: '編號{n}\\s*(?P<id>\\d+)', reply: a}}\n" for n in range(1000))

    found = findings(tmp_path, HEAD + "    routes:\n" + "".join(routes), ENVIRONMENT)

    assert [one.message for one in found if one.severity == "error"] == []

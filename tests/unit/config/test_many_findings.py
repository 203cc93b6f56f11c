"""Check what is told of a file with thousands of mistakes: the first of them, and how many more there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hookline.cli.terminal.report import report
from hookline.findings.findings import MOST, Finding, Findings, Place, as_json, did_you_mean, listed, told_finding
from tests.support import findings
from tests.unit.config.broken import ENVIRONMENT, HEAD, bot, top

COUNT = 150


def routes(entry: Callable[[int], str]) -> str:
    return HEAD + "    routes:\n" + "".join(f"      - {{{entry(number)}}}\n" for number in range(COUNT))


SAME = "      - {name: same0, keyword: k, reply: a}\n"
TEXTS = {
    "unknown keys of routes": routes(lambda number: f"name: r{number}, keywrod: k, reply: a"),
    "unknown keys of a bot": bot(*(f"keywrod{number}: a" for number in range(COUNT))),
    "unknown keys of the file": top(*(f"keywrod{number}: a" for number in range(COUNT))),
    "wrong values": routes(lambda number: f"name: r{number}, keyword: k{number}, when: {{chat: usre}}, reply: a"),
    "unknown placeholders": routes(lambda number: f"name: r{number}, keyword: k{number}, reply: '{{sender.nme}}'"),
    "doubled keys": bot("settings:", *["  a: b"] * (COUNT + 1)),
    "doubled names": routes(lambda number: f"name: same{number // 2}, keyword: k, reply: a") + SAME * (COUNT // 2),
    "unset variables": routes(lambda number: f"name: r{number}, keyword: k{number}, reply: '${{NO{number}}}'"),
    "unknown plugins": bot("plugins:", *(f"  p{number}: {{}}" for number in range(COUNT))),
    "unknown packs": HEAD + "    routes:\n" + "".join(f"      - include: p{number}\n" for number in range(COUNT)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_of_many_mistakes_the_first_are_told_and_the_others_counted(name: str, tmp_path: Path) -> None:
    *told, last = findings(tmp_path, TEXTS[name], ENVIRONMENT)

    assert [one.place for one in told] == sorted(one.place for one in told)
    assert (len(told), str(last)) == (MOST, "… and 50 more errors")
    assert report([*told, last]).endswith("\n\n… and 50 more errors\n\n150 errors")


def test_of_many_warnings_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    *told, last = findings(tmp_path, routes(lambda number: f"name: r{number}, keyword: k, reply: a"), ENVIRONMENT)

    assert (len(told), last.severity, last.message) == (MOST, "warning", "… and 49 more warnings")


def test_mistake_is_told_however_many_warnings_come_before_it(tmp_path: Path) -> None:
    text = routes(lambda number: f"name: r{number}, keyword: k{number}, reply: “a”") + "stroe: x\n"

    found = findings(tmp_path, text, ENVIRONMENT)

    assert [one.message for one in found if one.severity == "error"] == ["unknown key `stroe` in the file"]
    assert found[-1].message == "… and 50 more warnings"


def test_what_may_be_meant_is_looked_for_only_where_it_is_told() -> None:
    looked_for: list[int] = []
    collected = Findings()
    for number in range(COUNT):
        collected.error(Place("bot.yaml", number, 1), "wrong", partial(looked_for.append, number))

    collected.all()

    assert looked_for == list(range(MOST))


def test_values_beside_an_unknown_key_are_hidden_though_it_is_not_told() -> None:
    collected = Findings()
    collected.take("bot.yaml", "secret: {" + "a: b, " * COUNT + "hidden: value}\n")
    for number in range(COUNT):
        collected.unknown(Place("bot.yaml", 1, number), f"unknown key {number}", "did you mean `b`?", None)

    assert {one.source for one in collected.all()[:MOST]} == {"secret: •••"}


def test_line_with_two_mistakes_is_quoted_once() -> None:
    each = [Finding(Place("bot.yaml", 3, column), f"wrong {column}", source="a: {b: c}") for column in (1, 5)]

    assert report(each) == "bot.yaml:3:1: wrong 1\n    a: {b: c}\n    ^\n\nbot.yaml:3:5: wrong 5\n\n2 errors"


def test_number_of_those_that_are_not_told_gets_through_as_json(tmp_path: Path) -> None:
    found = findings(tmp_path, TEXTS["wrong values"], ENVIRONMENT)

    assert [told_finding(one) for one in as_json(found)] == found


def test_known_words_are_listed_up_to_some() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([f"n{number}" for number in range(25)]).endswith(", n18, n19 and 5 more")


def test_near_word_is_found_among_thousands() -> None:
    assert did_you_mean("menu_of_teh_day", [f"n{number}" for number in range(9999)] + ["menu_of_the_day"]) == (
        "did you mean `menu_of_the_day`?"
    )

"""Check that every mistake in a schedule is found, at its place, with words that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import ANY, HEAD, Case, case, differences, error, found_in, warning

ANN = "U" + "a" * 32
ROUTE = "    routes:\n      - {name: go, keyword: go, reply: hi}\n"


def schedule(*entries: str) -> str:
    """Return a file whose bot has *entries* from line 9, column 9 on, and a budget."""
    lines = "".join(f"      - {{{entry}}}\n" for entry in entries)
    return f"{HEAD}    budget: 9\n    schedule:\n{lines}{ROUTE}"


def at(text: str) -> str:
    """Return a file with one entry, whose *text* begins in column 18."""
    return schedule(f"name: x, {text}")


TO = f"to: {ANN}"
CASES = [
    case("all is well", at(f"at: '11:30', days: [mon, fri], {TO}, reply: hi")),
    case("a day with a time", at(f"at: 2999-12-24 12:00, {TO}, reply: hi")),
    case("by hand", at(f"{TO}, reply: hi")),
    case("it does nothing", at(f"at: '11:30', {TO}"), error(8, 9, "`schedule` entry `x` does nothing", ANY)),
    case(
        "it does two things",
        at(f"at: '11:30', {TO}, reply: hi, begin: x"),
        error(8, 9, "`schedule` entry `x` has both `reply:` and `begin:`", ANY),
    ),
    case(
        "two of a name",
        schedule(f"name: x, {TO}, reply: hi", f"name: x, {TO}, reply: hi"),
        error(9, 16, "`schedule`: a second entry `x`", ANY),
    ),
    case("no time", at(f"at: '25:00', {TO}, reply: hi"), error(8, 23, "`at`: `25:00` is neither…", ANY)),
    case(
        "a time that is over",
        at(f"at: 2020-01-01 12:00, {TO}, reply: hi"),
        warning(8, 23, "`at`: 2020-01-01 12:00 is over, so it never happens", "leave it out"),
    ),
    case(
        "both kinds of time",
        at(f"at: '11:30', cron: '0 9 * * *', {TO}, reply: hi"),
        error(8, 32, "`cron` can't stand beside `at`", "leave one out"),
    ),
    case("six fields", at(f"cron: '0 0 9 * * *', {TO}, reply: hi"), error(8, 25, "`cron`: `0 0 9 * * *` has…", ANY)),
    case("no cron", at(f"cron: 'every day', {TO}, reply: hi"), error(8, 25, "`cron`: `every day` is no cron…", ANY)),
    case(
        "30 February", at(f"cron: '0 9 30 2 *', {TO}, reply: hi"), error(8, 25, "`cron`: `0 9 30 2 *` is no cron…", ANY)
    ),
    case(
        "days without a time of day",
        at(f"cron: '0 9 * * *', days: mon, {TO}, reply: hi"),
        error(8, 38, "`days` belong to a time of day", ANY),
    ),
    case("no list", at("at: '11:30', to: lists.none, reply: hi"), error(8, 36, "`to`: bot…", ANY)),
    case("no flow", at(f"at: '11:30', {TO}, begin: none"), error(8, 78, "`begin`: there is no flow `none`", ANY)),
    case(
        "everyone and a flow",
        at("at: '11:30', to: everyone, run: clinic.x"),
        error(8, 51, "`run`: this bot uses no plugin `clinic`", ANY),
        error(8, 36, "`to: everyone` takes `reply:` alone: nobody knows who that is", ANY),
    ),
    case(
        "no budget",
        at(f"{TO}, reply: hi").replace("    budget: 9\n", ""),
        warning(7, 9, "`schedule` entry `x` is pushed, which may cost quota", ANY),
    ),
]


@pytest.mark.parametrize("broken", CASES, ids=str)
def test_mistake_in_a_schedule_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []

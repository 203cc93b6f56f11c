"""Check that what is no id, or one of the other kind, is found wherever ids are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.testing.bot import offered_by
from tests.support import findings
from tests.unit.config.broken import (
    ENVIRONMENT,
    LINE,
    Case,
    Expected,
    bot,
    case,
    differences,
    found_in,
    route,
    top,
    warning,
)

FAX = Path(__file__).parents[2] / "golden" / "door" / "hookline-fax"
PERSON, GROUP, ROOM = (f"{kind}{'0123456789abcdef' * 2}" for kind in "UCR")
WORDS = (
    "a person's id is `U`, a group's `C` and a room's `R`, each with 32 of 0-9 and a-f behind it, as webhooks have it; "
    "a name, a LINE ID or an @handle is none"
)
NO_IDS = [
    "Mei",
    "陳小明",
    "Ursula",
    "Carol",
    "'@shop'",
    "mei.chen",
    f"{PERSON}0",
    PERSON[:-1],
    f"X{PERSON[1:]}",
    f"U{'g' * 32}",
    "U",
    "0912-345-678",
    f"'{PERSON}, {GROUP}'",
    "https://line.me/ti/p/abc",
]
NEARLY = [
    PERSON.lower(),
    PERSON.upper(),
    f"'{PERSON} '",
    f"'{PERSON[:9]} {PERSON[9:]}'",
    f"{PERSON}\u200b",
    f"\ufeff{PERSON}",
    f"U{PERSON[1:].translate({ord(digit): ord(digit) + 0xFEE0 for digit in '0123456789'})}",
]
IDS = [PERSON, GROUP, ROOM, "U1", "C2", "R30", "U1f3…", "U…", "U0000001"]


def no_id(line: int, column: int, key: str, word: str, hint: str = WORDS) -> Expected:
    """Return what is said of what is no id."""
    return warning(line, column, f"`{key}`: `{word}` is no id", hint)


PLACES = [
    case(
        "in lists of a bot",
        bot("lists:", "  staff: Mei", f"  crew: [{PERSON}, Carol, {GROUP}]"),
        no_id(7, 14, "staff", "Mei"),
        no_id(8, 49, "crew", "Carol"),
    ),
    case("in a list of the file", top("lists:", f"  staff: [{PERSON}, Mei]"), no_id(9, 46, "staff", "Mei")),
    case(
        "for a bot",
        bot("allow: {users: [Mei], groups: 家族}", f"deny: {{users: {GROUP}}}"),
        no_id(6, 21, "users", "Mei"),
        no_id(6, 35, "groups", "家族"),
        warning(7, 19, f"`users`: `{GROUP}` is the id of a group or room", "write it under `groups:`"),
    ),
    case(
        "for a route",
        route("keyword: a", f"allow: {{groups: {PERSON}}}", f"deny: {{users: {ROOM}}}", "reply: b"),
        warning(9, 25, f"`groups`: `{PERSON}` is the id of a person", "write it under `users:`"),
        warning(10, 23, f"`users`: `{ROOM}` is the id of a group or room", "write it under `groups:`"),
    ),
    case(
        "among conditions",
        route("keyword: a", f"when: {{users: [Mei], groups: [{PERSON}]}}", "reply: b"),
        no_id(9, 24, "users", "Mei"),
        warning(9, 39, f"`groups`: `{PERSON}` is the id of a person", "write it under `users:`"),
    ),
    case(
        "lists of the other kind",
        bot(
            f"lists: {{staff: {PERSON}, branches: [{GROUP}, {ROOM}], all: [{PERSON}, {GROUP}]}}",
            "allow: {users: [lists.branches, lists.all], groups: lists.all}",
            "deny: {groups: lists.staff}",
        ),
        warning(7, 21, "`users`: `lists.branches` has only ids of groups and rooms", "write it under `groups:`"),
        warning(8, 20, "`groups`: `lists.staff` has only ids of people", "write it under `users:`"),
    ),
    case("lists of the right kind", bot(f"lists: {{staff: {PERSON}, crew: {GROUP}}}", "deny: {users: lists.staff}")),
]


@pytest.mark.parametrize("word", NO_IDS)
def test_what_is_no_id_is_found(word: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, bot("lists:", f"  staff: {word}"))

    assert found == [no_id(7, 14, "staff", word.strip("'"))]


def test_id_without_its_first_letter_is_not_shown_since_a_secret_looks_like_that(tmp_path: Path) -> None:
    assert found_in(tmp_path, bot("lists:", f"  staff: {PERSON[1:]}")) == [no_id(7, 14, "staff", "•••")]


@pytest.mark.parametrize("word", NEARLY)
def test_id_that_was_copied_badly_is_told(word: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, bot("lists:", f"  staff: {word}"))

    assert found == [no_id(7, 14, "staff", word.strip("'"), f"did you mean `{PERSON}`?")]


@pytest.mark.parametrize("word", IDS)
def test_id_is_left_alone(word: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, bot("lists:", f"  staff: {word}")) == []


@pytest.mark.parametrize("broken", PLACES, ids=str)
def test_id_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


def test_adapter_that_does_not_say_what_ids_look_like_takes_any(tmp_path: Path) -> None:
    settings = "    fax: {secret: ['${SECRET}'], tray: TRAY}\n"
    line = bot("lists: {staff: Mei}", "allow: {users: [Amy, lists.staff], groups: lists.staff}")
    fax = line.replace("adapter: line", "adapter: fax").replace(LINE, settings) + "lists: {all: 02-1}\n"

    assert findings(tmp_path, fax, ENVIRONMENT, adapters=offered_by(FAX)[1]) == []

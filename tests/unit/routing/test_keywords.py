"""Which keywords are found, however many there are and however often they occur."""

from __future__ import annotations

import pytest

from hookline.routing.matching.calls import prepare
from hookline.routing.matching.keywords import MAX_KEYWORD, WINDOW, Exacts, Keywords, Prefixes


def contained(spoken: str, *words: str) -> dict[int, str]:
    return Keywords(enumerate(words)).contained(prepare(spoken, ()))


def test_first_of_several_hits_is_the_keyword_of_its_owner() -> None:
    keywords = Keywords([(7, "單"), (7, "菜單"), (3, "菜")])

    assert keywords.contained(prepare("看菜單", ())) == {7: "菜單", 3: "菜"}


def test_every_owner_of_a_keyword_is_found() -> None:
    assert contained("看菜單", "菜單", "菜单", "ＭＥＮＵ", "菜單") == {0: "菜單", 1: "菜单", 3: "菜單"}


def test_word_after_thousands_of_hits_is_found() -> None:
    found = contained("哈" * 4000 + "菜單", "哈", "哈哈", "哈哈哈", "菜單")

    assert found == {0: "哈", 1: "哈哈", 2: "哈哈哈", 3: "菜單"}


@pytest.mark.parametrize("before", [WINDOW - MAX_KEYWORD, WINDOW - 50, WINDOW - 1, WINDOW, 3 * WINDOW - 1])
def test_long_keyword_is_found_wherever_it_stands(before: int) -> None:
    long = "字" * (MAX_KEYWORD - 1) + "尾"

    assert contained("好" * before + long, long, "另") == {0: long}


@pytest.mark.parametrize("before", [WINDOW - 5, WINDOW - 4, WINDOW - 1, WINDOW])
def test_edge_of_a_window_is_no_edge_of_a_word(before: int) -> None:
    assert contained("x" * before + "menu" + "x", "menu") == {}
    assert contained(" " * before + "menus", "menu") == {}
    assert contained("字" * before + "menu", "menu") == {0: "menu"}


@pytest.mark.timeout(10)
def test_hundred_nested_keywords_in_the_longest_text_are_no_burden() -> None:
    nested = ["哈" * length for length in range(1, MAX_KEYWORD + 1)]

    assert len(contained("哈" * 10_000, *nested)) == MAX_KEYWORD


@pytest.mark.timeout(10)
def test_keyword_of_a_thousand_routes_is_no_burden() -> None:
    assert len(contained("哈" * 10_000, *["哈"] * 1000)) == 1000


def test_longest_prefix_counts() -> None:
    prefixes = Prefixes([(0, "查"), (0, "查訂單"), (1, "查訂"), (2, "find")])

    assert prefixes.leading(prepare("查訂單42", ())) == {0: 3, 1: 2}


def test_word_of_which_nothing_is_left_is_never_found() -> None:
    nothing, empty = [(0, "\u200b")], prepare("\u200b", ())

    assert Keywords(nothing).contained(empty) == {}
    assert Prefixes(nothing).leading(empty) == {}
    assert Exacts(nothing).equal(empty) == set()

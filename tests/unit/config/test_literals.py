"""Check that texts which seem to be several, or an expression, are found, and that those which are neither aren't."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import Expected, bot, found_in, route, warning

COMMA = "this is one text with a comma in it"
COMMA_HINT = "for several write a list: [菜單, menu], with half-width commas"
BRACKETS_HINT = "for several write a list: [菜單, menu], with half-width brackets and commas"
EXPRESSION_HINT = (
    "`keyword` finds a text anywhere, `exact` is all of it, `prefix` its beginning, and `pattern` takes expressions"
)


def several(line: int, column: int, key: str, sign: str, parts: str) -> Expected:
    """Return what is said of a text that seems to be several."""
    hint = f"for several write a list: `[{parts}]`"
    return warning(line, column, f"`{key}`: this is one text with `{sign}` in it", hint)


def expression(line: int, column: int, key: str, word: str) -> Expected:
    """Return what is said of a text that seems to be an expression."""
    message = f"`{key}`: `{word}` is looked for letter by letter, not as an expression"
    return warning(line, column, message, EXPRESSION_HINT)


SEVERAL = {
    "菜單|價目": ("|", "菜單, 價目"),
    "菜單｜價目": ("｜", "菜單, 價目"),
    "菜單/價目": ("/", "菜單, 價目"),
    "菜單／價目": ("／", "菜單, 價目"),
    "菜單 / 價目": ("/", "菜單, 價目"),
    "早餐/午餐/晚餐": ("/", "早餐, 午餐, 晚餐"),
    "菜單；價目": ("；", "菜單, 價目"),
    "menu/菜單": ("/", "menu, 菜單"),
    "menu|菜單": ("|", "menu, 菜單"),
    "menu|price": ("|", "menu, price"),
    "menu | price": ("|", "menu, price"),
    "menu/price": ("/", "menu, price"),
    "menu / go": ("/", "menu, go"),
    "opening hours/price list": ("/", "opening hours, price list"),
    "メニュー/価格": ("/", "メニュー, 価格"),
    "เมนู/ราคา": ("/", "เมนู, ราคา"),
    "메뉴/가격": ("/", "메뉴, 가격"),
    "меню/цены": ("/", "меню, цены"),
    "是|否": ("|", "是, 否"),
    "KTV/卡拉OK": ("/", "KTV, 卡拉OK"),
    "menu;price": (";", "menu, price"),
}
COMMAS = ["菜單、價目", "菜單，價目", "菜單, menu", "菜單,menu", "menu,price"]
BRACKETS = ["［菜單, menu］", "【菜單、價目】", "〔菜單，價目〕"]
EXPRESSIONS = [
    "^菜單$",
    "^菜單",
    "菜單$",
    "菜單*",
    "'*菜單*'",
    "'*菜單'",
    ".*menu",
    "menu.*",
    "菜單.+",
    "menu?",
    "colou?r",
    r"訂單\d+",
    r"\bmenu\b",
    r"我要\s+菜單",
    "'[a-z]+'",
    "訂單[0-9]+",
    "'[Mm]enu'",
    "(退|換)貨",
    "(菜單)?價目",
    "(?i)menu",
    "/menu/i",
    "/菜單/",
    "a{2,3}",
    "＾菜單＄",
    "菜單＊",
]
AS_MEANT = [
    "24/7",
    "1/2",
    "AC/DC",
    "TCP/IP",
    "w/o",
    "km/h",
    "N/A",
    "I/O",
    "and/or",
    "A|B",
    "R/C",
    "/start",
    "菜單/",
    "https://shop.example/menu",
    "100元/人",
    "2026/11/30",
    "9:00/18:00",
    "A/B測試",
    "1,000",
    "^_^",
    "^o^",
    "'^^'",
    "US$",
    "100$",
    "Ke$ha",
    "C++",
    "Google+",
    "A*",
    "5*8",
    "M*A*S*H",
    "什麼...?",
    "how much?",
    "why?",
    "hello?",
    "多少錢?",
    "有人嗎？",
    "(好)",
    "(a)",
    "'[預約]'",
    "'[ok]menu'",
    "【菜單】",
    r"C:\docs",
    r"¯\_(ツ)_/¯",
    r"\o/",
    "Mr. & Mrs.",
    "e.g.",
    ":)",
    ";)",
    "menu!",
    "e-mail",
]


@pytest.mark.parametrize(("word", "found"), SEVERAL.items())
@pytest.mark.parametrize("key", ["keyword", "exact", "prefix"])
def test_text_that_seems_to_be_several_is_found(key: str, word: str, found: tuple[str, str], tmp_path: Path) -> None:
    assert found_in(tmp_path, route(f"{key}: {word}", "reply: a")) == [several(8, 11 + len(key), key, *found)]


@pytest.mark.parametrize("word", COMMAS)
def test_text_with_a_comma_is_found(word: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route(f"exact: {word}", "reply: a")) == [warning(8, 16, f"`exact`: {COMMA}", COMMA_HINT)]


@pytest.mark.parametrize("word", BRACKETS)
def test_brackets_that_yaml_does_not_know_are_found(word: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route(f"exact: {word}", "reply: a")) == [
        warning(8, 16, f"`exact`: {COMMA}", BRACKETS_HINT)
    ]


@pytest.mark.parametrize("word", EXPRESSIONS)
@pytest.mark.parametrize("key", ["keyword", "exact", "prefix"])
def test_text_that_seems_to_be_an_expression_is_found(key: str, word: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, route(f"{key}: {word}", "reply: a"))

    assert found == [expression(8, 11 + len(key), key, word.strip("'"))]


@pytest.mark.parametrize("word", AS_MEANT)
@pytest.mark.parametrize("key", ["keyword", "exact", "prefix"])
def test_text_that_is_one_is_left_alone(key: str, word: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route(f"{key}: {word}", "reply: a")) == []


def test_comma_of_an_input_method_in_a_list_is_found(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("keyword: [菜單，menu, 價目、price]", "reply: a"))

    assert found == [
        warning(8, 19, f"`keyword`: {COMMA}", COMMA_HINT),
        warning(8, 28, f"`keyword`: {COMMA}", COMMA_HINT),
    ]


def test_comma_of_a_sentence_in_a_list_is_left_alone(tmp_path: Path) -> None:
    assert found_in(tmp_path, route("exact: ['你好，請問', \"menu, please\"]", "reply: a")) == []
    assert found_in(tmp_path, route("exact:", "  - 你好，請問", "  - 謝謝", "reply: a")) == []


def test_each_text_of_a_list_is_looked_at(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("keyword:", "  - 營業時間", "  - 菜單|價目", "  - menu*", "reply: a"))

    assert found == [several(10, 13, "keyword", "|", "菜單, 價目"), expression(11, 13, "keyword", "menu*")]


def test_call_name_that_seems_to_be_several_is_found(tmp_path: Path) -> None:
    assert found_in(tmp_path, bot("call_names: 小店/店長")) == [several(6, 17, "call_names", "/", "小店, 店長")]


def test_pattern_may_be_an_expression(tmp_path: Path) -> None:
    assert found_in(tmp_path, route("pattern: ^(菜單|價目)/?$", "reply: a")) == []

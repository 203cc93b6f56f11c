"""Check that texts which say something else than they seem to are found, and that those which don't are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.config.loading import Loader
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond
from tests.support import configured
from tests.unit.config.broken import (
    ENVIRONMENT,
    Case,
    Expected,
    bot,
    case,
    differences,
    error,
    found_in,
    route,
    warning,
)

CUT_HINT = "if it belongs to the text, put the whole value in single quotes: '…'; if not, write two blanks before `#`"
QUOTES_HINT = "YAML's own are ' and \"; to keep these put the whole value in single quotes: '…'"
DASH_HINT = "begin each entry with `- `"
SENT, TYPED, LEARNED = "would be sent, too", "would have to be typed, too", "would be learned, too"


def cut(line: int, column: int, key: str) -> Expected:
    """Return what is said of a text that a comment ends."""
    return warning(line, column, f"`{key}`: the text ends before ` #`, which begins a comment", CUT_HINT)


def quoted(line: int, column: int, key: str, sign: str, becomes: str) -> Expected:
    """Return what is said of a text between quotes that YAML doesn't know."""
    return warning(line, column, f"`{key}`: the quotes in `{sign}` {becomes}", QUOTES_HINT)


def dashed(line: int, column: int, key: str, sign: str) -> Expected:
    """Return what is said of a text that looks like a list."""
    return warning(line, column, f"`{key}`: `{sign}` begins no entry of a list, so this is one text", DASH_HINT)


def joined(line: int, column: int) -> Expected:
    """Return what is said of lines between which blanks would come."""
    hint = "for lines as they stand write `|` and begin below it; else put all of it into one line"
    return warning(line, column, "`reply`: its lines are joined by blanks, which this script doesn't have", hint)


def slashes(line: int, column: int) -> Expected:
    """Return what is said of a pattern as other languages write it."""
    hint = "leave them out; large and small letters are one in any case"
    return warning(line, column, "`pattern`: the slashes around it would have to be typed, too", hint)


TEXTS_THAT_ARE_CUT = [
    "我們是 #1 的麵店",
    "排隊請按 #2",
    "hello #greeting",
    "第一名 #",
    "a ##b",
    "嗨 {sender.name} #1",
    "餐廳 #1  # best",
    "訂單 #A-12 已出貨",
    "ร้าน #1",
    "${SECRET} #1",
]
TEXTS_BETWEEN_QUOTES = {
    "“hello”": "“…”",
    "”hello”": "”…”",
    "„hallo“": "„…“",
    "‘hello’": "‘…’",
    "「菜單」": "「…」",
    "『菜單』": "『…』",
    "«меню»": "«…»",
    "»Menü«": "»…«",
    "‹menu›": "‹…›",
    "〝菜單〞": "〝…〞",
    '“hello"': '“…"',
    "‘hello'": "‘…'",
    "＂hello＂": "＂…＂",
}
TEXTS_AS_MEANT = [
    "hello  #greeting",
    "hello # greeting",
    "hello   # 1",
    "hello #　註",
    "a ## b",
    "C#",
    "https://shop.example/#top",
    "'我們是 #1 的麵店'",
    '"我們是 #1 的麵店"',
    "'“hello”'",
    "'「菜單」'",
    "「菜單」和「價目」",
    "“Hi” and “bye”",
    "說「好」",
    "「好」的",
    "《菜單》",
    "’til noon",
    "-5",
    "– hello",
    "－ 您好",
    "-b -c",
    "｜",
]
TEXTS = [
    case(
        "texts of a list",
        route("keyword:", "  - a", "  - b #1", "reply:", "  - 我們是 #1", "  - c  # of it"),
        cut(10, 13, "keyword"),
        cut(12, 13, "reply"),
    ),
    case(
        "texts in message objects",
        route("keyword: a", "reply:", "  - {type: text, text: 我們是 #1", "    }", "  - {type: text, text: “hello”}"),
        cut(10, 32, "text"),
        quoted(12, 32, "text", "“…”", SENT),
    ),
    case(
        "texts of which one is taken",
        route("keyword: a", "reply: {any: [“b”, [c, 「d」]]}"),
        quoted(9, 23, "any", "“…”", SENT),
        quoted(9, 32, "any", "「…」", SENT),
    ),
    case(
        "a color that is a comment",
        route(
            "keyword: a",
            "reply:",
            "  type: flex",
            "  altText: b",
            "  contents:",
            "    type: bubble",
            "    body:",
            "      type: box",
            "      layout: vertical",
            "      backgroundColor: #ffffff",
            "      contents: [{type: text, text: c}]",
        ),
        warning(17, 31, "`backgroundColor`: nothing stands before `#`, which begins a comment", CUT_HINT),
    ),
    case(
        "a text of several lines",
        route("keyword: a", "reply:", "  歡迎光臨", "  我們是 #1"),
        cut(10, 11, "reply"),
    ),
    case(
        "texts of a bot",
        bot("call_names: [「小店」]", "settings:", "  floor: 樓 #3", "  motto: “b”", "on_error: 請打 #9"),
        quoted(6, 18, "call_names", "「…」", TYPED),
        cut(8, 14, "floor"),
        quoted(9, 14, "motto", "“…”", SENT),
        cut(10, 15, "on_error"),
    ),
    case(
        "texts of an intent",
        bot(
            "intents:",
            "  hours:",
            "    label: 「營業時間」",
            "    examples:",
            "      - 你們是 #1 嗎",
            "      - “when do you open”",
            "      - c",
            "      - d",
            "      - e",
            "routes:",
            "  - {name: hours, intent: hours, reply: f}",
        ),
        quoted(8, 16, "label", "「…」", SENT),
        cut(10, 13, "examples"),
        quoted(11, 13, "examples", "“…”", LEARNED),
    ),
    case(
        "texts of a pack that is included",
        bot("routes:", "  - include: manners") + "packs:\n  manners:\n    routes:\n"
        "      - {name: a, exact: «b», reply: c}\n",
        quoted(11, 26, "exact", "«…»", TYPED),
    ),
    case(
        "texts of a pack that no bot includes",
        bot() + "packs:\n  manners:\n    routes:\n      - {name: a, exact: «b», reply: c}\n",
        warning(9, 3, "pack `manners` is included by no bot"),
        quoted(11, 26, "exact", "«…»", TYPED),
    ),
    case(
        "comments where no text is",
        bot("timezone: UTC #there", "limits: {running: 5} #few", "lists:", "  staff: #ids", "    - U1 #Mei"),
    ),
    case(
        "dashes of a phone",
        route("keyword:", "  － b", "  － c", "reply:", "  – d", "  – e"),
        dashed(9, 11, "keyword", "－"),
        dashed(12, 11, "reply", "–"),
    ),
    case("bullets", route("keyword:", "  • b", "reply: c"), dashed(9, 11, "keyword", "•")),
    case(
        "dashes without a blank",
        route("keyword:", "  -菜單", "  -menu", "reply: c"),
        warning(9, 11, "`keyword`: there is no blank behind `-`, so this is one text and no list", DASH_HINT),
    ),
    case(
        "a block that is none",
        route("keyword: a", "reply: ｜", "  b", "  c"),
        warning(
            9,
            16,
            "`reply`: `｜` begins no block of lines, so it would be sent, too",
            "write `|` for lines as they stand, or `>` to join them",
        ),
    ),
    case(
        "lines of Chinese that are joined",
        route("keyword: a", "reply:", "  - 您好", "    歡迎光臨", "  - >", "    いらっ", "    しゃい"),
        joined(10, 13),
        joined(12, 13),
    ),
    case(
        "lines of Chinese that stay lines",
        route("keyword: a", "reply:", "  - |", "    您好", "    歡迎", "  - >", "    您好", "", "    歡迎"),
    ),
    case("lines of Chinese that nobody is sent", route("keyword:", "  訂", "  位", "reply: a")),
    case("lines of English that are joined", route("keyword: a", "reply: You are", "  welcome")),
    case("lines of Chinese and English", route("keyword: a", "reply: 歡迎", "  welcome 您")),
    case(
        "a pattern between slashes",
        route("pattern: ['/菜單/i', '/order', 'a/b/c', '/價目/']", "reply: a"),
        slashes(8, 19),
        slashes(8, 47),
    ),
    case(
        "values of which a comment leaves nothing",
        route("keyword: #menu", "reply: #1"),
        error(8, 17, "`keyword` is empty", CUT_HINT),
        error(9, 15, "`reply` is empty", CUT_HINT),
    ),
    case(
        "an entry of which a comment leaves nothing",
        route("keyword:", "  - #menu", "  - b", "reply: c"),
        error(9, 12, "`keyword`: expected text", CUT_HINT),
    ),
]


@pytest.mark.parametrize("text", TEXTS_THAT_ARE_CUT)
def test_text_that_a_comment_cuts_is_found(text: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route("keyword: a", f"reply: {text}")) == [cut(9, 16, "reply")]
    assert found_in(tmp_path, route(f"exact: {text}", "reply: a")) == [cut(8, 16, "exact")]


@pytest.mark.parametrize(("text", "sign"), TEXTS_BETWEEN_QUOTES.items())
def test_quotes_that_yaml_does_not_know_are_found(text: str, sign: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route("keyword: a", f"reply: {text}")) == [quoted(9, 16, "reply", sign, SENT)]
    assert found_in(tmp_path, route(f"keyword: [a, {text}]", "reply: b")) == [quoted(8, 22, "keyword", sign, TYPED)]


@pytest.mark.parametrize("text", TEXTS_AS_MEANT)
def test_text_that_means_what_it_says_is_left_alone(text: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route("keyword: a", f"reply: {text}")) == []
    assert found_in(tmp_path, route(f"exact: {text}", "reply: a")) == []


@pytest.mark.parametrize("broken", TEXTS, ids=str)
def test_text_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


BLOCKS = {
    "|": "a\n\nb #1",
    "|-": "a\n\nb #1",
    "|+": "a\n\nb #1\n\n\n",
    ">": "a\nb #1",
    ">-": "a\nb #1",
    ">+": "a\nb #1\n\n\n",
    "|2": "  a\n\n  b #1",
    "|2+": "  a\n\n  b #1\n\n\n",
    "|+2": "  a\n\n  b #1\n\n\n",
    "|  # in lines": "a\n\nb #1",
}


@pytest.mark.parametrize(("header", "text"), BLOCKS.items())
def test_last_line_break_of_a_block_is_sent_only_where_it_is_asked_for(header: str, text: str, tmp_path: Path) -> None:
    lines = ["      a", "", "      b #1", "", ""]
    reply = ["reply:", f"  - {header}", *lines, "  - type: text", f"    text: {header}", *(f"  {one}" for one in lines)]

    built = configured(tmp_path, route("keyword: a", *reply), ENVIRONMENT)

    answer = built.bots["shop"].routes[0].action
    assert isinstance(answer, Respond)
    assert [message.body for message in answer.choices[0].in_language(None)] == [{"type": "text", "text": text}] * 2


def test_comment_that_begins_to_cut_a_text_is_told_when_the_file_is_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    loader = Loader([path], PluginRegistry.discover(), environment=ENVIRONMENT)
    path.write_text(route("keyword: a", "reply: 我們是"), "utf-8")
    assert loader.load().warnings == []

    path.write_text(route("keyword: a", "reply: 我們是 #1 的麵店"), "utf-8")
    (warning,) = loader.load().warnings

    assert warning.message == "`reply`: the text ends before ` #`, which begins a comment"

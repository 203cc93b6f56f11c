"""Check that signs which look like YAML's own are found where they stand, and not blamed for what others do."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.unit.config.broken import (
    ANY,
    HEAD,
    SINGLE_QUOTES,
    Case,
    Expected,
    bot,
    case,
    differences,
    error,
    found_in,
    route,
    top,
)

NBSP, WIDE = "\u00a0", "\u3000"
SPACES, TABS = "indent with spaces: YAML takes no other blanks", "indent with spaces: YAML takes no tabs"
QUOTE_INSIDE = "a quote inside a value: '…''…' or \"…\\\"…\""
FULL_WIDTH_COLON = "write `: ` instead of the full-width colon"
NO_BLANK = "a blank is missing behind the `:`"
BLANKS = {
    "\t": "a tab",
    NBSP: "a no-break space (U+00A0)",
    WIDE: "an ideographic space (U+3000)",
    "\u2003": "an em space (U+2003)",
    "\u2009": "a thin space (U+2009)",
    "\u202f": "a narrow no-break space (U+202F)",
}


def indented(line: int, column: int, blank: str) -> Expected:
    """Return what is said of a blank in the indentation."""
    return error(line, column, f"not YAML: {BLANKS[blank]} in the indentation", TABS if blank == "\t" else SPACES)


def hidden(text: str, keyword: str) -> str:
    """Return a file whose route has *text* in line 8, and another key below it."""
    return f"{HEAD}    routes:\n      - name: hours\n{text}\n        {keyword}\n"


@pytest.mark.parametrize("blank", BLANKS)
def test_indentation_by_another_blank_is_found_in_its_line(blank: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, hidden(f"{blank * 8}keyword: a", "reply: b")) == [indented(8, 1, blank)]
    assert found_in(tmp_path, hidden(f"    {blank * 4}keyword: a", "reply: b")) == [indented(8, 5, blank)]
    assert found_in(tmp_path, hidden("        keyword: a", f"reply: b\n{blank * 8}cooldown: 1h")) == [
        indented(10, 1, blank)
    ]


@pytest.mark.parametrize("blank", BLANKS)
def test_first_of_several_lines_is_named(blank: str, tmp_path: Path) -> None:
    lines = f"{blank * 8}keyword: a\n\n{blank * 8}cooldown: 1h\n# so it is\n{blank * 8}deadline: 5"

    assert found_in(tmp_path, hidden(lines, "reply: b"))[0] == indented(8, 1, blank)


def test_each_line_of_a_file_that_can_be_parsed_all_the_same_is_named(tmp_path: Path) -> None:
    text = f"version: 1\nbots:\n{NBSP * 2}shop:\n{NBSP * 4}adapter: line\n"

    assert found_in(tmp_path, text) == [indented(3, 1, NBSP), indented(4, 1, NBSP)]


SIGNS = [
    case(
        "blank behind a dash",
        HEAD + f"    routes:\n      -{NBSP}name: hours\n        keyword: a\n        reply: b\n",
        error(7, 8, f"not YAML: {BLANKS[NBSP]} behind the dash", "write `- `, with a space"),
    ),
    case(
        "wide blank behind a colon",
        route(f"keyword:{WIDE}a", "reply: b"),
        error(8, 17, f"not YAML: {BLANKS[WIDE]} behind the colon", "write `: `, with a space"),
    ),
    case(
        "wide blank behind the last colon",
        route("keyword: a", f"reply:{WIDE}b"),
        error(9, 15, f"not YAML: {BLANKS[WIDE]} behind the colon", "write `: `, with a space"),
    ),
    case(
        "full-width colon",
        route("keyword：a", "reply: b"),
        error(8, 16, "not YAML: `：` is a full-width colon", "write `: ` instead, with a space"),
    ),
    case(
        "full-width colons",
        route("keyword： a", "reply： b"),
        error(8, 16, "not YAML: `：` is a full-width colon", "write `: ` instead, with a space"),
    ),
    case(
        "full-width colon behind a name",
        HEAD + "    routes:\n      - name：hours\n        keyword: a\n        reply: b\n",
        error(7, 13, "not YAML: `：` is a full-width colon", "write `: ` instead, with a space"),
    ),
    case(
        "full-width colon before a list",
        HEAD + "    routes：\n      - name: hours\n        keyword: a\n        reply: b\n",
        error(6, 11, "not YAML: `：` is a full-width colon", "write `: ` instead, with a space"),
    ),
    case(
        "full-width colon in braces",
        HEAD + "    routes:\n      - {name: hi, keyword：a, reply: b}\n",
        error(7, 20, "unknown key `keyword：a` in route `hi`", f"did you mean `keyword`? {FULL_WIDTH_COLON}"),
    ),
    case(
        "full-width colon where keys are wanted",
        bot("settings:", "  phone：02-1"),
        error(7, 7, "`settings`: expected a mapping of keys and values", FULL_WIDTH_COLON),
    ),
    case(
        "colon without a blank in braces",
        HEAD + "    routes:\n      - {name: hi, keyword:a, reply: b}\n",
        error(7, 20, "unknown key `keyword:a` in route `hi`", f"did you mean `keyword`? {NO_BLANK}"),
    ),
    case(
        "full-width comma in braces",
        HEAD + "    routes:\n      - {name: hi，keyword: a, reply: b}\n",
        error(7, 18, "not YAML: `，` separates nothing", "write `, ` instead"),
    ),
    case(
        "full-width braces",
        HEAD + "    routes:\n      - ｛name: hi, keyword: a, reply: b｝\n",
        error(7, 9, "not YAML: `｛` opens nothing", "write half-width brackets, colons and commas"),
    ),
    case(
        "full-width closing bracket",
        route("keyword: [a, 菜單］", "reply: b"),
        error(8, 24, "not YAML: `］` closes nothing", "write a half-width bracket"),
    ),
    case(
        "full-width dash",
        HEAD + "    routes:\n      － name: hours\n        keyword: a\n        reply: b\n",
        error(7, 7, "not YAML: `－` begins no entry of a list", "write `- `, a hyphen and a space"),
    ),
    case(
        "dash of a phone",
        route("keyword:", "  - a", "  – b", "reply: c"),
        error(10, 11, "not YAML: `–` begins no entry of a list", "write `- `, a hyphen and a space"),
    ),
    case(
        "bullets",
        HEAD + "    routes:\n      • name: hours\n        keyword: a\n        reply: b\n",
        error(7, 7, "not YAML: `•` begins no entry of a list", "write `- `, a hyphen and a space"),
    ),
    case(
        "full-width comment",
        route("keyword: a", "＃ hours", "reply: b"),
        error(9, 9, "not YAML: `＃` begins no comment", "write `#` instead"),
    ),
    case(
        "full-width comment at the top",
        "＃ my bot\n" + top(),
        error(1, 1, "not YAML: `＃` begins no comment", "write `#` instead"),
    ),
    case("one dash at the top", "—\n" + top(), error(1, 1, "not YAML: `—` is no `---`", ANY)),
    case("dashes at the top", "–-\n" + top(), error(1, 1, "not YAML: `–-` is no `---`", ANY)),
    case(
        "full-width dashes at the top",
        "－－－\n" + top(),
        error(1, 1, "not YAML: `－－－` is no `---`", "write three hyphens, or leave the line out"),
    ),
    case(
        "invisible sign before a key",
        route("\u200bkeyword: a", "reply: b"),
        error(8, 9, "a zero width space (U+200B) before this key", "write the key without it"),
    ),
    case(
        "byte order mark before a key",
        route("\ufeffkeyword: a", "reply: b"),
        error(8, 9, "a zero width no-break space (U+FEFF) before this key", "write the key without it"),
    ),
    case(
        "wide blank behind a key",
        route(f"keyword{WIDE}: a", "reply: b"),
        error(8, 9, f"{BLANKS[WIDE]} behind this key", "write the key without it"),
    ),
    case(
        "full-width letters",
        route("ｋｅｙｗｏｒｄ: a", "reply: b"),
        error(8, 9, "unknown key `ｋｅｙｗｏｒｄ` in route `hours`", "did you mean `keyword`?"),
    ),
    case(
        "full-width digit of the version",
        top().replace("version: 1", "version: １"),
        error(1, 10, "`version`: expected `1`", "did you mean `1`?"),
    ),
    case(
        "full-width digits",
        bot("limits: {running: １２x}"),
        error(6, 23, "`running`: expected a valid integer, unable to parse string as an integer", ANY),
    ),
    case(
        "curly quote at the end",
        route("keyword: a", 'reply: "hello”'),
        error(
            9,
            16,
            "not YAML: this quote is never closed",
            "`”` at the end is no quote of YAML: write the same as at the beginning",
        ),
    ),
    case(
        "curly quotes around a colon",
        route("keyword: a", "reply: “hello: you”"),
        error(
            9,
            22,
            "not YAML: mapping values are not allowed in this context",
            f"`“` is no quote of YAML: {SINGLE_QUOTES}",
        ),
    ),
    case(
        "apostrophe in a list",
        route("keyword: ['don't', b]", "reply: b"),
        error(8, 24, "not YAML: while parsing a flow sequence, did not find expected ',' or ']'", QUOTE_INSIDE),
    ),
    case(
        "apostrophe in braces",
        HEAD + "    routes:\n      - {name: hi, keyword: a, reply: 'it's'}\n",
        error(7, 43, "not YAML: while parsing a flow mapping, did not find expected ',' or '}'", QUOTE_INSIDE),
    ),
    case(
        "comment in the middle of a text",
        route("keyword: a", "reply: 我們是 #1", "  的麵店"),
        error(
            10,
            11,
            "not YAML: while parsing a block mapping, did not find expected key",
            f"`#` in line 9 begins a comment: if it belongs to the text, {SINGLE_QUOTES}",
        ),
    ),
    case(
        "comment in a list",
        route("keyword: [a, #menu]", "reply: b"),
        error(
            10,
            1,
            "not YAML: while parsing a flow sequence, did not find expected ',' or ']'",
            f"`#` in line 8 begins a comment: if it belongs to the text, {SINGLE_QUOTES}",
        ),
    ),
]


@pytest.mark.parametrize("broken", SIGNS, ids=str)
def test_sign_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


PIECES = [
    *("a", "b: ", "- ", "[", "]", "{", "}", ", ", "\n", "\n  ", "\r\n", "'", '"', "|", "#", " #", "\t", "${A"),
    *(NBSP, WIDE, "：", "，", "］", "｛", "－ ", "– ", "＃", "“", "”", "「", "」", "菜"),
    *("\u200b", "\ufeff", "\u2028", "\x85", "\\ud83d"),
]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_written_is_a_finding_in_a_line_that_there_is(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)
    for _ in range(25):
        text = "".join(dice.choices(PIECES, k=dice.randrange(1, 30)))
        found = found_in(tmp_path, text)

        assert found
        assert all(1 <= one.line <= len(text) + 1 and one.column >= 1 for one in found)


TEXTS = [
    ["reply: |", "  您好", f"  {WIDE}{WIDE}地址：台北"],
    ["reply: |", "  － 菜單", "  － 價目"],
    ["reply: >", "  ＃ 一"],
    ["reply:", "  - |", "    Tel：02", "    – 1"],
    ["reply:", "  您好!", f"  {WIDE}{WIDE}歡迎"],
    ["reply: '您好!", f"  {WIDE}歡迎'"],
    ["reply: 營業時間：10-20"],
    ["reply: 〔您好〕"],
    ["reply: |+", "  •", "    ｛b｝"],
]


@pytest.mark.parametrize("lines", TEXTS, ids=" ".join)
def test_sign_in_a_text_is_left_alone(lines: list[str], tmp_path: Path) -> None:
    assert found_in(tmp_path, route("keyword: a", *lines)) == []


@pytest.mark.parametrize("lines", TEXTS, ids=" ".join)
def test_sign_in_a_text_is_not_blamed_for_what_is_wrong_below_it(lines: list[str], tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, route("keyword: a", *lines, "cooldown: @soon"))

    assert (found.line, found.message) == (
        9 + len(lines),
        "not YAML: found character that cannot start any token",
    )

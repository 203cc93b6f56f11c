"""Check how mistakes are reported (all at once, in order, with a caret), and bytes that are no file at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.config.loading import load
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from tests.support import SMALL_BOT, findings
from tests.unit.config.broken import (
    ANY,
    ENVIRONMENT,
    HEAD,
    ROUTES,
    SECRET_RULE,
    UNSET,
    Expected,
    bot,
    differences,
    error,
    found_in,
    route,
)

GOOD = HEAD + ROUTES


def test_all_mistakes_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = """\
version: 1
stroe: sqlite:///x.db
bots:
  shop:
    adapter: line
    line: {channel_secret: abcdef, access_token: "${TOKEN}"}
    timezone: Taipei
    timezone: Asia/Taipei
    push_fallback: yes
    plugins:
      ticket: {}
    routes:
      - name: menu
        keywrod: menu
        reply: a
      - name: order
        pattern: '('
        reply: '{sender.nme}'
      - name: menu
        keyword: menu
        when: {chat: users}
        reply: call ${PHONE}
      - include: manners
      - name: gone
        on: unfollow
        reply: bye
"""

    found = found_in(tmp_path, text)

    wanted = [
        error(2, 1, "unknown key `stroe` in the file", "did you mean `store`?"),
        error(6, 28, "`channel_secret` holds a secret in plain text", SECRET_RULE),
        error(7, 15, "`timezone`: `Taipei` is not a time zone", "write it as in Asia/Taipei"),
        error(8, 5, "`timezone` stands here twice", "the first is in line 7"),
        error(9, 20, "expected true or false, unquoted, for `push_fallback`"),
        error(11, 7, "plugin `ticket` is not installed", "did you mean `tickets`? If not: pip install hookline-ticket"),
        error(14, 9, "unknown key `keywrod` in route `menu`", "did you mean `keyword`?"),
        error(17, 18, "`pattern`: missing ): ("),
        error(18, 16, "unknown name in `{sender.nme}`", "did you mean `name`?"),
        error(19, 15, "a second route `menu`", ANY),
        error(21, 22, "`chat`: expected `user`, `group` or `room`", "did you mean `user`?"),
        error(22, 16, "variable `PHONE` is not set", UNSET),
        error(23, 18, "`include`: there is no pack `manners`", "there are no packs"),
        error(26, 9, "`unfollow` can't be answered on line", ANY),
    ]
    assert differences(wanted, found) == []


def test_mistakes_are_reported_from_top_to_bottom(tmp_path: Path) -> None:
    found = found_in(tmp_path, bot("zzz: 1", "timezone: Taipei", "on_error: '{sender.nme}'"))

    assert [one.line for one in found] == [6, 7, 8]


def test_routes_that_are_broken_are_not_said_to_be_none(tmp_path: Path) -> None:
    found = found_in(tmp_path, bot("routes:", "  - {name: a b, keyword: hi, reply: hello}"))

    assert [one.severity for one in found] == ["error"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (GOOD.replace("hello", "café").encode("latin-1"), error(7, 43, "the file is not UTF-8", "save it as UTF-8")),
        (GOOD.replace("hello", "菜單").encode("big5"), error(7, 40, "the file is not UTF-8", "save it as UTF-8")),
        (GOOD.encode("utf-16"), error(1, 1, "the file is not UTF-8", "save it as UTF-8")),
        (b"\xed\xa0\xbd", error(1, 1, "the file is not UTF-8", "save it as UTF-8")),
        (GOOD.replace("hello", "a\0").encode(), error(7, 41, "not YAML: control characters are not allowed")),
        (GOOD.replace("hello", "a\x1b").encode(), error(7, 41, "not YAML: control characters are not allowed")),
        (GOOD.replace("hello", "a\x7f").encode(), error(7, 41, "not YAML: control characters are not allowed")),
        (b"\x07" + GOOD.encode(), error(1, 1, "not YAML: control characters are not allowed")),
        (b"#" * (1 << 24) + b"\n", error(1, 1, "can't read the file: it has more than 16777216 bytes")),
        (b"[" * 100_000, error(1, 51, "nested deeper than 50")),
        (b"a: [" + b"x," * 1_000_000 + b"]", error(1, 1_999_999, "more than 1000000 values in one file")),
    ],
    ids=["latin-1", "big5", "utf-16", "surrogate", "NUL", "escape", "delete", "bell", "16 MiB", "depth", "nodes"],
)
def test_bytes_that_are_no_good_file_are_refused(raw: bytes, expected: Expected, tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    path.write_bytes(raw)

    found = _errors(path)

    assert differences([expected], found) == []


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("keyword: a", r'reply: "\ud83d"'))

    assert [(one.line, one.severity) for one in found] == [(9, "error")]


def test_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    found = _errors(tmp_path / "bot.yaml")

    hint = "`hookline new bot NAME` writes one; `hookline -c FILE` before a command names another"
    assert found == [error(1, 1, "can't read the file: No such file or directory", hint)]


def test_column_counts_characters(tmp_path: Path) -> None:
    found = found_in(tmp_path, GOOD.replace("keyword: hi", "exact: 😀, keywrod: hi"))

    assert found == [error(7, 30, "unknown key `keywrod` in route `hi`", "did you mean `keyword`?")]


def test_windows_line_ends_count_once(tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    path.write_bytes(GOOD.replace("keyword", "keywrod").replace("\n", "\r\n").encode())

    found = _errors(path)

    assert found == [error(7, 20, "unknown key `keywrod` in route `hi`", "did you mean `keyword`?")]


def test_caret_stands_under_the_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, GOOD.replace("keyword: hi", "exact: 菜單, keywrod: hi"))

    text = caught.value.findings[0].render().replace(f"{tmp_path}/", "")
    assert text == (
        "bot.yaml:7:31: unknown key `keywrod` in route `hi`\n"
        "          - {name: hi, exact: 菜單, keywrod: hi, reply: hello}\n"
        "                                    ^\n"
        "hint: did you mean `keyword`?"
    )


def test_caret_stands_under_the_place_behind_marks_that_take_no_column(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, GOOD.replace("keyword: hi", "exact: ที่นี่, keywrod: hi"))

    _, line, caret, _ = caught.value.findings[0].render().splitlines()
    assert line == "          - {name: hi, exact: ที่นี่, keywrod: hi, reply: hello}"
    assert caret == " " * 34 + "^"


def test_full_width_blank_is_quoted_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, GOOD.replace("keyword: hi", "exact: '菜\u3000單', keywrod: hi"))

    assert caught.value.findings[0].source == "      - {name: hi, exact: '菜\u3000單', keywrod: hi, reply: hello}"


def test_caret_is_left_out_where_what_stands_before_it_is_hidden(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, bot("plugins: {tickets: {notify: 2}}"))

    text = caught.value.findings[0].render().replace(f"{tmp_path}/", "")
    assert text == (
        "bot.yaml:6:25: unknown key `notify` in `tickets`\n        plugins: •••\nhint: did you mean `notify_at`?"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("reply: 'x # y {sender.nme}' # z", "        reply: 'x # y {sender.nme}'"),
        ("reply: don't {sender.nme} # z", "        reply: don't {sender.nme}"),
        ("reply: x#y {sender.nme}", "        reply: x#y {sender.nme}"),
        ('reply: "a \\" # {sender.nme}"', '        reply: "a \\" # {sender.nme}"'),
    ],
)
def test_comment_is_not_quoted(written: str, shown: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, route("keyword: a", written))

    assert [one.source for one in caught.value.findings] == [shown]


def test_value_of_the_environment_is_shown_as_its_variable(tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    path.write_text(bot("timezone: ${ZONE}"), "utf-8")

    with pytest.raises(ConfigError) as caught:
        load([path], PluginRegistry.discover(), environment={**ENVIRONMENT, "ZONE": "Taipei"})

    assert [(one.message, one.hint) for one in caught.value.findings] == [
        ("`timezone`: `${ZONE}` is not a time zone", "write it as in Asia/Taipei")
    ]


def test_env_file_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=caf\xe9\n")

    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, GOOD)

    assert [str(one) for one in caught.value.findings] == [f"{tmp_path}/.env:1:1: can't read the file: not UTF-8 text"]


def _load(folder: Path, text: str) -> None:
    path = folder / "bot.yaml"
    path.write_text(text, "utf-8")
    load([path], PluginRegistry.discover(), environment=ENVIRONMENT)


def _errors(path: Path) -> list[Expected]:
    with pytest.raises(ConfigError) as caught:
        load([path], PluginRegistry.discover(), environment=ENVIRONMENT)
    return [
        Expected(one.place.line, one.place.column, one.message, one.hint or "", one.severity)
        for one in caught.value.findings
    ]


def test_patterns_of_a_bot_are_limited_together(tmp_path: Path) -> None:
    routes = "".join(
        f"      - {{name: r{number}, pattern: '{number}號\\p{{Han}}{{1,20}}店', reply: ok}}\n" for number in range(120)
    )
    text = SMALL_BOT.partition("    routes:")[0] + "    routes:\n" + routes

    (found,) = [item for item in findings(tmp_path, text) if item.severity == "error"]

    assert "the patterns of bot `shop` compile to" in found.message
    assert (found.place.line, found.place.column) == (4, 3)


def test_line_of_an_environment_file_that_says_nothing_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GREETING=hello\nfoo bar: s3cret-value\nTOKEN='never closed\nNAME=x\n")
    (tmp_path / "bot.yaml").write_text(GOOD, "utf-8")

    found = load([tmp_path / "bot.yaml"], PluginRegistry.discover(), environment=ENVIRONMENT).warnings

    assert [(str(one), one.source) for one in found] == [
        (f"{tmp_path}/.env:{line}:1: warning: this line says no NAME=value, so it is left out", "") for line in (2, 3)
    ]


def test_bots_that_have_a_secret_in_common_are_named(tmp_path: Path) -> None:
    bot = (HEAD + ROUTES).partition("shop:\n")[2]
    (tmp_path / "bot.yaml").write_text(HEAD + ROUTES + "".join(f"  {name}:\n{bot}" for name in ("cafe", "bar")))

    found = load([tmp_path / "bot.yaml"], PluginRegistry.discover(), environment=ENVIRONMENT, is_thorough=True).warnings

    message = "bot `cafe` has a secret of bot `shop`, as have 1 more: each takes what is signed for the other"
    assert [one.message for one in found if "secret" in one.message] == [message]

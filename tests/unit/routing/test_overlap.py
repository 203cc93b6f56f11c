"""Which routes can never win, which lose some of their own texts, and what is no one's concern."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.routing.overlap import overlaps
from tests.support import findings
from tests.unit.routing.worlds import bot_yaml, router


def found(routes: str) -> list[tuple[str, str, str, bool]]:
    return [(item.earlier.name, item.later.name, item.example, item.is_total) for item in overlaps(router(routes))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("otherwise: true", "keyword: 菜單"),
        ("otherwise: true", "on: message.sticker"),
        ("otherwise: true", "otherwise: true"),
        ("otherwise: true", "pattern: a+"),
        ("on: message.text", "exact: 菜單"),
        ("on: message", "on: [message.image, message.video]"),
        ("on: '*'", "on: follow"),
        ("on: '*'", "on: '*'"),
        ("on: '*'", "postback: a=1"),
        ("on: follow", "on: follow"),
        ("otherwise: true", "{keyword: hi, when: {chat: user}}"),
        ("{otherwise: true, when: {mentioned: false}}", "keyword: hi"),
    ],
)
def test_route_after_one_that_takes_everything_can_never_win(first: str, second: str) -> None:
    assert found(_pair(first, second)) == [("first", "second", "", True)]


@pytest.mark.parametrize(
    ("first", "second", "example"),
    [
        ("keyword: 菜單", "keyword: 菜單", "菜單"),
        ("keyword: [菜單, menu]", "keyword: menu", "menu"),
        ("keyword: 菜", "keyword: [菜單, 點菜]", "菜單"),
        ("keyword: 菜單", "exact: 看菜單", "看菜單"),
        ("keyword: 菜單", "prefix: 菜單", "菜單"),
        ("exact: 菜單", "exact: ' 菜單'", " 菜單"),
        ("exact: [hi, hello]", "exact: [HELLO, Hi]", "HELLO"),
        ("prefix: 查", "exact: 查訂單", "查訂單"),
        ("prefix: 查", "prefix: 查訂單", "查訂單"),
        ("keyword: 發票", "keyword: 发票", "发票"),
        ("pattern: 菜.", "exact: 菜單", "菜單"),
        ("{keyword: menu, on: message}", "keyword: menu", "menu"),
        ("{keyword: menu, on: '*'}", "keyword: menu", "menu"),
        ("{keyword: menu, when: {mentioned: false}}", "keyword: menu", "menu"),
        ("{keyword: menu, when: {mentioned: false}}", "{keyword: menu, when: {mentioned: false}}", "menu"),
        ("keyword: menu", "{keyword: menu, when: {chat: user}}", "menu"),
        ("{keyword: menu, when: {chat: user}}", "{keyword: menu, when: {chat: user}}", "menu"),
        ("keyword: 菜單", "{keyword: 菜單, prefix: 請}", "請 菜單"),
        ("prefix: 請", "{keyword: 菜單, prefix: 請}", "請 菜單"),
        ("prefix: 請", "{keyword: [請, 菜單], prefix: 請}", "請"),
        ("keyword: 單", "{exact: [菜單, 價目], keyword: 菜單}", "菜單"),
        ("keyword: 訂單", "{exact: [訂單5, 菜單], pattern: '訂單\\d'}", "訂單5"),
    ],
)
def test_route_whose_every_text_is_taken_can_never_win(first: str, second: str, example: str) -> None:
    assert found(_pair(first, second)) == [("first", "second", example, True)]


@pytest.mark.parametrize(
    ("first", "second", "example"),
    [
        ("keyword: 菜單", "keyword: [價目, 菜單]", "菜單"),
        ("prefix: 菜單", "keyword: 菜單", "菜單"),
        ("pattern: .+", "keyword: 菜單", "菜單"),
        ("prefix: 查", "exact: [取消, 查訂單]", "查訂單"),
        ("{keyword: 菜單, prefix: 菜}", "keyword: 菜單", "菜單"),
        ("keyword: 发", "keyword: 头发", "头发"),
        ("keyword: 麵", "keyword: 面", "面"),
        ("prefix: 請菜", "{keyword: 請菜, prefix: 請}", "請菜"),
        ("{keyword: 菜單, prefix: 請}", "{keyword: [菜單, 價目], prefix: 請}", "請 菜單"),
        ("{keyword: 菜單, prefix: 請}", "prefix: [請, 請菜單]", "請菜單"),
        ("keyword: 價目", "{keyword: [菜單, 價目], prefix: [請, 給]}", "請 價目"),
    ],
)
def test_route_that_loses_some_of_its_texts_is_named_with_one(first: str, second: str, example: str) -> None:
    assert found(_pair(first, second)) == [("first", "second", example, False)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("keyword: 菜單", "keyword: 價目"),
        ("keyword: 牛肉麵", "keyword: 牛肉"),
        ("keyword: menu", "keyword: menus"),
        ("exact: 菜單", "keyword: 菜單"),
        ("exact: 查", "prefix: 查"),
        ("prefix: 查訂單", "prefix: 查"),
        ("keyword: 麵", "keyword: 裡面"),
        ("keyword: 髮", "keyword: 發票"),
        ("pattern: '訂單\\d+'", "keyword: 訂單"),
        ("keyword: 訂單", "pattern: '訂單\\d+'"),
        ("keyword: 菜單", "otherwise: true"),
        ("on: follow", "on: join"),
        ("on: follow", "otherwise: true"),
        ("on: message.sticker", "otherwise: true"),
        ("otherwise: true", "on: follow"),
        ("otherwise: true", "postback: a=1"),
        ("otherwise: true", "{keyword: hi, when: {mentioned: false}}"),
        ("postback: a=1", "postback: {b: '2'}"),
        ("postback: a=1", "on: postback"),
        ("{keyword: 菜單, when: {chat: user}}", "keyword: 菜單"),
        ("{keyword: 菜單, when: {chat: user}}", "{keyword: 菜單, when: {chat: group}}"),
        ("{keyword: 菜單, when: {time: 09:00-18:00}}", "keyword: 菜單"),
        ("{keyword: 菜單, when: {mentioned: true}}", "keyword: 菜單"),
        ("keyword: 菜單", "{keyword: 菜單, when: {mentioned: false}}"),
        ("{otherwise: true, when: {state: {is_closed: true}}}", "keyword: 菜單"),
        ("{keyword: hi, on: messageEdited}", "keyword: hi"),
        ("{keyword: 菜單, prefix: 請}", "keyword: 菜單"),
        ("exact: 菜單", "{keyword: 菜單, prefix: 請}"),
        ("exact: 請", "{keyword: 菜單, prefix: 請}"),
        ("prefix: 給", "{keyword: 菜單, prefix: 請}"),
        ("keyword: 菜單", "{exact: 菜單, keyword: 價目}"),
        ("{keyword: 菜單, pattern: '\\d'}", "keyword: 菜單"),
    ],
)
def test_ordinary_pair_gives_no_warning(first: str, second: str) -> None:
    assert found(_pair(first, second)) == []


def test_exception_written_before_the_rule_is_how_one_writes_exceptions() -> None:
    routes = """
    - {name: closed, exact: [菜單, 訂單], reply: ok}
    - {name: menu, keyword: [菜單, menu], reply: ok}
    - {name: order, pattern: '訂單\\s*(?P<n>\\d+)', reply: ok}
    - {name: orders, keyword: 訂單, reply: ok}
    - {name: other, otherwise: true, reply: ok}
    """

    assert found(routes) == []


def test_check_names_a_route_that_can_never_win_with_both_lines_and_a_text(tmp_path: Path) -> None:
    text = bot_yaml("""
    - {name: menu, keyword: 菜單, reply: ok}
    - {name: again, exact: 看菜單, reply: ok}
    """)

    (warning,) = findings(tmp_path, text)

    assert (
        warning.message == f"route `again` can never win: `menu` ({_place(tmp_path, text, 'name: menu')}) answers first"
    )
    assert str(warning.place) == _place(tmp_path, text, "name: again")
    assert warning.hint == "try it: hookline explain shop '看菜單'"


def test_check_names_a_text_that_never_gets_to_its_route(tmp_path: Path) -> None:
    text = bot_yaml("""
    - {name: menu, keyword: 菜單, reply: ok}
    - {name: again, keyword: [價目, 菜單], reply: ok}
    """)

    (warning,) = findings(tmp_path, text)

    assert (
        warning.message
        == f"`菜單` never gets to route `again`: `menu` ({_place(tmp_path, text, 'name: menu')}) answers first"
    )
    assert warning.severity == "warning"


def test_check_of_a_route_after_otherwise_says_what_to_do(tmp_path: Path) -> None:
    text = bot_yaml("""
    - {name: other, otherwise: true, reply: ok}
    - {name: menu, keyword: 菜單, reply: ok}
    """)

    (warning,) = findings(tmp_path, text)

    assert (
        warning.message
        == f"route `menu` can never win: `other` ({_place(tmp_path, text, 'name: other')}) answers first"
    )
    assert warning.hint == "put it earlier"


def _pair(first: str, second: str) -> str:
    bodies = {"first": first, "second": second}
    return "\n".join(f"- {{name: {name}, {_bare(body)}, reply: ok}}" for name, body in bodies.items())


def _bare(body: str) -> str:
    return body[1:-1] if body.startswith("{") else body


def _place(folder: Path, text: str, written: str) -> str:
    before = text[: text.index(written)]
    return f"{folder / 'bot.yaml'}:{before.count(chr(10)) + 1}:{len(before) - before.rindex(chr(10))}"

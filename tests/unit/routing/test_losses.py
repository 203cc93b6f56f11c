"""Which routes can never win, which lose some of their own texts, and what is no one's concern."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline.routing.conditions.condition import Past
from hookline.routing.losses.losses import losses
from tests.support import findings, make_event
from tests.unit.routing.worlds import bot_yaml, router


def found(routes: str) -> list[tuple[str, str, str, bool]]:
    return [
        (" ".join(route.name for route in item.earlier), item.later.name, item.text or item.what, item.loses == "all")
        for item in losses(router(routes))
    ]


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
        ("{on: follow, when: {days: [sat, sun]}}", "{on: follow, when: {days: sat}}"),
        ("{otherwise: true, when: {time: 18:00-09:00}}", "{keyword: hi, when: {time: 20:00-24:00}}"),
        ("{otherwise: true, when: {chat: user}}", "{keyword: hi, when: {chat: user}}"),
        ("on: postback", "postback: a=1"),
        ("postback: a=1", "postback: a=1"),
        ("postback: {action: buy}", "postback: action=buy&id=7"),
        ("postback: {action: buy}", "postback: {action: buy, id: '7'}"),
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
        ("{keyword: menu, when: {time: 00:00-24:00}}", "keyword: menu", "menu"),
        ("{keyword: menu, when: {chat: user}}", "{keyword: menu, when: {chat: user}}", "menu"),
        ("keyword: 菜單", "{keyword: 菜單, prefix: 請}", "請 菜單"),
        ("prefix: 請", "{keyword: 菜單, prefix: 請}", "請 菜單"),
        ("prefix: 請", "{keyword: [請, 菜單], prefix: 請}", "請"),
        ("keyword: 單", "{exact: [菜單, 價目], keyword: 菜單}", "菜單"),
        ("keyword: 訂單", "{exact: [訂單5, 菜單], pattern: '訂單\\d'}", "訂單5"),
        ("pattern: '訂單\\d'", "pattern: '訂單\\d'", "訂單0"),
        ("pattern: ['a.c', '訂單\\d']", "{pattern: '訂單\\d', when: {chat: user}}", "訂單0"),
        ("pattern: '\\d'", "{pattern: '\\d', prefix: 查}", "查 0"),
        ("{keyword: 菜單, when: {chat: [user, group]}}", "{keyword: 菜單, when: {chat: user, users: U1}}", "菜單"),
        ("{keyword: 菜單, when: {time: 09:00-18:00}}", "{keyword: 菜單, when: {days: mon, time: 10:00-12:00}}", "菜單"),
        ("{keyword: 菜單, when: {days: [fri, sat]}}", "{keyword: 菜單, when: {days: fri, time: 22:00-02:00}}", "菜單"),
        ("{keyword: 菜單, when: {state: {a: 1}}}", "{keyword: 菜單, when: {state: {a: 1, b: x}}}", "菜單"),
        ("{keyword: 菜單, on: message}", "{keyword: 菜單, on: message, when: {users: [U1]}}", "菜單"),
        ("keyword: 菜單", "{keyword: 菜單, when: {mentioned: false, chat: user}}", "菜單"),
        ("keyword: 发", "keyword: 头发", "头发"),
        ("keyword: 10〜12時", "keyword: 10～12時", "10～12時"),
        ("keyword: it's", "exact: it’s", "it’s"),
        ("keyword: 裏面", "keyword: 裡面", "裡面"),
        ("exact: 菜  單", "exact: 菜 單", "菜 單"),
        ("prefix: 訂單-", "prefix: 订单—", "订单—"),
        ("keyword: ๑๐", "keyword: '10'", "10"),
        ("keyword: 渡辺", "keyword: 渡邉様", "渡邉様"),
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
        ("keyword: 麵", "keyword: 面", "面"),
        ("prefix: 請菜", "{keyword: 請菜, prefix: 請}", "請菜"),
        ("{keyword: 菜單, prefix: 請}", "{keyword: [菜單, 價目], prefix: 請}", "請 菜單"),
        ("{keyword: 菜單, prefix: 請}", "prefix: [請, 請菜單]", "請菜單"),
        ("keyword: 價目", "{keyword: [菜單, 價目], prefix: [請, 給]}", "請 價目"),
        ("keyword: 訂單", "pattern: '訂單\\d+'", "訂單0"),
        ("keyword: 訂單", "pattern: '(我的)?订单\\s*(?P<n>\\d+)'", "订单0"),
        ("keyword: [退貨, 換貨]", "pattern: '退貨|換貨'", "退貨"),
        ("keyword: order", "pattern: 'my order number'", "my order number"),
        ("keyword: 退貨", "pattern: '(退|換)貨'", "退貨"),
        ("keyword: 退貨", "pattern: ['查', '[退換]貨']", "退貨"),
        ("prefix: 訂單", "pattern: '^訂單\\d+'", "訂單0"),
        ("pattern: '\\d'", "pattern: '訂單\\d+'", "訂單0"),
        ("pattern: 'order (?:no|number)'", "pattern: 'order number\\s\\d{4}'", "order number 0000"),
        ("keyword: abc", "pattern: 'abc'", "abc"),
        ("keyword: 麵", "pattern: 面包", "面包"),
        ("on: message.image", "on: [message.image, message.video]", "message.image"),
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
        ("{keyword: 菜單, pattern: '\\d'}", "keyword: 菜單"),
        ("pattern: '訂單\\d+'", "pattern: '訂單\\d*'"),
        ("pattern: '訂單A\\d'", "pattern: '訂單[A-Z]\\d'"),
        ("keyword: 請問", "pattern: '(請問)?菜單'"),
        ("exact: 訂單0", "pattern: '訂單\\d'"),
        ("keyword: 訂單取消", "pattern: '訂單.*'"),
        ("pattern: '[[:alpha:]]+'", "pattern: '[[:alpha:]]+\\d'"),
        ("postback: action=buy&id=7", "postback: {action: buy}"),
        ("{otherwise: true, when: {days: [mon]}}", "{keyword: hi, when: {days: [mon, tue]}}"),
        ("{otherwise: true, when: {timezone: Asia/Taipei, days: [mon]}}", "{keyword: hi, when: {days: [mon]}}"),
        ("{otherwise: true, when: {users: [U1]}}", "{keyword: hi, when: {users: [U1, U2]}}"),
        ("{keyword: 菜單, when: {state: {a: 1}}}", "{keyword: 菜單, when: {state: {a: 2}}}"),
        ("{keyword: 菜單, when: {mentioned: true}}", "{keyword: 菜單, when: {mentioned: false, chat: group}}"),
        ("{on: message.image, when: {mentioned: false}}", "on: message.video"),
    ],
)
def test_ordinary_pair_gives_no_warning(first: str, second: str) -> None:
    assert found(_pair(first, second)) == []


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("pattern: '^[a-z]+$'", "exact: [İ, k]", "İ"),
        ("pattern: '^.$'", "exact: ΐ", "ΐ".upper()),
        ("pattern: '^..$'", "exact: [ss, ab]", "ß"),
    ],
)
def test_letter_that_is_another_one_to_a_pattern_is_a_way_to_win(first: str, second: str, text: str) -> None:
    assert [is_all for *_, is_all in found(_pair(first, second)) if is_all] == []
    hit = router(_pair(first, second)).route(make_event(text), datetime(2026, 1, 5, tzinfo=UTC))
    assert hit is not None
    assert hit.route.name == "second"


@pytest.mark.parametrize(
    ("routes", "takers", "text"),
    [
        ("otherwise: true, when: {chat: user} | otherwise: true, when: {chat: [group, room]} | keyword: hi", "a b", ""),
        (
            "keyword: hi, when: {days: [sat, sun, mon]} | keyword: hi, when: {days: [tue, wed, thu, fri]} | exact: hi",
            "a b",
            "hi",
        ),
        ("keyword: hi, when: {time: 09:00-18:00} | keyword: hi, when: {time: 18:00-09:00} | exact: hi", "a b", "hi"),
        ("keyword: 菜單 | keyword: 價目 | keyword: [價目, 菜單]", "a b", "價目"),
        ("on: message.image | on: message.video | on: [message.image, message.video]", "a b", ""),
        (
            "keyword: hi, when: {state: {a: true}} | otherwise: true, when: {days: mon} | keyword: hi | exact: hi",
            "c",
            "hi",
        ),
    ],
)
def test_routes_that_together_take_everything_are_all_named(routes: str, takers: str, text: str) -> None:
    each = [
        f"- {{name: {name}, {body.strip()}, reply: ok}}"
        for name, body in zip("abcd", routes.split(" | "), strict=False)
    ]

    assert found("\n".join(each)) == [(takers, "abcd"[len(each) - 1], text, True)]


@pytest.mark.parametrize(
    "routes",
    [
        "keyword: hi, when: {days: [sat, sun]} | keyword: hi, when: {days: [mon, tue, wed, thu]} | keyword: hi",
        "keyword: hi, when: {time: 09:00-18:00} | keyword: hi, when: {time: 18:30-09:00} | keyword: hi",
        "otherwise: true, when: {chat: user} | otherwise: true, when: {chat: group} | keyword: hi",
        "keyword: hi, when: {state: {a: true}} | keyword: hi, when: {state: {a: false}} | keyword: hi",
    ],
)
def test_routes_that_leave_something_to_the_last_give_no_warning(routes: str) -> None:
    each = [f"- {{name: {name}, {body}, reply: ok}}" for name, body in zip("abc", routes.split(" | "), strict=True)]

    assert found("\n".join(each)) == []


def test_route_for_pictures_in_a_group_needs_to_do_without_a_call(tmp_path: Path) -> None:
    (warning,) = findings(tmp_path, bot_yaml("- {name: photo, on: message.image, when: {chat: group}, reply: ok}"))

    assert warning.message == "route `photo` can never win: only a text can call the bot, and it takes none"
    assert warning.hint == "say `mentioned: false` under its `when:`"


WORDS = ["菜單", "单", "訂單", "order", "my order", "麵", "面", "hi", "退貨"]
PATTERNS = [r"訂單\d+", "(退|換)貨", r"order\s?\d", "菜.", "^麵", "[a-z]+", "my (order|menu)", r"\d"]
CONDITIONS = [
    {},
    {},
    {"chat": "user"},
    {"days": ["mon"]},
    {"time": "22:00-02:00"},
    {"mentioned": False},
    {"state": {"a": 1}},
]


@st.composite
def _routes(draw: st.DrawFn) -> str:
    lines = []
    for name in "abcde"[: draw(st.integers(2, 5))]:
        kind = draw(st.sampled_from(["keyword", "exact", "prefix", "pattern", "pattern"]))
        words = draw(st.lists(st.sampled_from(PATTERNS if kind == "pattern" else WORDS), min_size=1, max_size=2))
        body = {kind: words, "when": draw(st.sampled_from(CONDITIONS)), "name": name, "reply": "ok"}
        lines.append(f"- {json.dumps(body, ensure_ascii=False)}")
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(_routes(), st.data())
def test_nothing_is_said_to_be_lost_that_is_not(routes: str, data: st.DataObject) -> None:
    """Let the router decide, in situations at random: the later route never answers a text that is lost."""
    one = router(routes)
    for lost in losses(one):
        event = make_event(lost.text, group=data.draw(st.sampled_from([None, "friends"])))
        state = data.draw(st.sampled_from([{}, {"a": 1}]))
        moment = datetime(2026, 1, 5, data.draw(st.integers(0, 23)), tzinfo=UTC)
        hit = one.route(event, moment, Past(state))

        assert hit is None or hit.route.name != lost.later.name, lost.text


@settings(max_examples=40, deadline=None)
@given(_routes(), st.lists(st.sampled_from([*WORDS, "12", "a", " ", "請", "龜", "訂单5"]), max_size=4))
def test_route_that_can_never_win_never_does(routes: str, parts: list[str]) -> None:
    one = router(routes)
    never = {lost.later.name for lost in losses(one) if lost.loses == "all"}
    hit = one.route(make_event("".join(parts) or "x"), datetime(2026, 1, 5, 23, tzinfo=UTC))

    assert hit is None or hit.route.name not in never


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
    assert warning.hint == "put `other`, which takes all, further down"


def _pair(first: str, second: str) -> str:
    bodies = {"first": first, "second": second}
    return "\n".join(f"- {{name: {name}, {_bare(body)}, reply: ok}}" for name, body in bodies.items())


def _bare(body: str) -> str:
    return body[1:-1] if body.startswith("{") else body


def _place(folder: Path, text: str, written: str) -> str:
    before = text[: text.index(written)]
    return f"{folder / 'bot.yaml'}:{before.count(chr(10)) + 1}:{len(before) - before.rindex(chr(10))}"


def test_keyword_that_is_a_sign_of_the_probe_takes_no_pattern() -> None:
    routes = "- {name: first, keyword: [龜, 退貨], reply: ok}\n- {name: second, pattern: 退(貨|換), reply: ok}"

    assert found(routes) == [("first", "second", "退貨", False)]

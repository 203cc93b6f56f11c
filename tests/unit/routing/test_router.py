"""Who wins, and how ``explain`` tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline.events import Event
from hookline.routing.actions import Respond
from hookline.routing.conditions.condition import Past
from hookline.routing.conditions.conditions import Called, Chat, Conditions
from hookline.routing.matching.patterns import compile_pattern
from hookline.routing.router import Router
from hookline.routing.routes import Postback, Route
from tests.support import make_event
from tests.unit.routing.worlds import mentioning, one, router

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KINDS = ["message.text", "message", "message.sticker", "follow", "postback", "*"]
WORDS = ["菜", "單", "菜單", "菜单", "麵", "面", "a", "ab", "a b", "ＡＢ", "1", "🍜", "ﾃﾞ", "น้ำ", "ß", "ss"]
SOURCES = ["^a+", r"(?P<n>\d)", "單(?P<rest>.*)", "^$", ".", "麵", "(?P<x>a)?b"]

words = st.lists(st.sampled_from(WORDS), max_size=2).map(tuple)
chats = st.sampled_from([(), (Chat(frozenset(["user"])),), (Chat(frozenset(["group"])),)])
calls = st.sampled_from([(), (Called(is_needed=True),), (Called(is_needed=False),)])
conditions = st.builds(lambda chat, call: Conditions((*chat, *call)), chats, calls)
routes = st.lists(
    st.builds(
        Route,
        name=st.just("route"),
        action=st.just(Respond(())),
        on=st.sets(st.sampled_from(KINDS), min_size=1, max_size=2).map(frozenset),
        keywords=words,
        exacts=words,
        prefixes=words,
        patterns=st.lists(st.sampled_from([compile_pattern(source) for source in SOURCES]), max_size=2).map(tuple),
        postback=st.sampled_from([None, None, Postback(data="a=1"), Postback(fields={"a": "1"})]),
        when=conditions,
    ),
    max_size=6,
)
fields = st.one_of(
    st.fixed_dictionaries(
        {
            "text": st.lists(st.sampled_from([*WORDS, " ", "\u200b", "小店 ", "\ud800"]), min_size=1, max_size=5).map(
                "".join
            ),
            "group": st.sampled_from([None, "friends"]),
        }
    ),
    st.sampled_from(
        [
            {"text": None, "kind": "postback", "postback": {"data": "a=1"}},
            {"text": None, "kind": "postback", "postback": {"data": "a=1&b=2"}},
            {"text": None, "message": {"type": "sticker", "id": "1"}},
            {"text": None, "message": {"type": "image", "id": "1"}, "group": "friends"},
            {"text": None, "kind": "follow"},
            {"text": None, "kind": "telepathy"},
        ]
    ),
)

SHOP = r"""
- {name: welcome, on: follow, reply: ok}
- {name: order, pattern: '訂單(?P<number>\d+)', reply: ok}
- {name: hours, keyword: [營業, hours], reply: ok}
- {name: bye, exact: 再見, reply: ok}
- {name: find, prefix: 查, reply: ok}
- {name: lunch, keyword: 菜單, when: {chat: group}, reply: ok}
- {name: pay, postback: action=pay, reply: ok}
- {name: other, otherwise: true, reply: ok}
- {name: never, on: message.text, when: {chat: user}, reply: ok}
"""


@settings(deadline=None)
@given(routes, fields)
def test_explanation_names_the_winner(drawn: list[Route], given_event: dict[str, Any]) -> None:
    built, event = Router(drawn, ["小店"]), make_event(**given_event)

    hit = built.route(event, NOON)
    tried = built.explain(event, NOON)

    winner = tried[-1] if tried and tried[-1].failure is None else None
    assert (winner and winner.match) == (hit and hit.match)
    assert (winner and winner.route) is (hit and hit.route)
    assert [item.route for item in tried] == drawn[: len(tried)]


@settings(deadline=None)
@given(routes, fields)
def test_winner_is_the_first_route_that_would_win_alone(drawn: list[Route], given_event: dict[str, Any]) -> None:
    event = make_event(**given_event)
    alone = (Router([route], ["小店"]).route(event, NOON) for route in drawn)

    hit = Router(drawn, ["小店"]).route(event, NOON)

    expected = next((found for found in alone if found), None)
    assert (hit and hit.route) is (expected and expected.route)
    assert (hit and hit.match) == (expected and expected.match)


def explained(yaml: str, event: Event) -> str:
    return "\n".join(f"{item.route.name}: {item.failure or 'won'}" for item in router(yaml).explain(event, NOON))


def test_explanation_tells_why_each_route_failed_up_to_the_winner() -> None:
    text = explained(SHOP, make_event("菜單"))

    assert text == (
        "welcome: on is follow, this is message.text\n"
        "order: pattern (訂單(?P<number>\\d+)) isn't in it\n"
        "hours: no keyword of (營業, hours)\n"
        "bye: not exactly (再見)\n"
        "find: doesn't begin with (查)\n"
        "lunch: when.chat is group, this is user\n"
        "pay: on is postback, this is message.text\n"
        "other: won"
    )


def test_explanation_of_a_sticker_tells_of_the_event_type() -> None:
    text = explained(one("keyword", "菜單"), make_event(None, message={"type": "sticker", "id": "1"}))

    assert text == "it: on is message.text, this is message.sticker"


def test_explanation_tells_that_an_event_has_no_text() -> None:
    event = make_event(None, message={"type": "sticker", "id": "1"})

    assert explained("- {name: it, on: message, keyword: hi, reply: ok}", event) == "it: the event has no text"


def test_explanation_in_a_group_tells_that_nobody_called() -> None:
    text = explained(one("keyword", "菜單"), make_event("菜單", group="friends"))

    assert text == (
        "it: in groups it needs a mention of the bot or one of its call_names (or `when: {mentioned: false}`)"
    )


def test_explanation_of_a_postback_shows_its_data() -> None:
    text = explained(
        "- {name: pay, postback: {action: pay}, reply: ok}",
        make_event(None, kind="postback", postback={"data": "action=buy"}),
    )

    assert text == "pay: postback doesn't fit 'action=buy'"


def test_explanation_of_several_event_types_lists_them_in_order() -> None:
    text = explained("- {name: it, on: [join, follow], reply: ok}", make_event("hi"))

    assert text == "it: on is follow, join, this is message.text"


def test_explanation_shows_five_of_many_keywords() -> None:
    text = explained(one("keyword", "a", "b", "c", "d", "e", "f", "g"), make_event("hi"))

    assert text == "it: no keyword of (a, b, c, d, e, … 7 in all)"


def test_explanation_of_the_winner_has_its_captures() -> None:
    tried = router(SHOP).explain(make_event("訂單４２"), NOON)

    assert tried[-1].match is not None
    assert tried[-1].match.captures == {"text": "訂單４２", "number": "42"}


def test_explanation_without_routes_is_empty() -> None:
    assert Router([]).explain(make_event("hi"), NOON) == []
    assert Router([]).route(make_event("hi"), NOON) is None


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_order_of_the_file_decides(order: tuple[str, str]) -> None:
    yaml = "\n".join(f"- {{name: {name}, keyword: 菜單, reply: ok}}" for name in order)

    hit = router(yaml).route(make_event("看菜單"), NOON)

    assert hit is not None
    assert hit.route.name == order[0]


def test_route_whose_conditions_fail_lets_the_next_one_win() -> None:
    yaml = """
    - {name: vip, keyword: 菜單, when: {state: {is_vip: true}}, reply: ok}
    - {name: menu, keyword: 菜單, reply: ok}
    """

    plain = router(yaml).route(make_event("菜單"), NOON)
    vip = router(yaml).route(make_event("菜單"), NOON, Past({"is_vip": True}))

    assert plain is not None
    assert vip is not None
    assert (plain.route.name, vip.route.name) == ("menu", "vip")


def test_mention_is_cut_out_before_captures() -> None:
    hit = router(one("prefix", "查")).route(mentioning("@shop 查 台北"), NOON)

    assert hit is not None
    assert hit.match.captures == {"text": "查 台北", "rest": "台北"}


def test_hits_are_all_routes_that_want_a_text() -> None:
    assert router(SHOP).hits("查訂單1 的菜單 hours") == [1, 2, 4, 5]


@pytest.mark.parametrize("others", [0, 1, 5])
def test_text_that_no_pattern_fits_has_no_winner(others: int) -> None:
    yaml = "\n".join(f"- {{name: r{n}, pattern: '訂單{n}', reply: ok}}" for n in range(1 + others))

    assert router(yaml).route(make_event("你好"), NOON) is None


@pytest.mark.timeout(5)
@pytest.mark.parametrize("others", [[], ["^x+$", "menu"]], ids=["alone", "among others"])
@pytest.mark.parametrize("source", ["^(a+)+$", "^(a|a)*b$", "(a*)*c", "(.*)(.*)(.*)(.*)d"])
def test_no_pattern_is_slow(source: str, others: list[str]) -> None:
    yaml = f"{one('pattern', source, *others)}\n- {{name: other, otherwise: true, reply: ok}}"

    hit = router(yaml).route(make_event("a" * 9_000 + "!" + "a" * 41_000), NOON)

    assert hit is not None
    assert hit.route.name == "other"


@pytest.mark.timeout(10)
def test_thousands_of_keywords_are_searched_in_one_pass() -> None:
    many = [Route(f"r{n}", Respond(()), frozenset(["message.text"]), keywords=(f"字{n}尾",)) for n in range(5000)]

    hit = Router(many).route(make_event("哈" * 4900 + "字4999尾"), NOON)

    assert hit is not None
    assert hit.route.name == "r4999"


def test_many_unknown_event_types_are_routed_alike() -> None:
    built = router("- {name: it, on: '*', reply: ok}")

    hits = [built.route(make_event(None, kind=f"kind{n}"), NOON) for n in range(300)]

    assert all(hit is not None and hit.route.name == "it" for hit in hits)


@pytest.mark.parametrize("count", [1, 1000])
def test_words_are_compiled_once_whether_before_the_first_text_or_with_it(count: int) -> None:
    on = frozenset(["message.text"])
    built = Router([Route(f"r{n}", Respond(()), on, keywords=(f"word{n}",)) for n in range(count)])

    compiled = built.compile()
    hit = built.route(make_event("word0"), NOON)

    assert built.compile() is compiled
    assert hit is not None
    assert hit.route.name == "r0"


@pytest.mark.parametrize("count", [1, 1000])
@pytest.mark.parametrize("is_before", [True, False])
def test_a_router_without_some_routes_has_the_same_words(count: int, is_before: bool) -> None:
    on = frozenset(["message.text"])
    whole = Router([Route(f"r{n}", Respond(()), on, keywords=(f"word{n}",)) for n in range(count)])
    if is_before:
        whole.compile()

    less = whole.without({"r0": "off"})

    assert less.route(make_event("word0"), NOON) is None
    assert less.compile() is whole.compile()
    assert whole.route(make_event("word0"), NOON) is not None

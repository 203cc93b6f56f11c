"""What is mended in messages before LINE is asked, what can't be, and that nothing else is let through."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hookline.adapters.flaws import where
from hookline.adapters.line.messages.check import check_messages
from hookline.adapters.line.messages.filling import URLS, fill
from hookline.adapters.line.messages.glance import is_fine
from hookline.adapters.line.messages.limits import FLEX_RULES, RULES
from hookline.adapters.line.messages.measures import cut, graphemes, split, units
from hookline.adapters.mending import Mended, mend
from hookline.config.loading import load
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond
from hookline.routing.routes import Route
from hookline.routing.templates import ROOTS, MessageTemplate
from tests.unit.line.openapi import objections
from tests.unit.line.samples import ACTION, BAD, GOOD, body, box, buttons, columns, flex, quick_reply, template, text

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
EMOJI = {"productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}
WORDS = st.text(st.sampled_from('aé菜🍎👨‍👩‍👧🇹🇼 \n。，{}$%&=+#?/"\\\0\ud83d😀'), max_size=60)
PARTS = st.text(st.sampled_from("a菜🍎。 \n{$"), min_size=1, max_size=9)
LONG = st.tuples(PARTS, st.sampled_from([1, 10, 600, 1200])).map(lambda given: given[0] * given[1])
LINK = "https://example.com/a.png"


def mended(*messages: Mapping[str, Any], lets_unknown: bool = False) -> Mended:
    return mend(list(messages), check_messages, lets_unknown=lets_unknown)


def labelled(label: str) -> dict[str, Any]:
    return quick_reply({**ACTION, "label": label})


def linked(uri: str) -> dict[str, Any]:
    return buttons({"type": "uri", "label": "go", "uri": uri})


def braces(value: str, **substitution: Any) -> dict[str, Any]:
    more = {"substitution": substitution} if substitution else {}
    return {"type": "textV2", "text": value, **more}


def located(**fields: Any) -> dict[str, Any]:
    return {"type": "location", "title": "t", "address": "a", "latitude": 25.0, "longitude": 121.5, **fields}


def dotted(value: str, *places: int) -> dict[str, Any]:
    return text(value, emojis=[{"index": place, **EMOJI} for place in places])


def sticker(package: object, number: object) -> dict[str, Any]:
    return {"type": "sticker", "packageId": package, "stickerId": number}


def bought(data: str, **more: str) -> dict[str, Any]:
    return {"type": "postback", "label": "buy", "data": data, **more}


MENTION = {"type": "mention", "mentionee": {"type": "all"}}
MENDS = [
    # labels and altTexts are cut at a character, as a reader sees it
    (labelled("x" * 21), labelled("x" * 19 + "…")),
    (labelled("牛肉麵" * 8), labelled(("牛肉麵" * 8)[:19] + "…")),
    (labelled("👨‍👩‍👧" * 25), labelled("👨‍👩‍👧" * 19 + "…")),
    (labelled("e\u0301" * 30), labelled("e\u0301" * 19 + "…")),
    (labelled("🇹🇼" * 15), labelled("🇹🇼" * 9 + "…")),
    (labelled("ที่อยู่ร้านของเราอยู่ที่กรุงเทพมหานคร"), labelled("ที่อยู่ร้านของเราอยู่ที่กรุงเ…")),
    (labelled("ลดราคา" * 8), labelled("ลดราคาลดราคาลดราคาล…")),
    (labelled("x" * 18 + "  yy"), labelled("x" * 18 + "…")),
    (labelled("👍🏽" * 21), labelled("👍🏽" * 19 + "…")),
    (flex(BUBBLE := {"type": "bubble", "body": box()}, "菜" * 1501), flex(BUBBLE, "菜" * 1499 + "…")),
    (flex(BUBBLE, "🍎" * 751), flex(BUBBLE, "🍎" * 749 + "…")),
    (buttons(title="t" * 41), buttons(title="t" * 39 + "…")),
    (buttons({**ACTION, "label": "店" * 30}), buttons({**ACTION, "label": "店" * 19 + "…"})),
    (located(title="t" * 101), located(title="t" * 99 + "…")),
    (located(address="路" * 200), located(address="路" * 99 + "…")),
    (text("hi", sender={"name": "店長" * 11}), text("hi", sender={"name": ("店長" * 11)[:19] + "…"})),
    # URLs are percent-encoded
    (linked("https://example.com/菜單"), linked("https://example.com/%E8%8F%9C%E5%96%AE")),
    (linked("https://example.com/?q=牛 肉"), linked("https://example.com/?q=%E7%89%9B%20%E8%82%89")),
    (linked(" https://example.com/a "), linked("https://example.com/a")),
    (linked("https://例え.jp/é"), linked("https://xn--r8jz45g.jp/%C3%A9")),
    (linked("https://example.com/100%"), linked("https://example.com/100%25")),
    (linked("https://example.com/a%20b"), linked("https://example.com/a%20b")),
    (linked("tel:02 1234 5678"), linked("tel:02-1234-5678")),
    (linked("https://line.me/R/oaMessage/@shop/?預約"), linked("https://line.me/R/oaMessage/@shop/?%E9%A0%90%E7%B4%84")),
    (linked("https://example.com/ก?x=ข#ค"), linked("https://example.com/%E0%B8%81?x=%E0%B8%82#%E0%B8%84")),
    (linked("https://example.com/🍜"), linked("https://example.com/%F0%9F%8D%9C")),
    # empty texts that need not be there are left out
    (buttons(title=""), buttons()),
    (text("hi", quoteToken=""), text("hi")),
    (buttons(bought("x", displayText="")), buttons(bought("x"))),
    (text("hi", quickReply={"items": []}), text("hi")),
    (text("hi", sender={"name": ""}), text("hi", sender={})),
    (body({"type": "text", "text": ""}), body({"type": "text", "text": " "})),
    (body({"type": "text", "text": "a", "color": ""}), body({"type": "text", "text": "a"})),
    (body({"type": "text", "text": "a", "size": ""}), body({"type": "text", "text": "a"})),
    (body(backgroundColor=""), body()),
    (body({"type": "image", "url": LINK, "size": ""}), body({"type": "image", "url": LINK})),
    (text("hi", quickReply=None), text("hi")),
    (body({"type": "image", "url": LINK, "action": None}), body({"type": "image", "url": LINK})),
    # braces that stand for nothing
    (braces("a { b"), braces("a {{ b")),
    (braces("{name}"), braces("{{name}}")),
    (braces("}"), braces("}}")),
    (braces("{a}{b"), braces("{{a}}{{b")),
    (braces("{{a}} {b}"), braces("{{a}} {{b}}")),
    (braces("{x} {不是}", x=MENTION), braces("{x} {{不是}}", x=MENTION)),
    (braces("{x} {", x=MENTION), braces("{x} {{", x=MENTION)),
    (braces("{}"), braces("{{}}")),
    (braces("{a b}", x=MENTION), braces("{{a b}}", x=MENTION)),
    (braces("{{{"), braces("{{{{")),
    # emojis that what was filled in has moved
    (dotted("小明 $", 0), dotted("小明 $", 3)),
    (dotted("🍎🍎 $$", 1, 2), dotted("🍎🍎 $$", 5, 6)),
    (dotted("a$b$", 9, 8), dotted("a$b$", 3, 1)),
    (dotted("$", -1), dotted("$", 0)),
    # numbers and texts of another type
    (located(latitude="25.03"), located(latitude=25.03)),
    (located(longitude=" 121 "), located(longitude=121)),
    (located(latitude="-1e1"), located(latitude=-10)),
    (sticker(446, 1988), sticker("446", "1988")),
    (body({"type": "text", "text": "a", "wrap": "true"}), body({"type": "text", "text": "a", "wrap": True})),
    (body({"type": "text", "text": "a", "maxLines": "2"}), body({"type": "text", "text": "a", "maxLines": 2})),
    (body({"type": "text", "text": 42}), body({"type": "text", "text": "42"})),
    (text(7), text("7")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), MENDS)
def test_message_is_mended(message: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    before = copy.deepcopy(message)

    result = mended(message)

    assert (result.messages, result.flaws) == ([expected], [])
    assert message == before
    assert objections(result.messages) == []


REFUSED = [
    (text(""), "[0].text"),
    (text(None), "[0].text"),
    (text({"a": 1}), "[0].text"),
    (labelled(""), "[0].quickReply.items[0].action.label"),
    (quick_reply({**ACTION, "text": "x" * 301}), "[0].quickReply.items[0].action.text"),
    (buttons({"type": "postback", "label": "a", "data": "x" * 301}), "[0].template.actions[0].data"),
    (buttons(text="x" * 200), "[0].template.text"),
    (linked(""), "[0].template.actions[0].uri"),
    (linked("javascript:alert(1)"), "[0].template.actions[0].uri"),
    (linked("https://example.com/{a}"), "[0].template.actions[0].uri"),
    (linked("https://example.com/" + "菜" * 400), "[0].template.actions[0].uri"),
    (quick_reply(*[ACTION] * 14), "[0].quickReply.items"),
    (template("carousel", columns=columns(11)), "[0].template.columns"),
    (braces("{nmae}", name=MENTION), "[0].text"),
    (text("$ $", emojis=[{"index": 1, **EMOJI}]), "[0].emojis[0].index"),
    (located(latitude="north"), "[0].latitude"),
    (located(latitude=91), "[0].latitude"),
    ({"type": "poll"}, "[0].type"),
    ({"type": "text"}, "[0].text"),
    (text("hi", sender={"name": "LINE"}), "[0].sender.name"),
    (body({"type": "text", "text": "x" * 40_000}), "[0].contents"),
]


@pytest.mark.parametrize(("message", "path"), REFUSED)
def test_message_that_means_nothing_else_is_refused(message: Mapping[str, Any], path: str) -> None:
    assert where(mended(message).flaws[0].path) == path


def test_silent_text_beside_others_is_left_out() -> None:
    assert mended(text(""), text("hi"), text("")).messages == [text("hi")]
    assert mended(text(""), text("")).messages == []


def test_unknown_is_let_through_by_the_word_of_a_bot_or_a_message() -> None:
    assert mended({"type": "poll"}, lets_unknown=True).flaws == []
    assert mended({"type": "poll", "unchecked": True}).messages == [{"type": "poll", "unchecked": True}]


def test_long_text_becomes_several_messages() -> None:
    sentence = "今天的牛肉麵賣完了，請明天再來。"
    long = text(sentence * 500, quickReply={"items": [{"type": "action", "action": ACTION}]}, quoteToken="q")

    parts = mended(long).messages

    assert "".join(part["text"] for part in parts) == sentence * 500
    assert all(part["text"].endswith("。") and units(part["text"]) <= 5000 for part in parts)
    assert [sorted(part) for part in parts] == [["quoteToken", "text", "type"], ["quickReply", "text", "type"]]
    assert objections(parts) == []


def test_parts_of_a_long_text_have_their_emojis_and_substitutions() -> None:
    value = "a" * 4998 + "$$" + "b" * 10 + "$"
    found = mended(text(value, emojis=[{"index": at, **EMOJI} for at in (4998, 4999, 5010)])).messages
    named = mended(braces("x" * 4999 + "{who} ok {who}", who=MENTION)).messages

    assert [[one["index"] for one in part["emojis"]] for part in found] == [[4998, 4999], [10]]
    assert [part["text"] for part in named] == ["x" * 4999, "{who} ok {who}"]
    assert ["substitution" in part for part in named] == [False, True]


def test_text_of_a_million_characters_is_refused() -> None:
    assert [flaw.reason for flaw in mended(text("x" * 1_000_000)).flaws] == ["1000000 characters, at most 5000"]


@relaxed
@given(LONG, st.integers(20, 5000))
def test_parts_join_to_the_text_and_part_no_character(long: str, most: int) -> None:
    parts = split(long, most)

    assert "".join(parts) == long
    assert all(units(part) <= most for part in parts)
    assert graphemes(long) <= sum(map(graphemes, parts))


@relaxed
@given(WORDS, st.integers(1, 50))
def test_cut_text_is_short_enough_and_begins_as_the_text_does(words: str, most: int) -> None:
    for count in (units, graphemes):
        short = cut(words, most, count)

        assert short.endswith("…")
        assert words.startswith(short[:-1])
        assert count(short) <= most


@pytest.mark.parametrize("message", [message for message in GOOD.values() if None not in message.values()])
def test_what_line_takes_is_left_alone(message: Mapping[str, Any]) -> None:
    assert mended(message) == Mended([message], [], [])


@pytest.mark.parametrize("message", [row[0] for row in BAD] + [row[0] for row in MENDS] + [row[0] for row in REFUSED])
def test_glance_is_never_sure_of_what_line_refuses(message: Mapping[str, Any]) -> None:
    assert not is_fine(message)


INFINITE = float("inf")
ODD: list[object] = [None, "", " ", "菜" * 400, -1, 10**12, 1.5, True, [], {}, "https://x", "{a}", INFINITE, "x" * 5001]


def _broken(message: object, chance: random.Random) -> Any:
    """Return *message* with a few of its parts made something else."""
    if isinstance(message, Mapping):
        return {name: _broken(item, chance) for name, item in message.items() if chance.random() > 0.02}
    if isinstance(message, list):
        return [_broken(item, chance) for item in message]
    return chance.choice(ODD) if chance.random() < 0.05 else message


def test_glance_is_sure_of_nothing_that_a_close_look_refuses() -> None:
    chance = random.Random(14)
    sure = 0
    for _ in range(2500):
        message = _broken(chance.choice([*GOOD.values()]), chance)
        if isinstance(message, dict) and is_fine(message):
            sure += 1
            assert [flaw for flaw in check_messages([message]) if flaw.is_refused] == []

    assert sure > 200


def test_glance_is_sure_of_most_messages() -> None:
    unsure = [name for name, message in GOOD.items() if not is_fine(message)]

    assert is_fine(body(*({"type": "text", "text": str(number), "size": "sm"} for number in range(30))))
    assert len(unsure) < len(GOOD) * 0.6


def test_whatever_is_mended_line_takes() -> None:
    chance = random.Random(41)
    passed = 0
    for _ in range(1000):
        result = mended(*(_broken(chance.choice([*GOOD.values()]), chance) for _ in range(chance.randint(1, 3))))
        if not result.flaws and 1 <= len(result.messages) <= 5:
            passed += 1
            assert objections(json.loads(json.dumps(result.messages))) == []

    assert passed > 150


# How values are filled in.


def filled(message: Mapping[str, Any], value: str) -> Mapping[str, Any]:
    return MessageTemplate(message, fill=fill).render({"match": {"rest": value}})


def address(uri: str) -> dict[str, Any]:
    return {"type": "uri", "label": "go", "uri": uri}


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        (address("https://x.tw/?q={match.rest}"), "a b&c=d", "https://x.tw/?q=a%20b%26c%3Dd"),
        (address("https://x.tw/?q={match.rest}&p=1"), "C&A", "https://x.tw/?q=C%26A&p=1"),
        (address("https://x.tw/?q={match.rest}"), "牛肉", "https://x.tw/?q=%E7%89%9B%E8%82%89"),
        (address("https://x.tw/?q={match.rest}"), "50%", "https://x.tw/?q=50%25"),
        (address("https://x.tw/?q={match.rest}"), "a#b", "https://x.tw/?q=a%23b"),
        (address("https://x.tw/?q={match.rest}"), "a/b?c", "https://x.tw/?q=a%2Fb%3Fc"),
        (address("https://x.tw/{match.rest}"), "a/b?c#d", "https://x.tw/a/b%3Fc%23d"),
        (address("https://x.tw/{match.rest}/menu"), "麵", "https://x.tw/%E9%BA%B5/menu"),
        (address("https://x.tw/#{match.rest}"), "a/b", "https://x.tw/#a%2Fb"),
        (address("https://{match.rest}/menu"), "x.tw:8080", "https://x.tw:8080/menu"),
        (address("{match.rest}"), "https://x.tw/?a=1&b=2", "https://x.tw/?a=1&b=2"),
        (address("{match.rest}?a=1"), "https://x.tw/b", "https://x.tw/b?a=1"),
        (address("tel:{match.rest}"), "0212345678", "tel:0212345678"),
        (address("tel:{match.rest}"), "+886 2 1234", "tel:+886 2 1234"),
        (address("line:share?text={match.rest}"), "a&b", "line:share?text=a%26b"),
        (address("mailto:{match.rest}?subject=hi"), "a?b", "mailto:a%3Fb?subject=hi"),
        (address("https://line.me/R/msg/text/?{match.rest}"), "a&b", "https://line.me/R/msg/text/?a%26b"),
        (bought("action=buy&item={match.rest}"), "茶&action=cancel", "action=buy&item=茶%26action%3Dcancel"),
        (bought("action=buy&item={match.rest}"), "C&A", "action=buy&item=C%26A"),
        (bought("item={match.rest}"), "100%+1", "item=100%25%2B1"),
        (bought("item={match.rest}"), "a;b#c", "item=a%3Bb%23c"),
        (bought("{match.rest}"), "a&b", "a&b"),
        (bought("buy {match.rest}"), "a&b", "buy a&b"),
        (bought("{match.rest}&action=buy"), "茶&action=cancel", "茶%26action%3Dcancel&action=buy"),
        (bought("{match.rest|=}"), "a&b", "a&b"),
        (bought('{"item": "{match.rest}"}'), 'a"b\\c\n', '{"item": "a\\"b\\\\c\\n"}'),
        (bought('{"count": {match.rest}}'), "3", '{"count": 3}'),
        (bought('{"count": {match.rest}}'), '3, "admin": 1', '{"count": "3, \\"admin\\": 1"}'),
        (bought('{"count": {match.rest}}'), "007", '{"count": "007"}'),
        (bought("[{match.rest}, 1]"), "three", '["three", 1]'),
        (bought('{"a": "\\"", "b": "{match.rest}"}'), '"', '{"a": "\\"", "b": "\\""}'),
    ],
)
def test_value_stays_a_value_where_it_is_filled_in(action: Mapping[str, Any], value: str, expected: str) -> None:
    found = filled(action, value)

    assert found["uri" if "uri" in found else "data"] == expected


def test_value_stands_for_no_substitution_and_no_emoji() -> None:
    emojis = [{"index": 16, **EMOJI}]

    assert filled(braces("{match.rest} {who}", who=MENTION), "{who}")["text"] == "{{who}} {who}"
    assert filled(text("{match.rest} $", emojis=emojis), "$5")["text"] == "＄5 $"
    assert filled(text("{match.rest}"), "$5 {who}")["text"] == "$5 {who}"


def test_urls_are_known_by_the_rules_that_look_at_them() -> None:
    def is_url(rule: Any) -> bool:
        flaw = rule("not a url")
        return flaw is not None and flaw.reason.startswith("must begin with")

    named = {name.partition(".")[2] for name, rule in RULES.items() if _takes_text(rule) and is_url(rule)}
    named |= {name for name, rule in FLEX_RULES.items() if _takes_text(rule) and is_url(rule)}

    assert named == URLS


def _takes_text(rule: Any) -> bool:
    try:
        rule("x")
    except TypeError:
        return False
    return True


VALUES = [
    "",
    "a",
    "茶&action=cancel",
    "C&A",
    "50% off",
    "{who}",
    "$5",
    "x" * 6000,
    "牛肉麵🍜" * 30,
    "a\nb",
    "\0",
    "\ud83d",
    '"\\',
]


def test_any_value_in_the_examples_is_sent_or_refused_beforehand() -> None:
    chance = random.Random(2026)
    choices = [choice for route in _routes() if isinstance(route.action, Respond) for choice in route.action.messages]
    sent = 0
    for _ in range(1000):
        roots = {root: _Any(chance) for root in ROOTS}
        result = mended(*(template.render(roots) for template in chance.choice(choices)))
        if not result.flaws and 1 <= len(result.messages) <= 5:
            sent += 1
            assert objections(json.loads(json.dumps(result.messages))) == []

    assert sent > 700


def _routes() -> Iterator[Route]:
    """Yield the routes of all examples."""
    for path in sorted((Path(__file__).parents[3] / "config" / "examples").glob("*.yaml")):
        configuration = load([path], PluginRegistry.discover(), environment={}, is_simulated=True)
        yield from (route for bot in configuration.bots.values() for route in bot.routes)


class _Any(dict[str, str]):
    """Offer any value under any name."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def get(self, name: str, default: object = None) -> str:
        any_text = "".join(self._chance.choices("a菜🍎 &={}$\n", k=9))
        return self._chance.choice([*VALUES, *[any_text] * len(VALUES)])


@pytest.mark.parametrize("kind", ["{match.rest}", "x{match.rest}y"])
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400) | WORDS | LONG)
@example("")
def test_any_value_is_sent_or_refused_beforehand(kind: str, value: str) -> None:
    messages: Sequence[Mapping[str, Any]] = [
        text(kind),
        labelled(kind),
        linked(f"https://x.tw/?q={kind}"),
        buttons(bought(f"a=b&c={kind}"), title=kind, text=kind),
        braces(f"{kind} {{who}}", who=MENTION),
        flex({"type": "bubble", "body": box({"type": "text", "text": kind})}, kind),
    ]
    for message in messages:
        result = mended(filled(message, value))
        if not result.flaws:
            assert [flaw for flaw in check_messages(result.messages) if flaw.is_refused] == []

"""LINE's own emoji: they stand in the text as ``(love)``, and in `emojis` as what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookline.events import Event
from hookline.testing import events
from tests.support import make_event
from tests.unit.routing.heard.rows import (
    exact,
    heard,
    keyword,
    listening,
    named,
    pattern,
    prefix,
    sentence,
    unheard,
    with_emoji,
)


def _broken(*emojis: Mapping[str, Any]) -> Event:
    return make_event(None, message={**events.text_message("menu"), "emojis": emojis})


HEARD = [
    heard("a heart after a word", exact("hello"), with_emoji("hello(love)", "(love)"), text="hello"),
    heard("a heart after a blank", exact("hello"), with_emoji("hello (love)", "(love)"), text="hello"),
    heard("an emoji without a name", exact("hi"), with_emoji("hi()", "()"), text="hi"),
    heard("an emoji before and one after", keyword("menu"), with_emoji("(brown)menu(cony)", "(brown)", "(cony)")),
    heard("several emoji in a row", exact("thanks"), with_emoji("thanks(a)(b)(a)", "(a)", "(b)")),
    heard("an emoji between two words", keyword("good morning"), with_emoji("good(sun)morning", "(sun)")),
    heard(
        "an emoji between two blanks",
        exact("good morning"),
        with_emoji("good (sun) morning", "(sun)"),
        text="good morning",
    ),
    heard("an emoji on a line of its own", exact("good morning"), with_emoji("good\n(sun)\nmorning", "(sun)")),
    heard("a name of two words", exact("晚安"), with_emoji("晚安(moon grin)", "(moon grin)")),
    heard("Japanese with a bow", exact("ありがとう"), with_emoji("ありがとう(bow)", "(bow)")),
    heard("Korean with a smile", exact("감사합니다"), with_emoji("감사합니다(smile)", "(smile)")),
    heard("Thai with a smile", exact("ขอบคุณ"), with_emoji("(smile)ขอบคุณ", "(smile)")),
    heard("Unicode emoji before it count two units each", exact("🍜🍜 menu"), with_emoji("🍜🍜 menu(love)", "(love)")),
    heard(
        "a family before it counts eight units", keyword("hi there"), with_emoji("👨\u200d👩\u200d👧 hi(a)there", "(a)")
    ),
    heard("a rare character before it", exact("𠮷野家 好"), with_emoji("𠮷野家(love)好", "(love)")),
    heard("an emoji before a prefix", prefix("查"), with_emoji("(search)查 42", "(search)"), rest="42"),
    heard("an emoji behind a prefix", prefix("查"), with_emoji("查(search)42", "(search)"), rest="42"),
    heard("an emoji behind the rest", prefix("查"), with_emoji("查 42(ok)", "(ok)"), rest="42"),
    heard(
        "an emoji behind an anchored pattern",
        pattern(r"^訂單(?P<number>\d+)$"),
        with_emoji("訂單42(love)", "(love)"),
        number="42",
    ),
    heard(
        "an emoji before an anchored pattern",
        pattern(r"^訂單(?P<number>\d+)"),
        with_emoji("()訂單42", "()"),
        number="42",
    ),
    heard("an emoji within a sentence", sentence("hello [there]"), with_emoji("hello(wave) there", "(wave)")),
    heard("an emoji with the name of the word behind it", keyword("menu"), with_emoji("(menu) menu", "(menu)")),
    heard(
        "an emoji within a text of several lines",
        pattern(r"^備註(?P<note>.+)$"),
        with_emoji("備註少冰(ok)\n", "(ok)"),
        note="少冰",
    ),
    heard(
        "a call behind an emoji", named("小店"), with_emoji("(happy)小店 菜單", "(happy)", group="friends"), text="菜單"
    ),
    heard(
        "a call before an emoji", named("小店"), with_emoji("小店(happy)菜單", "(happy)", group="friends"), text="菜單"
    ),
    heard(
        "a mention behind an emoji",
        named("小店"),
        with_emoji("(hi)@shop 菜單", "(hi)", group="friends", mention="@shop"),
        text="菜單",
    ),
    heard(
        "a mention before an emoji",
        named("小店"),
        with_emoji("@shop(hi)菜單(love)", "(hi)", "(love)", group="friends", mention="@shop"),
        text="菜單",
    ),
    heard("a person types the brackets by hand", exact("(love)"), "(love)"),
    heard("a person types the word in brackets by hand", keyword("love"), "all my (love)"),
    heard("one heart is LINE's, another word is typed", keyword("love"), with_emoji("(love) love", "(love)")),
    heard("a list of emoji that points behind the text", keyword("menu"), _broken({"index": 99, "length": 6})),
    heard("a list of emoji whose length is no number", keyword("menu"), _broken({"index": 0, "length": "4"})),
    heard("a list of emoji with nothing in it", keyword("menu"), _broken({})),
]

UNHEARD = [
    unheard(
        "emoji that overlap leave no half of a name",
        keyword("m"),
        _broken({"index": 0, "length": 2}, {"index": 1, "length": 3}),
    ),
    unheard("a heart is no word", keyword("love"), with_emoji("hello(love)", "(love)")),
    unheard("a moon is no word", keyword("moon"), with_emoji("(moon grin)ok", "(moon grin)")),
    unheard("half a name of an emoji", keyword("grin"), with_emoji("晚安(moon grin)", "(moon grin)")),
    unheard("nothing but an emoji is not its name", exact("(love)"), with_emoji("(love)", "(love)")),
    unheard("an emoji is no bracket", prefix("("), with_emoji("(love)hi", "(love)")),
    unheard("an emoji for a pattern of brackets", pattern(r"\((?P<name>\w+)\)"), with_emoji("hi(love)", "(love)")),
    unheard("an emoji for a pattern of any character", pattern("^hi.{2,}$"), with_emoji("hi(love)", "(love)")),
    unheard("an emoji between two halves of a word", keyword("carpet"), with_emoji("car(x)pet", "(x)")),
    unheard("an emoji before the end of a word", keyword("menus"), with_emoji("menu(love)s", "(love)")),
    unheard("an emoji between two digits", keyword("42"), with_emoji("4(x)2", "(x)")),
    unheard("an emoji between other words", exact("hello"), with_emoji("hello(love)world", "(love)")),
    unheard("an emoji that is a number", keyword("5"), with_emoji("hi(5)", "(5)")),
    unheard("an emoji with the owner's keyword as a name", keyword("menu"), with_emoji("(menu)", "(menu)")),
    unheard(
        "Unicode emoji shift what is cut", keyword("love", "(love", "love)"), with_emoji("🍜👍🏽(love)好", "(love)")
    ),
    unheard("a family shifts what is cut", keyword("love"), with_emoji("👨\u200d👩\u200d👧(love) you", "(love)")),
    unheard(
        "an emoji with the name of the bot",
        listening("helper"),
        with_emoji("(helper)menu", "(helper)", group="friends"),
    ),
    unheard("an emoji alone is no call", listening("小店"), with_emoji("(happy)", "(happy)", group="friends")),
    unheard("an emoji within a sentence that it isn't", sentence("hello love"), with_emoji("hello (love)", "(love)")),
]

ROWS = [*HEARD, *UNHEARD]

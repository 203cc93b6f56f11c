"""Blanks and line breaks: a run of them is one blank, and none is none."""

from __future__ import annotations

from hookline.testing import events
from tests.unit.routing.heard.rows import exact, heard, keyword, pattern, prefix, told, unheard
from tests.unit.routing.worlds import mentioning

_TWICE = [{"index": index, "length": 5, "type": "user", "isSelf": True, "userId": "U1"} for index in (0, 11)]

RUNS = [
    heard("a thumb that hit the space bar twice", keyword("opening hours"), "opening  hours?"),
    heard("somebody who sends a line a word", keyword("opening hours"), "opening\nhours"),
    heard("a paste from a program of Windows", keyword("opening hours"), "opening\r\nhours"),
    heard("a paste from a spreadsheet's cells", exact("milk tea"), "milk\ttea"),
    heard("a paste from a web page, a hard blank and a soft one", keyword("opening hours"), "opening\u00a0 hours"),
    heard("French typography's narrow blank", keyword("10 €"), "c’est 10\u202f€"),
    heard("a thin blank of a price list", exact("5 kg"), "5\u2009kg"),
    heard("an em blank pasted from a PDF", keyword("set A"), "the set\u2003A"),
    heard("a line separator of a Mac's text box", keyword("New York"), "new\u2028york"),
    heard("a vertical tab of a word processor", keyword("new york"), "New\u000bYork"),
    heard("a form feed of a PDF", keyword("new york"), "New\u000cYork"),
    heard("a Japanese keyboard's wide blank, twice", exact("東京 タワー"), "東京\u3000\u3000タワー"),
    heard("a wide blank and a line break", keyword("我要 外帶"), "我要\u3000\n外帶謝謝"),
    heard("Indonesian in two lines", keyword("jam buka"), "Jam\n\nbuka?"),
    heard("Vietnamese with two blanks", keyword("phở bò"), "cho tôi phở  bò"),
    heard("Thai pasted from a web page", exact("ขอ เมนู"), "ขอ\u00a0เมนู"),
    heard("Arabic with a hard blank", keyword("ساعات العمل"), "ما ساعات\u00a0العمل"),
    heard("Korean in two lines", exact("영업 시간"), "영업\n시간"),
    heard("two blanks in bot.yaml", keyword("opening  hours"), "opening hours"),
    heard("a hard blank in bot.yaml", exact("set\u00a0B"), "set B"),
    heard("a wide blank in bot.yaml", keyword("東京\u3000駅"), "東京 駅まで"),
    heard("a blank at the end of a line", exact("one two"), "one \n two\n"),
    heard("a mark of direction beside the blank", keyword("opening hours"), "opening \u200fhours"),
    heard("two blanks within a prefix", prefix("where is"), "Where  is my order", rest="my order"),
    heard("a prefix and an order in lines", prefix("order"), "Order\n\n2 teas\n1 coffee", rest="2 teas\n1 coffee"),
    heard("the rest keeps its blanks", prefix("note"), "note  a  b", rest="a  b"),
    heard("a pattern with a blank, a wide one typed", pattern(r"order (?P<number>\d+)"), "order\u300042", number="42"),
    unheard("now here is not nowhere", exact("nowhere"), "now\nhere"),
    unheard("to get her is not together", keyword("together"), "to get her"),
    unheard("a word divided by a line break", keyword("menu"), "me\nnu"),
    unheard("no blank where the owner has one", keyword("opening hours"), "openinghours"),
    unheard("no thanks and nothanks", exact("no thanks"), "nothanks"),
    unheard("the end of a line and the next one's beginning", keyword("菜單"), "來份青菜\n單點牛肉麵"),
    unheard("a blank within two Han characters", exact("取消"), "取 消"),
    unheard("Korean divided at another place", keyword("아버지가 방에"), "아버지 가방에 들어가신다"),
    unheard("a digit in each line is no number", keyword("42"), "4\n2"),
    unheard("a phrase over a full stop", keyword("opening hours"), "opening. hours"),
    unheard("two words in the other order", keyword("opening hours"), "hours\nopening"),
    unheard("a prefix whose second word is a longer one", prefix("where is"), "where  island"),
]

MENTIONS = [
    heard(
        "a mention in the middle of a phrase",
        keyword("opening hours"),
        mentioning("opening @Shop hours", "@Shop"),
        text="opening hours",
    ),
    heard(
        "a mention in the middle of a whole text", exact("thank you"), mentioning("thank @shop you"), text="thank you"
    ),
    heard("a mention between two blanks each", exact("good morning"), mentioning("good  @shop  morning")),
    heard("a mention on a line of its own", exact("good morning"), mentioning("good\n@shop\nmorning")),
    heard("a mention that a desktop follows with a hard blank", exact("lunch set"), mentioning("lunch @shop\u00a0set")),
    heard("a mention before a wide blank", exact("お昼 セット"), mentioning("お昼 @shop\u3000セット")),
    heard("a mention within a sentence of Korean", keyword("영업 시간"), mentioning("영업 @shop 시간 알려줘")),
    heard("a mention within a sentence of Thai", keyword("เวลา เปิด"), mentioning("เวลา @shop เปิด")),
    heard(
        "a mention within a pattern's words",
        pattern(r"table for (?P<number>\d)"),
        mentioning("table @shop for 2"),
        number="2",
    ),
    heard(
        "two mentions of the bot",
        exact("open today"),
        told(message=events.text_message("@shop open @shop today", mentions=_TWICE)),
        text="open today",
    ),
    unheard("a mention between two halves of a word", keyword("carpet"), mentioning("car @shop pet")),
    unheard("a mention between two digits", keyword("42"), mentioning("4 @shop 2")),
    unheard("a mention between other words", keyword("opening hours"), mentioning("opening @shop the hours")),
]

ROWS = [*RUNS, *MENTIONS]

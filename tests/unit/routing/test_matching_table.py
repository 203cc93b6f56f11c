"""What an owner expects of bot.yaml, row by row: these routes, this event, that winner."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hookline.testing import events
from tests.support import make_event
from tests.unit.routing.heard import (
    blanks,
    calls,
    dashes,
    digits,
    emoji,
    han,
    line_emoji,
    meanings,
    patterns,
    prefixes,
    quotes,
    thai,
    words,
)
from tests.unit.routing.heard.rows import Case, case, pressed, told
from tests.unit.routing.worlds import mentioning, one

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MENU = one("keyword", "菜單", "menu")
ORDER = r"- {name: it, pattern: '訂單\s*(?P<number>\d+)', reply: ok}"
PREFIX = one("prefix", "查")

KEYWORDS = [
    case("a keyword is the whole text", MENU, "菜單", "it", keyword="菜單", text="菜單"),
    case("a keyword is inside a Chinese sentence", MENU, "請給我菜單謝謝", "it", keyword="菜單"),
    case("a keyword is not there", MENU, "你好", None),
    case("an English keyword touches Chinese after it", MENU, "menu菜", "it", keyword="menu"),
    case("an English keyword touches Chinese before it", MENU, "看menu", "it", keyword="menu"),
    case("menu and menu in Chinese together", one("keyword", "menu"), "menu菜單", "it"),
    case("an English keyword in capitals with a sign", MENU, "MENU!", "it", keyword="menu"),
    case("an English keyword in a longer word", MENU, "menus", None),
    case("an English keyword at the end of a longer word", MENU, "submenu", None),
    case("an English keyword before a digit", MENU, "menu2", None),
    case("an English keyword before an underscore", MENU, "menu_2", "it"),
    case("an English keyword before an apostrophe", MENU, "the menu's long", "it"),
    case("a second occurrence stands free", MENU, "menus, menu", "it"),
    case("a keyword with a space inside", one("keyword", "open hours"), "What are your Open Hours?", "it"),
    case("a number is not part of a longer number", one("keyword", "5折"), "85折", None),
    case("a number stands free after Han", one("keyword", "5折"), "全館5折", "it"),
    case("a Korean keyword with a particle", one("keyword", "메뉴"), "메뉴를 보여주세요", "it", keyword="메뉴"),
    case("a Korean keyword in decomposed jamo", one("keyword", "메뉴"), "\u1106\u1166\u1102\u1172", "it"),
    case("a Thai keyword between Thai words", one("keyword", "เมนู"), "ไปเมนูหน่อย", "it"),
    case("an English keyword touches Thai", MENU, "ขอmenuหน่อย", "it"),
    case("a Thai keyword with sara am", one("keyword", "น้ำ"), "ขอน้ำหน่อย", "it", keyword="น้ำ"),
    case("a Thai keyword with sara am written in two", one("keyword", "คำ"), "ค\u0e4d\u0e32", "it"),
    case("a Lao keyword", one("keyword", "ເມນູ"), "ຂໍເມນູແດ່", "it"),
    case("a Khmer keyword", one("keyword", "ម៉ឺនុយ"), "សូមម៉ឺនុយមួយ", "it"),
    case("a Myanmar keyword", one("keyword", "မီနူး"), "မီနူးပြပါ", "it"),
    case("an English keyword touches Bopomofo", MENU, "menuㄋ", "it"),
    case("a Bopomofo keyword in a longer text", one("keyword", "ㄅㄆ"), "ㄏㄅㄆㆠ", "it"),
    case("a Japanese keyword before a particle", one("keyword", "メニュー"), "メニューを見せて", "it"),
    case("half-width kana", one("keyword", "メニュー"), "ﾒﾆｭｰ", "it", text="ﾒﾆｭｰ"),
    case("half-width kana with voice marks", one("keyword", "デザート"), "ﾃ\uff9eｻ\uff9eｰﾄ", "it"),
    case("hiragana is not katakana", one("keyword", "メニュー"), "めにゅー", None),
    case("full-width letters", MENU, "ＭＥＮＵ", "it", keyword="menu"),
    case("a full-width keyword for ordinary letters", one("keyword", "ＭＥＮＵ"), "menu", "it"),
    case("full-width letters of a longer word", MENU, "ＭＥＮＵＳ", None),
    case("mixed widths", MENU, "ｍeＮu？", "it"),
    case("a full-width space", one("keyword", "open hours"), "open　hours", "it"),
    case("a space that doesn't break", one("keyword", "open hours"), "open\u00a0hours", "it"),
    case("a zero-width space inside a word", MENU, "me\u200bnu", "it"),
    case("a soft hyphen inside a word", MENU, "me\u00adnu", "it"),
    case("a byte order mark before the text", one("exact", "菜單"), "\ufeff菜單", "it"),
    case("a zero-width joiner in a Chinese keyword", MENU, "菜\u200d單", "it"),
    case("nothing but a zero-width space", MENU, "\u200b", None),
    case("a compatibility ideograph", one("keyword", "樂"), "\uf914", "it"),
    case("a sharp s is two", one("keyword", "straße"), "STRASSE 5", "it"),
    case("a final sigma", one("keyword", "ΟΔΟΣ"), "οδος", "it"),
    case("a ligature", one("keyword", "office"), "oﬃce", "it"),
    case("a Cyrillic keyword in capitals", one("keyword", "меню"), "МЕНЮ?", "it"),
    case("a Cyrillic keyword in a longer word", one("keyword", "меню"), "менюшка", None),
    case("a Vietnamese keyword in combining marks", one("keyword", "phở"), "tô pho\u031b\u0309 bò", "it"),
    case("an accent makes another word", one("keyword", "pho"), "pho\u031b\u0309", None),
]

EMOJI = [
    case("an emoji keyword between words", one("keyword", "🍜"), "want🍜now", "it", keyword="🍜"),
    case("a word between emoji", MENU, "🍜menu🍜", "it"),
    case("an emoji in another skin", one("keyword", "👍"), "ok👍🏽", "it"),
    case("a flag", one("keyword", "🇹🇼"), "I am from🇹🇼!", "it"),
    case(
        "a family joined by zero-width joiners",
        one("keyword", "👨\u200d👩\u200d👧"),
        "我們👨\u200d👩\u200d👧四人",
        "it",
    ),
    case("a word after an emoji with a variation selector", MENU, "❤\ufe0fmenu", "it"),
    case("a word after a keycap emoji", MENU, "1\ufe0f\u20e3menu", "it"),
    case("an emoji keyword with a variation selector before a word", one("keyword", "❤\ufe0f"), "❤\ufe0fyou", "it"),
    case("an emoji keyword for the plain sign", one("keyword", "❤\ufe0f"), "我❤你", "it"),
    case("an ideograph in one of its variants", one("keyword", "葛城"), "葛\U000e0100城", "it"),
    case("a capture keeps its variation selector", one("prefix", "我"), "我❤\ufe0f", "it", rest="❤\ufe0f"),
    case("a plain sign for the emoji", one("keyword", "❤"), "我❤\ufe0f你", "it"),
]

SCRIPTS = [
    case("simplified text, traditional keyword", one("keyword", "發票"), "开发票", "it", keyword="發票"),
    case("traditional text, simplified keyword", one("keyword", "发票"), "開發票", "it", keyword="发票"),
    case("simplified text, traditional exact", one("exact", "營業時間"), "营业时间", "it"),
    case("traditional text, simplified prefix", one("prefix", "查询"), "查詢 42", "it", rest="42"),
    case("simplified text, traditional prefix", one("prefix", "查詢"), "查询４２", "it", rest="42"),
    case("another traditional form", one("keyword", "台灣"), "臺灣", "it"),
    case("noodles are not the inside", one("keyword", "麵"), "裡面", None),
    case("noodles in a simplified text", one("keyword", "麵"), "我要吃面", "it"),
    case("beef noodles in a simplified text", one("keyword", "牛肉麵"), "来碗牛肉面", "it"),
    case("noodles are not a surface in a traditional text", one("exact", "麵線"), "面線", None),
    case("hair is not an invoice", one("keyword", "髮"), "發票", None),
    case("hair in a simplified text", one("keyword", "頭髮"), "剪头发", "it"),
    case("hair in a traditional text, keyword simplified", one("keyword", "头发"), "剪頭髮", "it"),
    case("a traditional pattern in a simplified text", ORDER, "订单 42", "it", number="42"),
    case("a simplified pattern in a traditional text", one("pattern", r"订单(?P<n>\d+)"), "訂單42", "it", n="42"),
    case("a pattern of noodles is not the inside", one("pattern", "麵.?"), "裡面", None),
    case("a pattern of noodles in a simplified text", one("pattern", "(?P<x>.)麵"), "我要吃面", "it", x="吃"),
    case("a Han group name keeps its script", one("pattern", r"訂(?P<數量>\d+)個"), "订5个", "it", 數量="5"),
]

EXACTS_AND_PREFIXES = [
    case("an exact text", one("exact", "取消"), "取消", "it"),
    case("an exact text with space around it", one("exact", "取消"), "  取消　\n", "it", text="取消"),
    case("an exact text with something more", one("exact", "取消"), "取消訂單", None),
    case("an exact text with a sign", one("exact", "取消"), "取消！", None),
    case("an exact text in other letters", one("exact", "Cancel"), "ｃＡＮＣＥＬ", "it"),
    case("a prefix and the rest", PREFIX, "查 台北天氣", "it", rest="台北天氣", text="查 台北天氣"),
    case("a prefix alone", PREFIX, "查", "it", rest=""),
    case("a prefix that isn't at the start", PREFIX, "請查", None),
    case("a prefix of a longer English word", one("prefix", "find"), "finder", None),
    case("the rest in full-width digits", PREFIX, "查１２３", "it", rest="123"),
    case("the rest in its own letters", one("prefix", "FIND"), "find Taipei 101", "it", rest="Taipei 101"),
    case("the longest prefix gives the rest", one("prefix", "查", "查訂單"), "查訂單42", "it", rest="42"),
    case("a prefix that is longer once folded", one("prefix", "office"), "oﬃce 5", "it", rest="5"),
    case("a Thai prefix", one("prefix", "น้ำ"), "น้ำ10", "it", rest="10"),
    case("a sharp s before a Han rest", one("prefix", "straße"), "Straße五", "it", rest="五"),
    case("more and fewer characters cancel out", one("prefix", "น้ำ"), "น้ำ1\u200b0", "it", rest="1\u200b0"),
]

PATTERNS = [
    case("a number is captured", ORDER, "我的訂單 42 呢", "it", number="42", text="我的訂單 42 呢"),
    case("a full-width number is captured in ASCII", ORDER, "訂單４２", "it", number="42"),
    case("a pattern without its number", ORDER, "訂單", None),
    case("a capture keeps its capitals", one("pattern", "name (?P<who>.+)"), "NAME Mei Lin", "it", who="Mei Lin"),
    case("a capture keeps half-width kana", one("pattern", "ガ(?P<x>.)"), "ｶﾞﾄ", "it", x="ﾄ"),
    case("a capture keeps what NFKC would expand", one("pattern", "(?P<x>キロ)"), "㌔", "it", x="㌔"),
    case("a capture beside a zero-width space", ORDER, "訂單\u200b42", "it", number="42"),
    case("a capture before a zero-width space", ORDER, "訂單42\u200b", "it", number="42"),
    case("a full-width sign in a pattern is literal", one("pattern", "（(?P<x>.)）"), "（五）", "it", x="五"),
    case("a pattern looks at full-width signs as ASCII", one("pattern", r"\((?P<x>.)\)"), "（五）", "it", x="五"),
    case("an anchored pattern", one("pattern", "^hi$"), "oh hi", None),
    case("an anchored pattern sees no outer space", one("pattern", "^hi$"), " Hi ", "it"),
    case("one of two patterns", one("pattern", r"a(?P<x>\d)", r"b(?P<y>\d)"), "b7", "it", y="7"),
    case("a pattern with sara am", one("pattern", r"จำนวน(?P<n>\d+)"), "จำนวน5", "it", n="5"),
    case("a pattern with an ellipsis", one("pattern", r"等…(?P<n>\d+)"), "等…5", "it", n="5"),
    case("a pattern in decomposed letters", one("pattern", "cafe\u0301"), "Café", "it"),
    case("a pattern with a family", one("pattern", "👨\u200d👩(?P<x>.)"), "👨\u200d👩好", "it", x="好"),
    case("a pattern with a variation selector", one("pattern", "❤\ufe0f(?P<x>.)"), "❤\ufe0f好", "it", x="好"),
    case("a pattern with a variation selector for the plain sign", one("pattern", "❤\ufe0f好"), "❤好", "it"),
    case("a pattern in half-width kana", one("pattern", "ﾃﾞｻﾞｰﾄ"), "デザート", "it"),
]

OVERLAPPING = """
- {name: beef, keyword: 牛肉, reply: ok}
- {name: noodles, keyword: 牛肉麵, reply: ok}
- {name: rest, otherwise: true, reply: ok}
"""
EXCEPTION = """
- {name: noodles, keyword: 牛肉麵, reply: ok}
- {name: beef, keyword: 牛肉, reply: ok}
"""
SIDE_BY_SIDE = """
- {name: first, keyword: [b c, x], reply: ok}
- {name: second, keyword: a b, reply: ok}
"""
FIVE_WAYS = """
- {name: exact, exact: 菜單, reply: ok}
- {name: prefix, prefix: 菜單, reply: ok}
- {name: pattern, pattern: '菜單\\d', reply: ok}
- {name: keyword, keyword: 菜單, reply: ok}
- {name: other, otherwise: true, reply: ok}
"""
ALL_MUST_HOLD = "- {name: it, prefix: 請, keyword: [菜單, menu], pattern: '(?P<n>\\d)', reply: ok}"

ORDERS = [
    case("the earlier of two overlapping keywords", OVERLAPPING, "一碗牛肉麵", "beef"),
    case("the longer keyword written first", EXCEPTION, "一碗牛肉麵", "noodles"),
    case("the shorter keyword written second", EXCEPTION, "牛肉湯", "beef"),
    case("keywords that share a letter", SIDE_BY_SIDE, "a b c", "first"),
    case("otherwise takes what is left", OVERLAPPING, "你好", "rest", text="你好"),
    case("an exact text before all", FIVE_WAYS, "菜單", "exact"),
    case("a prefix before a pattern", FIVE_WAYS, "菜單5", "prefix"),
    case("a pattern before a keyword", FIVE_WAYS, "看菜單5", "pattern"),
    case("a keyword before otherwise", FIVE_WAYS, "看菜單", "keyword"),
    case("all matchers of a route hold", ALL_MUST_HOLD, "請給menu 3", "it", keyword="menu", n="3", rest="給menu 3"),
    case("one matcher of a route doesn't hold", ALL_MUST_HOLD, "給我menu 3", None),
]

BUTTONS = """
- {name: pay, postback: action=pay, reply: ok}
- {name: ship, postback: {action: ship, to: home}, reply: ok}
- {name: buy, postback: {action: buy}, reply: ok}
"""

POSTBACKS = [
    case("the whole postback data", BUTTONS, pressed("action=pay"), "pay"),
    case("other postback data", BUTTONS, pressed("action=pay&id=1"), None),
    case("a field of postback data, the rest captured", BUTTONS, pressed("action=buy&id=42&n="), "buy", id="42", n=""),
    case("fields in another order", BUTTONS, pressed("to=home&x=%E5%8F%B0+1&action=ship"), "ship", x="台 1"),
    case("one field is missing", BUTTONS, pressed("action=ship"), None),
    case("a field has another value", BUTTONS, pressed("action=Buy"), None),
    case("postback data that is no query string", BUTTONS, pressed("{'action': 'buy'}"), None),
    case("a hundred and fifty fields", BUTTONS, pressed("&".join(["to=home"] * 150)), None),
    case("the postback's words in a text", BUTTONS, "action=pay", None),
]

QUIET = """
- {name: price, keyword: 多少錢, when: {mentioned: false}, reply: ok}
- {name: menu, exact: 菜單, reply: ok}
- {name: other, otherwise: true, reply: ok}
"""

GROUPS = [
    case("nobody calls the bot in a group", QUIET, told("菜單"), None),
    case("a call name", QUIET, told("小店 菜單"), "menu", text="菜單"),
    case("a call name and a comma", QUIET, told("小店，菜單"), "menu"),
    case("a call name without a space", QUIET, told("小店菜單"), "menu"),
    case("a call name in full-width capitals", QUIET, told("ＨＥＬＰＥＲ：菜單"), "menu", text="菜單"),
    case("a longer word than the call name", QUIET, told("helpers 菜單"), None),
    case("a call name that isn't at the start", QUIET, told("菜單 小店"), None),
    case("a call name alone", QUIET, told("小店"), "other", text=""),
    case("a call name in a room", QUIET, told("小店 菜單", source={"type": "room", "roomId": "R1"}), "menu"),
    case("a call name alone with the bot is text", QUIET, "小店 菜單", "other", text="小店 菜單"),
    case("a mention at the start", QUIET, mentioning("@shop 菜單"), "menu", text="菜單"),
    case("a mention at the end", QUIET, mentioning("菜單 @shop"), "menu", text="菜單"),
    case("a mention after emoji", one("exact", "🍜"), mentioning("🍜 @shop"), "it", text="🍜"),
    case("a mention and a comma", QUIET, mentioning("@shop, 菜單"), "menu", text="菜單"),
    case("a mention, a space and a comma", QUIET, mentioning("@shop ，菜單"), "menu", text="菜單"),
    case("a mention and a dash", QUIET, mentioning("@shop～菜單"), "menu", text="菜單"),
    case("a comma and a mention", QUIET, mentioning("菜單，@shop"), "menu", text="菜單"),
    case("a mention after a zero-width space", QUIET, mentioning("\u200b@shop：菜單"), "menu", text="菜單"),
    case("a command with a sign after a mention", one("exact", "!help"), mentioning("@shop !help"), "it"),
    case("a command with a sign after a call name", one("exact", "!help"), told("小店 !help"), "it"),
    case("a call name after a zero-width space", QUIET, told("\u200b小店 菜單"), "menu", text="菜單"),
    case("a call name after many zero-width spaces", QUIET, told("\u200b" * 99 + " 小店，菜單"), "menu", text="菜單"),
    case("a mention of someone else", QUIET, mentioning("@mei 菜單", "@mei", is_self=False), None),
    case(
        "a mention of everyone",
        QUIET,
        told(message=events.text_message("@All 菜單", mentions=[{"index": 0, "length": 4, "type": "all"}])),
        None,
    ),
    case("otherwise needs a call, too", QUIET, told("你好"), None),
    case("otherwise when called", QUIET, mentioning("@shop 你好"), "other"),
    case("a route that needs no call", QUIET, told("這個多少錢"), "price"),
    case("a route that needs no call, called", QUIET, mentioning("@shop 多少錢"), "price"),
    case("a sticker in a group", QUIET, told(message={"type": "sticker", "id": "1"}), None),
    case(
        "a sticker for a route that needs no call",
        "- {name: it, on: message.sticker, when: {mentioned: false}, reply: ok}",
        told(message={"type": "sticker", "id": "1"}),
        "it",
    ),
    case("the bot joins a group", "- {name: it, on: join, reply: ok}", told(kind="join"), "it"),
    case(
        "only when mentioned, alone with the bot",
        "- {name: it, keyword: hi, when: {mentioned: true}, reply: ok}",
        "hi",
        None,
    ),
]

KINDS = """
- {name: sticker, on: message.sticker, reply: ok}
- {name: followed, on: follow, reply: ok}
- {name: edited, on: messageEdited, keyword: 菜單, reply: ok}
- {name: menu, keyword: 菜單, reply: ok}
- {name: other, otherwise: true, reply: ok}
"""
ALL = "- {name: it, on: '*', reply: ok}"
EDITED = {"id": "1", "type": "text", "text": "看菜單"}

EVENTS = [
    case("a sticker", KINDS, make_event(None, message={"type": "sticker", "id": "1"}), "sticker"),
    case("an image is left to otherwise", KINDS, make_event(None, message={"type": "image", "id": "1"}), "other"),
    case("an unknown message type", KINDS, make_event(None, message={"type": "hologram", "id": "1"}), "other"),
    case("a message without a type", KINDS, make_event(None, message={}), "other"),
    case("a follow", KINDS, make_event(None, kind="follow"), "followed"),
    case("an unfollow is not a message", KINDS, make_event(None, kind="unfollow"), None),
    case("an event type of next year", KINDS, make_event(None, kind="telepathy"), None),
    case("an edited message", KINDS, make_event(None, kind="messageEdited", message=EDITED), "edited", keyword="菜單"),
    case("an edited message for text routes", MENU, make_event(None, kind="messageEdited", message=EDITED), None),
    case("a postback is not a message", KINDS, pressed("菜單"), None),
    case("everything takes a text", ALL, "hi", "it", text="hi"),
    case("everything takes an unknown event", ALL, make_event(None, kind="telepathy"), "it"),
    case("everything takes a postback", ALL, pressed("x"), "it"),
    case("everything takes an event without a source", ALL, make_event(None, kind="delivery", source={}), "it"),
    case("everything takes no uncalled text of a group", ALL, told("hi"), None),
    case("any message with a keyword", "- {name: it, on: message, keyword: hi, reply: ok}", "hi", "it"),
    case(
        "any message with a keyword, a sticker",
        "- {name: it, on: message, keyword: hi, reply: ok}",
        make_event(None, message={"type": "sticker", "id": "1"}),
        None,
    ),
    case("a text that isn't valid Unicode", KINDS, "菜單\ud800", "menu", text="菜單\ud800"),
    case("a text with NUL", KINDS, "\0菜單\0", "menu"),
]

CASES = [
    *KEYWORDS,
    *EMOJI,
    *SCRIPTS,
    *EXACTS_AND_PREFIXES,
    *PATTERNS,
    *ORDERS,
    *POSTBACKS,
    *GROUPS,
    *EVENTS,
    *quotes.ROWS,
    *dashes.ROWS,
    *blanks.ROWS,
    *line_emoji.ROWS,
    *han.ROWS,
    *thai.ROWS,
    *digits.ROWS,
    *emoji.ROWS,
    *patterns.ROWS,
    *calls.ROWS,
    *prefixes.ROWS,
    *words.ROWS,
    *meanings.ROWS,
]


@pytest.mark.parametrize("row", CASES, ids=[row.about for row in CASES])
def test_event_goes_to_the_route_its_owner_expects(row: Case) -> None:
    hit = row.bot.route(row.event, NOON)

    assert (hit.route.name if hit else None) == row.winner
    captures = hit.match.captures if hit else {}
    assert {name: captures.get(name) for name in row.captures} == row.captures


def test_every_row_is_about_something_else() -> None:
    names = [row.about for row in CASES]

    assert sorted(set(names)) == sorted(names)

"""Sentences and examples of intents are compared as keywords are; an example here counts word for word."""

from __future__ import annotations

from tests.unit.routing.heard.rows import example, heard, sentence, unheard, with_emoji
from tests.unit.routing.worlds import mentioning

ROWS = [
    heard("a sentence with a smart apostrophe", sentence("what's the password"), "What’s the password?"),
    heard("a sentence whose apostrophe is smart in bot.yaml", sentence("where’s my order"), "where's my order"),
    heard("a sentence with quotes of the mainland", sentence("有「小王子」嗎"), "有“小王子”嗎？"),
    heard("a sentence with a wave dash of Windows", sentence("10〜12時は空いて[い]ますか"), "10～12時は空いてますか"),
    heard("a sentence with a dash of a word processor", sentence("do you have wi-fi"), "Do you have Wi–Fi?"),
    heard("a sentence with two blanks", sentence("when do you open"), "when do  you open"),
    heard("a sentence in two lines", sentence("when do you open"), "when do you\nopen?"),
    heard(
        "a sentence with the bot's mention in it",
        sentence("are you open today"),
        mentioning("are you @shop open today"),
    ),
    heard("a sentence with a LINE emoji behind it", sentence("幾點[會]開門"), with_emoji("幾點開門(moon)", "(moon)")),
    heard("a sentence in the form of Hong Kong", sentence("洗手間在(哪裡|什麼地方)"), "洗手間在哪裏"),
    heard("a sentence from the mainland", sentence("後天有開[門]嗎"), "后天有开吗"),
    heard("a sentence in the form of Japan", sentence("図書館はどこですか"), "圖書館はどこですか"),
    heard("a sentence with two short vowels of Thai", sentence("แกงเผ็ดไหม"), "เเกงเผ็ดไหม"),
    heard("a sentence with Thai digits", sentence("ขอโต๊ะ 4 ที่"), "ขอโต๊ะ ๔ ที่"),
    heard("a sentence with a keycap", sentence("我要1號餐"), "我要1\ufe0f\u20e3號餐"),
    heard("a sentence with a thumb in a skin within it", sentence("這個👍嗎"), "這個👍🏽嗎"),
    heard("an example with a smart apostrophe", example("what's the password", "wifi password"), "What’s the password"),
    heard(
        "an example with a wave dash of Windows",
        example("10〜12時は空いてますか", "予約できますか"),
        "10～12時は空いてますか",
    ),
    heard(
        "an example with two blanks and a line break",
        example("when do you open", "opening hours"),
        "when  do you\nopen",
    ),
    heard("an example in the form of Hong Kong", example("洗手間在哪裡", "廁所怎麼走"), "洗手間在哪裏"),
    heard("an example from the mainland", example("後天有開嗎", "週日有營業嗎"), "后天有开吗"),
    heard("an example in the form of Japan", example("図書館はどこ", "本を借りたい"), "圖書館はどこ"),
    heard(
        "an example with a LINE emoji behind it",
        example("你們幾點開門", "幾點打烊"),
        with_emoji("你們幾點開門(moon)", "(moon)"),
    ),
    heard("an example with Thai digits", example("ขอโต๊ะ 4 ที่", "จองโต๊ะ"), "ขอโต๊ะ ๔ ที่"),
    unheard("a sentence of noodles in a text of the inside", sentence("有麵嗎"), "裡面有嗎"),
    unheard("a sentence of hair, a text of invoices", sentence("可以剪髮嗎"), "可以剪發嗎？發票呢"),
    unheard("a sentence from one to another, a hyphen typed", sentence("10~12點有位嗎"), "10-12點有位嗎"),
    unheard("a sentence with another number", sentence("ขอโต๊ะ 4 ที่"), "ขอโต๊ะ ๕ ที่"),
    unheard("a sentence within a longer one", sentence("when do you open"), "tell me when do you open"),
    unheard("a sentence with a letter more", sentence("do you open"), "do you opens"),
    unheard("a sentence without its blank", sentence("do you open"), "do youopen"),
    unheard("a sentence with a longer number", sentence("我要1號餐"), "我要1\ufe0f\u20e30\ufe0f\u20e3號餐"),
    unheard("an example with another number", example("桌號 4", "我要桌號"), "桌號 ๕"),
    unheard("an example from one to another, a hyphen typed", example("10~12點有位嗎", "中午有位嗎"), "10-12點有位嗎"),
]

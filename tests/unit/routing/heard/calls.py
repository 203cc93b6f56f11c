"""Calls in groups: the bot's name as people write it, and longer words that only begin so."""

from __future__ import annotations

from tests.unit.routing.heard.rows import Bot, exact, heard, listening, named, pattern, prefix, sentence, told, unheard
from tests.unit.routing.worlds import mentioning

_ROOM = {"type": "room", "roomId": "R1", "userId": "U1"}


def _of(bot: Bot, *call_names: str) -> Bot:
    return Bot(bot.routes, call_names, bot.more)


AT = [
    heard("a desktop user who types the mention", named("小店"), told("@小店 菜單"), text="菜單"),
    heard("a wide at sign of a Chinese keyboard", named("小店"), told("＠小店 菜單"), text="菜單"),
    heard("an at sign and no blank", named("小店"), told("@小店菜單"), text="菜單"),
    heard("an at sign and a comma", named("小店"), told("@小店，菜單"), text="菜單"),
    heard("an at sign and a colon", named("小店"), told("＠小店：菜單"), text="菜單"),
    heard("an at sign and a line break", named("小店"), told("@小店\n菜單"), text="菜單"),
    heard("a desktop that puts a hard blank behind the mention", named("小店"), told("@小店\u00a0菜單"), text="菜單"),
    heard("a small at sign of a Big5 text", named("小店"), told("﹫小店 菜單"), text="菜單"),
    heard("an English name in capitals", named("helper"), told("@Helper 菜單"), text="菜單"),
    heard("a wide name behind a wide at sign", named("helper"), told("＠ＨＥＬＰＥＲ　菜單"), text="菜單"),
    heard(
        "an at sign and a name of two words", named("Happy Shop", menu="menu"), told("@happy shop menu"), text="menu"
    ),
    heard(
        "an at sign and a name with two blanks",
        named("Happy Shop", menu="menu"),
        told("@Happy  Shop menu"),
        text="menu",
    ),
    heard("an at sign and a Thai name", named("มายด์", menu="เมนู"), told("@มายด์ เมนู"), text="เมนู"),
    heard("an at sign and a Korean name", named("미나", menu="메뉴"), told("@미나 메뉴"), text="메뉴"),
    heard("an at sign and a Japanese name", named("はな", menu="メニュー"), told("＠はな メニュー"), text="メニュー"),
    heard(
        "an at sign, a name and a title", named("はな", menu="メニュー"), told("@はなさん、メニュー"), text="メニュー"
    ),
    heard("a blank before the at sign", named("小店"), told(" \u200b@小店 菜單"), text="菜單"),
    heard("an at sign alone with the name", listening("小店"), told("@小店"), text=""),
    heard("an at sign in a room", named("小店"), told("@小店 菜單", source=_ROOM), text="菜單"),
    heard("an at sign before a prefix", _of(prefix("查"), "小店"), told("@小店 查 42"), rest="42"),
    heard("an at sign before a pattern", _of(pattern(r"^訂(?P<n>\d)位$"), "小店"), told("＠小店 訂4位"), n="4"),
    heard("an at sign before a sentence", _of(sentence("幾點[會]開門"), "小店"), told("@小店 幾點開門？")),
    heard("an at sign before simplified words", named("小店"), told("@小店 菜单"), text="菜单"),
    heard(
        "a mention object with another name",
        named("小店"),
        mentioning("@Shop Taipei 菜單", "@Shop Taipei"),
        text="菜單",
    ),
    unheard("an at sign and a clerk", listening("小店"), told("@小店員 在嗎")),
    unheard("a wide at sign and a manager", listening("小店"), told("＠小店長 在嗎")),
    unheard("an at sign and somebody else", listening("小店"), told("@美美 菜單")),
    unheard("an at sign and a longer English name", listening("helper"), told("@helpers menu")),
    unheard("an at sign and another bot", listening("helper"), told("@HelperBot menu")),
    unheard("an at sign and a numbered bot", listening("helper"), told("@helper2 menu")),
    unheard("an at sign in the middle", listening("小店"), told("我問過@小店 了")),
    unheard("an at sign in an address of mail", listening("shop"), told("mail me@shop.example")),
    unheard("a number sign is no call", listening("小店"), told("#小店 菜單")),
    unheard("an at sign and everyone", listening("小店"), told("@All 小店 開了")),
]

TITLES = [
    heard("a Japanese customer's さん", named("小店"), told("小店さん、菜單"), text="菜單"),
    heard("a Taiwanese who writes さん by sound", named("小店"), told("小店桑，菜單"), text="菜單"),
    heard("a Taiwanese who is fond of it", named("小店"), told("小店醬，菜單"), text="菜單"),
    heard("a fan's ちゃん", named("はな", menu="メニュー"), told("はなちゃん、メニュー"), text="メニュー"),
    heard("さん and a blank", named("はな", menu="メニュー"), told("はなさん\u3000メニュー"), text="メニュー"),
    heard("さん and a wave dash", named("はな", menu="メニュー"), told("はなさん〜メニュー"), text="メニュー"),
    heard("さん behind a Latin name", named("Hana", menu="メニュー"), told("Hanaさん、メニュー"), text="メニュー"),
    heard("a polite Korean", named("미나", menu="메뉴"), told("미나님, 메뉴"), text="메뉴"),
    heard("a Korean colleague", named("미나", menu="메뉴"), told("미나씨 메뉴"), text="메뉴"),
    heard("a Korean title behind a blank", named("미나", menu="메뉴"), told("미나 씨, 메뉴"), text="메뉴"),
    heard("a lady in Chinese", named("小美"), told("小美小姐，菜單"), text="菜單"),
    heard("a gentleman in Chinese", named("阿明"), told("阿明先生 菜單"), text="菜單"),
    heard("a name and a title alone", listening("小店"), told("小店さん"), text=""),
    heard("a title and a line break", named("小美"), told("小美小姐\n菜單"), text="菜單"),
    heard("a title before an exclamation mark", named("小美"), told("小美小姐！菜單"), text="菜單"),
    heard("a title before a prefix", _of(prefix("查"), "小美"), told("小美小姐，查 42"), rest="42"),
    unheard("somebody else with a title", listening("小店"), told("小美小姐，菜單")),
    unheard("a title alone", listening("小店"), told("小姐，菜單")),
    unheard("a title before the name", listening("小店"), told("先生小店 菜單")),
    unheard("a name with a title in the middle", listening("小美"), told("請問小美小姐在嗎")),
]

NAMES = [
    heard("an emoji before the name", named("小店"), told("👋小店 菜單"), text="菜單"),
    heard("an emoji in a skin before the name", named("小店"), told("🙏🏽 小店，菜單"), text="菜單"),
    heard("a heart with its selector before the name", named("小店"), told("❤\ufe0f小店 菜單"), text="菜單"),
    heard("several emoji before the name", named("小店"), told("🎉🎉 小店 菜單"), text="菜單"),
    heard("a family before the name", named("小店"), told("👨\u200d👩\u200d👧小店 菜單"), text="菜單"),
    heard("an emoji before an at sign", named("小店"), told("👋@小店 菜單"), text="菜單"),
    heard("an emoji behind the name", _of(exact("🍜"), "小店"), told("小店🍜"), text="🍜"),
    heard("a name that begins with an emoji", named("🍜小店"), told("🍜小店 菜單"), text="菜單"),
    heard("an ideographic comma", named("小店"), told("小店、菜單"), text="菜單"),
    heard("an exclamation mark", named("小店"), told("小店！菜單"), text="菜單"),
    heard("two exclamation marks and a blank", named("小店"), told("小店!! 菜單"), text="菜單"),
    heard("a wave dash of a Mac", named("小店"), told("小店〜菜單"), text="菜單"),
    heard("wave dashes of Windows", named("小店"), told("小店～～ 菜單"), text="菜單"),
    heard("an em dash", named("小店"), told("小店——菜單"), text="菜單"),
    heard("an ellipsis", named("小店"), told("小店…菜單"), text="菜單"),
    heard("a Chinese full stop", named("小店"), told("小店。菜單"), text="菜單"),
    heard("a Chinese semicolon", named("小店"), told("小店；菜單"), text="菜單"),
    heard("an empty line", named("小店"), told("小店\n\n菜單"), text="菜單"),
    heard("a line break of Windows", named("小店"), told("小店\r\n菜單"), text="菜單"),
    heard("a sign behind a blank is said", _of(exact("!menu"), "helper"), told("Helper !menu"), text="!menu"),
    heard("the longest of two names", named("小店", "小店總部"), told("小店總部 菜單"), text="菜單"),
    heard("a name in simplified characters", named("麵店"), told("面店 菜单"), text="菜单"),
    heard("a name in the form of Hong Kong", named("麵店"), told("麪店，菜單"), text="菜單"),
    heard("a traditional name for a simplified one", named("云朵"), told("雲朵 菜單"), text="菜單"),
    heard("a name with a smart apostrophe", named("Joe's", menu="menu"), told("Joe’s menu"), text="menu"),
    heard("a name with a dash", named("7-11"), told("7－11 菜單"), text="菜單"),
    heard("a name with Thai digits", named("ร้าน 5", menu="เมนู"), told("ร้าน ๕ เมนู"), text="เมนู"),
    heard("a name in half-width kana", named("ハナ", menu="メニュー"), told("ﾊﾅ、メニュー"), text="メニュー"),
    heard("a Thai name before its word", named("มายด์", menu="เมนู"), told("มายด์เมนู"), text="เมนู"),
    unheard("an address at the name", listening("helper"), told("helper@example.com is mine")),
    unheard("an address of the web", listening("helper"), told("helper.com is down")),
    unheard("a longer name with a low line", listening("helper"), told("helper_bot hi")),
    unheard("what the bot owns", listening("helper"), told("helper's menu is bad")),
    unheard("a clerk", listening("小店"), told("小店員在嗎")),
    unheard("a clerk's menu", named("小店"), told("小店員 菜單")),
    unheard("a manager before a comma", listening("小店"), told("小店長，菜單")),
    unheard("a manager in simplified characters", listening("小店"), told("小店长好")),
    unheard("an emoji before a clerk", listening("小店"), told("👋小店員在嗎")),
    unheard("an herb that begins as a Korean name", listening("미나"), told("미나리 주세요")),
    unheard("fireworks that begin as a Japanese name", listening("はな"), told("はなび見たい")),
    unheard("the name at the end", listening("小店"), told("我在小店")),
    unheard("the name behind a word", listening("小店"), told("請小店 菜單")),
    unheard("the name in the second line", listening("小店"), told("大家好\n小店 菜單")),
    unheard("half of the name", listening("小店總部"), told("小店 菜單")),
    unheard("the name with a blank inside", listening("小店"), told("小 店 菜單")),
    unheard("another name in the same letters", listening("麵店"), told("面談店在哪裡")),
    unheard("a longer word of English", listening("shop"), told("shopping today?")),
    unheard("a longer word of Cyrillic", listening("бот"), told("ботинки есть?")),
    unheard("a name before a digit", listening("shop"), told("shop2 menu")),
    unheard("an emoji alone in a group", listening("小店"), told("👋")),
    unheard("an emoji and somebody else", listening("小店"), told("👋 大家好")),
]

ROWS = [*AT, *TITLES, *NAMES]

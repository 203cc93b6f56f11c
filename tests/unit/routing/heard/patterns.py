r"""Patterns: ``\w \d \s \b`` know every script, ``.`` passes line breaks, literals are folded as keywords are."""

from __future__ import annotations

from tests.unit.routing.heard.rows import heard, pattern, unheard

WORDS = [
    heard("a Chinese name", pattern(r"我叫(?P<who>\w+)"), "我叫陳小明", who="陳小明"),
    heard("a Chinese name before a comma", pattern(r"我叫(?P<who>\w+)"), "我叫林美惠，你好", who="林美惠"),
    heard("a Japanese name", pattern(r"名前は(?P<who>\w+)"), "名前は山田太郎", who="山田太郎"),
    heard("kana with a long vowel", pattern(r"^(?P<dish>\w+)を"), "コーヒーを二つ", dish="コーヒー"),
    heard("half-width kana are as written", pattern(r"^(?P<dish>\w+)$"), "ｶﾚｰ", dish="ｶﾚｰ"),
    heard("a Korean name", pattern(r"이름은 (?P<who>\w+)"), "이름은 김민수", who="김민수"),
    heard("a Thai name", pattern(r"ชื่อ(?P<who>\w+)"), "ชื่อสมชาย", who="สมชาย"),
    heard("a Thai name with marks", pattern(r"ชื่อ (?P<who>\w+)"), "ชื่อ น้ำฝน ครับ", who="น้ำฝน"),
    heard("a Hindi name with marks", pattern(r"नाम (?P<who>\w+)"), "नाम प्रिया है", who="प्रिया"),
    heard("a Russian name", pattern(r"меня зовут (?P<who>\w+)"), "Меня зовут Наташа!", who="Наташа"),
    heard(
        "a French name after a smart apostrophe", pattern(r"je m'appelle (?P<who>\w+)"), "Je m’appelle Zoé", who="Zoé"
    ),
    heard(
        "a name whose accent is a character of its own",
        pattern(r"name is (?P<who>\w+)"),
        "name is Zoe\u0301",
        who="Zoe\u0301",
    ),
    heard("a Vietnamese name", pattern(r"tên là (?P<who>\w+)"), "Tên là Đức", who="Đức"),
    heard("an Arabic name", pattern(r"اسمي (?P<who>\w+)"), "اسمي محمد", who="محمد"),
    heard("wide letters become ASCII", pattern(r"^代號(?P<code>\w+)$"), "代號ＡＢ１２", code="AB12"),
    heard("a name that is counted", pattern(r"^(?P<who>\w{2,4})$"), "陳小明", who="陳小明"),
    heard(
        "two names with a blank", pattern(r"^(?P<first>\w+)\s(?P<last>\w+)$"), "김\u3000민수", first="김", last="민수"
    ),
    heard("a word in a class", pattern(r"信箱(?P<box>[\w.-]+)"), "信箱陳-小明.tw", box="陳-小明.tw"),
    heard("a word and a blank in a class", pattern(r"找[\s:]*(?P<what>[\w ]+)"), "找：鼎泰豐 101", what="鼎泰豐 101"),
    heard("letters and no digits", pattern(r"(?P<what>[^\W\d]+)"), "42號", what="號"),
    heard("what isn't a word", pattern(r"^查\W+(?P<what>\w+)$"), "查、天氣", what="天氣"),
    heard("what isn't a word in a class", pattern(r"^查[\W_]+(?P<what>\w+)$"), "查——天氣", what="天氣"),
    heard("nothing but signs", pattern(r"^\W+$"), "？！…"),
    unheard("Han is a word", pattern(r"^\W+$"), "你好"),
    unheard("kana is a word", pattern(r"\W"), "ラーメン"),
    unheard("Thai marks are parts of words", pattern(r"\W"), "น้ำ"),
    unheard("Hindi marks are parts of words", pattern(r"\W"), "हिन्दी"),
    unheard("an accented word is no ASCII range", pattern("^[a-z]+$"), "café"),
    unheard("a sign after a word", pattern(r"^\w+$"), "你好嗎？"),
    unheard("five characters are no four", pattern(r"^\w{2,4}$"), "歐陽小明呢"),
    unheard("an emoji is no word", pattern(r"\w"), "🍜"),
    unheard("a digit of Thailand is a digit", pattern(r"^[^\W\d]+$"), "๑๒"),
]

EDGES = [
    heard("an accent before an edge", pattern(r"\bcafé\b"), "un café noir"),
    heard("an accent after an edge", pattern(r"\bété\b"), "cet été!"),
    heard("a Cyrillic word between edges", pattern(r"\bменю\b"), "дай меню!"),
    heard("a Greek word between edges", pattern(r"\bκαφές\b"), "ένας καφές"),
    heard("a Turkish word between edges", pattern(r"\bçay\b"), "iki çay lütfen"),
    heard("a Korean word between edges", pattern(r"\b메뉴\b"), "네 메뉴 주세요"),
    heard("a Han word between signs", pattern(r"\b菜單\b"), "「菜單」"),
    heard("an edge at the end of a text", pattern(r"(?P<what>\w+)\b$"), "要 紅茶", what="紅茶"),
    heard("no edge within a Cyrillic word", pattern(r"\Bню\b"), "меню"),
    unheard("a Cyrillic word within a longer one", pattern(r"\bменю\b"), "менюшка"),
    unheard("a word before an accent", pattern(r"\bcaf\b"), "café"),
    unheard("a word before a tilde of Portuguese", pattern(r"\bpo\b"), "poções"),
    unheard("a word after an accent", pattern(r"\btat\b"), "état"),
    unheard("a Greek word within a longer one", pattern(r"\bκαφές\b"), "νεσκαφές"),
    unheard("a Korean word with its particle", pattern(r"\b메뉴\b"), "메뉴를"),
    unheard("an edge is no non-edge", pattern(r"\Bменю"), "дай меню"),
]

BLANKS = [
    heard("a wide blank of a Japanese keyboard", pattern(r"名前\s(?P<who>\S+)"), "名前\u3000佐藤", who="佐藤"),
    heard("a hard blank of a web page", pattern(r"訂單\s(?P<number>\d+)"), "訂單\u00a042", number="42"),
    heard(
        "a line separator between a word and a name", pattern(r"名字\s+(?P<who>\S+)"), "名字\u2028陳大文", who="陳大文"
    ),
    heard(
        "a vertical tab between a word and a name", pattern(r"名字\s+(?P<who>\S+)"), "名字\u000b陳大文", who="陳大文"
    ),
    heard("an em blank in a class", pattern(r"名字[\s:]+(?P<who>\S+)"), "名字：\u2003陳大文", who="陳大文"),
    heard("what is no blank in a class", pattern(r"^給(?P<who>[^\s,]+)"), "給王小姐\u3000謝謝", who="王小姐"),
    unheard("a wide blank is a blank", pattern(r"^\S+$"), "你\u3000好"),
    unheard("a line separator is a blank", pattern(r"^\S+$"), "你\u2028好"),
    unheard("a hard blank is no word", pattern(r"^\w+$"), "你\u00a0好"),
    unheard("no blank where one must be", pattern(r"訂單\s+\d"), "訂單42"),
]

LINES = [
    heard("an order in lines", pattern(r"訂購\s*(?P<items>.+)"), "訂購\n紅茶 2\n拿鐵 1", items="紅茶 2\n拿鐵 1"),
    heard(
        "an order in lines of Windows",
        pattern(r"訂購\s*(?P<items>.+)"),
        "訂購\r\n紅茶 2\r\n拿鐵 1",
        items="紅茶 2\r\n拿鐵 1",
    ),
    heard(
        "an address between two words", pattern("地址(?P<where>.+)電話"), "地址\n台北市\n電話 02", where="\n台北市\n"
    ),
    heard("one dot for one line break", pattern("^早安.午安$"), "早安\n午安"),
    heard("a lazy dot", pattern("姓名(?P<who>.*?)電話"), "姓名 王\n電話", who=" 王\n"),
    heard("a Japanese form in lines", pattern("氏名：(?P<who>.+)人数：(?P<count>.)"), "氏名：佐藤\n人数：3", count="3"),
    heard("a Thai order in lines", pattern("สั่ง(?P<items>.+)"), "สั่ง\nชา 2\nกาแฟ 1", items="\nชา 2\nกาแฟ 1"),
    heard("a line alone where the owner says so", pattern(r"(?-s)備註\s*(?P<note>.+)"), "備註 少冰\n紅茶", note="少冰"),
    heard("a group's line alone", pattern(r"備註 (?P<note>(?-s:.+))"), "備註 少冰\n紅茶", note="少冰"),
    heard(
        "a line's beginning and end", pattern(r"(?m)^電話 (?P<phone>\d+)$"), "姓名 王\n電話 0912\n謝謝", phone="0912"
    ),
    heard("what isn't a line break", pattern(r"備註 (?P<note>[^\n]+)"), "備註 少冰\n紅茶", note="少冰"),
    unheard("a line break where the owner wants none", pattern("(?-s)名字.+電話"), "名字 陳\n電話"),
    unheard("a line break in a group that wants none", pattern("名字(?-s:.+)電話"), "名字 陳\n電話"),
    unheard("a line break that isn't in the class", pattern("^A[^\n]+Z$"), "A\nZ"),
    unheard("the beginning of a line is not that of the text", pattern("^電話"), "姓名 王\n電話 0912"),
    unheard("the end of a line is not that of the text", pattern("王$"), "姓名 王\n電話 0912"),
]

CLASSES = [
    heard("a range of Han", pattern("^我叫(?P<who>[一-龥]{2,4})$"), "我叫陳小明", who="陳小明"),
    heard("a range of Han in numbers", pattern(r"^我叫(?P<who>[\x{4e00}-\x{9fa5}]{2,4})$"), "我叫陈小明", who="陈小明"),
    heard("a script by name", pattern(r"^(?P<what>\p{Han}+)$"), "營業時間", what="營業時間"),
    heard("a range of hiragana", pattern("^(?P<what>[ぁ-ん]+)$"), "おすすめ", what="おすすめ"),
    heard("a range of katakana", pattern("^(?P<what>[ァ-ヶー]+)$"), "ラーメン", what="ラーメン"),
    heard("a range of Hangul", pattern("^(?P<who>[가-힣]{2,4})님$"), "김민수님", who="김민수"),
    heard("a range of Thai", pattern("^ชื่อ (?P<who>[ก-๙]+)$"), "ชื่อ แก้ว", who="แก้ว"),
    heard("a range of Thai with two short vowels", pattern("^ชื่อ (?P<who>[ก-๙]+)$"), "ชื่อ เเก้ว", who="เเก้ว"),
    heard("a range of Thai with sara am", pattern("^ชื่อ (?P<who>[ก-๙]+)$"), "ชื่อ น้ำ", who="น้ำ"),
    heard("a range of Cyrillic in capitals", pattern("^(?P<what>[а-яё]+)$"), "ЁЛКА", what="ЁЛКА"),
    heard("a range of accents", pattern("^(?P<who>[a-zà-ÿ]+)$"), "Zoé", who="Zoé"),
    heard("a class of both scripts", pattern("^(?P<what>[飯饭麵面])$"), "麵", what="麵"),
    heard("a class of colons", pattern(r"電話[:：]\s*(?P<phone>\d+)"), "電話： 0912", phone="0912"),
    unheard("a range of Han has no kana", pattern("^[一-龥]+$"), "お寿司"),
    unheard("a range of katakana has no hiragana", pattern("^[ァ-ヶー]+$"), "らーめん"),
    unheard("a range of Hangul has no Han", pattern("^[가-힣]+$"), "大韓民國"),
    unheard("a range of Thai has no Latin", pattern("^[ก-๙]+$"), "menu"),
    unheard("everything but a dish", pattern("^[^飯]+$"), "炒飯"),
]

LITERALS = [
    heard("a wide dollar", pattern(r"\$(?P<price>\d+)"), "＄500", price="500"),
    heard("a wide question mark", pattern(r"(?P<what>.)嗎\?$"), "有嗎？", what="有"),
    heard("wide plus signs", pattern(r"c\+\+"), "學Ｃ＋＋"),
    heard("a number with another unit's sign", pattern(r"(?P<percent>\d+)%"), "打８５％", percent="85"),
    heard("a form of Hong Kong in a pattern", pattern("裏面(?P<next>.)"), "裡面呢", next="呢"),
    heard("a pattern in capitals of Cyrillic", pattern("ЗАКАЗ (?P<number>.+)"), "заказ 42", number="42"),
    heard("a name in a group of Han", pattern(r"(?P<姓>\w)先生"), "陳先生您好", 姓="陳"),
    heard("letters as POSIX has them", pattern("^(?P<who>[[:alpha:]]+)先生"), "陳先生您好", who="陳"),
    heard("words as POSIX has them", pattern("^(?P<what>[[:word:]]+)$"), "café_2", what="café_2"),
    unheard("letters as POSIX has them are no digits", pattern("^[[:alpha:]]+$"), "a1"),
    unheard("a dot that is one", pattern(r"^3\.5$"), "3x5"),
    unheard("a plus that is one", pattern(r"^c\+\+$"), "ccc"),
    unheard("a bracket that is one", pattern(r"\[menu\]"), "m"),
    unheard("a wide question mark is no quantifier", pattern("有嗎？"), "有"),
    unheard("a wide asterisk is no quantifier", pattern("^好＊$"), "好好好"),
    unheard("a wide bar is no alternative", pattern("^菜單｜價目$"), "菜單"),
]

ROWS = [*WORDS, *EDGES, *BLANKS, *LINES, *CLASSES, *LITERALS]

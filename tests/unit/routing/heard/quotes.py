"""Quotes, apostrophes and primes: phones, word processors and input methods put their own."""

from __future__ import annotations

from tests.unit.routing.heard.rows import exact, heard, keyword, pattern, prefix, unheard

APOSTROPHES = [
    heard("an iPhone makes the apostrophe smart", keyword("don't"), "I don’t know"),
    heard("the owner wrote bot.yaml in a word processor", keyword("don’t"), "i don't know"),
    heard("a Chinese phone keyboard gives the opening mark first", keyword("what's new"), "What‘s new?"),
    heard("a full-width apostrophe of a Chinese keyboard", keyword("it's"), "Ｉｔ＇ｓ me"),
    heard("a German keyboard's backtick beside the apostrophe", keyword("can't"), "I can`t come"),
    heard("a French keyboard's acute accent", keyword("l'addition"), "L´addition merci"),
    heard("a Spanish keyboard's dead accent pressed once too late", keyword("cafe"), "un cafe´ solo"),
    heard("a prime pasted from a dictionary", keyword("o'clock"), "5 o′clock"),
    heard("Ukrainian with the letter apostrophe that its layout types", keyword("м'ята"), "чай мʼята"),
    heard("Ukrainian with an iPhone's apostrophe", exact("п'ять"), "П’ять"),
    heard("a Hawaiian keyboard's okina", keyword("o'ahu"), "fly to Oʻahu"),
    heard("French with two smart marks", exact("qu'est-ce que c'est"), "Qu’est-ce que c’est"),
    heard("two apostrophes around a letter", keyword("rock 'n' roll"), "Rock ‘n’ Roll tonight"),
    heard("Italian from an Android phone", exact("dov'è"), "Dov’è"),
    heard("an Uzbek letter with a turned mark", keyword("so'm"), "100 soʻm"),
    heard("a smart apostrophe at the end of a name", keyword("chefs' choice"), "The Chefs’ Choice please"),
    heard("a smart apostrophe in a prefix", prefix("what's"), "What’s open on Sunday", rest="open on Sunday"),
    heard("a smart apostrophe in the rest is kept", prefix("note"), "note don’t ring", rest="don’t ring"),
    heard(
        "a straight apostrophe in a pattern, a smart one typed", pattern(r"I'm (?P<who>[A-Z]\w+)"), "I’m Amy", who="Amy"
    ),
    heard(
        "a smart apostrophe in a pattern, a straight one typed", pattern(r"I’m (?P<who>[A-Z]\w+)"), "I'm Amy", who="Amy"
    ),
    heard("both apostrophes in a class", pattern("^he['’]s (?P<how>.+)$"), "He’s late", how="late"),
    unheard("we’ll isn't well", keyword("well"), "we’ll come at six"),
    unheard("she’ll isn't shell", keyword("shell"), "she’ll have tea"),
    unheard("I’ll isn't ill", keyword("ill"), "I’ll take two"),
    unheard("we’d isn't wed", keyword("wed"), "we’d like a table"),
    unheard("it’s isn't its", exact("its"), "it’s"),
    unheard("he’ll isn't hell", exact("hell"), "He’ll"),
    unheard("can’t isn't cant", keyword("cant"), "I can’t"),
    unheard("paint has no ain't in it", keyword("ain't"), "paint"),
    unheard("a French article is no part of the word", exact("étoile"), "l’étoile"),
]

QUOTES = [
    heard("an iPhone makes quotes smart", exact('the "big" one'), "The “big” one"),
    heard("the owner's quotes are smart, the person's aren't", exact("the “small” one"), 'the "small" one'),
    heard("German quotes", keyword('"Tagesmenü"'), "das „Tagesmenü“ bitte"),
    heard("German quotes the other way round", keyword('"Tagesmenü"'), "das »Tagesmenü« bitte"),
    heard("French quotes without spaces", exact('"menu du jour"'), "«menu du jour»"),
    heard("Russian quotes", keyword('кафе "Волна"'), "адрес кафе «Волна»"),
    heard("Polish quotes", keyword('"Zestaw dnia"'), "poproszę „zestaw dnia”"),
    heard("Swedish quotes", exact('"dagens"'), "”dagens”"),
    heard("corner brackets in bot.yaml, a mainland keyboard's quotes typed", exact("「招牌」套餐"), "“招牌”套餐"),
    heard("ASCII quotes typed for corner brackets", exact("「招牌」套餐"), '"招牌"套餐'),
    heard("corner brackets typed for ASCII quotes", keyword('"大"的'), "我要「大」的"),
    heard("double corner brackets of a book's name", keyword("「小王子」"), "有『小王子』嗎"),
    heard("half-width corner brackets of a Japanese feature phone", exact("「はい」"), "｢はい｣"),
    heard("full-width quotes of a Windows input method", keyword('尺寸"L"'), "尺寸＂L＂一件"),
    heard("a Taiwanese symbol table's double primes", exact('"好"'), "〝好〞"),
    heard("a Hebrew phone's double apostrophe", keyword('צה"ל'), "מוזיאון צה״ל"),
    heard("inches with a double prime", keyword('24" monitor'), "a 24″ monitor"),
    heard("inches with a smart quote", keyword('12" pizza'), "one 12” pizza"),
    heard("feet with a prime", keyword("6' ladder"), "the 6′ ladder"),
    heard(
        "a pattern between quotes finds corner brackets",
        pattern('找"(?P<title>[^"]+)"'),
        "找「挪威的森林」",
        title="挪威的森林",
    ),
    heard(
        "a pattern between corner brackets finds quotes", pattern("找「(?P<title>.+)」"), "找“小王子”", title="小王子"
    ),
    heard("a class of quotes", pattern("[「『](?P<title>[^」』]+)[」』]"), "有『雪國』嗎", title="雪國"),
    heard("a class of smart quotes", pattern('[“"](?P<word>[^”"]+)[”"]'), "say “hi there” now", word="hi there"),
    heard("quotes in the rest are kept", prefix("找"), "找「雪國」", rest="「雪國」"),
    unheard("feet are no inches", keyword("5'"), "a 5″ screen"),
    unheard("inches are no feet", keyword('6" sub'), "a 6’ sub"),
    unheard("a quoted word and more", exact('"ok"'), "“ok” 好"),
    unheard("the quotes stand around another word", keyword('"大"杯'), "大「杯」"),
    unheard("a pattern wants quotes", pattern('找"(?P<title>[^"]+)"'), "找挪威的森林"),
    unheard("only one side is quoted", pattern("「(?P<title>[^」]+)」"), "「小王子"),
    unheard("round brackets are no quotes", exact("「招牌」套餐"), "（招牌）套餐"),
    unheard("mathematical signs are no quotes", exact('"menu"'), "<menu>"),
]

ROWS = [*APOSTROPHES, *QUOTES]

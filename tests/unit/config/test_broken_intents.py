"""Check that every mistake in intents is found, at its place, with words that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import ANY, HEAD, Case, case, differences, error, found_in, warning

FIVE = "[open today, when open, hours, are you open, opening times]"
ROUTE = "    routes:\n      - {name: hi, intent: hours, reply: ok}\n"
FEW_HINT = "five to ten, worded differently, are best"


def bot(*lines: str, routes: str = ROUTE) -> str:
    """Return a file whose bot has *lines* under `intents:`, from line 9, column 7 on; its routes follow."""
    head = f"{HEAD}    plugins: {{bigrams: }}\n    understanding: {{classifier: bigrams}}\n    intents:\n"
    return head + "".join(f"      {line}\n" for line in lines) + routes


def hours(*lines: str) -> str:
    """Return a file whose intent `hours` has *lines* besides good examples, from line 11, column 9 on."""
    return bot("hours:", f"  examples: {FIVE}", *(f"  {line}" for line in lines))


def asking(*lines: str) -> str:
    """Return a file with one good intent and a route `it` that has *lines*, from line 12, column 9 on."""
    routes = "    routes:\n      - name: it\n" + "".join(f"        {line}\n" for line in lines)
    return bot(f"hours: {{examples: {FIVE}}}", routes=routes)


DECLARING = [
    case("all is well", hours()),
    case(
        "neither examples nor sentences",
        bot("hours: {label: Hours}"),
        error(
            9,
            7,
            "intent `hours` has neither `examples` nor `sentences`",
            "write five to ten sentences under `examples:`, or exact wording under `sentences:`",
        ),
    ),
    case("misspelt key", hours("exampels: x"), error(11, 9, "unknown key `exampels` in `hours`", ANY)),
    case(
        "name with a space",
        bot(f"opening hours: {{examples: {FIVE}}}"),
        error(9, 7, "…a name is…"),
        error(11, 28, ANY, ANY),
    ),
    case("empty example", bot("hours: {examples: [a, '', b, c, d]}"), error(9, 29, "`examples`: may not be empty")),
    case(
        "example of which nothing is left",
        bot("hours: {examples: [a, b, c, d, '\u200b']}"),
        error(9, 38, "`examples`: nothing is left of this text once it is normalised"),
        warning(9, 15, "intent `hours` has 4 examples; it is told apart well from 5 on", FEW_HINT),
    ),
    case(
        "long example",
        hours("label: x").replace("hours, are", f"{'x' * 501}, are"),
        error(10, 43, "`examples`: 501 characters, at most 500"),
        warning(10, 9, ANY, ANY),
    ),
    case(
        "few examples",
        bot("hours: {examples: open}"),
        warning(9, 15, "intent `hours` has 1 example; it is told apart well from 5 on", FEW_HINT),
    ),
    case(
        "example of two intents",
        bot(f"hours: {{examples: {FIVE}}}", "order:", "  examples: [a table, 'Open Today!', b, c, d]"),
        error(
            11,
            29,
            "example `Open Today!` is one of intent `hours`, too",
            "the other is at bot.yaml:9:26; leave it in one of the two",
        ),
        warning(11, 9, ANY, ANY),
    ),
    case(
        "example twice",
        hours().replace("opening times", "opening times, Hours"),
        warning(10, 79, "example `Hours` stands here twice", "the first is at bot.yaml:10:43"),
    ),
    case(
        "threshold above 1",
        hours("threshold: 2"),
        error(11, 20, "`threshold`: expected a number from 0 to 1, or one of lenient, default, strict"),
    ),
    case(
        "threshold in words",
        hours("threshold: high"),
        error(11, 20, "`threshold`: expected a number from 0 to 1, or one of lenient, default, strict"),
    ),
    case(
        "threshold that is no number",
        hours("threshold: nan"),
        error(11, 20, "`threshold`: expected a number from 0 to 1, or one of lenient, default, strict"),
    ),
]

ENTITIES = [
    case(
        "entities of all kinds", hours("entities: {a: number, b: date, c: time, d: {values: [x, y]}, e: {pattern: z}}")
    ),
    case(
        "entity that is not declared",
        hours("sentences: ['open on {dya}']", "entities: {day: date}"),
        error(11, 21, "`{dya}` is no entity of this intent", "did you mean `day`?"),
    ),
    case(
        "entity of an example that is not declared",
        hours().replace("hours, are", "'{when} open', are"),
        error(10, 43, "`{when}` is no entity of this intent", "declare it under `entities:`, as in `when: number`"),
        warning(10, 9, ANY, ANY),
    ),
    case(
        "unknown kind",
        hours("entities: {day: dat}"),
        error(11, 25, "`day`: expected `number`, `date` or `time`", "did you mean `date`?"),
    ),
    case(
        "entity that says nothing",
        hours("entities: {day: {}}"),
        error(11, 20, "entity `day` says nothing", "write one of values, pattern, number, date, time"),
    ),
    case(
        "entity that says two things",
        hours("entities: {day: {values: [a], pattern: b}}"),
        error(
            11, 20, "entity `day` has both `values` and `pattern`", "write one of values, pattern, number, date, time"
        ),
    ),
    case(
        "pattern that RE2 refuses",
        hours("entities: {code: {pattern: '(?=a)'}}"),
        error(11, 36, "`pattern`: invalid perl operator: (?="),
    ),
    case(
        "long word",
        hours(f"entities: {{a: {{values: [{'x' * 101}]}}}}"),
        error(11, 33, "`values`: 101 characters, at most 100"),
    ),
    case("empty list", hours("entities: {a: {values: []}}"), error(11, 32, ANY)),
    case(
        "broken sentence",
        hours("sentences: 'when (open|shut'"),
        error(
            11,
            20,
            "`sentences`: `)` is missing at its end",
            "(a|b) is one of several, [a] may be left out, {name} is an entity; \\( is a bracket",
        ),
    ),
]

ROUTES = [
    case(
        "unknown intent",
        asking("intent: hour", "reply: a"),
        error(12, 17, "`intent`: there is no intent `hour`", "did you mean `hours`?"),
    ),
    case(
        "one of two unknown",
        asking("intent: [hours, zzz]", "reply: a"),
        error(12, 25, "`intent`: there is no intent `zzz`", "known are hours"),
    ),
    case(
        "intents declared nowhere",
        HEAD + "    routes:\n      - {name: it, intent: hours, reply: a}\n",
        error(7, 28, "`intent`: there is no intent `hours`", "declare it under `intents:`, with examples"),
    ),
    case(
        "unsure of one",
        asking("unsure: true", "reply: a"),
        error(12, 9, "`unsure` needs at least two intents to choose from"),
    ),
    case(
        "placeholder that the intent has not",
        asking("intent: hours", "reply: '{match.day}'"),
        error(13, 16, "unknown name in `{match.day}`", ANY),
    ),
    case(
        "placeholders of an intent",
        asking("intent: hours", "reply: '{match.intent} {match.score} {match.runner_up} {match.text}'"),
    ),
    case(
        "intent beside postback",
        asking("intent: hours", "postback: a=1", "reply: a"),
        warning(11, 9, "route `it` can never win: no event has both a text and postback data", "make it two routes"),
    ),
    case(
        "example that an earlier route answers",
        bot(
            f"hours: {{examples: {FIVE}}}",
            routes="    routes:\n      - {name: menu, keyword: today, reply: a}\n"
            "      - {name: it, intent: hours, reply: b}\n",
        ),
        warning(
            9,
            26,
            "`open today` never gets to route `it`: `menu` (bot.yaml:11:10) answers first",
            "try it: hookline explain shop 'open today'",
        ),
    ),
]

TWICE = "    routes:\n      - {name: a, intent: hours, reply: a}\n      - {name: b, intent: hours, reply: b}\n"
OVERLAPS = [
    case(
        "second route of one intent",
        bot(f"hours: {{examples: {FIVE}}}", routes=TWICE),
        warning(12, 10, "route `b` can never win: `a` (bot.yaml:11:10) answers first", "put it earlier"),
    ),
    case(
        "sentence that is another's example",
        bot(
            f"hours: {{examples: {FIVE}}}",
            "now: {sentences: '[are you] open (now|today)'}",
            routes=f"{ROUTE}      - {{name: now, intent: now, reply: ok}}\n",
        ),
        warning(
            9,
            26,
            "example `open today` of `hours` is the sentence `[are you] open (now|today)` of `now`",
            "leave it in one of the two",
        ),
    ),
    case(
        "entity that takes a name of ours",
        hours("entities: {score: number}"),
        error(
            11,
            20,
            "an entity can't be named `score`: `{match.score}` is something else",
            "choose another name",
        ),
    ),
]

CLASSIFIERS = [
    case(
        "unknown classifier",
        hours().replace("classifier: bigrams", "classifier: bigram"),
        error(7, 33, "`classifier`: there is no classifier `bigram`", "did you mean `bigrams`?"),
    ),
    case(
        "misspelt key of understanding",
        hours().replace("classifier: bigrams", "clasifier: bigrams"),
        error(7, 21, "unknown key `clasifier` in `understanding`", "did you mean `classifier`?"),
    ),
]


@pytest.mark.parametrize("given", [*DECLARING, *ENTITIES, *ROUTES, *OVERLAPS, *CLASSIFIERS], ids=str)
def test_mistake_is_found_at_its_place(tmp_path: Path, given: Case) -> None:
    found = found_in(tmp_path, given.text)

    assert differences(given.expected, found) == []


def test_pack_brings_its_intents(tmp_path: Path) -> None:
    intents = f"    intents:\n      thanks: {{examples: {FIVE}}}\n"
    pack = f"packs:\n  polite:\n{intents}    routes:\n      - {{name: t, intent: thanks, reply: ok}}\n"
    mine = "      - {name: mine, intent: polite.thanks, when: {chat: group}, reply: again}\n"
    text = bot(
        "other: {examples: [a, b, c, d, e]}",
        routes=f"    routes:\n{mine}      - include: polite\n      - {{name: o, intent: other, reply: ok}}\n",
    ).replace("bots:\n", f"{pack}bots:\n")

    assert found_in(tmp_path, text) == []


def test_pack_knows_its_own_intents_only(tmp_path: Path) -> None:
    pack = "packs:\n  polite:\n    routes:\n      - {name: t, intent: hours, reply: ok}\n"
    text = bot(f"hours: {{examples: {FIVE}}}", routes="    routes:\n      - include: polite\n").replace(
        "bots:\n", f"{pack}bots:\n"
    )
    (found,) = found_in(tmp_path, text)

    assert (found.line, found.column, found.message) == (5, 27, "`intent`: there is no intent `hours`")

"""What is found across all routes of a bot and the packs that it includes: what has no use, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import HEAD, Case, bot, case, differences, error, found_in, warning

INTENTS = "    plugins: {bigrams: }\n    understanding: {classifier: bigrams}\n    intents:\n"
FIVE = "{examples: [open today, when open, hours, are you open, opening times]}"
OTHERS = "{examples: [order, an order, i order, ordering, to order]}"
UNUSED = "add one, or leave the intent out, unless it is there to keep texts from the others"
NOT_LOOKED_AT = "is always empty here: the state of the conversation isn't looked at for this answer"
STATE = "the state is what handlers and `set:` keep: add one of them, or leave this out"


def meant(intents: str, *routes: str) -> str:
    """Return a file whose bot has *intents*, from line 9 on, and *routes*."""
    return HEAD + INTENTS + intents + "    routes:\n" + "".join(f"      - {{{route}}}\n" for route in routes)


def packed(route: str, *routes: str) -> str:
    """Return a file whose bot includes the pack `a`, with an intent in line 5 and *route*, and has *routes*."""
    pack = f"packs:\n  a:\n    intents:\n      order: {OTHERS}\n    routes:\n      - {{{route}}}\n"
    head = HEAD.replace("bots:\n", f"{pack}bots:\n") + INTENTS.removesuffix("    intents:\n")
    return head + "    routes:\n      - include: a\n" + "".join(f"      - {{{route}}}\n" for route in routes)


HOURS = "name: hi, intent: hours, reply: ok"
INTENTS_IN_USE = [
    case("all is well", meant(f"      hours: {FIVE}\n", HOURS)),
    case(
        "intent that no route looks for",
        meant(f"      hours: {FIVE}\n      order: {OTHERS}\n", HOURS),
        warning(10, 7, "no route of bot `shop` looks for intent `order`", UNUSED),
    ),
    case(
        "intent of a pack that no route looks for",
        packed("name: b, keyword: c, reply: d"),
        warning(5, 7, "no route of any bot looks for intent `a.order`", UNUSED),
    ),
    case(
        "intent of a pack that the bot uses",
        packed("name: b, keyword: c, reply: d", "name: mine, intent: a.order, reply: d"),
    ),
    case(
        "intent whose route in the pack the bot has left out",
        packed("name: b, intent: order, reply: d", "name: a.b, enabled: false", "name: e, otherwise: true, reply: f"),
    ),
    case(
        "one of two intents is taken",
        meant(f"      hours: {FIVE}\n      order: {OTHERS}\n", HOURS, "name: b, intent: [order, hours], reply: ok"),
        warning(
            13,
            10,
            "intent `hours` never gets to route `b`: `hi` (bot.yaml:12:10) answers first",
            "put it earlier",
        ),
    ),
    case(
        "text that is an example of an intent",
        meant(f"      hours: {FIVE}\n", HOURS, "name: b, exact: Opening times!, reply: ok"),
        warning(
            12,
            10,
            "route `b` can never win: `hi` (bot.yaml:11:10) answers first",
            "try it: hookline explain shop 'Opening times!'",
        ),
    ),
    case(
        "text that is a sentence of an intent",
        meant(
            "      hours: {sentences: '[are you] open (now|today)'}\n",
            HOURS,
            "name: b, keyword: [beer, open now], reply: ok",
        ),
        warning(
            12,
            10,
            "`open now` never gets to route `b`: `hi` (bot.yaml:11:10) answers first",
            "try it: hookline explain shop 'open now'",
        ),
    ),
]

STATES = [
    case(
        "state that nothing sets",
        bot("routes:", "  - {name: a, keyword: b, when: {state: {step: two}}, reply: c}"),
        warning(7, 10, "route `a` looks at `state.step`, and bot `shop` runs no handler that could set it", STATE),
    ),
    case(
        "state in a text that nothing sets",
        bot("routes:", "  - {name: a, keyword: b, reply: '{state.name|you}'}"),
        warning(7, 10, "route `a` looks at `{state.name}`, and bot `shop` runs no handler that could set it", STATE),
    ),
    case(
        "state in a busy answer that nothing sets",
        bot("routes:", "  - {name: a, keyword: b, reply: c, overlap: reject, busy: '{state.name|you}'}"),
        warning(7, 10, "route `a` looks at `{state.name}`, and bot `shop` runs no handler that could set it", STATE),
    ),
    case(
        "state where it isn't looked at",
        bot(
            "plugins: {echo: {}}",
            "on_error: ['{state.name|you}: sorry']",
            "limits: {per_user: {messages: 9, within: 1m, reply: '{state.name|you}: enough'}}",
            "routes:",
            "  - {name: d, keyword: e, run: echo.say}",
        ),
        warning(7, 15, f"`{{state.name}}` {NOT_LOOKED_AT}", "leave it out"),
        warning(8, 57, f"`{{state.name}}` {NOT_LOOKED_AT}", "leave it out"),
    ),
    case(
        "state that must be missing", bot("routes:", "  - {name: a, keyword: b, when: {state: {step: null}}, reply: c}")
    ),
    case(
        "state that a handler may set",
        bot(
            "plugins: {echo: {}}",
            "routes:",
            "  - {name: a, keyword: b, when: {state: {step: two}}, reply: c}",
            "  - {name: d, keyword: e, run: echo.say}",
        ),
    ),
]

PARTS = [
    case(
        "type of event that is taken",
        bot(
            "routes:",
            "  - {name: a, on: message.image, reply: b}",
            "  - {name: c, on: [message.video, message.image], reply: d}",
        ),
        warning(
            8,
            10,
            "no event of type `message.image` gets to route `c`: `a` (bot.yaml:7:10) answers first",
            "put it earlier",
        ),
    ),
    case(
        "several routes that together take everything",
        bot(
            "routes:",
            "  - {name: a, keyword: hi, when: {time: 09:00-18:00}, reply: b}",
            "  - {name: c, keyword: hi, when: {time: 18:00-09:00}, reply: d}",
            "  - {name: e, exact: hi, reply: f}",
        ),
        warning(
            9,
            10,
            "route `e` can never win: `a` (bot.yaml:7:10) and `c` (bot.yaml:8:10) answer first",
            "try it: hookline explain shop 'hi'",
        ),
    ),
    case(
        "pattern behind a keyword",
        bot(
            "routes:",
            "  - {name: a, keyword: 退貨, reply: b}",
            "  - {name: c, pattern: '(退|換)貨', reply: d}",
        ),
        warning(
            8,
            10,
            "`退貨` never gets to route `c`: `a` (bot.yaml:7:10) answers first",
            "try it: hookline explain shop '退貨'",
        ),
    ),
    case(
        "route of a plugin's pack behind one of the bot's",
        bot("plugins: {tickets: {}}", "routes:", "  - {name: a, keyword: next, reply: b}", "  - include: tickets"),
        warning(
            12,
            5,
            "`next` never gets to route `tickets.next`: `a` (bot.yaml:8:10) answers first",
            "try it: hookline explain shop 'next'",
        ),
    ),
]

MISSING = [
    case(
        "handler in an override",
        bot(
            "plugins: {tickets: {}}",
            "routes:",
            "  - include: tickets",
            "  - {name: tickets.take, override: true, keyword: 號, run: tickets.taek}",
        ),
        error(9, 63, "`run`: plugin `tickets` has no handler `taek`", "did you mean `take`?"),
    ),
    case(
        "plugin with a dash for its package",
        bot("plugins: {price_list: {}}"),
        error(6, 15, "plugin `price_list` is not installed", "pip install hookline-price-list"),
    ),
    case(
        "plugin with a name that no package has",
        bot("plugins: {天氣: {}}"),
        error(6, 15, "plugin `天氣` is not installed", "install its package first, or mend the name"),
    ),
]


@pytest.mark.parametrize("given", [*INTENTS_IN_USE, *STATES, *PARTS, *MISSING], ids=str)
def test_finding_stands_at_its_place(tmp_path: Path, given: Case) -> None:
    found = found_in(tmp_path, given.text)

    assert differences(given.expected, found) == []

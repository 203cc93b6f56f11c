"""Check that every mistake in flows is found, at its place, with words that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import ANY, HEAD, Case, case, differences, error, found_in, warning

ROUTE = "    routes:\n      - {name: go, keyword: go, begin: order}\n"


def flow(*lines: str, routes: str = ROUTE, more: str = "") -> str:
    """Return a file whose bot has a flow `order` with *lines* from line 8, column 9 on."""
    return f"{HEAD}    flows:\n      order:\n" + "".join(f"        {line}\n" for line in lines) + routes + more


def steps(*lines: str, more: str = "") -> str:
    """Return a file whose flow has the steps *lines*, from line 9, column 11 on."""
    return flow("steps:", *(f"  {line}" for line in lines), more=more)


STEPS = [
    case("all is well", steps("- {ask: name}", "- confirm: true")),
    case("a step that does nothing", steps("- {when: {flow: {}}}"), error(9, 13, "a step does nothing", ANY)),
    case(
        "an unknown key of a step",
        steps("- {ask: name, tpye: text}"),
        error(9, 25, "unknown key `tpye`…", "did you mean `type`?"),
    ),
    case("an unknown type", steps("- {ask: name, type: txt}"), error(9, 31, "`type`…", ANY)),
    case("two steps of a name", steps("- {ask: a}", "- {ask: a}"), error(10, 14, "a second step `a`", ANY)),
    case(
        "a key of a question beside a reply",
        steps("- {ask: a}", "- {reply: hi, label: x}"),
        error(10, 25, "`label` can't stand beside `reply:`", "it belongs to `ask:`"),
    ),
    case(
        "two things in a step",
        steps("- {ask: a, reply: hi}"),
        error(9, 22, "`reply` can't stand beside `ask:`", "write two steps"),
    ),
    case(
        "a type beside choices",
        steps("- {ask: a, type: number, choices: [x, y]}"),
        error(9, 22, "`type` and `choices` can't stand together", "leave one out"),
    ),
    case(
        "a handler that isn't there",
        steps("- {ask: a, choices: clinic.slots}"),
        error(9, 31, "`choices`: this bot uses no plugin `clinic`", ANY),
    ),
    case(
        "an entity of no intent",
        steps("- {ask: a, entity: order.drink}"),
        error(9, 30, "`entity`: there is no intent `order`", ANY),
    ),
    case("bounds of another type", steps("- {ask: a, type: date, at_least: x}"), error(9, 44, "`at_least`: `x`…", ANY)),
    case(
        "bounds that nothing is within",
        steps("- {ask: a, type: number, at_least: 5, at_most: 2}"),
        error(9, 46, "`at_least` is over `at_most`, so no answer would do"),
    ),
    case(
        "a choice with a bar",
        steps("- {ask: a, choices: ['x|y', z]}"),
        error(9, 32, "`choices`: a value has a `|` in it", ANY),
    ),
    case(
        "a choice that is a word for something else",
        steps("- {ask: a, choices: [取消, 保留]}"),
        warning(9, 22, "`choices`: `取消` is a word that stands for something else…", ANY),
    ),
    case(
        "everyone in a flow of a person",
        steps("- {ask: a, choices: [x, y], everyone: 2h}"),
        error(9, 39, "`everyone` is for `choices` in a flow with `for: chat`", ANY),
    ),
    case(
        "a list that tells",
        steps("- list: cart", "  steps:", "    - {reply: hi}"),
        error(11, 17, "a list asks: each of its steps needs `ask:`", ANY),
    ),
    case(
        "a question of a list called as its own",
        steps("- list: cart", "  steps: [{ask: more}]", "  line: x"),
        error(10, 27, "`ask`: in a list `more` is the question whether there is another", "call it something else"),
    ),
    case(
        "a summary in Chinese with Latin names",
        steps("- {ask: day, say: 哪一天？, type: date}", "- {ask: 尺寸}", "- {ask: n, label: 數量}", "- confirm: true"),
        warning(7, 7, "`confirm: true` shows people the names `day`", "say `label:` beside each"),
    ),
    case(
        "a summary of one's own in Chinese",
        steps("- {ask: day, say: 哪一天？, type: date}", "- confirm: '{flow.day.text}？'"),
    ),
    case(
        "a flow in itself",
        steps("- {ask: a, flow: order}"),
        error(9, 28, "`flow`: `order` asks for itself", ANY),
    ),
    case("a flow that isn't there", steps("- {ask: a, flow: adress}"), error(9, 28, "`flow`: there is no flow…", ANY)),
    case(
        "a run without a confirm",
        flow("steps:", "  - {ask: a}", "  - run: echo.say", routes="    plugins: {echo: }\n" + ROUTE),
        warning(7, 7, "flow `order` runs a handler without asking whether all is right", ANY),
    ),
]
NAMES = [
    case(
        "an answer that comes later",
        steps("- {ask: a, say: 'hi {flow.b}'}", "- {ask: b}"),
        error(9, 27, "unknown name in `{flow.b}`", ANY),
    ),
    case(
        "an answer under another condition",
        steps("- {ask: how, choices: [x, y]}", "- {ask: b, when: {flow: {how: x}}}", "- reply: 'hi {flow.b}'"),
        error(11, 20, "`{flow.b}`: it is asked under another `when:`, so it may not be known", ANY),
    ),
    case(
        "and with something to say then",
        steps("- {ask: how, choices: [x, y]}", "- {ask: b, when: {flow: {how: x}}}", "- reply: 'hi {flow.b|you}'"),
    ),
    case(
        "and under the same condition",
        steps(
            "- {ask: how, choices: [x, y]}",
            "- when: {flow: {how: x}}",
            "  steps:",
            "    - {ask: b}",
            "    - reply: 'hi {flow.b}'",
        ),
    ),
    case(
        "a condition on what isn't asked",
        steps("- {ask: a}", "- {ask: b, when: {flow: {c: x}}}"),
        error(10, 36, "`when.flow`: nothing is called `c` before this", ANY),
    ),
    case(
        "an answer outside of flows",
        flow("steps: [{ask: a}]", routes=ROUTE + "      - {name: hi, keyword: hi, reply: '{flow.a}'}\n"),
        error(11, 40, "unknown name in `{flow.a}`", ANY),
    ),
]
ROUTES = [
    case(
        "a choice of a question's own buttons that isn't offered",
        steps("- {ask: a, choices: [x, y], as: none, say: '{tap.z}'}"),
        error(9, 54, "unknown name in `{tap.z}`", "known here: x, y"),
    ),
    case(
        "a question's own buttons without choices of the file",
        steps("- {ask: a, say: '{tap.x}'}"),
        error(9, 27, "unknown name in `{tap.x}`", "`tap` has no names here"),
    ),
    case(
        "in a flow that isn't there",
        flow("steps: [{ask: a}]", routes=ROUTE + "      - {name: b, keyword: b, when: {in_flow: ordr}, reply: b}\n"),
        error(11, 47, "`in_flow`: there is no flow `ordr`", "did you mean `order`?"),
    ),
    case(
        "in a flow, in any and in none",
        flow(
            "steps: [{ask: a}]",
            routes=ROUTE
            + "".join(
                f"      - {{name: {name}, keyword: {name}, when: {{in_flow: {value}}}, reply: b}}\n"
                for name, value in (("b", "order"), ("c", "true"), ("d", "false"))
            ),
        ),
    ),
    *(
        case(
            f"at_most {given}",
            flow("steps: [{ask: a}]", routes=ROUTE.replace("begin", f"at_most: {given}, begin")),
            error(10, column, message),
        )
        for given, column, message in (
            ("3", 42, "`at_most`: expected a mapping of keys and values"),
            ("{per: day}", 33, "`times` is missing in `at_most`"),
            ("{times: 0}", 50, "`times`: expected greater than or equal to 1"),
            ("{times: x}", 50, "`times`: expected a valid integer, unable to parse string as an integer"),
            ("{times: 1, per: year}", 58, "`per`: expected `hour`, `day`, `week`, `month` or `ever`"),
            ("{times: 1, of: group}", 57, "`of`: expected `person` or `chat`"),
        )
    ),
    case(
        "buttons of flows for a route",
        flow("steps: [{ask: a}]", routes=ROUTE + "      - {name: b, postback: '~1|a|x', reply: b}\n"),
        error(11, 29, "`postback`: data that begins with `~` is of the buttons of flows, which no route sees", ANY),
    ),
]
FLOWS = [
    case(
        "a flow that isn't there is begun",
        flow("steps: [{ask: a}]", routes="    routes:\n      - {name: go, keyword: go, begin: ordr}\n"),
        error(10, 40, "`begin`: there is no flow `ordr`", "did you mean `order`?"),
    ),
    case(
        "a route that begins and replies",
        flow("steps: [{ask: a}]", routes="    routes:\n      - {name: go, keyword: go, begin: order, reply: hi}\n"),
        error(10, 9, "route `go` has both `reply:` and `begin:`", ANY),
    ),
    case("hosts of a flow of a person", flow("hosts: [U1]", "steps: [{ask: a}]"), error(8, 9, "`hosts` are for…", ANY)),
    case(
        "what is pushed",
        flow("remind: {after: 5m, reply: hi}", "steps: [{ask: a}]"),
        warning(8, 9, "`remind` is pushed, which may cost quota", ANY),
    ),
    case(
        "a flow of a pack is used by its name",
        steps(
            "- {ask: to, flow: forms.address}",
            more="packs:\n  forms:\n    flows:\n      address: {steps: [{ask: a}]}\n",
        ),
    ),
    case(
        "nothing to replace",
        flow("override: true", "steps: [{ask: a}]"),
        error(8, 9, "`order` is no flow of a pack, so there is nothing to replace", ANY),
    ),
    case(
        "a text that hookline doesn't say",
        flow("steps: [{ask: a}]", routes="    texts: {flow.canceled: no}\n" + ROUTE),
        error(9, 13, "`texts`: nothing is said that is called `flow.canceled`", "did you mean `flow.cancelled`?"),
    ),
]


def later(text: str) -> str:
    """Return a file whose flow asks for a day and then puts off *text*, which stands in line 11 from column 22 on."""
    return steps("- {ask: day, type: date}", "- {ask: who}", f"- later: {{name: x, {text}}}")


LATERS = [
    case(
        "a hand-off of a bot that has none",
        steps("- {ask: a}", "- {handoff: why}"),
        error(10, 14, "`handoff`: this bot doesn't say how it hands chats over", ANY),
    ),
    case(
        "all is well, and told to cost",
        later("before: day, by: 1d, at: '18:00', reply: '{flow.who}'"),
        warning(
            11,
            13,
            "`later` `x` is pushed, which may cost quota",
            "say how much it may at most: `budget: 200` of the bot is so many pushes a month",
        ),
    ),
    case("it does nothing", later("after: 1d"), error(11, 13, "`later` `x` does nothing", ANY)),
    case(
        "it does two things",
        later("after: 1d, reply: hi, begin: order"),
        error(11, 13, "`later` `x` has both `reply:` and `begin:`", ANY),
    ),
    case(
        "it says no time",
        later("reply: hi"),
        error(11, 13, "`later` `x` says neither `after:` nor `before:`", "write one of them, as in `after: 24h`"),
    ),
    case(
        "it says two times",
        later("after: 1d, before: day, reply: hi"),
        error(11, 13, "`later` `x` says both `after:` and `before:`", ANY),
    ),
    case(
        "an answer that is no time",
        later("before: who, reply: hi"),
        error(11, 38, "`before`: `who` is no time", "what says when is day"),
    ),
    case(
        "an answer that was never asked",
        later("after: [day, tiem], reply: hi"),
        error(11, 43, "`after`: nothing is called `tiem` before this", ANY),
    ),
    case(
        "so long before a length of time",
        later("after: 1d, by: 1h, run: clinic.x"),
        error(11, 41, "`by` is for a time that was answered", ANY),
        error(11, 54, "`run`: this bot uses no plugin `clinic`", ANY),
    ),
    case("no time of day", later("after: 1d, at: '25:00', reply: hi"), error(11, 45, "`at`…", ANY)),
    case("no flow", later("after: 1d, begin: odrer"), error(11, 48, "`begin`: there is no flow `odrer`", ANY)),
    case(
        "two of a name",
        steps("- later: {name: x, after: 1d, begin: order}", "- later: {name: x, after: 2d, begin: order}"),
        error(10, 13, "a second `later` `x` in this flow", ANY),
        warning(9, 13, "`later` `x` is pushed, which may cost quota, and so is 1 more", ANY),
    ),
    case(
        "an answer where no flow is",
        flow(
            "steps: [{ask: a}]",
            routes="    routes:\n      - {name: go, keyword: go, later: {name: x, before: day, reply: hi}}\n",
        ),
        error(10, 58, "`before`: nothing is called `day` before this", ANY),
    ),
]


@pytest.mark.parametrize("broken", [*STEPS, *NAMES, *ROUTES, *FLOWS, *LATERS], ids=str)
def test_mistake_in_flows_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []

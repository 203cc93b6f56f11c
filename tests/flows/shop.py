"""Write the bot.yaml whose bots the table of docs/flow-rules.md is played with: whatever it says names what it is."""

from __future__ import annotations

from collections.abc import Mapping

from hookline.plugins.installed import Installed

DESK = Installed("desk", "tests.flows.desk")
CALLED = "shop"
BOTS = ("shop", "gone", "moved")
"""The one that stays as it is, and those that another file has changed once people are in its flows."""

_STEPS: Mapping[str, str] = {
    "day": "{ask: day, type: date, say: ask day, retry: retry day}",
    "time": "{ask: time, choices: desk.slots, say: ask time, retry: retry time}",
    "name": "{ask: name, say: ask name, retry: retry name}",
    "note": "{ask: note, optional: true, say: ask note, retry: retry note}",
    "how": "{ask: how, choices: [外送, 自取], say: ask how, retry: retry how}",
    "street": "{ask: street, when: {flow: {how: 外送}}, at_least: 3, say: ask street, retry: retry street}",
    "confirm": "{confirm: ask confirm}",
    "run": "{run: desk.book}",
    "reply": "{reply: done}",
}
_OTHERS = """
      other:
        remind: {after: 10m, reply: remind}
        steps:
          - {ask: color, choices: [red, blue], say: ask color, retry: retry color}
          - reply: ok
      strict:
        digress: false
        remind: {after: 10m, reply: remind}
        steps: [{ask: n, type: number, at_least: 1, at_most: 9, say: ask n, retry: retry n}]
      third:
        steps: [{ask: x, choices: [p, q], say: ask x, retry: retry x}]
      order:
        remind: {after: 10m, reply: remind}
        steps:
          - list: cart
            steps:
              - {ask: drink, choices: [tea, latte], say: ask cart/drink, retry: retry cart/drink}
              - {ask: count, type: number, say: ask cart/count, retry: retry cart/count}
            more: ask cart/more
            line: '{entry.drink}'
          - {confirm: ask confirm}
          - {run: desk.book}
      vote:
        for: chat
        remind: {after: 10m, reply: remind}
        words: {close: [結束]}
        steps:
          - {ask: come, everyone: 2h, choices: [會到, 不會到], say: ask come}
          - reply: tally
"""
_ROUTES = """
    routes:
      - {name: help, keyword: help, reply: route help}
      - {name: menu, exact: menu, reply: route menu}
      - {name: human, keyword: human, interrupts: true, reply: route human}
      - {name: other, keyword: other, begin: other}
      - {name: strict, keyword: strict, begin: strict}
      - {name: third, keyword: third, begin: third}
      - {name: order, keyword: order, begin: order}
      - {name: vote, keyword: vote, begin: vote}
"""
_SENTENCES: Mapping[str, str] = {
    **{key: key for key in ("first_question", "needed", "finish_first", "cancelled", "expired", "gone", "which")},
    "retry.yes_no": "retry cart/more",
}


def shop(*, is_changed: bool = False) -> str:
    """Return the file; the changed one has no flow `book` in one bot, and one question less in another."""
    bots = [
        _bot("shop", [*_STEPS]),
        _bot("gone", [] if is_changed else [*_STEPS]),
        _bot("moved", [step for step in _STEPS if step != "day" or not is_changed]),
    ]
    return "version: 1\nbots:\n" + "".join(bots)


def _bot(name: str, steps: list[str]) -> str:
    texts = ", ".join(f"flow.{key}: {text}" for key, text in _SENTENCES.items())
    flow = "".join(f"          - {_STEPS[step]}\n" for step in steps)
    book = "      book:\n        remind: {after: 10m, reply: remind}\n        steps:\n" + flow if steps else ""
    begin = "      - {name: book, keyword: book, begin: book}\n" if steps else ""
    return f"""
  {name}:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    call_names: [{CALLED}]
    plugins: {{desk: }}
    texts: {{{texts}}}
    flows:
{book}{_OTHERS}{_ROUTES}{begin}"""

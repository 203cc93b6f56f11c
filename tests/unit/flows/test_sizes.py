"""What becomes too much to be kept: the answer that is too much is a dead letter, and all else stays as it was."""

from __future__ import annotations

import re

from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import errors_of, values

LONG = "長" * 1900
"""11,400 bytes as JSON."""
SORRY = "something went wrong"
BOT = f"""
version: 1
bots:
  desk:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    languages: [en]
    on_error: {SORRY}
    flows:
      notes:
        steps:
          - list: notes
            steps: [{{ask: note, say: note?}}]
            line: '{{entry.note}}'
            more: more?
          - reply: '{{flow.notes.count}}'
      keep:
        steps:
          - {{ask: what, say: what?}}
          - {{ask: more, say: more?}}
          - ACTION:
              a: '{{flow.what}}{{flow.what}}'
              b: '{{flow.what}}{{flow.what}}'
              c: '{{flow.more}}{{flow.more}}'
          - reply: kept
    routes:
      - {{name: notes, exact: notes, begin: notes}}
      - {{name: keep, exact: keep, begin: keep}}
      - {{name: shown, exact: shown, reply: '{{ROOT.c|nothing}}'}}
"""


async def errors(bot: RunningBot) -> list[str]:
    return await errors_of(bot.playground.host.store)


async def test_list_that_becomes_too_much_keeps_its_rounds_and_goes_on() -> None:
    async with running_bot(BOT.replace("ACTION", "set").replace("ROOT", "state"), clock=ManualClock()) as bot:
        await bot.says("notes")
        for _ in range(5):
            assert [(await bot.says(text)).texts for text in (LONG, "yes")] == [["more?"], ["note?"]]
        refused = await bot.says(LONG)
        (size,) = await values(bot.playground.host.store, "SELECT length(data) FROM flows")

        assert (refused.outcome, refused.texts, size < 65_536) == ("buried", [SORRY], True)
        (error,) = await errors(bot)
        known = "TooLargeError: what is known in flow `notes` is"
        assert re.fullmatch(rf"{known} 68\d{{3}} bytes as JSON, at most 65536", error)
        assert [(await bot.says(text)).texts for text in ("short", "no")] == [["more?"], ["6"]]


async def test_state_that_becomes_too_much_is_left_as_it_was_and_the_question_stays() -> None:
    async with running_bot(BOT.replace("ACTION", "set").replace("ROOT", "state"), clock=ManualClock()) as bot:
        assert [(await bot.says(text)).texts for text in ("keep", LONG, LONG)] == [["what?"], ["more?"], [SORRY]]
        assert await errors(bot) == ["TooLargeError: conversation state is 68422 bytes as JSON, at most 65536"]

        assert (await bot.says("tea")).texts == ["kept"]
        assert (await bot.says("shown")).texts == ["teatea"]


async def test_person_of_whom_too_much_would_be_kept_is_left_as_they_were_and_the_question_stays() -> None:
    async with running_bot(BOT.replace("ACTION", "remember").replace("ROOT", "person"), clock=ManualClock()) as bot:
        assert [(await bot.says(text)).texts for text in ("keep", LONG, LONG)] == [["what?"], ["more?"], [SORRY]]
        assert await errors(bot) == ["TooLargeError: what is kept of a person is 68422 bytes as JSON, at most 65536"]

        assert (await bot.says("tea")).texts == ["kept"]
        assert (await bot.says("shown")).texts == ["teatea"]


async def test_flow_in_which_too_much_is_known_can_be_cancelled() -> None:
    async with running_bot(BOT.replace("ACTION", "set").replace("ROOT", "state"), clock=ManualClock()) as bot:
        await bot.says("notes")
        for text in [LONG, "yes"] * 5:
            await bot.says(text)
        assert (await bot.says(LONG)).outcome == "buried"

        assert (await bot.says("cancel")).texts == ["Cancelled."]
        assert (await bot.says("notes")).texts == ["note?"]

"""What a bot does by the clock: in each chat once for each due time, whatever is restarted or changed meanwhile."""

from __future__ import annotations

from typing import Any

from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import values

NOON = 1_796_097_600_000  # Tuesday 2026-12-01, 12:00 in Taipei
HOUR, DAY = 3_600, 86_400
ANN, BOB, TEAM = (f"{kind}{digit * 32}" for kind, digit in (("U", "a"), ("U", "b"), ("C", "c")))
HEAD = f"""
version: 1
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    timezone: Asia/Taipei
    languages: [zh-TW, en]
    lists: {{branches: [{ANN}, {BOB}], teams: [{TEAM}]}}
    budget: 5000
    flows:
      rollcall:
        for: chat
        steps:
          - {{ask: come, everyone: 2h, choices: [會到, 不會到], say: 誰會到？}}
          - reply: 謝謝
      rate:
        steps:
          - {{ask: stars, choices: ['1', '2', '3'], say: 幾顆星？}}
          - reply: 謝謝
    routes:
      - {{name: vip, exact: vip, remember: {{vip: true}}, reply: ok}}
      - {{name: english, exact: english, remember: {{language: en}}, reply: ok}}
      - {{name: other, otherwise: true, reply: what?}}
    schedule:
"""
LUNCH = """
      - {name: lunch, at: '11:30', to: lists.branches, reply: {zh-TW: 午安, en: Lunch}}
"""


def world(entries: str) -> Any:
    return running_bot(HEAD + entries, clock=ManualClock(NOON))


def sent(bot: RunningBot) -> list[tuple[str, str]]:
    """Return to whom what was sent, in the order of the former."""
    texts = [(one.to, str(message.get("text"))) for one in bot.platform.sent for message in one.messages]
    return sorted((to, text) for to, text in texts if text not in ("ok", "what?"))


async def test_entry_is_pushed_to_each_of_its_list_at_its_time_of_every_day() -> None:
    async with world(LUNCH) as bot:
        await bot.passes(23.4 * HOUR)
        assert sent(bot) == []
        await bot.passes(0.2 * HOUR)
        assert sent(bot) == [(ANN, "午安"), (BOB, "午安")]
        await bot.passes(3 * DAY)
        assert len(sent(bot)) == 8


async def test_days_of_the_week_and_cron_count() -> None:
    entries = f"""
      - {{name: thursday, at: '20:00', days: thu, to: {ANN}, reply: thursday}}
      - {{name: quarter, cron: '*/15 9 4 * *', to: {BOB}, reply: quarter}}
      - {{name: once, at: 2026-12-05 08:00, to: {BOB}, reply: once}}
"""
    async with world(entries) as bot:
        await bot.passes(14 * DAY)

        assert sent(bot) == [(ANN, "thursday")] * 2 + [(BOB, "once")] + [(BOB, "quarter")] * 4


async def test_flow_begins_in_a_group_and_for_people_of_whom_something_is_kept() -> None:
    entries = """
      - {name: come, at: '20:00', to: lists.teams, begin: rollcall}
      - {name: rate, at: '21:00', to: {person: {vip: true}}, begin: rate}
"""
    async with world(entries) as bot:
        await bot.says("vip", user="ann")
        await bot.says("hello", user="bob")
        await bot.passes(10 * HOUR)

        asked = sorted([(TEAM, "誰會到？"), (bot.id_of("ann"), "幾顆星？")])
        assert [one for one in sent(bot) if one[1] != "謝謝"] == asked
        assert (await bot.says("2", user="ann")).texts == ["謝謝"]


async def test_everyone_is_one_call_of_the_platform() -> None:
    async with world("      - {name: last, at: 2026-12-24 12:00, to: everyone, reply: 最後一天！}\n") as bot:
        await bot.passes(30 * DAY)

        assert [(one.form, one.to) for one in bot.platform.sent] == [("broadcast", "everyone")]


async def test_each_reads_their_own_language() -> None:
    entries = (
        "      - {name: hi, at: '13:00', to: {person: {language: {not: null}}}, reply: {zh-TW: 午安, en: Lunch}}\n"
    )
    async with world(entries) as bot:
        await bot.says("english", user="ann")
        await bot.passes(2 * HOUR)

        assert sent(bot) == [(bot.id_of("ann"), "Lunch")]


async def test_more_people_than_one_run_takes_are_each_told_once() -> None:
    many = ", ".join(f"U{number:032x}" for number in range(1_234))
    async with world(f"      - {{name: all, at: '13:00', to: [{many}], reply: hi}}\n") as bot:
        await bot.passes(2 * HOUR)

        assert len(sent(bot)) == len({to for to, _ in sent(bot)}) == 1_234


async def test_restart_loses_nothing_and_doubles_nothing_and_what_is_long_over_is_left_out() -> None:
    entries = f"""
      - {{name: soon, at: '13:00', to: {ANN}, reply: made up for, missed: 3h}}
      - {{name: never, at: '13:00', to: {ANN}, reply: left out, missed: skip}}
"""
    clock = ManualClock(NOON)
    async with running_bot(HEAD + entries, clock=clock) as bot:
        await bot.playground.restart()
        clock.advance(3 * HOUR)
        await bot.playground.restart()
        await bot.passes(1)
        assert sent(bot) == [(ANN, "made up for")]
        await bot.playground.restart()
        await bot.passes(HOUR)
        assert sent(bot) == [(ANN, "made up for")]
        outcomes = await values(bot.playground.host.store, "SELECT outcome FROM inbox WHERE route = 'schedule:never'")

    assert outcomes == ["stale"]


async def test_budget_that_is_not_enough_for_all_sends_nothing_and_the_next_time_comes_all_the_same() -> None:
    few = HEAD.replace("budget: 5000", "budget: 3")
    async with running_bot(few + LUNCH, clock=ManualClock(NOON)) as bot:
        await bot.passes(DAY)
        assert len(sent(bot)) == 2
        await bot.passes(DAY)
        assert len(sent(bot)) == 2
        errors = await values(bot.playground.host.store, "SELECT error FROM dead_letters")
        assert "`schedule` entry `lunch` needs 2 pushes, and 1 are left of the budget of 3 for 2026-12" in errors[0]
        await bot.passes(2 * 60)
        await bot.passes(30.5 * DAY)  # a month with a budget of its own
        assert len(sent(bot)) == 4

"""What routes, flows and handlers put off: it happens once, in its conversation, unless it was taken back."""

from __future__ import annotations

from typing import Any

import pytest

from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import values

from .waiting import INSTALLED

NOON = 1_796_097_600_000  # 2026-12-01 12:00 in Taipei
HOUR, DAY = 3_600, 86_400
BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
    languages: [zh-TW, en]
    plugins: {waiting: {}}
    flows:
      booking:
        steps:
          - {ask: day, type: date, say: Which day?}
          - reply: Done.
          - later: {name: visit, before: day, by: 1d, at: '18:00', begin: coming}
          - later: {name: care, after: day, by: 7d, reply: 'How was {flow.day}, {person.name|you}?'}
      coming:
        steps:
          - {ask: coming, type: yes_no, say: Are you coming?}
          - reply: Fine.
      order:
        steps:
          - {ask: drink, choices: [tea, coffee], say: Which drink?}
          - {ask: day, type: date, say: For when?}
          - confirm: '{flow.drink} for {flow.day}?'
    routes:
      - {name: book, exact: book, begin: booking}
      - {name: forget, exact: forget it, reply: Forgotten., cancel: [visit, ping]}
      - name: ping
        exact: ping
        reply: pong
        later: {name: ping, after: 2h, reply: {en: 'You said {match.text}', zh-TW: '您說了{match.text}'}}
      - {name: silent, exact: silent, later: {name: ping, after: 1h, run: waiting.greet}}
      - {name: left, on: unfollow, later: {name: back, after: 1d, reply: We miss you}}
      - {name: later, prefix: 'later ', run: waiting.put_off}
      - {name: begin, prefix: 'begin ', run: waiting.begin}
      - {name: speak, exact: speak, run: waiting.speak}
      - {name: greet, exact: greet, run: waiting.greet}
      - {name: mumble, exact: mumble, run: waiting.mumble, retries: []}
      - {name: th, exact: english, remember: {language: en}, reply: ok}
      - {name: other, otherwise: true, reply: what?}
"""


def world(text: str = BOT) -> Any:
    return running_bot(text, clock=ManualClock(NOON), plugins=[INSTALLED])


async def pushed_after(bot: RunningBot, seconds: float, user: str = "mei") -> list[str]:
    """Return what *user* is sent while *seconds* pass."""
    before = len(bot.received(user))
    await bot.passes(seconds)
    return bot.received(user)[before:]


async def waiting(bot: RunningBot) -> int:
    return len(await values(bot.playground.host.store, "SELECT id FROM timers WHERE id LIKE 'later/%'"))


async def test_step_puts_off_a_flow_until_the_evening_before_and_words_until_a_week_after() -> None:
    async with world() as bot:
        await bot.says("book")
        await bot.says("2026-12-04")
        assert await pushed_after(bot, 2 * DAY + 5.9 * HOUR) == []
        assert await pushed_after(bot, 0.2 * HOUR) == ["Are you coming?"]
        assert (await bot.says("yes")).texts == ["Fine."]
        assert await pushed_after(bot, 9 * DAY) == ["How was 2026-12-04, you?"]
        assert await waiting(bot) == 0


async def test_what_was_put_off_is_taken_back_by_its_name() -> None:
    async with world() as bot:
        await bot.says("book")
        await bot.says("2026-12-04")
        await bot.says("forget it")

        assert await pushed_after(bot, 3 * DAY) == []


async def test_next_of_a_name_takes_its_place_for_that_person_and_chat() -> None:
    async with world() as bot:
        await bot.says("ping")
        await bot.says("ping", user="bob")
        await bot.passes(HOUR)
        await bot.says("ping")

        assert await pushed_after(bot, 1.5 * HOUR) == []
        assert bot.received("bob")[-1] == "您說了ping"
        assert await pushed_after(bot, 0.6 * HOUR) == ["您說了ping"]
        assert await pushed_after(bot, DAY) == []


async def test_it_speaks_the_language_of_whoever_it_is_for() -> None:
    async with world() as bot:
        await bot.says("english")
        await bot.says("ping")

        assert await pushed_after(bot, 3 * HOUR) == ["You said ping"]


async def test_whoever_has_left_is_told_no_more_but_what_leaving_puts_off() -> None:
    async with world() as bot:
        await bot.says("ping")
        await bot.sends("unfollow")

        assert await pushed_after(bot, 3 * HOUR) == []
        assert await pushed_after(bot, DAY) == ["We miss you"]


async def test_silent_route_lets_a_handler_say_something_later() -> None:
    async with world() as bot:
        assert (await bot.says("silent")).texts == []
        assert await pushed_after(bot, 1.1 * HOUR) == ["Mei你好"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("say", ["Your {tea.kind} is ready"]),
        ("run", ["Mei你好"]),
        ("begin", ["For when?"]),
        ("past", ["at once"]),
        ("twice", ["the second"]),
        ("taken back", []),
    ],
)
async def test_handler_puts_off_words_a_handler_or_a_flow(wanted: str, told: list[str]) -> None:
    async with world() as bot:
        await bot.says(f"later {wanted}")
        await bot.passes(1)  # what is due at once is sent before an hour is over: by then it would be too late
        await bot.passes(1.1 * HOUR)

        assert [text for text in bot.received("mei") if text != "noted"] == told
        assert await pushed_after(bot, DAY + 1) == []


async def test_handler_takes_back_what_it_put_off_before() -> None:
    async with world() as bot:
        await bot.says("later say")
        await bot.says("later cancel")

        assert await pushed_after(bot, 2 * HOUR) == []


@pytest.mark.parametrize("wrong", ["nothing", "no zone"])
async def test_what_has_nothing_to_do_or_no_zone_is_refused(wrong: str) -> None:
    async with world() as bot:
        failed = await bot.says(f"later {wrong}")

        assert failed.outcome == "buried"
        assert "`later` 'tea'" in str(failed.error)


@pytest.mark.parametrize("wrong", ["no json", "no text"])
async def test_what_is_no_json_is_the_handlers_mistake_and_no_one_elses(wrong: str) -> None:
    async with world() as bot:
        assert (await bot.says(f"later {wrong}")).outcome == "buried"
        assert (await bot.says("ping", user="bob")).texts == ["pong"]
        assert await waiting(bot) == 1  # bob's


async def test_handler_begins_a_flow_after_its_answer_with_what_it_knows() -> None:
    async with world() as bot:
        assert (await bot.says("begin order")).texts == ["let's see", "tea for 2026-12-24?"]
        assert (await bot.says("no such word")).route == "flow:order.confirm"


async def test_handler_within_a_flow_begins_another_on_top_of_it() -> None:
    async with world() as bot:
        await bot.says("book")

        assert (await bot.says("begin order")).texts == ["let's see", "tea for 2026-12-24?"]
        await bot.says("yes")
        assert (await bot.says("2026-12-30")).texts == ["Done."]


async def test_flow_that_is_not_there_cannot_begin() -> None:
    async with world() as bot:
        failed = await bot.says("begin nothing")

    assert "`begin`: bot `shop` has no flow `nothing`" in str(failed.error)


async def test_plugin_speaks_the_language_of_whoever_wrote_and_the_bots_own_words_come_first() -> None:
    own = BOT.replace("    flows:", "    texts: {waiting.greeting: {zh-TW: 嗨, en: Hi}}\n    flows:")
    async with world() as bot:
        assert (await bot.says("greet")).texts == ["Mei你好"]
        await bot.says("english")
        assert (await bot.says("greet")).texts == ["Hello Mei, {other}"]
        assert (await bot.says("speak")).texts == ["en"]
    async with world(own) as bot:
        assert (await bot.says("greet")).texts == ["嗨"]


async def test_text_that_a_plugin_has_not_is_named() -> None:
    async with world() as bot:
        failed = await bot.says("mumble")

    assert "plugin `waiting` has no text `nothing` in its texts.yaml: it has `greeting`" in str(failed.error)

"""What becomes of events that a bot doesn't run: denied, limited or stale; what rests, and what is chosen at random."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from hookline.pace import Pace
from hookline.routing.actions import Respond
from hookline.store.people.letters import LetterFilter
from hookline.testing import Exchange, ManualClock, RunningBot, running_bot
from hookline.testing.events import group_id, user_id

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_retries=(0.0, 0.0, 0.0), delivery_retries=(0.0,))
MEI, TOM = user_id("mei"), user_id("tom")
ALL = "- {name: all, otherwise: true, when: {mentioned: false}, reply: '{event.text}'}"


def shop(*lines: str, routes: str = ALL, clock: ManualClock | None = None) -> AbstractAsyncContextManager[RunningBot]:
    body = "".join(f"    {line}\n" for line in lines)
    listed = "".join(f"      {line}\n" for line in routes.splitlines())
    text = f"version: 1\nbots:\n  bot:\n    adapter: line\n{body}    routes:\n{listed}"
    return running_bot(text, folder=TRIAL, pace=QUICK, clock=clock)


def told(exchange: Exchange) -> tuple[str | None, list[str]]:
    return exchange.outcome, exchange.texts


async def test_denied_event_is_acknowledged_and_kept_but_neither_routed_nor_answered() -> None:
    async with shop(f"deny: {{users: {MEI}}}") as bot:
        denied = await bot.says("hi")
        allowed = await bot.says("hi", user="tom")

        assert (denied.status, denied.route, told(denied)) == (200, None, ("denied", []))
        assert told(allowed) == ("answered", ["hi"])


async def test_bot_that_is_for_a_group_listens_to_nobody_else() -> None:
    async with shop(f"allow: {{groups: {group_id('friends')}}}") as bot:
        assert told(await bot.says("hi", group="friends")) == ("answered", ["hi"])
        assert told(await bot.says("hi", group="others")) == ("denied", [])
        assert told(await bot.says("hi")) == ("denied", [])


async def test_text_of_a_denied_person_that_is_taken_back_is_blanked_all_the_same() -> None:
    async with shop(f"deny: {{users: {MEI}}}") as bot:
        said = await bot.says("secret")
        await bot.sends("unsend", unsend={"messageId": said.event["message"]["id"]})
        story = await bot.playground.host.store.history.show("bot", said.event["webhookEventId"])

        assert story is not None
        assert "secret" not in str(story.raw)


async def test_too_many_messages_of_one_person_are_told_so_once() -> None:
    limit = "limits: {per_user: {messages: 2, within: 1m, reply: '{sender.name|朋友}，慢一點'}}"
    async with shop(limit, clock=ManualClock()) as bot:
        answers = [told(await bot.says(str(number))) for number in range(4)]
        other = await bot.says("hi", user="tom")

        assert answers[:2] == [("answered", ["0"]), ("answered", ["1"])]
        assert answers[2][0] == "limited"
        assert answers[2][1][0].endswith("，慢一點")
        assert answers[3] == ("limited", [])
        assert told(other) == ("answered", ["hi"])


async def test_limit_ends_with_its_window() -> None:
    clock = ManualClock()
    async with shop("limits: {per_user: {messages: 1, within: 1m}}", clock=clock) as bot:
        first, second = await bot.says("a"), await bot.says("b")
        clock.advance(60)
        third = await bot.says("c")

        assert [told(one) for one in (first, second, third)] == [
            ("answered", ["a"]),
            ("limited", []),
            ("answered", ["c"]),
        ]


async def test_redelivered_event_counts_once() -> None:
    async with shop("limits: {per_user: {messages: 2, within: 1m}}", clock=ManualClock()) as bot:
        raw = bot.line.text("bot", "a")
        await bot.line.deliver("bot", [raw], copies=5)
        await bot.line.deliver("bot", [raw], is_redelivery=True)
        await bot.playground.settle()

        assert told(await bot.says("b")) == ("answered", ["b"])


async def test_handler_that_fails_and_runs_again_counts_once() -> None:
    routes = "- {name: flaky, exact: flaky, run: trial.flaky}\n" + ALL
    sys.path.insert(0, str(TRIAL / "src"))
    from trial import MARKS

    MARKS["runs"].clear()
    lines = ("plugins: {trial: {fails: 2}}", "limits: {per_user: {messages: 2, within: 1m}}")
    async with shop(*lines, routes=routes, clock=ManualClock()) as bot:
        flaky = await bot.says("flaky")

        assert (flaky.outcome, MARKS["runs"]) == ("answered", [1, 2, 3])
        assert [told(await bot.says(text))[0] for text in "ab"] == ["answered", "limited"]


async def test_what_is_not_for_the_bot_and_what_nobody_asked_for_is_not_counted() -> None:
    routes = "- {name: all, otherwise: true, reply: ok}\n- {name: welcome, on: follow, reply: welcome}"
    async with shop("limits: {per_user: {messages: 1, within: 1m}}", routes=routes, clock=ManualClock()) as bot:
        chatter = [(await bot.says("hi", group="friends")).outcome for _ in range(3)]
        follows = [(await bot.sends("follow", follow={"isUnblocked": False})).outcome for _ in range(3)]

        assert (chatter, follows) == (["unrouted"] * 3, ["answered"] * 3)
        assert [(await bot.says("hi")).outcome for _ in range(2)] == ["answered", "limited"]


async def test_route_rests_in_its_conversation_once_it_has_answered() -> None:
    clock = ManualClock()
    routes = "- {name: often, exact: hi, cooldown: 1h, when: {mentioned: false}, reply: hello}\n" + ALL
    async with shop(routes=routes, clock=clock) as bot:
        first, second = await bot.says("hi"), await bot.says("hi")
        elsewhere = await bot.says("hi", group="friends")
        clock.advance(3600)
        later = await bot.says("hi")

        assert [one.route for one in (first, second, elsewhere, later)] == ["often", "all", "often", "often"]


async def test_route_that_failed_or_said_nothing_does_not_rest() -> None:
    routes = (
        "- {name: silent, exact: silent, cooldown: 1h, run: trial.silent}\n"
        "- {name: failing, exact: failing, cooldown: 1h, retries: [], run: trial.flaky}\n" + ALL
    )
    async with shop("plugins: {trial: {fails: 99}}", routes=routes) as bot:
        outcomes = [(await bot.says(text)).outcome for text in ("silent", "silent", "failing", "failing")]

        assert outcomes == ["handled", "handled", "buried", "buried"]


async def test_one_of_several_replies_is_taken_each_about_as_often() -> None:
    async with shop(routes="- {name: dice, otherwise: true, reply: {any: [one, two, [three, '{event.text}']]}}") as bot:
        answers = [" ".join((await bot.says(str(number), user=f"user {number}")).texts) for number in range(60)]

        counts = Counter(answer.partition(" ")[0] for answer in answers)
        assert counts.keys() == {"one", "two", "three"}
        assert min(counts.values()) >= 5
        assert all(answer == f"three {number}" for number, answer in enumerate(answers) if answer.startswith("three"))


async def test_choice_is_the_same_whenever_the_event_runs_again() -> None:
    async with shop(routes="- {name: dice, otherwise: true, reply: {any: [one, two, three]}}") as bot:
        action = bot.playground.host.bots["bot"].router.routes[0].action

        assert isinstance(action, Respond)
        assert [action.chosen("01JD0000") for _ in range(5)] == [action.chosen("01JD0000")] * 5


async def test_event_that_happened_too_long_ago_ends_stale_and_a_fresh_one_is_answered() -> None:
    clock = ManualClock()
    async with shop("stale_after: 2h", clock=clock) as bot:
        old, just = bot.line.text("bot", "old"), bot.line.text("bot", "just")
        clock.advance(7200)
        on_time = await bot.playground.send("bot", just)
        clock.advance(0.001)
        late = await bot.playground.send("bot", old)

        assert (late.status, late.route, told(late)) == (200, "all", ("stale", []))
        assert told(on_time) == ("answered", ["just"])


async def test_route_may_want_its_events_however_late_or_sooner() -> None:
    clock = ManualClock()
    routes = (
        "- {name: order, prefix: order, stale_after: never, run: trial.flaky}\n"
        "- {name: weather, prefix: weather, stale_after: 10m, reply: sunny}\n" + ALL
    )
    async with shop("stale_after: 2h", "plugins: {trial: {}}", routes=routes, clock=clock) as bot:
        raws = [bot.line.text("bot", text) for text in ("order 1", "weather", "hi")]
        clock.advance(3600)
        hourly = [(await bot.playground.send("bot", raw)).outcome for raw in raws[1:]]
        clock.advance(86400)
        order = await bot.playground.send("bot", raws[0])

        assert (hourly, order.outcome) == (["stale", "answered"], "answered")


async def test_handler_hears_that_somebody_left_however_late() -> None:
    clock = ManualClock()
    routes = "- {name: gone, on: unfollow, run: trial.silent}"
    async with shop("stale_after: 1m", "plugins: {trial: {}}", routes=routes, clock=clock) as bot:
        raw = bot.line.event("bot", "unfollow", user="mei", with_token=False)
        clock.advance(86400)

        assert (await bot.playground.send("bot", raw)).outcome == "handled"


async def test_time_of_a_platform_whose_clock_is_ahead_or_missing_is_when_it_was_received() -> None:
    clock = ManualClock()
    async with shop("stale_after: 1m", clock=clock) as bot:
        raw = bot.line.text("bot", "hi")
        ahead = await bot.playground.send("bot", {**raw, "timestamp": clock.now() + 3_600_000})
        other = bot.line.text("bot", "ho")
        missing = await bot.playground.send("bot", {name: other[name] for name in other if name != "timestamp"})

        assert [ahead.outcome, missing.outcome] == ["answered", "answered"]


async def test_dead_letter_that_is_replayed_is_neither_stale_nor_counted() -> None:
    clock = ManualClock()
    lines = ("stale_after: 1h", "limits: {per_user: {messages: 1, within: 1d}}", "plugins: {trial: {fails: 1}}")
    routes = "- {name: all, otherwise: true, retries: [], run: trial.flaky}"
    async with shop(*lines, routes=routes, clock=clock) as bot:
        sys.path.insert(0, str(TRIAL / "src"))
        from trial import MARKS

        MARKS["runs"].clear()
        buried = await bot.says("hi")
        clock.advance(86400)
        store = bot.playground.host.store
        async for _ in store.letters.replay(LetterFilter(), clock):
            pass
        bot.playground.host.worker.wake()
        await _ended(bot, str(buried.event["webhookEventId"]))
        story = await store.history.show("bot", str(buried.event["webhookEventId"]))

        assert story is not None
        assert (buried.outcome, story.event.outcome) == ("buried", "buried")
        assert MARKS["runs"] == [1, 1]


async def _ended(bot: RunningBot, event_id: str) -> None:
    async with asyncio.timeout(10):
        while True:
            story = await bot.playground.host.store.history.show("bot", event_id)
            if story is not None and story.event.status in ("done", "dead"):
                return
            await asyncio.sleep(0.01)

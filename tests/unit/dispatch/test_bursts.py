"""What becomes of events that come in a burst, as their route says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hookline.dispatch.bursts import merged
from hookline.dispatch.conversation import Conversation, Routed
from hookline.dispatch.run import Attempt
from hookline.events import Match
from hookline.pace import Pace
from hookline.routing.actions import Respond
from hookline.routing.router import Hit
from hookline.routing.routes import Route
from hookline.store.arrivals import arrival_of, stored_of
from hookline.store.database.tables import LEASED, READY
from hookline.store.memory.switches import Switch
from hookline.store.people.history import EventFilter, PastEvent
from hookline.store.records import Standing
from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import errors_of, values
from tests.support import NOW, make_event

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_deadline=15.0, handler_retries=(0.0, 0.0), delivery_retries=(0.0,))
STICKER = {"type": "sticker", "id": "7", "packageId": "1", "stickerId": "2"}
BOT = """
version: 1
bots:
  bot:
    adapter: line
    plugins: {{trial: {{fails: {fails}}}}}
    on_error: 出了點問題
    {more}
    routes:
      - {{name: menu, exact: menu, reply: 牛肉麵}}
      - {{name: all, {on}, run: trial.chorus, {overlap}}}
      - {{name: rest, otherwise: true, reply: 聽不懂, when: {{mentioned: false}}}}
"""

RESTING = """
version: 1
bots:
  bot:
    adapter: line
    plugins: {trial: {}}
    routes:
      - {name: held, exact: hold, run: trial.chorus, overlap: reject, cooldown: 10m}
      - {name: all, otherwise: true, run: trial.chorus, overlap: merge}
"""


@pytest.fixture
def marks() -> dict[str, Any]:
    sys.path.insert(0, str(TRIAL / "src"))
    from trial import MARKS

    MARKS["runs"].clear()
    MARKS["released"].clear()
    MARKS["begun"].clear()
    found: dict[str, Any] = MARKS
    return found


@asynccontextmanager
async def bursting(
    overlap: str, *, fails: int = 0, on: str = "on: message.text, when: {mentioned: false}", more: str = ""
) -> AsyncIterator[RunningBot]:
    """Run a bot whose route for texts has *overlap*, with a clock that stands still."""
    text = BOT.format(overlap=overlap, fails=fails, on=on, more=more)
    async with running_bot(text, folder=TRIAL, pace=QUICK, clock=ManualClock()) as bot:
        yield bot


async def post(bot: RunningBot, *texts: str, **where: Any) -> Sequence[Mapping[str, Any]]:
    """Deliver *texts* as one webhook, and return the raw events."""
    raws = [bot.line.text(bot.name, text, **where) for text in texts]
    await bot.line.deliver(bot.name, raws)
    return raws


async def hold(bot: RunningBot, marks: dict[str, Any], **where: Any) -> None:
    """Let a run begin that goes on until :func:`release`; what comes then waits, or doesn't."""
    await post(bot, "hold", **where)
    assert await asyncio.to_thread(marks["begun"].wait, 10)
    pass_time(bot, 0.5)


async def release(bot: RunningBot, marks: dict[str, Any]) -> None:
    """Let the run end, and all that waits."""
    marks["released"].set()
    await bot.playground.settle()


@asynccontextmanager
async def next_sent(bot: RunningBot) -> AsyncIterator[None]:
    """Wait at the end until something was sent."""
    arrived = asyncio.Event()
    bot.line.on_sent = lambda _: arrived.set()
    yield
    await asyncio.wait_for(arrived.wait(), 10)


def pass_time(bot: RunningBot, seconds: float) -> None:
    clock = bot.playground.host.clock
    assert isinstance(clock, ManualClock)
    clock.advance(seconds)


async def past(bot: RunningBot) -> list[PastEvent]:
    """Return all events, the oldest first."""
    return (await bot.playground.host.store.history.list(EventFilter(), 100))[::-1]


async def ends(bot: RunningBot) -> list[str]:
    """Return how all events ended, the oldest first, with the place of the one that was run instead."""
    events = await past(bot)
    places = {event.seq: place for place, event in enumerate(events)}
    return [
        str(event.outcome) if event.joined is None else f"{event.outcome} {places[event.joined]}" for event in events
    ]


def sent(bot: RunningBot) -> list[str]:
    return [str(message["text"]) for call in bot.line.sent for message in call.messages]


# Merge


async def test_texts_that_wait_are_answered_as_one_by_the_last_token(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks)
        raws = await post(bot, "one", "two", "three")
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one\ntwo\nthree"]
        assert sent(bot) == ["hold", "one+two+three"]
        assert await ends(bot) == ["answered", "merged 3", "merged 3", "answered"]
        tokens = await values(bot.playground.host.store, "SELECT reply_token FROM outbox ORDER BY id")
        assert tokens[1:] == [raws[-1]["replyToken"]]


def part(place: int, text: str, **fields: Any) -> Routed:
    """Return a routed text that begins with a mention of the bot."""
    event = replace(make_event(text), calls=((0, 4),))
    stored = replace(stored_of(arrival_of(event, NOW), Standing(place, is_leased=True)), **fields)
    match = Match("all", {"text": text[5:], "number": str(place)})
    return Routed(stored, event, Hit(Route("all", Respond(()), frozenset(["message.text"])), match))


def test_merged_event_is_the_newest_with_all_texts_and_mentions() -> None:
    one = merged([part(1, "@bot one", attempts=2), part(2, "@bot two")])

    text = one.event.text or ""
    assert text == "@bot one\n@bot two"
    assert [text[start:end] for start, end in one.event.calls] == ["@bot", "@bot"]
    assert one.hit.match.captures == {"text": "one\ntwo", "number": "2"}
    assert (one.stored.seq, one.stored.attempts) == (2, 2)


async def test_lone_text_is_a_burst_of_one(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        answer = await bot.says("one")

        assert (answer.texts, await ends(bot)) == (["one"], ["answered"])


@pytest.mark.parametrize("other", ["menu", "sticker", "postback"])
async def test_event_that_does_not_fit_ends_the_burst(marks: dict[str, Any], other: str) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks)
        await post(bot, "one", "two")
        if other == "menu":
            await post(bot, "menu")
        else:
            fields: dict[str, Any] = {"message": STICKER} if other == "sticker" else {"postback": {"data": "x"}}
            kind = "message" if other == "sticker" else "postback"
            await bot.line.deliver(bot.name, [bot.line.event(bot.name, kind, **fields)])
        await post(bot, "three", "four")
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one\ntwo", "three\nfour"]


async def test_people_in_a_group_are_answered_each_for_themselves(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks, user="ann", group="family")
        for user, text in (("ann", "one"), ("ann", "two"), ("ben", "three"), ("ann", "four")):
            await post(bot, text, user=user, group="family")
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one\ntwo", "three", "four"]


async def test_at_most_twenty_are_answered_together(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks)
        texts = [str(number) for number in range(23)]
        await post(bot, *texts)
        await release(bot, marks)

        assert marks["runs"] == ["hold", "\n".join(texts[:20]), "\n".join(texts[20:])]


async def test_message_taken_back_while_it_waits_is_not_in_the_burst(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks)
        raws = await post(bot, "one", "secret", "three")
        unsend = {"messageId": raws[1]["message"]["id"]}
        await bot.line.deliver(bot.name, [bot.line.event(bot.name, "unsend", with_token=False, unsend=unsend)])
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one", "three"]
        assert (await ends(bot))[1:] == ["answered", "unsent", "answered", "unrouted"]


async def test_message_taken_back_later_takes_the_merged_answer_with_it(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge") as bot:
        await hold(bot, marks)
        raws = await post(bot, "secret", "two")
        await release(bot, marks)
        await bot.sends("unsend", unsend={"messageId": raws[0]["message"]["id"]})

        bodies = await values(bot.playground.host.store, "SELECT body FROM outbox ORDER BY id")
        assert [b"hold" in bytes(body) for body in bodies] == [True, False]
        assert bytes(bodies[1]) == b"[]"


# Latest


async def test_only_the_newest_text_is_answered(marks: dict[str, Any]) -> None:
    async with bursting("overlap: latest") as bot:
        await hold(bot, marks)
        await post(bot, "one", "two", "three")
        await release(bot, marks)

        assert (marks["runs"], sent(bot)) == (["hold", "three"], ["hold", "three"])
        assert await ends(bot) == ["answered", "superseded 3", "superseded 3", "answered"]


async def test_newest_that_fails_for_good_is_buried_alone(marks: dict[str, Any]) -> None:
    async with bursting("overlap: latest, retries: [0.01]") as bot:
        await hold(bot, marks)
        await post(bot, "one", "poison")
        await release(bot, marks)

        assert await ends(bot) == ["answered", "superseded 2", "buried"]
        assert (sent(bot), await errors_of(bot.playground.host.store)) == (
            ["hold", "出了點問題"],
            ["ValueError: poison"],
        )


# Window


async def test_text_that_does_not_come_is_not_waited_for_longer_than_the_window(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 0.05") as bot:
        answer = await bot.says("one")

        assert answer.texts == ["one"]


async def test_texts_within_the_window_join_and_what_does_not_fit_ends_the_wait(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        for text in ("one", "two", "three", "menu"):
            await post(bot, text)
        await bot.playground.settle()

        assert sent(bot) == ["one+two+three", "牛肉麵"]
        assert await ends(bot) == ["merged 2", "merged 2", "answered", "answered"]


async def test_twentieth_text_ends_the_wait(marks: dict[str, Any]) -> None:
    async with bursting("overlap: latest, window: 20") as bot:
        await post(bot, *(str(number) for number in range(15)))
        await post(bot, *(str(number) for number in range(15, 20)))
        await bot.playground.settle()

        assert sent(bot) == ["19"]


async def test_window_is_counted_from_the_newest_text_not_from_its_turn(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        await post(bot, "hold", "menu")
        assert await asyncio.to_thread(marks["begun"].wait, 10)
        await post(bot, "one", "two")
        pass_time(bot, 20)
        await release(bot, marks)

        assert sent(bot) == ["hold", "牛肉麵", "one+two"]


async def test_message_taken_back_within_the_window_is_not_answered(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        (raw,) = await post(bot, "oops")
        unsend = {"messageId": raw["message"]["id"]}
        await bot.line.deliver(bot.name, [bot.line.event(bot.name, "unsend", with_token=False, unsend=unsend)])
        await bot.playground.settle()

        assert (marks["runs"], await ends(bot)) == ([], ["unsent", "unrouted"])


async def test_stop_in_the_window_gives_all_texts_back_as_they_were(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        await post(bot, "one", "two")
        store = bot.playground.host.store
        assert await store.inbox.count(LEASED) == 2
        await bot.playground.host.worker.stop(5)

        assert await store.inbox.count(READY) == 2
        assert await values(store, "SELECT starts FROM inbox") == [0, 0]
        assert marks["runs"] == []


async def test_bot_that_is_paused_in_the_window_runs_nothing_at_its_end(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 0.3") as bot:
        host = bot.playground.host
        await post(bot, "one", "two")
        await host.turn(Switch(bot.name, "bot"), is_on=False, who="ann")
        await asyncio.sleep(0.5)
        assert (marks["runs"], await host.store.inbox.count(READY)) == ([], 2)
        await host.turn(Switch(bot.name, "bot"), is_on=True, who="ann")
        pass_time(bot, 1)
        await bot.playground.settle()

        assert marks["runs"] == ["one\ntwo"]


async def test_conversations_that_wait_take_no_place_from_others(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20", more="limits: {running: 1}") as bot:
        async with next_sent(bot):
            await post(bot, "one", user="ann")
            await post(bot, "menu", user="ben")
        assert sent(bot) == ["牛肉麵"]

        await post(bot, "menu", user="ann")
        await bot.playground.settle()
        assert sent(bot) == ["牛肉麵", "one", "牛肉麵"]


async def test_run_of_a_burst_is_counted_for_each_row_before_it_begins(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        await post(bot, "hold", "one", "menu")
        assert await asyncio.to_thread(marks["begun"].wait, 10)

        starts = await values(bot.playground.host.store, "SELECT starts FROM inbox ORDER BY seq")
        assert starts == [1, 1, 0]
        await release(bot, marks)
        assert sent(bot) == ["hold+one", "牛肉麵"]


# Failures


async def test_burst_that_failed_is_answered_as_one_again_with_what_came_since(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge", fails=1) as bot:
        await hold(bot, marks)
        await post(bot, "one", "two")
        await release(bot, marks)

        assert marks["runs"] == ["hold", "hold\none\ntwo"]
        assert await ends(bot) == ["merged 2", "merged 2", "answered"]


async def test_poison_in_a_burst_is_buried_alone_and_its_neighbours_are_answered(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, retries: [0.01]") as bot:
        await hold(bot, marks)
        await post(bot, "one", "poison", "three")
        await release(bot, marks)

        burst = "one\npoison\nthree"
        assert marks["runs"] == ["hold", burst, burst, "one", "poison", "three"]
        assert await ends(bot) == ["answered", "answered", "buried", "answered"]
        assert sent(bot) == ["hold", "one", "出了點問題", "three"]


async def test_burst_of_a_route_without_retries_is_buried_whole_with_one_apology(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, retries: []") as bot:
        await hold(bot, marks)
        await post(bot, "one", "poison")
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one\npoison"]
        assert await ends(bot) == ["answered", "buried", "buried"]
        assert sent(bot) == ["hold", "出了點問題"]
        assert await errors_of(bot.playground.host.store) == ["ValueError: one\npoison"] * 2


# Reject


async def test_text_during_a_run_is_told_so_at_once_and_once(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject, busy: 請稍候") as bot:
        await hold(bot, marks)
        async with next_sent(bot):
            await post(bot, "one")
            await post(bot, "two")
        assert sent(bot) == ["請稍候"]
        await release(bot, marks)

        assert (marks["runs"], sent(bot)) == (["hold"], ["請稍候", "hold"])
        assert await ends(bot) == ["answered", "rejected 0", "rejected 0"]
        assert bot.playground.host.worker.ended == {(bot.name, "answered"): 1, (bot.name, "rejected"): 2}


async def test_next_text_after_the_run_is_answered(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject") as bot:
        await hold(bot, marks)
        await post(bot, "one")
        pass_time(bot, 1)
        await release(bot, marks)
        pass_time(bot, 1)
        answer = await bot.says("two")

        assert (answer.texts, await ends(bot)) == (["two"], ["answered", "rejected 0", "answered"])


async def test_text_that_waited_before_the_run_began_is_answered_after_it(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject") as bot:
        await post(bot, "hold", "one")
        assert await asyncio.to_thread(marks["begun"].wait, 10)
        await release(bot, marks)

        assert marks["runs"] == ["hold", "one"]


async def test_what_other_routes_answer_waits_for_its_turn(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject, busy: 請稍候") as bot:
        await hold(bot, marks)
        async with next_sent(bot):
            await post(bot, "menu", "two")
        await release(bot, marks)

        assert sent(bot) == ["請稍候", "hold", "牛肉麵"]


async def test_rejected_text_joins_no_burst_even_where_its_route_rests(marks: dict[str, Any]) -> None:
    async with running_bot(RESTING, folder=TRIAL, pace=QUICK, clock=ManualClock()) as bot:
        await hold(bot, marks)
        await post(bot, "hello", "hold")
        async with asyncio.timeout(10):
            while (bot.name, "rejected") not in bot.playground.host.worker.ended:
                await asyncio.sleep(0.01)
        pass_time(bot, 1)
        await release(bot, marks)

        assert (marks["runs"], sent(bot)) == (["hold", "hello"], ["hold", "hello"])
        assert await ends(bot) == ["answered", "answered", "rejected 0"]


async def test_second_tap_on_a_button_is_rejected_and_needs_no_words(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject", on="on: [message.text, postback], when: {mentioned: false}") as bot:
        await hold(bot, marks)
        await bot.line.deliver(bot.name, [bot.line.event(bot.name, "postback", postback={"data": "buy"})])
        await release(bot, marks)

        assert (marks["runs"], await ends(bot)) == (["hold"], ["answered", "rejected 0"])


async def test_text_during_a_failed_run_is_rejected_by_the_next(marks: dict[str, Any]) -> None:
    async with bursting("overlap: reject", fails=1) as bot:
        await hold(bot, marks)
        await post(bot, "one")
        pass_time(bot, 1)
        await release(bot, marks)

        assert marks["runs"] == ["hold", "hold"]
        assert await ends(bot) == ["answered", "rejected 0"]


async def test_run_that_is_made_again_began_when_its_first_did(marks: dict[str, Any]) -> None:
    """As after a conflict: those that were turned away for the first came during it."""
    async with bursting("overlap: reject") as bot:
        runner = bot.playground.host.worker._runner
        row = stored_of(arrival_of(make_event("one", bot=bot.name), NOW), Standing(1, is_leased=True))
        conversation = Conversation(row.key, row.lane)
        conversation.add(row)

        first = await runner._dispatcher.dispatch(conversation, Attempt(), runner._bursts)
        pass_time(bot, 5)
        again = await runner._dispatcher.dispatch(conversation, Attempt(), runner._bursts)

        assert (again.outcome, again.started_at) == ("answered", first.started_at)
        assert again.now == first.now + 5000

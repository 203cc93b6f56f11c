"""What a restarted host remembers of quiet hours, cooldowns and old answers: the same store, a new host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hookline.adapters.deliveries import Verdict
from hookline.config.configuration import Configuration
from hookline.host.host import Host
from hookline.testing.bot import offered_by
from hookline.testing.events import user_id
from tests.e2e.test_restart import Line, World
from tests.store.worlds import delivery, errors_of, finish_of, lease
from tests.support import NOW, make_event

TRIAL = Path(__file__).parents[1] / "trial"
BOSS = user_id("boss")
HOUR = 3600
QUIET = "quiet: {time: '07:00-09:00'}"  # it is eight o'clock
BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    plugins: {trial: {to: %s}}
    %s
    routes:
      - {name: tell, prefix: tell, run: trial.tell}
      - {name: often, exact: often, cooldown: 1h, reply: rested}
      - {name: all, otherwise: true, reply: '{event.text}'}
"""
REASON = "quiet hours until 2027-01-15 09:00 UTC"


def shop(folder: Path, store: str, more: str = QUIET) -> World:
    return World(folder, store, BOT % (BOSS, more), offered_by(TRIAL)[0])


@asynccontextmanager
async def started(world: World) -> AsyncIterator[tuple[Host, Line]]:
    async with world.host() as (host, line):
        await host.start()
        await host.courier.resume()  # with PostgreSQL the start doesn't wait for it
        await host.settle()
        yield host, line


async def say(host: Host, *texts: str, user: str = "mei") -> None:
    """Let *user* write *texts*, one after another, and wait until all that can be sent is."""
    now = host.clock.now()
    for text in texts:
        await host.worker.accept([make_event(text, user=user, now=now)])
        await host.settle()


async def morning(world: World, host: Host, seconds: float = HOUR) -> None:
    """Let time pass, and the host notice."""
    world.clock.advance(seconds)
    await host.courier.resume()
    await host.settle()


def told(line: Line) -> list[tuple[str, str]]:
    """Return what was sent, by form, without the names of people."""
    return [(form, text.rpartition(" says ")[2]) for form, text in line.sent]


async def shown(host: Host, number: str) -> Sequence[tuple[str, str | None, str | None]]:
    """Return how the deliveries of an event stand."""
    story = await host.store.history.show("shop", number)
    assert story is not None
    return [(one.status, one.outcome, one.reason) for one in story.deliveries]


def changed(world: World, folder: Path, more: str) -> Configuration:
    """Return the configuration of *world* with *more* in the place of its quiet hours."""
    other = shop(folder, world.configuration.store, more)
    other.clock = world.clock
    return other.configuration


async def test_push_waits_for_the_morning_through_restarts_and_in_order(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, line):
        await say(host, "tell one", "tell two")
        first = [*told(line)]
    async with started(world) as (host, line):
        await say(host, "tell three")
        backlog = await host.store.backlog()
        await morning(world, host, HOUR + 30)  # over the minute that a push has otherwise

        assert (first, sum(each.withheld for each in backlog.values())) == ([], 3)
        assert told(line) == [("push", "tell one"), ("push", "tell two"), ("push", "tell three")]
        assert sum(each.withheld for each in (await host.store.backlog()).values()) == 0


async def test_withheld_push_holds_no_reply_back_and_shows_why_it_waits(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, line):
        tell = make_event("tell them", user="mei")
        await host.worker.accept([tell])
        await host.settle()
        await say(host, "hi", user="boss")
        measured = await host.health.measure()

        assert told(line) == [("reply", "hi")]
        assert await shown(host, tell.id) == [("withheld", None, REASON)]
        assert measured.backlog is not None
        assert measured.backlog["shop"].withheld == 1


async def test_push_of_the_morning_does_not_overtake_those_of_the_night(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, _):
        await say(host, "tell one", "tell two")
    async with started(world) as (host, line):
        world.clock.advance(HOUR)  # nobody has noticed yet
        await say(host, "tell three")
        async with asyncio.timeout(10):
            while len(line.sent) < 3:
                await asyncio.sleep(0.01)

        assert told(line) == [("push", "tell one"), ("push", "tell two"), ("push", "tell three")]


async def test_push_that_was_written_at_night_and_never_looked_at_is_not_too_late(
    tmp_path: Path, store_url: str
) -> None:
    world = shop(tmp_path, store_url)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("hi")])
        (row,) = await lease(host.store)
        push = delivery(form="push", conversation=BOSS, epoch=0, deadline=NOW + 60_000)
        await host.store.outcomes.finish(finish_of(row, deliveries=[push]))
        await host.store.lanes.leave("me")
    world.clock.advance(HOUR / 2)
    async with started(world) as (host, line):
        at_night = await host.store.backlog()
        await morning(world, host, HOUR / 2 + 10)

        assert (at_night["shop"].withheld, told(line)) == (1, [("push", "hi")])


async def test_push_of_the_night_is_buried_when_no_host_is_there_in_the_morning(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, _):
        await say(host, "tell them")
    world.clock.advance(HOUR + 61)
    async with started(world) as (host, line):
        assert told(line) == []
        assert await errors_of(host.store) == ["expired: its deadline passed"]


async def test_answer_whose_token_died_waits_for_the_morning_and_later_replies_do_not(
    tmp_path: Path, store_url: str
) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, line):
        line.verdicts = [Verdict("way_refused", "400 Invalid reply token")]
        await say(host, "first", "second")
        at_night = [*told(line)]
        await morning(world, host)

        assert at_night == [("reply", "first"), ("reply", "second")]
        assert told(line) == [*at_night, ("push", "first")]


async def test_answer_that_waited_too_long_for_the_morning_is_stale_and_no_dead_letter(
    tmp_path: Path, store_url: str
) -> None:
    world = shop(tmp_path, store_url, f"{QUIET}\n    stale_after: 30m")
    async with started(world) as (host, line):
        line.verdicts = [Verdict("way_refused", "400 Invalid reply token")]
        await say(host, "first", "tell them")
        await morning(world, host)

        assert told(line) == [("reply", "first"), ("push", "tell them")]
        assert await host.store.outbox.counts() == {"stale": 1, "sent": 1}
        assert await errors_of(host.store) == []
        assert host.courier.counts["shop", "stale"] == 1


async def test_host_that_is_back_after_hours_pushes_no_old_answers(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url, "stale_after: 2h")
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("answered before", user="tom"), make_event("not run")])
        row, _ = await lease(host.store)
        await host.store.outcomes.finish(finish_of(row, deliveries=[delivery(conversation=row.conversation, epoch=0)]))
        await host.store.lanes.leave("me")
    world.clock.advance(6 * HOUR)
    async with started(world) as (host, line):
        await say(host, "new")

        assert told(line) == [("reply", "new")]
        assert await host.store.outbox.counts() == {"stale": 1, "sent": 1}
        assert await errors_of(host.store) == []


async def test_without_stale_after_the_same_host_pushes_them(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url, "")
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("not run")])
    world.clock.advance(6 * HOUR)
    async with started(world) as (_, line):
        assert told(line) == [("push", "not run")]


async def test_push_that_may_have_arrived_when_the_night_begins_goes_on_being_tried(
    tmp_path: Path, store_url: str
) -> None:
    world = shop(tmp_path, store_url, "quiet: {time: '08:01-09:00'}")
    world.clock.advance(30)
    async with started(world) as (host, line):
        line.verdicts = [Verdict("uncertain")]
        line.on_sent = lambda: world.clock.advance(40 if len(line.sent) == 1 else 0)
        await say(host, "tell them")

        assert world.clock.now() == NOW + 70_000
        assert told(line) == [("push", "tell them"), ("push", "tell them")]
        assert await host.store.outbox.counts() == {"sent": 1}


async def test_longer_quiet_hours_count_for_what_waits_already(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, _):
        await say(host, "tell them")
    world.configuration = changed(world, tmp_path, "quiet: {time: '07:00-10:00'}")
    async with started(world) as (host, _):
        await morning(world, host, HOUR + 60)
        at_nine = await host.store.backlog()
        await morning(world, host, HOUR - 30)

        assert at_nine["shop"].withheld == 1
        assert await host.store.outbox.counts() == {"sent": 1}


async def test_what_waits_goes_out_when_the_bot_has_no_quiet_hours_any_more(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url)
    async with started(world) as (host, _):
        await say(host, "tell them")
    world.configuration = changed(world, tmp_path, "")
    async with started(world) as (host, _):
        await host.courier.resume()
        await host.settle()

        assert await host.store.outbox.counts() == {"sent": 1}


async def test_route_rests_on_after_a_restart(tmp_path: Path, store_url: str) -> None:
    world = shop(tmp_path, store_url, "")
    async with started(world) as (host, line):
        await say(host, "often")
        first = told(line)
    world.clock.advance(HOUR - 1)
    async with started(world) as (host, line):
        await say(host, "often")
        world.clock.advance(1)
        await say(host, "often")

        assert (first, told(line)) == ([("reply", "rested")], [("reply", "often"), ("reply", "rested")])

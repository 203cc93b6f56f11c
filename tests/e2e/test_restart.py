"""What a killed and restarted host remembers: the same store, a new process's worth of everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hookline.adapters.adapter import AdapterKind
from hookline.adapters.deliveries import Delivery, Verdict
from hookline.adapters.line.adapter import LINE, LineAdapter
from hookline.config.configuration import Configuration
from hookline.dispatch.holdings import MAX_BEHIND_OF_BOT
from hookline.dispatch.runner import Note, unnoted
from hookline.dispatch.worker import LEASE_ROWS
from hookline.errors import StoreError
from hookline.host.host import Host
from hookline.pace import Pace
from hookline.plugins.installed import Installed
from hookline.store.records import Ending, StoredDelivery, StoredEvent
from hookline.testing import ManualClock
from tests.store.worlds import errors_of, lease, values
from tests.support import NOW, configured, make_event

BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    routes:
      - {name: all, otherwise: true, reply: '{event.text}'}
"""


class Line(LineAdapter):
    """Be LINE without a network: record what is sent, and answer with the verdicts that a test has laid out."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # handed through as the kind's builder gets them
        self.sent: list[tuple[str, str]] = []
        self.verdicts: list[Verdict] = []
        self.on_sent: Callable[[], object] = bool

    async def send(self, delivery: Delivery) -> Verdict:
        self.sent.append((delivery.way.name, delivery.messages[0]["text"]))
        self.on_sent()
        return self.verdicts.pop(0) if self.verdicts else Verdict("sent")


class World:
    """Hold a configuration whose hosts share one store and one recording adapter."""

    def __init__(self, folder: Path, store: str, text: str = BOT, plugins: Sequence[Installed] = ()) -> None:
        self.clock = ManualClock(NOW)
        self.line: Line | None = None
        configuration = replace(configured(folder, text, plugins=plugins), store=store)
        kind: AdapterKind = replace(LINE, build=self._build)
        bots = {name: replace(bot, adapter=kind) for name, bot in configuration.bots.items()}
        self.configuration: Configuration = replace(configuration, bots=bots)

    def _build(self, *arguments: object) -> Line:
        self.line = Line(*arguments)
        return self.line

    @asynccontextmanager
    async def host(self, note: Note = unnoted) -> AsyncIterator[tuple[Host, Line]]:
        host = await Host.open(self.configuration, self.clock, Pace(delivery_retries=(0.0,)), note=note)
        assert self.line is not None
        try:
            yield host, self.line
        finally:
            await host.close(grace=1.0)


async def test_event_that_was_accepted_and_never_run_is_answered_after_a_restart(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("hi")])

    async with world.host() as (host, line):
        await host.start()
        await host.settle()

        assert line.sent == [("reply", "hi")]


async def test_reply_that_was_being_sent_at_the_crash_is_tried_with_its_token_and_never_pushed(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        line.verdicts = [Verdict("uncertain"), Verdict("way_refused", "400 Invalid reply token")]
        await host.start()
        await host.worker.accept([make_event("hi")])
        await host.settle()

        assert line.sent == [("reply", "hi"), ("reply", "hi")]
        assert await host.store.outbox.counts() == {"uncertain": 1}


async def test_event_that_killed_its_process_three_times_is_buried_and_the_next_goes_on(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("poison")])
        (poison,) = await lease(host.store)
        assert await host.store.inbox.start(poison.seq, poison.epoch, 3, NOW)
        await host.store.inbox.accept([make_event("next")])
        await host.store.lanes.leave("me")

    async with world.host() as (host, line):
        await host.start()
        await host.settle()

        assert line.sent == [("reply", "next")]
        assert await errors_of(host.store) == ["the process died 3 times while this event was running"]


async def test_rows_of_a_bot_that_is_not_configured_stay_untouched_and_are_shown(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("hi", bot="gone")])

    async with world.host() as (host, line):
        await host.start()
        await host.worker.accept([make_event("mine")])
        await host.settle()
        is_ready, facts = await host.health.readiness()

        assert (line.sent, is_ready, facts["orphaned_bots"]) == ([("reply", "mine")], True, ["gone"])


async def test_backlog_is_worked_off_in_order_before_what_comes_new(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, _):
        for number in range(40):
            await host.store.inbox.accept([make_event(f"old {number}")])

    async with world.host() as (host, line):
        await host.start()
        await asyncio.gather(*(host.worker.accept([make_event(f"new {number}")]) for number in range(40)))
        await host.settle()

        assert [text for _, text in line.sent] == [f"old {n}" for n in range(40)] + [f"new {n}" for n in range(40)]


async def test_unsent_message_is_not_answered_when_its_unsend_came_first(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    message = make_event("hi")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with world.host() as (host, line):
        await host.start()
        await host.worker.accept([unsend])
        await host.settle()
        await host.worker.accept([message])
        await host.settle()

        assert line.sent == []


async def test_answer_that_quotes_a_message_is_blanked_with_it(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    message = make_event("my secret")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with world.host() as (host, line):
        await host.start()
        for event in (message, unsend):
            await host.worker.accept([event])
            await host.settle()

        assert line.sent == [("reply", "my secret")]
        bodies = await values(host.store, "SELECT body FROM inbox UNION ALL SELECT body FROM outbox")
        assert b"my secret" not in b"".join(bodies)


async def test_standby_event_is_stored_and_never_answered(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        await host.start()
        await host.worker.accept([make_event("hi", mode="standby", reply_token=None)])
        await host.settle()

        assert (line.sent, await host.store.inbox.count()) == ([], 1)


async def test_two_hosts_in_one_process_share_nothing(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = (World(tmp_path / name, f"sqlite:///{tmp_path}/{name}.db") for name in ("one", "two"))
    async with first.host() as (one, line_one), second.host() as (two, line_two):
        await one.start()
        await two.start()
        event = make_event("hi")
        await asyncio.gather(one.worker.accept([event]), two.worker.accept([event]))
        await asyncio.gather(one.settle(), two.settle())

        assert (line_one.sent, line_two.sent) == ([("reply", "hi")], [("reply", "hi")])


async def test_full_disk_refuses_new_events_and_doubles_no_reply(tmp_path: Path) -> None:
    world = World(tmp_path, f"sqlite:///{tmp_path}/one.db")
    async with world.host() as (host, line):
        await host.start()
        await host.worker.accept([make_event("before")])
        await host.settle()
        await host.store._database.run(_limit_pages, 1)
        refused = await asyncio.gather(host.worker.accept([make_event("x" * 200_000)]), return_exceptions=True)
        await host.store._database.run(_limit_pages, 1_000_000)
        await host.worker.accept([make_event("after")])
        await host.settle()

        assert isinstance(refused[0], StoreError)
        assert line.sent == [("reply", "before"), ("reply", "after")]


async def test_store_that_fails_after_a_send_records_it_later_and_sends_nothing_again(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        real_end, failures = host.store.outbox.end, [StoreError("disk full")]

        class Failing(type(host.store.outbox)):  # type: ignore[misc]  # the outbox, whose first record of a result fails
            async def end(self, ending: Ending) -> Sequence[StoredDelivery] | None:
                if failures:
                    raise failures.pop()
                return await real_end(ending)

        host.courier._outbox = Failing(host.store._database)
        await host.start()
        await host.worker.accept([make_event("hi")])
        await host.settle()

        assert line.sent == [("reply", "hi")]
        assert await host.store.outbox.counts() == {"sent": 1}


async def test_one_failing_look_into_the_store_stops_no_host(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        await host.store.inbox.accept([make_event("waiting")])
        inbox, failures = host.store.inbox, [StoreError("disk I/O error")]

        class Failing(type(inbox)):  # type: ignore[misc]  # the inbox, whose first lease fails
            async def lease(self, *arguments: Any) -> list[StoredEvent]:
                if failures:
                    raise failures.pop()
                return await inbox.lease(*arguments)

        host.worker._inbox = Failing(host.store._database)
        await host.start()
        await host.settle()

        assert line.sent == [("reply", "waiting")]


def _limit_pages(connection: Connection, pages: int) -> None:
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


async def test_clock_that_jumps_by_hours_runs_and_answers_nothing_twice(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        await host.start()
        for number, jump in enumerate((3600, -7200, 3600)):
            accepting = [host.worker.accept([make_event(f"{number}.{index}")]) for index in range(5)]
            world.clock.advance(jump)
            await asyncio.gather(*accepting)
            world.clock.advance(-jump)
            await host.settle()

        assert [text for _, text in line.sent] == [f"{number}.{index}" for number in range(3) for index in range(5)]


async def test_bot_at_its_limit_keeps_nobody_else_waiting(tmp_path: Path, store_url: str) -> None:
    slow = BOT.replace("adapter: line\n", "adapter: line\n    limits: {running: 2}\n") + BOT.partition("bots:\n")[
        2
    ].replace("shop:", "cafe:")
    world = World(tmp_path, store_url, slow)
    async with world.host() as (host, _):
        await host.start()
        flood = [host.worker.accept([make_event(f"{n}", user=f"u{n}")]) for n in range(300)]
        await asyncio.gather(*flood, host.worker.accept([make_event("cafe", bot="cafe")]))
        await host.settle()

        lines = [bot.adapter for bot in host.bots.values()]
        texts = [text for line in lines if isinstance(line, Line) for _, text in line.sent]
        assert sorted(texts) == sorted(["cafe", *(f"{n}" for n in range(300))])
        assert host.worker.held == {}


async def test_flood_of_one_conversation_is_taken_in_parts_and_in_order(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        await host.start()
        accepted = [host.worker.accept([make_event(f"{n}", user="flood")]) for n in range(200)]
        accepted += [host.worker.accept([make_event("other", user="other")])]
        await asyncio.gather(*accepted)
        most = max((len(held.rows) for held in host.worker._conversations.values()), default=0)
        await host.settle()

        texts = [text for _, text in line.sent if text != "other"]
        assert (texts, len(line.sent)) == ([f"{n}" for n in range(200)], 201)
        assert most <= 16


async def test_flood_of_few_people_is_taken_in_parts_and_each_in_order(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        await host.start()
        events = [make_event(f"{user} {n}", user=f"u{user}") for n in range(60) for user in range(30)]
        await asyncio.gather(*(host.worker.accept([event]) for event in events))
        most = max(host.worker.held.values(), default=0)
        await host.settle()

        texts = [text.split() for _, text in line.sent]
        for user in range(30):
            assert [int(n) for who, n in texts if who == str(user)] == list(range(60))
        assert most <= MAX_BEHIND_OF_BOT + LEASE_ROWS
        assert host.worker.held == {}

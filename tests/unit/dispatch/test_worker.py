"""How often the worker looks into the store, and what that costs a bot's neighbours."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hookline.dispatch.run import Attempt
from hookline.host.host import Host
from hookline.pace import STORE_RETRY_SECONDS
from hookline.store.records import StoredEvent
from hookline.testing.events import user_id
from hookline.tracebacks import Told
from tests.e2e.test_restart import BOT, World
from tests.support import make_event

BUSY = "    limits: {running: 1}\n" + BOT.partition("shop:\n")[2]
BOTS = f"{BOT}  flood:\n{BUSY}"


@asynccontextmanager
async def hosting(folder: Path) -> AsyncIterator[Host]:
    """Open a host of `shop` and of `flood`, which runs one event at a time."""
    async with World(folder, f"sqlite:///{folder}/bots.db", BOTS).host() as (host, _):
        yield host


def looks_of(host: Host) -> list[int]:
    """Return a list that grows with each look of the worker into the store, by how many events that brought."""
    looks: list[int] = []

    class Watched(type(host.store.inbox)):  # type: ignore[misc]  # the inbox, and a tally
        async def lease(self, *arguments: Any) -> list[StoredEvent]:
            found: list[StoredEvent] = await super().lease(*arguments)
            looks.append(len(found))
            return found

    host.worker._inbox = Watched(host.store._database)
    return looks


async def until_looked(looks: list[int], times: int) -> None:
    async with asyncio.timeout(10):
        while len(looks) < times:
            await asyncio.sleep(0.01)


async def test_bot_at_its_limit_is_not_looked_for_with_each_event_that_ends(tmp_path: Path) -> None:
    async with hosting(tmp_path) as host:
        looks = looks_of(host)
        await host.store.inbox.accept([make_event("hi", bot="flood", user=f"u{number}") for number in range(50)])
        await host.start()
        await host.settle()

        assert sum(looks) == 50
        assert len(looks) <= 3


async def test_event_goes_straight_while_those_of_another_bot_at_its_limit_come_in(tmp_path: Path) -> None:
    async with hosting(tmp_path) as host:
        looks = looks_of(host)
        await host.store.inbox.accept([make_event("hi", bot="flood")])
        await host.slots.enter("flood")  # what runs doesn't end
        await host.start()
        await until_looked(looks, 1)
        coming = host.worker.accept([make_event("more", bot="flood", user="ben")])
        host.worker.wake()
        await until_looked(looks, 2)
        await coming

        await host.worker.accept([make_event("hi")])
        async with asyncio.timeout(10):
            while not host.worker.ended:
                await asyncio.sleep(0.01)

        assert host.worker.ended == {("shop", "answered"): 1}
        assert looks == [1, 0]
        await host.slots.leave("flood")


class Panic(BaseException):
    """Be what nobody foresaw."""


async def test_conversation_that_dies_is_begun_again_after_a_pause_and_holds_up_no_other(tmp_path: Path) -> None:
    died: list[float] = []

    def note(row: StoredEvent, _attempt: Attempt, _failure: Told | None) -> None:
        if row.conversation == user_id("unlucky") and len(died) < 3:
            died.append(time.monotonic())
            raise Panic

    async with World(tmp_path, f"sqlite:///{tmp_path}/bots.db").host(note) as (host, line):
        await host.store.inbox.accept([make_event("hi", user="unlucky"), make_event("hi", user="ben")])
        await host.start()
        async with asyncio.timeout(30):
            while len(line.sent) < 2:
                await asyncio.sleep(0.01)

    assert host.worker.ended == {("shop", "answered"): 2}
    assert min(after - before for before, after in itertools.pairwise(died)) >= STORE_RETRY_SECONDS * 0.9

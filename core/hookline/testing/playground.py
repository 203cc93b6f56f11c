"""Run a whole host against simulated platforms, over real HTTP on loopback, with a store of its own."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..adapters.simulated import SentFile, SimulatedPlatform
from ..clock import Clock
from ..config.configuration import Configuration
from ..errors import UnsettledError
from ..events import Event
from ..host.host import Host
from ..host.reloading import Reloaded, Renewal, Source
from ..ingress.addresses import listen
from ..ingress.server import serve
from ..intents.training import Progress, unseen
from ..messages import as_sent
from ..pace import Pace
from ..store.arrivals import clean_id
from ..store.people.history import PastDelivery
from ..telling.phrases import counted
from .clock import ManualClock
from .exchange import Exchange
from .runs import EventId, Running, Runs
from .staging import Stage, StagedSource

SETTLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold what a host was opened with, to open another."""

    clock: Clock | None
    pace: Pace | None
    renewal: Renewal


class Playground:
    """Own a host, its web server and the simulated platforms that its bots talk to."""

    def __init__(
        self,
        host: Host,
        stage: Stage,
        folder: tempfile.TemporaryDirectory[str],
        port: int,
        runs: Runs,
        source: Source | None = None,
        patience: float = SETTLE_SECONDS,
    ) -> None:
        self.host = host
        self._stage = stage
        self._runs = runs
        self._patience = patience
        self._port = port
        self._source = source
        self._folder = folder
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

    _opened: Opened

    @classmethod
    async def open(
        cls,
        configuration: Configuration,
        clock: Clock | None = None,
        pace: Pace | None = None,
        progress: Progress = unseen,
        source: Source | None = None,
        patience: float = SETTLE_SECONDS,
    ) -> Playground:
        """Start everything on free loopback ports; the store is a temporary folder's.

        *progress* shows how far the intents of a bot are learned. *source* is where *configuration* was loaded from, if
        it shall be loaded again when it changes (:meth:`refresh`). *patience* is for how many seconds nothing may
        happen while an answer is waited for.
        """
        folder = tempfile.TemporaryDirectory(prefix="hookline-")
        listener = listen("127.0.0.1", 0)
        stage, runs = Stage(f"sqlite:///{Path(folder.name) / 'play.db'}", clock), Runs()
        try:
            renewal = Renewal(None if source is None else StagedSource(source, stage))
            staged = stage.set(configuration)
            await stage.start()
            host = await Host.open(staged, clock, pace, progress=progress, renewal=renewal, note=runs.note)
        except BaseException:
            listener.close()
            await stage.stop()
            folder.cleanup()
            raise
        runs.of(host)
        playground = cls(host, stage, folder, listener.getsockname()[1], runs, source, patience)
        playground._opened = Opened(clock, pace, renewal)
        playground._tell_addresses(configuration.bots)
        await host.start()
        playground._serving = asyncio.create_task(serve(host.app, listener, playground._stop, grace=2.0))
        playground._listener = listener
        return playground

    async def refresh(self) -> Reloaded | None:
        """Take up what has changed in the configuration, and say how that went; None when nothing has."""
        if self._source is None or not await asyncio.to_thread(self._source.has_changed):
            return None
        reloaded = await self.host.reload("the files have changed")
        await self._stage.start()
        self._tell_addresses(reloaded.added)
        return reloaded

    def _tell_addresses(self, bots: Iterable[str]) -> None:
        for name in bots:
            self.platform(name).webhooks[name] = f"http://127.0.0.1:{self._port}/webhooks/{name}"

    def platform(self, bot: str) -> SimulatedPlatform:
        """Return the platform that *bot* is on."""
        return self.platforms[self.host.bots[bot].kind.name]

    @property
    def platforms(self) -> Mapping[str, SimulatedPlatform]:
        """Return the platforms by the names of their adapters."""
        return self._stage.platforms

    async def send(self, bot: str, raw: Mapping[str, Any]) -> Exchange:
        """Deliver one raw event to *bot*, wait until all it led to is done, and return that.

        Raises UnsettledError when nothing goes on for so long that nothing will.
        """
        platform = self.platform(bot)
        request = platform.request(bot, raw)
        events = self.host.bots[bot].adapter.receive(request)
        status, response = await platform.post(platform.webhooks[bot], request)
        event = events[0] if events else None
        event_id = "" if event is None else clean_id(event.id, 128)
        await self._settle((bot, event_id), event)
        story = await self.host.store.history.show(bot, event_id) if event_id else None
        failure = self._runs.pop_failure((bot, event_id))
        chat = "" if event is None else clean_id(event.conversation, 160)
        deliveries = [delivery for delivery in (story.deliveries if story else ()) if delivery.messages]
        here = [delivery for delivery in deliveries if (delivery.bot, delivery.conversation) == (bot, chat)]
        own = [delivery for delivery in here if _is_sent(delivery)]
        return Exchange(
            event=raw,
            happened=event,
            response=response,
            status=status,
            route=story.event.route if story else None,
            outcome=story.event.outcome if story else None,
            messages=[as_sent(message) for delivery in own for message in delivery.messages],
            via=own[0].via if own else None,
            pushed=[
                (delivery.conversation, [as_sent(message) for message in delivery.messages])
                for delivery in deliveries
                if delivery not in here and _is_sent(delivery)
            ],
            failures=[f"{item.outcome or item.status}: {item.reason}" for item in deliveries if not _is_sent(item)],
            error=failure if story is not None and story.event.outcome == "buried" else None,
        )

    async def says(
        self, bot: str, text: str, user: str = "mei", group: str | None = None, *, mention: bool = False
    ) -> Exchange:
        """Let *user* write *text*, alone with the bot or in *group*."""
        raw = self.platform(bot).text(bot, text, user=user, group=group, mention=mention)
        return await self.send(bot, raw)

    async def taps(self, bot: str, data: str, user: str = "mei", group: str | None = None) -> Exchange:
        """Let *user* tap a button with *data*."""
        return await self.send(bot, self.platform(bot).tap(bot, data, user=user, group=group))

    async def happens(
        self, bot: str, kind: str, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> Exchange:
        """Let an event of the type *kind* happen, with *fields* as its platform has them."""
        return await self.send(bot, self.platform(bot).happen(bot, kind, user=user, group=group, **fields))

    async def gives(self, bot: str, file: SentFile, user: str = "mei", group: str | None = None) -> Exchange:
        """Let *user* send a *file*; raises NotImplementedError where its platform takes none here."""
        return await self.send(bot, self.platform(bot).file(bot, file, user=user, group=group))

    async def passes(self, clock: ManualClock, seconds: float) -> None:
        """Let *seconds* pass by *clock*, and wait until all that was due then is done, in its order."""
        end = clock.now() + round(seconds * 1000)
        while True:
            due = await self.host.next_due()
            clock.advance(max(0.0, (min(end, end if due is None else due) - clock.now()) / 1000))
            await self.host.look_at_time()
            await self.settle()
            if clock.now() >= end:
                return

    async def settle(self) -> None:
        """Wait until everything that was accepted has been run and delivered; raise UnsettledError as :meth:`send`."""
        await self._settle()

    async def _settle(self, key: EventId | None = None, event: Event | None = None) -> None:
        before, now = None, self._progress()
        while before != now:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self.host.settle()
                self._runs.running.clear()
                return
            before, now = now, self._progress()
        what = "the bot has not come to rest" if event is None else f"no answer to {self._called(event)}"
        reasons = [reason async for reason in self._reasons(key)]
        raise UnsettledError(f"{what} within {self._patience:g} s: {'; '.join(reasons)}")

    def _progress(self) -> tuple[int, ...]:
        """Return what is another whenever something has gone on: on a busy machine all takes its time."""
        worker, courier = self.host.worker, self.host.courier
        return self._runs.count, sum(worker.ended.values()), sum(courier.counts.values()), courier.held

    async def _reasons(self, key: EventId | None) -> AsyncIterator[str]:
        """Yield what is still waited for; that of the event *key* is told first, and as its own."""
        if key is not None and key not in self._runs.running:
            yield "its run has not begun"
        for other, running in sorted(self._runs.running.items(), key=lambda item: item[0] != key):
            story = await self.host.store.history.show(*other)
            if story is not None and story.event.status not in ("done", "dead"):
                yield self._still(other[0], running, is_own=other == key)
        if held := self.host.courier.held:
            yield f"the outbox still has {counted(held, 'delivery', 'deliveries')}"

    def _still(self, bot: str, running: Running, *, is_own: bool) -> str:
        handle = self._runs.handle_of(bot, running.attempt)
        what = f"route `{running.attempt.route}`" if handle is None else f"handler {handle.plugin}.{handle.handler}"
        thread = running.attempt.lingering
        if running.failure is None:
            does = "still runs"
        elif thread is not None and not thread.done():
            does = "still runs in its thread, past its deadline"
        else:
            does = f"has failed with {running.failure} and will run again"
        return f"its {what} {does}" if is_own else f"the {what} of {self._called(running.event)} {does}"

    def _called(self, event: Event) -> str:
        """Return an event as a test wrote it: what happened, and by whom."""
        of = f" of {self.platform(event.bot).name_of(event.user)}" if event.user else ""
        return f"`{event.text or event.type}`{of}"

    async def restart(self, *, forgets: bool = False) -> None:
        """Stop the host and open another on the same store, as after a deploy; or on an empty one, if it *forgets*."""
        configuration = self.host.configuration
        await self._leave()
        if forgets:
            self._folder.cleanup()
            Path(self._folder.name).mkdir(mode=0o700)
        listener = listen("127.0.0.1", 0)
        self._port, self._listener, self._stop = listener.getsockname()[1], listener, asyncio.Event()
        opened = self._opened
        self.host = await Host.open(
            configuration, opened.clock, opened.pace, renewal=opened.renewal, note=self._runs.note
        )
        self._runs.of(self.host)
        self._tell_addresses(self.host.bots)
        await self.host.start()
        self._serving = asyncio.create_task(serve(self.host.app, listener, self._stop, grace=2.0))

    async def close(self) -> None:
        """Stop everything and delete the store."""
        await self._leave()
        await self._stage.stop()
        self._folder.cleanup()

    async def _leave(self) -> None:
        """Stop the host."""
        self._stop.set()
        if self._serving is not None:
            await self._serving
        if self._listener is not None:
            self._listener.close()
        await self.host.close(grace=2.0)


def _is_sent(delivery: PastDelivery) -> bool:
    return delivery.outcome == "sent"

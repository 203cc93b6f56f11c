"""Run a whole host against the simulated platform, over real HTTP on loopback, with a store of its own."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..adapters.line.simulated.platform import SimulatedLine
from ..clock import Clock
from ..config.configuration import Configuration
from ..config.values.coercion import SIMULATED_SECRET
from ..errors import UnsettledError
from ..host.host import Host
from ..host.reloading import Reloaded, Renewal, Source
from ..ingress.addresses import listen
from ..ingress.server import serve
from ..intents.training import Progress, unseen
from ..messages import as_sent
from ..pace import Pace
from ..store.people.history import PastDelivery
from ..telling.phrases import counted
from .exchange import Exchange
from .runs import EventId, Running, Runs
from .staging import Stage, StagedSource, token_of

SETTLE_SECONDS = 30.0


class Playground:
    """Own a host, its web server and the simulated LINE platform that all its bots talk to."""

    def __init__(
        self,
        host: Host,
        line: SimulatedLine,
        folder: tempfile.TemporaryDirectory[str],
        port: int,
        runs: Runs,
        source: Source | None = None,
        patience: float = SETTLE_SECONDS,
    ) -> None:
        self.host = host
        self.line = line
        self._runs = runs
        self._patience = patience
        self._port = port
        self._source = source
        self._folder = folder
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

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
        line, runs = SimulatedLine(clock), Runs()
        try:
            await line.start()
            stage = Stage(line, f"sqlite:///{Path(folder.name) / 'play.db'}")
            renewal = Renewal(None if source is None else StagedSource(source, stage))
            staged = stage.set(configuration)
            host = await Host.open(staged, clock, pace, progress=progress, renewal=renewal, note=runs.note)
        except BaseException:
            listener.close()
            await line.stop()
            folder.cleanup()
            raise
        runs.of(host)
        playground = cls(host, line, folder, listener.getsockname()[1], runs, source, patience)
        playground._open_channels(configuration.bots)
        await host.start()
        playground._serving = asyncio.create_task(serve(host.app, listener, playground._stop, grace=2.0))
        playground._listener = listener
        return playground

    async def refresh(self) -> Reloaded | None:
        """Take up what has changed in the configuration, and say how that went; None when nothing has."""
        if self._source is None or not await asyncio.to_thread(self._source.has_changed):
            return None
        reloaded = await self.host.reload("the files have changed")
        self._open_channels(reloaded.added)
        return reloaded

    def _open_channels(self, bots: Iterable[str]) -> None:
        for name in bots:
            webhook = f"http://127.0.0.1:{self._port}/webhooks/{name}"
            self.line.add_channel(name, SIMULATED_SECRET, token_of(name), webhook)

    async def send(self, bot: str, raw: Mapping[str, Any]) -> Exchange:
        """Deliver one raw event to *bot*, wait until all it led to is done, and return that.

        Raises UnsettledError when nothing goes on for so long that nothing will.
        """
        event_id = str(raw.get("webhookEventId"))
        (status,) = await self.line.deliver(bot, [raw])
        await self._settle((bot, event_id), raw)
        story = await self.host.store.history.show(bot, event_id)
        failure = self._runs.pop_failure((bot, event_id))
        chat = _chat_of(raw)
        deliveries = story.deliveries if story else ()
        own = [delivery for delivery in deliveries if delivery.conversation == chat and _is_sent(delivery)]
        return Exchange(
            event=raw,
            status=status,
            route=story.event.route if story else None,
            outcome=story.event.outcome if story else None,
            messages=[as_sent(message) for delivery in own for message in delivery.messages],
            via=own[0].form if own else None,
            pushed=[
                (delivery.conversation, [as_sent(message) for message in delivery.messages])
                for delivery in deliveries
                if delivery.conversation != chat and _is_sent(delivery)
            ],
            failures=[f"{item.outcome or item.status}: {item.reason}" for item in deliveries if not _is_sent(item)],
            error=failure if story is not None and story.event.outcome == "buried" else None,
        )

    async def says(
        self, bot: str, text: str, user: str = "mei", group: str | None = None, *, mention: bool = False
    ) -> Exchange:
        """Let *user* write *text*, alone with the bot or in *group*."""
        return await self.send(bot, self.line.text(bot, text, user=user, group=group, mention=mention))

    async def settle(self) -> None:
        """Wait until everything that was accepted has been run and delivered; raise UnsettledError as :meth:`send`."""
        await self._settle()

    async def _settle(self, key: EventId | None = None, raw: Mapping[str, Any] | None = None) -> None:
        before, now = None, self._progress()
        while before != now:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self.host.settle()
                self._runs.running.clear()
                return
            before, now = now, self._progress()
        what = "the bot has not come to rest" if raw is None else f"no answer to {self._called(raw)}"
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
        return f"its {what} {does}" if is_own else f"the {what} of {self._called(running.raw)} {does}"

    def _called(self, raw: Mapping[str, Any]) -> str:
        """Return an event as a test wrote it: what happened, and by whom."""
        message, source = raw.get("message"), raw.get("source")
        text = message.get("text") if isinstance(message, Mapping) else None
        user = str(source.get("userId")) if isinstance(source, Mapping) and source.get("userId") else None
        profile = self.line.profiles.get(user or "")
        return f"`{text or raw.get('type')}`" + (f" of {profile.name if profile else user}" if user else "")

    async def close(self) -> None:
        """Stop everything and delete the store."""
        self._stop.set()
        if self._serving is not None:
            await self._serving
        if self._listener is not None:
            self._listener.close()
        await self.host.close(grace=2.0)
        await self.line.stop()
        self._folder.cleanup()


def _chat_of(raw: Mapping[str, Any]) -> str:
    source = raw.get("source")
    source = source if isinstance(source, Mapping) else {}
    return str(source.get("groupId") or source.get("roomId") or source.get("userId") or "")


def _is_sent(delivery: PastDelivery) -> bool:
    return delivery.outcome == "sent"

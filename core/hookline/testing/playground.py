"""Run a whole host against the simulated platform, over real HTTP on loopback, with a store of its own."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..adapters.line.simulated.platform import SimulatedLine
from ..clock import Clock
from ..config.configuration import Configuration
from ..config.values.coercion import SIMULATED_SECRET
from ..host.host import Host
from ..host.reloading import Reloaded, Renewal, Source
from ..ingress.server import listen, serve
from ..intents.training import Progress, unseen
from ..pace import Pace
from ..store.people.history import PastDelivery
from .staging import Stage, StagedSource, token_of

SETTLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """Hold one event and all that it led to.

    ``messages`` went to the event's own chat, ``via`` reply or push; ``pushed`` went to others.
    """

    event: Mapping[str, Any]
    status: int
    route: str | None
    outcome: str | None
    messages: Sequence[Mapping[str, Any]]
    via: str | None
    pushed: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]
    failures: Sequence[str]

    @property
    def texts(self) -> list[str]:
        """Return the text of each message: what it says, or its altText."""
        return [str(message.get("text") or message.get("altText") or "") for message in self.messages]


class Playground:
    """Own a host, its web server and the simulated LINE platform that all its bots talk to."""

    def __init__(
        self,
        host: Host,
        line: SimulatedLine,
        folder: tempfile.TemporaryDirectory[str],
        port: int,
        source: Source | None = None,
    ) -> None:
        self.host = host
        self.line = line
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
    ) -> Playground:
        """Start everything on free loopback ports; the store is a temporary folder's.

        *progress* shows how far the intents of a bot are learned. *source* is where *configuration* was loaded from, if
        it shall be loaded again when it changes (:meth:`refresh`).
        """
        folder = tempfile.TemporaryDirectory(prefix="hookline-")
        listener = listen("127.0.0.1", 0)
        line = SimulatedLine(clock)
        try:
            await line.start()
            stage = Stage(line, f"sqlite:///{Path(folder.name) / 'play.db'}")
            renewal = Renewal(None if source is None else StagedSource(source, stage))
            host = await Host.open(stage.set(configuration), clock, pace, progress=progress, renewal=renewal)
        except BaseException:
            listener.close()
            await line.stop()
            folder.cleanup()
            raise
        playground = cls(host, line, folder, listener.getsockname()[1], source)
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
        """Deliver one raw event to *bot*, wait until all it led to is done, and return that."""
        (status,) = await self.line.deliver(bot, [raw])
        await self.settle()
        story = await self.host.store.history.show(bot, str(raw.get("webhookEventId")))
        chat = _chat_of(raw)
        deliveries = story.deliveries if story else ()
        own = [delivery for delivery in deliveries if delivery.conversation == chat and _is_sent(delivery)]
        return Exchange(
            event=raw,
            status=status,
            route=story.event.route if story else None,
            outcome=story.event.outcome if story else None,
            messages=[message for delivery in own for message in delivery.messages],
            via=own[0].form if own else None,
            pushed=[
                (delivery.conversation, delivery.messages)
                for delivery in deliveries
                if delivery.conversation != chat and _is_sent(delivery)
            ],
            failures=[f"{item.outcome or item.status}: {item.reason}" for item in deliveries if not _is_sent(item)],
        )

    async def says(
        self, bot: str, text: str, user: str = "mei", group: str | None = None, *, mention: bool = False
    ) -> Exchange:
        """Let *user* write *text*, alone with the bot or in *group*."""
        return await self.send(bot, self.line.text(bot, text, user=user, group=group, mention=mention))

    async def settle(self) -> None:
        """Wait until everything that was accepted has been run and delivered."""
        async with asyncio.timeout(SETTLE_SECONDS):
            await self.host.settle()

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

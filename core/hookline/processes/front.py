"""Be a front: verify, put into a mailbox, answer; no line of a plugin runs here, and nothing here opens the store."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from ..adapters.requests import Request
from ..clock import SystemClock
from ..ingress.forwarding import Forwarder
from ..ingress.limits import Limits
from ..ingress.roster import FrontBot, unpacked
from ..ingress.server import Server
from ..ingress.server import serve as serve_http
from ..ingress.webhooks import Webhooks
from ..mailbox.box import Box
from ..mailbox.posted import Posted
from . import loops
from .child import READY, Assignment, named
from .keeper import Keeper
from .mail import Mail, read_whole
from .memory import loop_factory, spare_the_collector, within_files

LEAVING_SECONDS = 0.5
TELL_SECONDS = 1.0

log = structlog.stdlib.get_logger("hookline.host")


@dataclass(frozen=True, slots=True)
class Speaking:
    """Say how a front speaks HTTP."""

    grace: float
    server: Server
    root: str
    limits: Limits
    set_up_logs: Callable[[], object]


class Configured(Protocol):
    """Be what a front looks at of a configuration; a protocol, so that no front needs the reader of bot.yaml."""

    @property
    def bots(self) -> Mapping[str, Any]:
        """Return the bots, each with a name, an adapter and its settings."""
        ...


class Front:
    """Own what one front knows, and its mailbox."""

    def __init__(self, bots: Iterable[FrontBot], mail: Mail, limits: Limits) -> None:
        self.bots: dict[str, FrontBot] = {bot.name: bot for bot in bots}
        self._stamps = mail.stamps
        self.box = Box(mail.folder, mail.bell.ring)
        address = mail.pages.getsockname()
        self.app = Webhooks(self.bots, self._take, SystemClock(), Forwarder(address, limits), limits)

    def _take(self, bot: str, request: Request, number: int) -> asyncio.Future[None]:
        kept = request.only(self.bots[bot].headers)
        return self.box.put(Posted.of(bot, kept, self._stamps(), number))

    def swap(self, bots: Mapping[str, FrontBot]) -> None:
        """Know *bots*, and no others, from now on."""
        for gone in self.bots.keys() - bots.keys():
            del self.bots[gone]
        self.bots.update(bots)


def serve_front(
    configuration: Configured, serving: Speaking, mail: Mail, listener: socket.socket, assignment: Assignment
) -> int:
    """Serve the webhooks of the bots of *configuration* at *listener* until told to stop; return the status."""
    named("front")
    serving.set_up_logs()
    bots = [FrontBot.of(bot.name, bot.adapter, bot.adapter_settings) for bot in configuration.bots.values()]

    async def run() -> int:
        stop, orphaned = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def in_loop(event: asyncio.Event) -> None:
            loop.call_soon_threadsafe(event.set)

        keeper = Keeper(assignment.line, (listener,), serving.grace, on_orphaned=partial(in_loop, orphaned))
        keeper.start()

        def told(_number: int, _frame: object) -> None:
            keeper.begin()
            in_loop(stop)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, told)
        limits = within_files(serving.limits)
        front = Front(bots, mail, limits)
        if assignment.roster is not None:  # which is newer
            front.swap(unpacked(read_whole(assignment.roster), front.bots))
        _hear(assignment, front, stop)
        front.box.open()
        spare_the_collector()
        assignment.say(READY)
        telling = asyncio.create_task(_tell(mail, assignment.slot, front))
        over = asyncio.Event()
        leaving = asyncio.create_task(_leave(stop, over, front, serving.grace))
        await serve_http(front.app, listener, over, serving.grace / 3, serving.server, serving.root, orphaned, limits)
        leaving.cancel()
        telling.cancel()
        await front.box.close()
        return 0

    return loops.run(run(), loop_factory())


async def _leave(stop: asyncio.Event, over: asyncio.Event, front: Front, grace: float) -> None:
    """After *stop* ask callers to open new connections, and set *over* when whoever was about to call has done so."""
    await stop.wait()
    front.app.leave()
    await asyncio.sleep(min(LEAVING_SECONDS, grace / 10))
    over.set()


async def _tell(mail: Mail, slot: int, front: Front) -> None:
    """Tell, again and again, how many callers were refused; one that takes this one's place goes on from there."""
    before = mail.board.of(slot)
    while True:
        mail.board.say(slot, before + front.app.entries.refused)
        await asyncio.sleep(TELL_SECONDS)


def _hear(assignment: Assignment, front: Front, stop: asyncio.Event) -> None:
    """Take in each roster that the supervisor passes on; set *stop* when it has died."""
    loop, line = asyncio.get_running_loop(), assignment.line.fileno()

    def hear() -> None:
        words, descriptors = assignment.heard_with_files()
        if not words:
            loop.remove_reader(line)
            stop.set()
        for descriptor in descriptors:
            try:
                front.swap(unpacked(read_whole(descriptor), front.bots))
            except Exception:
                log.exception("roster.refused")
            finally:
                os.close(descriptor)

    loop.add_reader(line, hear)

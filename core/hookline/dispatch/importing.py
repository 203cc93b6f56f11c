"""Take in what fronts have put into mailboxes: into the store, in order, and on to the worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from ..bots.bot import Bots
from ..errors import NotAWebhookError, StoreClosedError, StoreError
from ..events import Event
from ..mailbox.boxes import BATCH, Boxes, Found
from ..mailbox.turns import Turns
from ..pace import STORE_RETRY_SECONDS, Trouble, pause
from ..store.store import Store
from .worker import Worker

LOOK_SECONDS = 0.25
"""So often it looks without being rung for: a front may have died before it could ring."""
SWEEP_SECONDS = 1.0
MOST_READ, MOST_BYTES = 32_768, 32 << 20
"""So many requests are read ahead of what is taken in, so that each bot among them has its turn."""
ENOUGH = 512
"""While so many events of a bot are held here its others stay where they are, unless too much is read: in the store
they would be parsed a second time."""
SHARED_BATCH = 64
"""So many are taken in at a time where other bots may be waiting meanwhile."""
PULLS = 4
PAUSE_SECONDS = 0.01

log = structlog.stdlib.get_logger("hookline.mailbox")


@dataclass(frozen=True, slots=True)
class Mail:
    """Say how the mailboxes of a host are: how many ``files`` there are, their bytes, and what became of requests.

    ``oldest_at`` is when the oldest that waits was received, in milliseconds since 1970; None when none waits.
    ``refused`` callers were not let in by any front.
    """

    files: int
    bytes: int
    oldest_at: int | None
    imported: int
    set_aside: int
    unreadable: Mapping[str, str]
    refused: int


class Importer:
    """Take in what lies in *boxes*, batch by batch; what was taken in is noted in one transaction with it.

    What can't be turned into events, or is for a bot that isn't there, is set aside and tried again at the next start,
    and when bots are new. *let_in* hears of each request by which secret it was signed, and when.
    """

    def __init__(
        self,
        store: Store,
        worker: Worker,
        bots: Bots,
        boxes: Boxes,
        let_in: Callable[[str, int, int], object],
        refused: Callable[[], int] = int,
    ) -> None:
        self._mailboxes = store.mailboxes
        self._worker = worker
        self._bots = bots
        self._boxes = boxes
        self._let_in = let_in
        self._refused = refused
        self._turns = Turns()
        self._is_draining = False
        self._rung = asyncio.Event()
        self._stopping = asyncio.Event()
        self._trouble = Trouble(log, "mailbox.import_failed")
        self._swept_at = 0.0
        self.imported = 0
        self.aside = 0

    def ring(self) -> None:
        """Look into the mailboxes."""
        self._rung.set()

    async def run(self) -> None:
        """Take in what comes, until :meth:`stop`."""
        self._boxes.taken.update(await self._mailboxes.taken())
        self._boxes.bring_back()
        await self._forget(self._boxes.missing())
        while not self._stopping.is_set():
            self._rung.clear()
            if not await self._turn():
                await self._sweep(SWEEP_SECONDS)
                await self._wait()
        await self._sweep(0)
        self._boxes.close()

    def resume(self) -> None:
        """Try again what was set aside: there may be new bots."""
        self._boxes.bring_back()
        self._rung.set()

    async def drain(self, seconds: float) -> None:
        """Take in all that was answered before this call, for so many *seconds* at most."""
        until, end = self._boxes.clock(), time.monotonic() + seconds
        self._is_draining = True
        while time.monotonic() < end and self._boxes.are_before(until):
            self._rung.set()
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Take in no more."""
        self._stopping.set()
        self._rung.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._rung.wait()
        except TimeoutError:
            pass

    async def _turn(self) -> bool:
        """Take in one batch; return whether there was any, or is going to be."""
        for _ in range(PULLS):  # not all at once: the loop is to go on
            if not (self._has_room() and (read := self._boxes.pull())):
                break
            self._turns.add(read)
        found = self._turns.take(BATCH if len(self._bots) == 1 else SHARED_BATCH, self._may_go())
        try:
            if found:
                await self._import(found)
            elif self._turns:
                await pause(PAUSE_SECONDS, self._stopping)
        except StoreClosedError:
            raise
        except StoreError as error:
            self._turns.clear()
            self._boxes.rewind()
            self._trouble.report(error)
            await pause(STORE_RETRY_SECONDS, self._stopping)
        return bool(found or self._turns)

    def _has_room(self) -> bool:
        return len(self._turns) < MOST_READ and self._turns.size < MOST_BYTES

    def _may_go(self) -> Callable[[str], bool]:
        """Return what says of which bots more is taken in now."""
        held = self._worker.held
        is_urgent = self._is_draining or not self._has_room()
        return lambda bot: is_urgent or held.get(bot, 0) < ENOUGH

    async def _import(self, found: Sequence[Found]) -> None:
        try:
            events = [event for one in found for event in self._events(one)]
            await self._accept(events, found)
        except StoreError:
            raise
        except Exception:  # of one of them; then each goes alone
            if len(found) > 1:
                for one in found:
                    await self._import([one])
                return
            log.exception("mailbox.strange", bot=found[0].posted.bot)
            self._set_aside(found[0])
            await self._accept([], found)

    async def _accept(self, events: Sequence[Event], found: Sequence[Found]) -> None:
        await self._worker.accept(events, self._boxes.taken_with(found))
        self._boxes.have_taken(found)
        self.imported += len(found)
        for one in found:
            self._let_in(one.posted.bot, one.posted.secret, one.posted.received)

    def _events(self, found: Found) -> Sequence[Event]:
        bot = self._bots.get(found.posted.bot)
        if bot is None:
            self._set_aside(found)
            return ()
        try:
            return bot.adapter.receive(found.posted.request())
        except NotAWebhookError as error:
            log.warning("webhook.not_a_webhook", bot=bot.name, reason=str(error))
            return ()

    def _set_aside(self, found: Found) -> None:
        file = self._boxes.set_aside(found.posted)
        self.aside += 1
        log.error("mailbox.set_aside", bot=found.posted.bot, file=file)

    async def _sweep(self, seconds: float) -> None:
        """Delete what is done with, unless that was looked for less than so many *seconds* ago."""
        now = time.monotonic()
        if now - self._swept_at >= seconds:
            self._swept_at = now
            await self._forget(self._boxes.sweep())

    async def _forget(self, boxes: Sequence[str]) -> None:
        if boxes:
            await self._mailboxes.forget(boxes)
            self._boxes.forget(boxes)

    def facts(self) -> Mail:
        """Return how the mailboxes are."""
        files, size, oldest = self._boxes.held()
        return Mail(files, size, oldest, self.imported, self.aside, dict(self._boxes.unreadable), self._refused())

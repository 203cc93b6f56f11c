"""Keep this process's lease on its lanes: be heard, take a fair share, give away what is too much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from ...errors import StoreClosedError
from ...pace import Trouble
from ...store.lanes import LEASE_SECONDS, Lease, Peer, Tenure
from ...store.store import Store

BEAT_SECONDS = 1.0
SILENT_SECONDS = 2.0
"""How long a worker must have been watched without a heartbeat before its lanes are taken."""
MARGIN_SECONDS = 0.5
"""How much earlier than others may take a lane this process stops relying on it."""
SWEEP_EVERY = 5
"""How many heartbeats pass between looks for what this process has leased without knowing."""

log = structlog.stdlib.get_logger("hookline.worker")


class Party(Protocol):
    """Work in lanes: the worker and the courier."""

    def busy_lanes(self) -> set[int]:
        """Return the lanes in which something is under way."""
        ...

    def wake(self) -> None:
        """Look whether something waits in the store."""
        ...

    async def sweep(self) -> None:
        """Find what stands leased to this process and isn't held by it, and let it be leased anew."""
        ...


class Heartbeat:
    """Renew the lease every second, where several processes share a store.

    ``orphaned`` are bots that have work waiting in this process's lanes and that nobody can run; ``elsewhere`` those
    that only another process can run: their lanes are given to it.
    """

    def __init__(
        self,
        store: Store,
        tenure: Tenure,
        name: str,
        bots: Collection[str],
        parties: Sequence[Party],
        tell_time: Callable[[int, float], None],
    ) -> None:
        self._store = store
        self._tenure = tenure
        self._name = name
        self._bots = bots
        self._parties = parties
        self._tell_time = tell_time
        self._hurry = asyncio.Event()
        self._watched: dict[str, tuple[int, float]] = {}
        self._trouble = Trouble(log, "lanes.lease_failed")
        self._beats = 0
        self._is_leaving = False
        self.orphaned: frozenset[str] = frozenset()
        self.elsewhere: frozenset[str] = frozenset()

    async def begin(self, predecessor: str | None = None) -> None:
        """Take the first lanes; those of *predecessor*, which is known to be dead, at once."""
        await self._beat([predecessor] if predecessor else [])

    async def run(self) -> None:
        """Beat until cancelled. While the store is away the lease runs out, and what needs it waits."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._hurry.wait()
            self._hurry.clear()
            try:
                await self._beat()
            except StoreClosedError:
                raise
            except Exception as error:
                self._trouble.report(error)
                self._watched.clear()  # nobody could be heard meanwhile: who is silent must be watched anew

    def hurry(self) -> None:
        """Beat at once: lanes have become free."""
        self._hurry.set()

    def leave_idle(self) -> list[int]:
        """Give up all lanes in which nothing is under way, and return them; the store must still be told.

        From now on none is taken any more.
        """
        self._is_leaving = True
        return self._given(list(self._tenure.epochs), len(self._tenure.epochs))

    async def _beat(self, dead: Collection[str] = ()) -> None:
        begun_at = time.monotonic()
        lease = await self._store.lanes.lease(
            self._name, frozenset(self._bots), self._silent(begun_at), dead, takes=not self._is_leaving
        )
        self._tell_time(lease.now, begun_at)
        self._watch(lease.peers, begun_at)
        kept = self._take_over(lease, begun_at)
        for party in self._parties:
            party.wake()
        if self._is_leaving:  # a beat may have crossed it
            await self._give(dict.fromkeys(self._given(list(lease.epochs), len(lease.epochs))))
        elif lease.surplus:  # not the lanes that have just come: what waits there is run first
            await self._give(dict.fromkeys(self._given(kept, lease.surplus)))
        await self._look_for_foreign(kept, lease.peers)
        if self._beats % SWEEP_EVERY == SWEEP_EVERY - 1:
            for party in self._parties:
                await party.sweep()
        self._beats += 1

    def _take_over(self, lease: Lease, begun_at: float) -> set[int]:
        """Rely on *lease* from now on; return the lanes that were this process's before, too."""
        old, new = self._tenure.epochs, lease.epochs
        lost = {lane for lane, epoch in old.items() if new.get(lane) != epoch}
        gained = {lane for lane, epoch in new.items() if old.get(lane) != epoch}
        self._tenure.epochs = dict(new)
        self._tenure.until = begun_at + LEASE_SECONDS - MARGIN_SECONDS
        if gained:
            self._store.timers.changed.set()
        if lost or gained:
            log.info("lanes.changed", lanes=len(new), gained=len(gained), lost=len(lost))
        return new.keys() - gained

    def _given(self, lanes: Iterable[int], most: int) -> list[int]:
        """Take up to *most* of *lanes* from this process's own, of those in which nothing is under way."""
        busy = set[int]().union(*(party.busy_lanes() for party in self._parties))
        given = [lane for lane in lanes if lane not in busy and lane in self._tenure.epochs][:most]
        for lane in given:
            del self._tenure.epochs[lane]
        return given

    async def _give(self, given: Mapping[int, str | None]) -> None:
        if given:
            await self._store.lanes.release(self._name, given)

    async def _look_for_foreign(self, lanes: Collection[int], peers: Sequence[Peer]) -> None:
        """Report what this process can't run, and give those of *lanes* away where it waits and another can.

        Not the lanes that have just come: what this process can run there is run first, or two that each lack a bot
        would hand them back and forth for ever.
        """
        epochs = self._tenure.epochs
        foreign = await self._store.foreign(epochs, self._bots) if epochs else {}
        runnable = frozenset[str]().union(*(peer.bots for peer in peers))
        orphaned = frozenset(foreign) - runnable
        if orphaned - self.orphaned:
            log.warning("inbox.orphaned", bots=sorted(orphaned))
        self.orphaned = orphaned
        self.elsewhere = frozenset(foreign) & runnable
        wants = {lane: bot for bot in sorted(self.elsewhere) for lane in foreign[bot] if lane in lanes}
        given = self._given(wants, len(wants))
        await self._give({lane: wants[lane] for lane in given})

    def _silent(self, now: float) -> Mapping[str, int]:
        return {
            worker: heartbeat for worker, (heartbeat, since) in self._watched.items() if now - since >= SILENT_SECONDS
        }

    def _watch(self, peers: Sequence[Peer], now: float) -> None:
        """Remember since when each other worker's heartbeat stands still."""
        watched: dict[str, tuple[int, float]] = {}
        for peer in peers:
            heartbeat, since = self._watched.get(peer.worker, (None, now))
            watched[peer.worker] = (peer.heartbeat_at, since if heartbeat == peer.heartbeat_at else now)
        self._watched = watched

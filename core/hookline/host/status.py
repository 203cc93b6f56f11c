"""Say how a running host is: to load balancers, to Prometheus, and to a person who asks over the local socket."""

from __future__ import annotations

import asyncio
import os
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from ..bots.bot import Bot
from ..bots.roster import Roster
from ..clock import Clock
from ..delivery.courier import Courier
from ..dispatch.importing import Importer
from ..dispatch.lanes.alone import Alone
from ..dispatch.lanes.sharing import Sharing
from ..dispatch.worker import Worker
from ..errors import StoreError
from ..ingress.webhooks import Webhooks
from ..store.lanes import Tenure
from ..store.memory.switches import Off
from ..store.store import Backlog, Store
from .metrics import Measurements, age_of, overdue
from .reloading import Reloader

STORE_SECONDS = 1.0


@dataclass
class Health:
    """Look at all parts of one process. ``is_ready`` is set by the host that it is of."""

    name: str
    role: str
    store: Store
    roster: Roster
    worker: Worker
    courier: Courier
    webhooks: Webhooks
    lanes: Alone | Sharing
    tenure: Tenure
    reloader: Reloader
    clock: Clock
    importer: Importer | None = None
    is_ready: bool = False

    @property
    def orphaned(self) -> frozenset[str]:
        """Return the bots whose work waits here and that nobody can run."""
        return self.lanes.orphaned - self.roster.bots.keys()

    async def readiness(self) -> tuple[bool, Mapping[str, Any]]:
        """Return whether the host takes events, and how it is."""
        is_ready = self.is_ready
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self.store.check()
        except Exception:
            is_ready = False
        deliveries: Counter[str] = Counter()
        for (_, outcome), count in self.courier.counts.items():
            deliveries[outcome] += count
        facts = {
            "role": self.role,
            "bots": len(self.roster.bots),
            "lanes": len(self.tenure.epochs),
            "orphaned_bots": sorted(self.orphaned),
            "bots_elsewhere": sorted(self.lanes.elsewhere),
            "paused_bots": sorted(self.roster.paused & self.roster.bots.keys()),
            "deliveries": dict(deliveries),
        }
        if self.importer is not None:
            facts["mailboxes"] = asdict(self.importer.facts())
        if self.reloader.problems:
            facts["degraded"] = "the configuration that serves isn't the one in the files: see `hookline status`"
            facts["amiss_bots"] = sorted(self.reloader.configuration.amiss)
        return is_ready, facts

    async def measure(self) -> Measurements:
        """Return what an operator watches; of the store nothing while it is away."""
        backlog = await self._backlog()
        return Measurements(
            is_ready=self.is_ready and backlog is not None,
            is_degraded=bool(self.reloader.problems),
            now=self.clock.now(),
            lanes=len(self.tenure.epochs),
            sending=self.courier.held,
            bots=self.roster.bots.keys(),
            paused=self.roster.paused & self.roster.bots.keys(),
            orphaned=self.orphaned,
            elsewhere=self.lanes.elsewhere,
            held=self.worker.held,
            verified=dict(self.webhooks.entries.verified),
            events=dict(self.worker.ended),
            handlers=dict(self.worker.handlers),
            deliveries=dict(self.courier.counts),
            mends=dict(self.worker.mends),
            backlog=backlog,
            mail=None if self.importer is None else self.importer.facts(),
            refused=self.webhooks.entries.refused,
        )

    async def status(self) -> Mapping[str, object]:
        """Return all that a person asks about a host; figures of the store are None while it is away."""
        backlog = await self._backlog()
        return {
            "host": {
                "name": self.name,
                "process": os.getpid(),
                "role": self.role,
                "version": version("hookline"),
                "python": platform.python_version(),
                "ready": self.is_ready and backlog is not None,
                "lanes": len(self.tenure.epochs),
                "orphaned_bots": sorted(self.orphaned),
                "bots_elsewhere": sorted(self.lanes.elsewhere),
                "mailboxes": None if self.importer is None else asdict(self.importer.facts()),
            },
            "configuration": self._configuration(),
            "bots": [self._bot(bot, backlog) for _, bot in sorted(self.roster.bots.items())],
        }

    def _configuration(self) -> Mapping[str, object]:
        reloader = self.reloader
        return {
            "files": list(reloader.configuration.files),
            "version": reloader.version,
            "loaded_at": reloader.loaded_at,
            "degraded": bool(reloader.problems),
            "problems": [problem.as_dict() for problem in reloader.problems],
            "amiss": sorted(reloader.configuration.amiss),
            "left_out": sorted(reloader.configuration.amiss - reloader.configuration.bots.keys()),
            "last_reload": None if reloader.last is None else reloader.last.as_dict(),
        }

    def _bot(self, bot: Bot, backlog: Mapping[str, Backlog] | None) -> Mapping[str, object]:
        waits = None if backlog is None else backlog.get(bot.name, Backlog())
        off = [each for each in self.roster.off if each.switch.bot == bot.name]
        plugins_off = {each.switch.name for each in off if each.switch.kind == "plugin"}
        number, at = self.webhooks.entries.last_secret.get(bot.name, (None, None))
        return {
            "name": bot.name,
            "adapter": bot.kind.name,
            "paused": bot.name in self.roster.paused,
            "routes": len(bot.configuration.routes),
            "plugins": [
                {"name": name, "version": use.plugin.version, "enabled": name not in plugins_off}
                for name, use in bot.configuration.plugins.items()
            ],
            "off": [_switched(each) for each in off],
            "held": self.worker.held.get(bot.name, 0),
            "waiting": None if waits is None else waits.waiting,
            "oldest_seconds": None if waits is None else age_of(waits, self.clock.now()),
            "dead_letters": None if waits is None else waits.dead,
            "withheld": None if waits is None else waits.withheld,
            "flows": None if waits is None else waits.flows,
            "pushed": None if waits is None or bot.configuration.budget is None else waits.pushed,
            "budget": bot.configuration.budget,
            "timers": None if waits is None else waits.timers,
            "overdue_seconds": None if waits is None else overdue(waits, self.clock.now()),
            "secret": {"number": number, "at": at},
        }

    async def _backlog(self) -> Mapping[str, Backlog] | None:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self.store.backlog()
        except (StoreError, TimeoutError):
            return None


def _switched(off: Off) -> Mapping[str, object]:
    return {"kind": off.switch.kind, "name": off.switch.name, "since": off.since, "by": off.by}

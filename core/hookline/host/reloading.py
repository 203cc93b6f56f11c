"""Change what a running host serves: read its files anew, check them as a whole, swap what has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from ..bots.bot import Bot
from ..bots.moving import Moved
from ..bots.roster import Roster
from ..clock import Clock
from ..config.configuration import BotConfiguration, Configuration, Stores
from ..errors import ConfigError, HooklineError, NewerCodeError, StoreError
from ..findings.findings import Finding, Place
from ..flows.flow import Flow
from ..intents.reader import Reader
from ..pace import give_way
from ..threads import in_daemon_thread

log = structlog.stdlib.get_logger("hookline.config")

Build = Callable[[BotConfiguration, Reader | None], Bot]
Look = Callable[[Mapping[str, Mapping[str, Flow]]], Awaitable[Sequence[Moved]]]
"""Return who was asked something in flows, by bot and name, that those flows ask no more."""
Learn = Callable[[Mapping[str, BotConfiguration]], Mapping[str, Reader]]
"""Return what understands the texts of bots with intents, by bot; it may take seconds, and runs in a thread."""


class Source(Protocol):
    """Be where a host's configuration comes from, and where good ones are kept."""

    @property
    def state(self) -> Path:
        """Return the folder where good ones are kept."""
        ...

    def load(self) -> Configuration:
        """Return what the files say now, the very same objects for bots that are unchanged; raise ConfigError.

        Raises NewerCodeError when the code that they need isn't the one that this process has loaded.
        """
        ...

    def stores(self) -> Stores:
        """Return what the files say of the store now, whatever else they say; raise ConfigError."""
        ...

    def ensure_fit(self) -> None:
        """Check the files in a fresh process, with the code as it is now; raise ConfigError with what is wrong."""
        ...

    def keep(self, why: str) -> int:
        """Keep what was loaded last as a good version and return its number; raise OSError when it can't be kept."""
        ...

    def has_changed(self) -> bool:
        """Say whether the files or the code are others than at the last load."""
        ...

    def folders(self) -> set[Path]:
        """Return the folders in which something may change."""
        ...


@dataclass
class Renewal:
    """Say where newer configurations of a host come from, and how it starts.

    *restart* asks for new processes; without it code can't be changed. ``problems`` are those of the files, when the
    host starts with an older configuration than theirs, which is the kept ``version``. ``secrets`` grow with each
    configuration: logs hide them.
    ``socket`` is where the host listens for commands, when its store is no file. With ``watches`` it reloads by itself.
    To keep a configuration may take ``patience`` seconds: the folder's file system may be away.
    """

    source: Source | None = None
    restart: Callable[[], object] | None = None
    problems: Sequence[Finding] = ()
    version: int | None = None
    secrets: set[str] = field(default_factory=set)
    socket: Path | None = None
    watches: bool = False
    patience: float = 10.0


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Say how a reload went; ``at`` is in milliseconds since 1970, ``took`` in seconds.

    ``problems`` are why the old configuration goes on, or what is wrong with a part of the new one: the bots that are
    ``amiss`` are as they were, or left out. With ``restarts`` new processes take over, since the code has changed;
    nothing was done here. ``moved`` are people who are in flows and were asked what is gone.
    """

    at: int
    why: str
    took: float = 0.0
    version: int | None = None
    changed: Sequence[str] = ()
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    problems: Sequence[Finding] = ()
    amiss: Sequence[str] = ()
    restarts: bool = False
    moved: Sequence[Moved] = ()

    @property
    def is_good(self) -> bool:
        """Say whether all that the files say is served."""
        return not (self.problems or self.restarts)

    def as_dict(self) -> Mapping[str, object]:
        """Return it as JSON has it."""
        return asdict(self) | {"problems": [problem.as_dict() for problem in self.problems], "good": self.is_good}


class Reloader:
    """Own the configuration that is served. Only one reload is under way at a time; others wait for it.

    ``problems`` are those of the files while an older configuration than theirs is served. Without *learn* the process
    runs no events, so that it need not understand any.
    """

    def __init__(
        self,
        configuration: Configuration,
        roster: Roster,
        build: Build,
        learn: Learn | None,
        on_change: Callable[[Configuration, Iterable[str]], object],
        clock: Clock,
        renewal: Renewal,
        look: Look | None = None,
    ) -> None:
        self.configuration = configuration
        self.problems = renewal.problems
        self.last: Reloaded | None = None
        self.version = renewal.version
        self.loaded_at = clock.now()
        self._roster = roster
        self._build = build
        self._learn = learn
        self._look = look
        self._on_change = on_change
        self._clock = clock
        self._source = renewal.source
        self._restart = renewal.restart
        self._patience = renewal.patience
        self._turn = asyncio.Lock()

    async def serve(self) -> None:
        """Keep the configuration of the start as a good one, since the host has come to be ready with it."""
        async with self._turn:
            self.loaded_at = self._clock.now()
            for problem in self.problems:
                log.error("config.degraded", place=str(problem.place), problem=problem.message, hint=problem.hint)
            if self._source is not None and (self.configuration.problems or not self.problems):
                self.version = await self._kept(self._source, "start")

    async def reload(self, why: str) -> Reloaded:
        """Serve what the files say now, or go on with what is served, and say how it went."""
        async with self._turn:
            begun_at, at = time.monotonic(), self._clock.now()
            try:
                reloaded = await self._reloaded(why, at, begun_at)
            except ConfigError as error:
                reloaded = Reloaded(at, why, time.monotonic() - begun_at, self.version, problems=error.errors())
            except Exception as error:  # a defect, or a full disk: no reload may end a host, or the reloads after it
                log.exception("config.failed", why=why)
                problem = _finding(self.configuration, f"reloading failed: {type(error).__name__}; the log says why")
                reloaded = Reloaded(at, why, time.monotonic() - begun_at, self.version, problems=[problem])
            self.last = reloaded
            self.problems = () if reloaded.restarts else reloaded.problems
            _report(reloaded)
            return reloaded

    async def _reloaded(self, why: str, at: int, begun_at: float) -> Reloaded:
        if self._source is None:
            raise _refusal(self.configuration, "this host's configuration doesn't come from files")
        old = self.configuration
        try:
            new: Configuration = await in_daemon_thread("reading the configuration", self._source.load)
        except NewerCodeError as code:
            await self._ask_for_processes(str(code))
            return Reloaded(at, f"{why}: {code}", time.monotonic() - begun_at, self.version, restarts=True)
        _ensure_same_stores(old, new)
        before = {name: bot.configuration for name, bot in self._roster.bots.items()}
        failures = await self._swap(new)
        if not failures:
            self.version, self.loaded_at = await self._kept(self._source, why), at
        changed = sorted(name for name in new.bots.keys() & before.keys() if new.bots[name] is not before[name])
        return Reloaded(
            at,
            why,
            time.monotonic() - begun_at,
            self.version,
            changed=changed,
            added=sorted(new.bots.keys() - before.keys()),
            removed=sorted(before.keys() - new.bots.keys()),
            problems=[*new.problems, *failures],
            amiss=sorted(new.amiss),
            moved=await self._moved({name: new.bots[name].flows for name in changed if before[name].flows}),
        )

    async def _moved(self, bots: Mapping[str, Mapping[str, Flow]]) -> Sequence[Moved]:
        if self._look is None or not bots:
            return ()
        try:
            return await self._look(bots)
        except StoreError:
            return ()  # it is only told

    async def _kept(self, source: Source, why: str) -> int | None:
        try:
            async with asyncio.timeout(self._patience):
                version: int = await in_daemon_thread("keeping the configuration", partial(source.keep, why))
        except OSError as error:  # TimeoutError is one
            reason = error.strerror or str(error) or f"it took more than {self._patience:g} seconds"
            log.warning("config.not_kept", folder=str(source.state), reason=reason)
            return None
        return version

    async def _ask_for_processes(self, code: str) -> None:
        """Let new processes take over, which have the newer *code*, if they could start."""
        assert self._source is not None
        if self._restart is None:
            message = f"{code}: that needs new processes, and this host has no supervisor"
            raise _refusal(self.configuration, message)
        await in_daemon_thread("checking the configuration", self._source.ensure_fit)
        _ensure_same_stores(self.configuration, await in_daemon_thread("reading `store:`", self._source.stores))
        self._restart()

    async def _swap(self, new: Configuration) -> Sequence[Finding]:
        """Let each changed bot be the new one as soon as it is built; those that must learn first come last."""
        changed = {name: bot for name, bot in new.bots.items() if self._running(name) is not bot}
        ready = {name: bot for name, bot in changed.items() if not self._must_learn(bot)}
        built = await in_daemon_thread("building bots", partial(self._built, ready, {}))
        self.configuration = new
        for name in self._roster.bots.keys() - new.bots.keys():
            self._roster.remove(name)
        await self._put(built)
        slow = {name: changed[name] for name in changed.keys() - ready.keys()}
        if not slow:
            return ()
        try:
            built = await in_daemon_thread("learning intents", partial(self._built_after_learning, slow))
        except HooklineError as error:
            return [_finding(new, f"{', '.join(slow)}: {error}; the old goes on there")]
        await self._put(built)
        return ()

    def _running(self, name: str) -> BotConfiguration | None:
        bot = self._roster.bots.get(name)
        return None if bot is None else bot.configuration

    async def _put(self, bots: Sequence[Bot]) -> None:
        for bot in bots:
            self._roster.put(bot)
            await asyncio.sleep(0)  # events go on between two bots
        self._on_change(self.configuration, [bot.name for bot in bots])

    def _built(self, bots: Mapping[str, BotConfiguration], readers: Mapping[str, Reader]) -> Sequence[Bot]:
        built = [self._build(bot, readers.get(name) or self._reader_of(bot)) for name, bot in bots.items()]
        if self._learn is not None:
            for bot in built:
                give_way()
                bot.router.compile()  # here, so that no text waits for it
        return built

    def _built_after_learning(self, bots: Mapping[str, BotConfiguration]) -> Sequence[Bot]:
        assert self._learn is not None
        return self._built(bots, self._learn(bots))

    def _must_learn(self, bot: BotConfiguration) -> bool:
        return self._learn is not None and bool(bot.intents.intents) and self._reader_of(bot) is None

    def _reader_of(self, bot: BotConfiguration) -> Reader | None:
        """Return what understands the texts of the running bot of the same name, if its intents are the same."""
        running = self._roster.bots.get(bot.name)
        is_same = running is not None and running.configuration.intents == bot.intents
        return running.reader if running is not None and is_same else None


def _ensure_same_stores(old: Configuration, new: Configuration | Stores) -> None:
    for name in ("store", "listen_url"):
        if getattr(old, name) != getattr(new, name):
            message = f"`{name}` is another one now, and a running host keeps its own: stop it and start it anew"
            raise ConfigError([Finding(new.places[name], message)])


def _refusal(configuration: Configuration, message: str) -> ConfigError:
    return ConfigError([_finding(configuration, message)])


def _finding(configuration: Configuration, message: str) -> Finding:
    return Finding(Place(configuration.files[0], 1, 1), message)


def _report(reloaded: Reloaded) -> None:
    if reloaded.restarts:
        log.info("config.restarting", why=reloaded.why)
        return
    for problem in reloaded.problems:
        log.error(
            "config.refused", why=reloaded.why, place=str(problem.place), problem=problem.message, hint=problem.hint
        )
    if not reloaded.problems or reloaded.changed or reloaded.added or reloaded.removed:
        log.info(
            "config.reloaded",
            why=reloaded.why,
            version=reloaded.version,
            changed=list(reloaded.changed),
            added=list(reloaded.added),
            removed=list(reloaded.removed),
            amiss=list(reloaded.amiss),
            seconds=round(reloaded.took, 3),
        )
    for one in reloaded.moved:
        log.info("flows.moved", **asdict(one))

"""Be one of the processes that serve: learn, open the store, serve until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ..config.configuration import Configuration
from ..config.history.files import ConfigurationFiles
from ..errors import HooklineError
from ..findings.findings import Finding
from ..ingress.limits import Limits
from ..intents.training import Progress
from . import loops
from .child import FAILED, FAILED_TO_START, PREPARED, READY, RESTART, Assignment, Echo, named
from .keeper import Keeper
from .mail import Mail, kept_in_memory
from .memory import limit_memory, loop_factory, spare_the_collector, within_files

if TYPE_CHECKING:
    from ..host.host import Host
    from ..host.learning import Role
    from ..host.mailroom import Mailroom
    from ..host.reloading import Renewal
    from ..ingress.server import Server

SWITCH_SECONDS = 0.001
"""So long the thread of the store waits for a busy event loop: five times in a commit, and each time Python's usual
five milliseconds were what other bots' answers waited for beside a burst."""
NICE = 10
"""So much the worker steps back behind the fronts, where the system goes by that."""

log = structlog.stdlib.get_logger("hookline.host")


@dataclass(frozen=True, slots=True)
class Serving:
    """Say what a process does and how it speaks. ``memory`` is how many MiB it may take, None as many as it wants.

    ``root`` is what its paths begin with behind a proxy, or empty.
    ``set_up_logs`` is given the secrets that logs hide, which may grow.
    """

    role: Role
    grace: float
    server: Server
    root: str
    memory: int | None
    limits: Limits
    watches: bool
    set_up_logs: Callable[[AbstractSet[str]], object]
    show_training: Callable[[], AbstractContextManager[Progress]]
    echo: Echo


@dataclass(frozen=True, slots=True)
class Beginning:
    """Hold what a supervisor begins with: a good configuration, and what is wrong with the files if it is older."""

    source: ConfigurationFiles
    configuration: Configuration
    problems: Sequence[Finding]


def serve(
    beginning: Beginning,
    serving: Serving,
    listener: socket.socket | None,
    admin: socket.socket | None,
    assignment: Assignment,
    mail: Mail | None = None,
) -> int:
    """Serve at *listener*, and an operator at *admin*, as *assignment* says, until told to stop; return the status.

    With *mail* there are fronts, for which *listener* answers what is no webhook.
    """
    if mail is not None:
        named("worker")
        with suppress(OSError):
            os.nice(NICE)
    configuration, renewal = _renewed(beginning, serving, assignment)
    serving.set_up_logs(renewal.secrets)
    sys.setswitchinterval(SWITCH_SECONDS)
    if serving.memory is not None:
        limit_memory(serving.memory)

    async def run() -> int:
        stop, orphaned, reloads = asyncio.Event(), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def in_loop(event: asyncio.Event) -> None:
            loop.call_soon_threadsafe(event.set)

        keeper = Keeper(assignment.line, (listener, admin), serving.grace, on_orphaned=partial(in_loop, orphaned))
        keeper.start()

        def told(_number: int, _frame: object) -> None:  # Python's own kind of handler: the loop may be blocked
            keeper.begin()
            in_loop(stop)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, told)

        _hear(assignment, reloads, stop)
        try:
            host = await _opened(configuration, serving, assignment, renewal, stop, mail)
            if host is None:
                return 0
            spare_the_collector()
            reloading = asyncio.create_task(_reload(host, reloads))
            await host.serve(
                listener,
                stop,
                serving.grace,
                on_ready=lambda: assignment.say(READY),
                server=serving.server if mail is None else "hypercorn",  # fronts ask at a socket of their own kind
                root=serving.root if mail is None else "",
                orphaned=orphaned,
                admin=admin,
            )
            reloading.cancel()
        except HooklineError as error:
            serving.echo(f"hookline: {error}", err=True)
            return FAILED_TO_START
        return 0 if host.failure is None else FAILED

    return loops.run(run(), loop_factory())


def _hear(assignment: Assignment, reloads: asyncio.Event, stop: asyncio.Event) -> None:
    """Set *reloads* each time that the supervisor asks for one, and *stop* when it has died."""
    loop, line = asyncio.get_running_loop(), assignment.line.fileno()

    def hear() -> None:
        if assignment.heard():
            reloads.set()
        else:  # it closes when the supervisor has died
            loop.remove_reader(line)
            stop.set()

    loop.add_reader(line, hear)


def _renewed(beginning: Beginning, serving: Serving, assignment: Assignment) -> tuple[Configuration, Renewal]:
    """Return what this process serves: what the one before it had reloaded, if it had, else what the supervisor has.

    It is degraded, as that one was, when the files can't be served as they are now.
    """
    from ..host.reloading import Renewal

    source, configuration, problems = beginning.source, beginning.configuration, beginning.problems
    last = source.versions.newest()
    version = None if last is None else last.number
    try:
        newest = source.load_newest()
        if newest is not None:
            configuration, problems = newest, newest.problems
    except HooklineError as error:
        version = None
        said = f"hookline: the last good configuration can't be used, but that of the start can: {error}"
        serving.echo(said, err=True)
    if source.has_changed():
        problems = source.errors()
    name = f"{os.getppid()}-{assignment.slot}.sock"
    renewal = Renewal(
        source,
        lambda: assignment.say(RESTART),
        problems,
        version,
        set(configuration.secrets),
        source.state / name,
        serving.watches,
    )
    return configuration, renewal


async def _reload(host: Host, wanted: asyncio.Event) -> None:
    """Reload *host* each time that it is *wanted*."""
    while True:
        await wanted.wait()
        wanted.clear()
        await host.reload("SIGHUP")


async def _opened(
    configuration: Configuration,
    serving: Serving,
    assignment: Assignment,
    renewal: Renewal,
    stop: asyncio.Event,
    mail: Mail | None,
) -> Host | None:
    """Return the opened host, or None when *stop* is set before it has the store.

    It learns first: until it is prepared, the host before it goes on.
    """
    opening = asyncio.create_task(_learned_and_opened(configuration, serving, assignment, renewal, mail))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if opening.done():
        return opening.result()
    opening.cancel()
    await asyncio.wait([opening])
    return None


async def _learned_and_opened(
    configuration: Configuration, serving: Serving, assignment: Assignment, renewal: Renewal, mail: Mail | None
) -> Host:
    from ..host.host import Host
    from ..host.learning import learn

    with serving.show_training() as progress:
        readers = await learn(configuration, serving.role, progress)
    assignment.say(PREPARED)
    return await Host.open(
        configuration,
        role=serving.role if mail is None else "worker",
        worker=assignment.worker,
        predecessor=assignment.predecessor,
        patience=assignment.patience,
        readers=readers,
        renewal=renewal,
        limits=within_files(serving.limits),
        mailroom=None if mail is None else _mailroom(mail, assignment),
    )


def _mailroom(mail: Mail, assignment: Assignment) -> Mailroom:
    from ..host.mailroom import Mailroom

    def hand_over(roster: bytes) -> None:
        file = kept_in_memory(roster)
        try:
            assignment.hand_over(file)
        finally:
            os.close(file)

    return Mailroom(mail.folder, mail.stamps, mail.bell.listening, mail.bell.heard, hand_over, mail.board.total)

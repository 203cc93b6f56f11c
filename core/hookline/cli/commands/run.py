"""``hookline run``: serve webhooks, in processes that are supervised. ``web`` and ``worker`` start here, too."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from ...config.configuration import Configuration
from ...config.history.files import ConfigurationFiles
from ...config.history.versions import Version
from ...errors import ConfigError, HooklineError
from ...findings.findings import Finding
from ...intents.training import unseen
from ...store.database.urls import is_shared
from ...telling.settings import Settings
from ..child import FAILED, FAILED_TO_START, PREPARED, READY, RESTART, Assignment
from ..handover import Handover
from ..supervisor import Plan, is_rehearsal, supervise
from ..terminal.report import report
from ..terminal.training import shown_training

if TYPE_CHECKING:
    from ...host.host import Host
    from ...host.learning import Role
    from ...host.reloading import Renewal
    from ...ingress.server import Server

SERVERS: tuple[Server, ...] = ("hypercorn", "uvicorn", "granian")
"""What can speak HTTP: the values of ``Server``, whose module is imported only when it is needed."""

MEBIBYTE = 1024 * 1024
LEAST_MEMORY = 192
"""Below this a host may not come to be ready: what it imports takes that much."""


@dataclass(frozen=True, slots=True)
class Options:
    """Hold what the command line says about the processes."""

    role: Role
    host: str
    port: int | None
    processes: int
    grace: float
    memory: int | None
    server: Server
    watch: bool
    log_level: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """Hold what a supervisor begins with: a good configuration, and what is wrong with the files if it is older."""

    source: ConfigurationFiles
    configuration: Configuration
    problems: Sequence[Finding]


def options(port: int | None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of a supervised command, of which only the default *port* differs."""
    port_help = "The port; 0 takes a free one." + ("" if port else "  [default: none, no health]")
    each = [
        click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
        click.option(
            "--port", default=port, show_default=port is not None, type=click.IntRange(0, 65535), help=port_help
        ),
        click.option(
            "--processes", default=1, show_default=True, type=click.IntRange(1, 256), help="How many processes."
        ),
        click.option(
            "--grace", default=10.0, show_default=True, type=click.FloatRange(0.1, 600), help="Seconds to stop in."
        ),
        click.option(
            "--memory",
            type=click.IntRange(min=LEAST_MEMORY),
            metavar="MIB",
            help=f"How much memory a process may take, from {LEAST_MEMORY} on; beyond it a handler gets MemoryError.",
        ),
        click.option(
            "--server", default=SERVERS[0], show_default=True, type=click.Choice(SERVERS), help="What speaks HTTP."
        ),
        click.option(
            "--watch",
            is_flag=True,
            default=False,
            help="Reload whenever a configuration file or a plugin's code changes.",
        ),
        click.option(
            "--log-level", default="info", show_default=True, type=click.Choice(["debug", "info", "warning", "error"])
        ),
    ]

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(each):
            command = option(command)
        return command

    return add


@click.command()
@options(port=8000)
@click.pass_obj
def command(settings: Settings, /, **given: Any) -> None:
    """Run the bots: serve webhooks until SIGTERM or Ctrl-C. SIGHUP reloads configuration and code."""
    launch(settings, Options("all", **given))


def launch(settings: Settings, options: Options) -> None:
    """Load the configuration, listen, and supervise processes of the role that *options* name; then exit."""
    handover = Handover.taken()
    source = settings.source()
    configuration, problems = _loaded(source)
    _refuse_sqlite(configuration.store, options)
    import_module("hookline.host.host")  # before the fork: every child has it at once
    _ensure_server(options)

    if is_rehearsal():
        return
    listener = handover.listener if handover is not None else _listener(options)
    plan = Plan(
        options.grace,
        options.processes,
        is_exclusive=not is_shared(configuration.store),
        welcome="\n".join(_welcome(configuration, options, listener)),
        memory=options.memory,
    )
    spare_the_collector()
    beginning = Beginning(source, configuration, problems)
    status = supervise(lambda given: _serve(beginning, options, listener, given), plan, listener, handover)
    raise click.exceptions.Exit(status)


def _loaded(source: ConfigurationFiles) -> tuple[Configuration, Sequence[Finding]]:
    """Return the configuration of the files, or the last good one and what is wrong with the files."""
    try:
        return source.load(), ()
    except ConfigError as error:
        last = source.versions.newest()
        if last is None or is_rehearsal():
            raise
        click.echo(f"{report(error.findings)}\n", err=True)
        kept = f"version {last.number}, kept at {datetime.fromtimestamp(last.at / 1000):%Y-%m-%d %H:%M:%S}"
        configuration = _last(source, last, kept, error)
        click.echo(
            f"hookline: THE CONFIGURATION IS BROKEN (above). Starting with the last good one instead: {kept}. "
            "Mend the files and run `hookline reload`; `hookline config diff` shows what has changed since, and "
            "`hookline config rollback` writes the good ones back",
            err=True,
        )
        return configuration, error.errors()


def _last(source: ConfigurationFiles, version: Version, kept: str, error: ConfigError) -> Configuration:
    """Return the configuration of *version*, or say why nothing can be started, beside the *error* of the files."""
    try:
        return source.load_version(version)
    except ConfigError as worse:
        known = {(one.place, one.message) for one in error.findings}
        others = [one for one in worse.findings if (one.place, one.message) not in known]
        why = f":\n\n{report(others)}" if others else ", for the same reason"
        raise click.ClickException(
            f"not started: the last good configuration ({kept}) can't be used either{why}"
        ) from None


def _refuse_sqlite(store: str, options: Options) -> None:
    if is_shared(store):
        return
    advice = "use PostgreSQL for more, see docs/operating.md"
    if options.role != "all":
        raise click.UsageError(
            f"SQLite means exactly one writing process, and `hookline {options.role}` is one of several; {advice}"
        )
    if options.processes > 1:
        raise click.UsageError(f"SQLite means exactly one writing process, not {options.processes}; {advice}")


def _ensure_server(options: Options) -> None:
    from ...ingress.server import ensure_installed

    if options.port is not None:
        ensure_installed(options.server)


def _listener(options: Options) -> socket.socket | None:
    from ...ingress.server import listen

    if options.port is None:
        return None
    try:
        return listen(options.host, options.port)
    except OSError as error:
        raise click.ClickException(
            f"can't listen on {options.host}:{options.port}: {error.strerror or error}"
        ) from error


def _serve(beginning: Beginning, options: Options, listener: socket.socket | None, assignment: Assignment) -> int:
    from ..terminal import logs

    configuration, renewal = _renewed(beginning, options, assignment)
    logs.set_up(options.log_level, renewal.secrets)
    if options.memory is not None:
        _limit_memory(options.memory)

    async def serve() -> int:
        stop = asyncio.Event()
        reloads = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)

        def hear() -> None:
            if assignment.heard():
                reloads.set()
            else:  # it closes when the supervisor has died
                loop.remove_reader(assignment.line.fileno())
                stop.set()

        loop.add_reader(assignment.line.fileno(), hear)
        try:
            host = await _opened(configuration, options, assignment, renewal, stop)
            if host is None:
                return 0
            spare_the_collector()
            reloading = asyncio.create_task(_reload(host, reloads))
            await host.serve(
                listener, stop, options.grace, on_ready=lambda: assignment.say(READY), server=options.server
            )
            reloading.cancel()
        except HooklineError as error:
            click.echo(f"hookline: {error}", err=True)
            return FAILED_TO_START
        return 0 if host.failure is None else FAILED

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(serve())


def _renewed(beginning: Beginning, options: Options, assignment: Assignment) -> tuple[Configuration, Renewal]:
    """Return what this process serves: what the one before it had reloaded, if it had, else what the supervisor has.

    It is degraded, as that one was, when the files can't be served as they are now.
    """
    from ...host.reloading import Renewal

    source, configuration, problems = beginning.source, beginning.configuration, beginning.problems
    last = source.versions.newest()
    version = None if last is None else last.number
    try:
        newest = source.load_newest()
        if newest is not None:
            configuration, problems = newest, ()
    except HooklineError as error:
        version = None
        click.echo(f"hookline: the last good configuration can't be used, but that of the start can: {error}", err=True)
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
        options.watch,
    )
    return configuration, renewal


async def _reload(host: Host, wanted: asyncio.Event) -> None:
    """Reload *host* each time that it is *wanted*."""
    while True:
        await wanted.wait()
        wanted.clear()
        await host.reload("SIGHUP")


async def _opened(
    configuration: Configuration, options: Options, assignment: Assignment, renewal: Renewal, stop: asyncio.Event
) -> Host | None:
    """Return the opened host, or None when *stop* is set before it has the store.

    It learns first: until it is prepared, the host before it goes on.
    """
    opening = asyncio.create_task(_learned_and_opened(configuration, options, assignment, renewal))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if opening.done():
        return opening.result()
    opening.cancel()
    await asyncio.wait([opening])
    return None


async def _learned_and_opened(
    configuration: Configuration, options: Options, assignment: Assignment, renewal: Renewal
) -> Host:
    from ...host.host import Host
    from ...host.learning import learn

    with shown_training() if options.processes == 1 else nullcontext(unseen) as progress:
        readers = await learn(configuration, options.role, progress)
    assignment.say(PREPARED)
    return await Host.open(
        configuration,
        role=options.role,
        worker=assignment.worker,
        predecessor=assignment.predecessor,
        patience=assignment.patience,
        readers=readers,
        renewal=renewal,
    )


def _limit_memory(mebibytes: int) -> None:
    """Let this process allocate no more than *mebibytes*: what it reserves and doesn't touch is not counted."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (mebibytes * MEBIBYTE, hard))


def spare_the_collector() -> None:
    """Take all that was made so far out of the garbage collector's rounds: it lives as long as the process.

    Each full round would stop every request for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _welcome(configuration: Configuration, options: Options, listener: socket.socket | None) -> list[str]:
    if listener is None:
        return [f"hookline works for {', '.join(configuration.bots)}"]
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if options.role == "worker":
        return [f"hookline works for {', '.join(configuration.bots)}; how it is: {url}/readyz"]
    lines = [f"hookline listens on {url}; give these webhook URLs to the platform:"]
    return [*lines, *(f"  {name}: https://YOUR-PUBLIC-HOST/webhooks/{quote(name)}" for name in configuration.bots)]

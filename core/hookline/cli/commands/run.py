"""``hookline run``: serve webhooks, in processes that are supervised. ``web`` and ``worker`` start here, too."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import click

from ...config.configuration import Configuration
from ...config.history.files import ConfigurationFiles
from ...config.history.versions import Version
from ...errors import ConfigError
from ...findings.findings import Finding
from ...ingress.addresses import forget
from ...ingress.limits import LIMIT_NAMES, Limits
from ...ingress.paths import cleaned, is_prefix
from ...intents.training import unseen
from ...processes.child import Assignment, flush
from ...processes.front import Speaking, serve_front
from ...processes.handover import Handover
from ...processes.mail import CAN_HAND_OVER, Mail
from ...processes.memory import raise_files, spare_the_collector
from ...processes.serving import Beginning, Serving, serve
from ...processes.supervisor import Plan, is_rehearsal, supervise
from ...store.database.urls import is_shared
from ...telling.settings import Settings
from ..terminal import logs
from ..terminal.report import report
from ..terminal.training import shown_training

if TYPE_CHECKING:
    from ...host.learning import Role
    from ...ingress.server import Server

SERVERS: tuple[Server, ...] = ("hypercorn", "uvicorn", "granian")
"""What can speak HTTP: the values of ``Server``, whose module is imported only when it is needed."""

USUAL_FRONTS, MOST_FRONTS = 1, 64
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
    admin: str | None
    limit: tuple[str, ...]
    server: Server
    root_path: str
    watch: bool
    log_level: str
    fronts: int | None = None
    strict: bool = False


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
            "--admin",
            metavar="ADDRESS",
            help="Where metrics, status and readiness are: HOST:PORT, or the path of a socket.  [default: nowhere]",
        ),
        click.option(
            "--limit",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_limits,
            help=f"A limit of HTTP, as in body=1MB; any number of: {', '.join(LIMIT_NAMES)}.",
        ),
        click.option(
            "--server", default=SERVERS[0], show_default=True, type=click.Choice(SERVERS), help="What speaks HTTP."
        ),
        click.option(
            "--root-path",
            default="",
            metavar="PATH",
            callback=_root,
            help="What comes before the paths behind a proxy, as in /line; it may be cut off there or not.",
        ),
        click.option(
            "--watch",
            is_flag=True,
            default=False,
            help="Reload whenever a configuration file or a plugin's code changes.",
        ),
        click.option(
            "--strict",
            is_flag=True,
            default=False,
            help="Serve all as the files say, or nothing new: else what is right is served beside what is wrong.",
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


def _root(_: click.Context, __: click.Parameter, given: str) -> str:
    """Return *given* as paths begin with it: a slash in front, none behind, nothing encoded."""
    root = cleaned(unquote(given))
    if not is_prefix(root):
        raise click.BadParameter(f"`{given}` is no path; expected one as in /line")
    return root


def _limits(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is *given*, once it is known to be right."""
    try:
        Limits.of(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return given


def _fronts(_: click.Context, __: click.Parameter, given: str | None) -> int | None:
    """Return how many fronts are *given*, None for as many as is usual."""
    if given is None:
        return None
    if given == "auto":
        return max(1, (os.cpu_count() or 2) - 1)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_FRONTS):
        raise click.BadParameter(f"`{given}` is no number from 1 to {MOST_FRONTS}, nor `auto`")
    return int(given)


@click.command()
@options(port=8000)
@click.option(
    "--fronts",
    metavar="NUMBER",
    callback=_fronts,
    help=f"How many processes answer webhooks, or `auto` for one less than there are cores.  [default: {USUAL_FRONTS}]",
)
@click.option("--together", is_flag=True, default=False, help="Answer webhooks in the process that runs the bots.")
@click.pass_obj
def command(settings: Settings, /, together: bool, **given: Any) -> None:
    """Run the bots: serve webhooks until SIGTERM or Ctrl-C. SIGHUP reloads configuration and code."""
    if together and given["fronts"]:
        raise click.UsageError("`--together` means that there are no fronts; leave one of the two out")
    fronts = 0 if together else given["fronts"]
    launch(settings.source(is_strict=given["strict"]), Options("all", **{**given, "fronts": fronts}))


def launch(source: ConfigurationFiles, options: Options) -> None:
    """Load the configuration, listen, and supervise processes of the role that *options* name; then exit."""
    handover = Handover.taken()
    configuration, problems = _loaded(source)
    _refuse_sqlite(configuration.store, options)
    _ensure_server(options)
    prepare = partial(import_module, "hookline.host.host")
    if is_rehearsal():
        prepare()
        return
    raise_files()
    listener = handover.listener if handover is not None else _listener(options)
    admin = handover.admin if handover is not None else _admin(options.admin)
    fronts = _number_of_fronts(configuration.store, options)
    mail = _mail(configuration.store, handover) if fronts else None
    plan = Plan(
        options.grace,
        options.processes,
        is_exclusive=not is_shared(configuration.store),
        welcome="\n".join(_welcome(configuration, options, listener)),
        memory=options.memory,
        fronts=fronts,
        mail=mail,
        prepare=prepare,
    )
    spare_the_collector()
    beginning, serving = Beginning(source, configuration, problems), _serving(options)

    def live(given: Assignment) -> int:
        if mail is None or listener is None:
            return serve(beginning, serving, listener, admin, given)
        if given.is_front:
            return serve_front(configuration, _speaking(serving, configuration), mail, listener, given)
        return serve(beginning, serving, mail.pages, admin, given, mail)

    status = supervise(live, plan, click.echo, listener, handover, admin)
    forget(options.admin)
    flush()
    os._exit(status)  # a thread that some plugin has started, at its import, must not keep the process


def _loaded(source: ConfigurationFiles) -> tuple[Configuration, Sequence[Finding]]:
    """Return the configuration that can be served, and what is wrong with the files."""
    try:
        configuration = source.load()
        if configuration.problems and not is_rehearsal():
            click.echo(f"{report(configuration.problems)}\n\nhookline: {_partly(configuration)}", err=True)
        return configuration, configuration.problems
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


def _partly(configuration: Configuration) -> str:
    """Say what is served of a *configuration* with problems, and what isn't."""
    names = [name for name in sorted(configuration.amiss) if name in configuration.bots]
    out = sorted(configuration.amiss - configuration.bots.keys())
    said = [f"{', '.join(names)}: served as when last right"] if names else []
    said += [f"{', '.join(out)}: left out"] if out else []
    return (
        "NOT ALL IS SERVED AS THE FILES SAY (above). "
        + "".join(f"{part}. " for part in said)
        + "Mend the files and run `hookline reload`; `hookline config diff` shows what has changed since"
    )


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


def _number_of_fronts(store: str, options: Options) -> int:
    """Return how many fronts there are; none where the store is shared, which `web` and `worker` are for."""
    can_be = not is_shared(store) and options.role == "all" and options.port is not None and CAN_HAND_OVER
    if options.fronts and is_shared(store):
        raise click.UsageError("with PostgreSQL `hookline web` answers webhooks and `hookline worker` runs the bots")
    if options.fronts and not can_be:
        raise click.UsageError("this system has no files in memory, which fronts need; leave `--fronts` out")
    return (USUAL_FRONTS if options.fronts is None else options.fronts) if can_be else 0


def _mail(store: str, handover: Handover | None) -> Mail:
    from ...mailbox.boxes import folder_beside
    from ...store.database.sqlite import file_of

    folder = folder_beside(file_of(store))
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{folder} can't be made, for mailboxes: {error.strerror or error}") from error
    return Mail.made(folder) if handover is None or handover.mail is None else handover.mail


def _speaking(serving: Serving, configuration: Configuration) -> Speaking:
    """Return how a front speaks HTTP."""
    return Speaking(
        serving.grace,
        serving.server,
        serving.root,
        serving.limits,
        partial(serving.set_up_logs, set(configuration.secrets)),
    )


def _ensure_server(options: Options) -> None:
    from ...ingress.server import ensure_installed

    if options.port is not None:
        ensure_installed(options.server)


def _listener(options: Options) -> socket.socket | None:
    from ...ingress.addresses import listen

    if options.port is None:
        return None
    try:
        return listen(options.host, options.port)
    except OSError as error:
        raise click.ClickException(
            f"can't listen on {options.host}:{options.port}: {error.strerror or error}"
        ) from error


def _admin(address: str | None) -> socket.socket | None:
    from ...ingress.addresses import listen_at

    if address is None:
        return None
    try:
        return listen_at(address)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--admin") from error
    except OSError as error:
        raise click.ClickException(f"can't listen on {address}: {error.strerror or error}") from error


def _serving(options: Options) -> Serving:
    return Serving(
        role=options.role,
        grace=options.grace,
        server=options.server,
        root=options.root_path,
        memory=options.memory,
        limits=Limits.of(options.limit),
        watches=options.watch,
        set_up_logs=partial(logs.set_up, options.log_level),
        show_training=shown_training if options.processes == 1 else lambda: nullcontext(unseen),
        echo=click.echo,
    )


def _welcome(configuration: Configuration, options: Options, listener: socket.socket | None) -> list[str]:
    if listener is None:
        return [f"hookline works for {', '.join(configuration.bots)}"]
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if options.role == "worker":
        return [f"hookline works for {', '.join(configuration.bots)}; how it is: {url}/readyz"]
    lines = [f"hookline listens on {url}; give these webhook URLs to the platform:"]
    public = f"https://YOUR-PUBLIC-HOST{quote(options.root_path)}/webhooks"
    lines += [f"  {name}: {public}/{quote(name)}" for name in configuration.bots]
    return [*lines, f"metrics, status and readiness are at {options.admin}"] if options.admin else lines

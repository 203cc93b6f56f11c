"""``hookline run``: serve webhooks, with a small supervisor that starts the host again when it dies."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

import click

from ..config.configuration import Configuration
from ..errors import StoreError
from .settings import Settings

FAILED_TO_START = 1
MAX_DEATHS, DEATHS_WITHIN_SECONDS = 10, 60.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@click.option("--grace", default=10.0, show_default=True, type=click.FloatRange(0.1, 600), help="Seconds to stop in.")
@click.option(
    "--log-level", default="info", show_default=True, type=click.Choice(["debug", "info", "warning", "error"])
)
@click.pass_obj
def command(settings: Settings, host: str, port: int, grace: float, log_level: str) -> None:
    """Run the bots: serve webhooks until SIGTERM or Ctrl-C."""
    configuration = settings.load()
    from ..ingress.server import listen

    try:
        listener = listen(host, port)
    except OSError as error:
        raise click.ClickException(f"can't listen on {host}:{port}: {error.strerror or error}") from error
    for line in _welcome(configuration, listener):
        click.echo(line)
    sys.stdout.flush()
    status = supervise(lambda: _serve(configuration, listener, grace, log_level), grace)
    raise click.exceptions.Exit(status)


def supervise(serve: Callable[[], int], grace: float) -> int:
    """Run *serve* in a child process, again and again until it ends well; return the exit status.

    A child that dies is started anew after a pause that grows; ten deaths within a minute are too many. SIGTERM and
    SIGINT are passed on, and a child that doesn't end within *grace* and five seconds is killed.
    """
    deaths: list[float] = []
    child = _Child(grace)
    signal.signal(signal.SIGTERM, child.stop)
    signal.signal(signal.SIGINT, child.stop)
    while True:
        status = child.run(serve)
        if child.has_been_told() or status in (0, FAILED_TO_START):
            return max(status, 0)
        deaths = [death for death in deaths if death > time.monotonic() - DEATHS_WITHIN_SECONDS]
        deaths.append(time.monotonic())
        click.echo(f"hookline: the host died ({_cause(status)}); starting it again", err=True)
        if len(deaths) >= MAX_DEATHS:
            click.echo(f"hookline: {MAX_DEATHS} deaths within a minute, giving up", err=True)
            return 70
        time.sleep(min(FIRST_PAUSE_SECONDS * 2 ** (len(deaths) - 1), LONGEST_PAUSE_SECONDS))
        if child.has_been_told():
            return 0


class _Child:
    """Hold the one child process and whether it is to stop."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._pid = 0
        self._stopping_since: float | None = None

    def has_been_told(self) -> bool:
        """Say whether a signal to stop has come, by now."""
        return self._stopping_since is not None

    def stop(self, _signal: int, _frame: object) -> None:
        self._stopping_since = self._stopping_since or time.monotonic()
        if self._pid:
            os.kill(self._pid, signal.SIGTERM)

    def run(self, serve: Callable[[], int]) -> int:
        """Return the exit status of one child, negative for the signal that ended it."""
        self._pid = _fork(serve)
        if self.has_been_told():
            os.kill(self._pid, signal.SIGTERM)
        status = self._wait(self._pid)
        self._pid = 0
        return status

    def _wait(self, pid: int) -> int:
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if self._stopping_since is not None and time.monotonic() > self._stopping_since + self._grace + 5:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _fork(serve: Callable[[], int]) -> int:
    """Start *serve* in a child: a fork shares the checked configuration, so the child is ready sooner."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        status = serve()
    except KeyboardInterrupt:
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve(configuration: Configuration, listener: socket.socket, grace: float, log_level: str) -> int:
    from ..host import Host
    from . import logs

    logs.set_up(log_level, configuration.secrets)

    async def serve() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            host = await Host.open(configuration)
        except StoreError as error:
            click.echo(f"hookline: {error}", err=True)
            return FAILED_TO_START
        spare_the_collector()
        await host.serve(listener, stop, grace)
        return 0 if host.failure is None else 70

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(serve())


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


def _welcome(configuration: Configuration, listener: socket.socket) -> list[str]:
    host, port = listener.getsockname()[:2]
    lines = [f"hookline listens on http://{host}:{port}; give these webhook URLs to the platform:"]
    lines += [f"  {name}: https://YOUR-PUBLIC-HOST/webhooks/{name}" for name in configuration.bots]
    return lines


def _cause(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

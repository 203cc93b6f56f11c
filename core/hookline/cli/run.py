"""``hookline run``: serve webhooks, with a small supervisor that starts the host again when it dies."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

import click

from ..config.configuration import Configuration
from ..errors import StoreError
from .settings import Settings

FAILED_TO_START = 1
MAX_DEATHS = 10
OLD_SECONDS = 60.0
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
    welcome = "\n".join(_welcome(configuration, listener))
    status = supervise(lambda line: _serve(configuration, listener, grace, log_level, line), grace, welcome)
    raise click.exceptions.Exit(status)


def supervise(serve: Callable[[socket.socket], int], grace: float, welcome: str = "") -> int:
    """Run *serve* in a child process, again and again until it is told to stop; return the exit status.

    A child that dies is started anew, after a pause that grows while they die young. It all ends when a child was
    never ready and says that it can't be (FAILED_TO_START), or ten of them died. SIGTERM and SIGINT are passed on; a
    child that doesn't end within *grace* and five seconds is killed, and one whose supervisor is killed ends cleanly.
    *welcome* is said when the first child is ready.
    """
    child = _Child(grace, welcome)
    signal.signal(signal.SIGTERM, child.stop)
    signal.signal(signal.SIGINT, child.stop)
    has_been_ready = False
    young = 0
    while True:
        begun_at = time.monotonic()
        status = child.run(serve)
        if child.has_been_told():
            return status if status >= 0 else 1
        has_been_ready = has_been_ready or child.was_ready
        if status == FAILED_TO_START and not has_been_ready:
            return status
        young = 1 if time.monotonic() - begun_at > OLD_SECONDS else young + 1
        click.echo(f"hookline: the host died ({_cause(status)}); starting it again", err=True)
        if young >= MAX_DEATHS and not has_been_ready:
            click.echo(f"hookline: it died {MAX_DEATHS} times and was never ready; giving up", err=True)
            return 70
        child.pause(min(FIRST_PAUSE_SECONDS * 2 ** (young - 1), LONGEST_PAUSE_SECONDS))
        if child.has_been_told():
            return 0


class _Child:
    """Hold the one child process, the line to it, and whether it is to stop.

    The child writes a byte when it is ready, and stops when its end of the line closes: then its parent has died.
    """

    def __init__(self, grace: float, welcome: str) -> None:
        self._grace = grace
        self._welcome = welcome
        self._pid = 0
        self._stopping_since: float | None = None
        self.was_ready = False

    def has_been_told(self) -> bool:
        """Say whether a signal to stop has come, by now."""
        return self._stopping_since is not None

    def stop(self, _signal: int, _frame: object) -> None:
        """Pass a signal to stop on to the child."""
        self._stopping_since = self._stopping_since or time.monotonic()
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)

    def pause(self, seconds: float) -> None:
        """Wait, unless told to stop meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_been_told():
            time.sleep(0.02)

    def run(self, serve: Callable[[socket.socket], int]) -> int:
        """Return the exit status of one child, negative for the signal that ended it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        signals = (signal.SIGTERM, signal.SIGINT)
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # until both sides know what to do with one
        self._pid = _fork(serve, ours, theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        theirs.close()
        if self.has_been_told():
            os.kill(self._pid, signal.SIGTERM)
        self.was_ready = False
        status = self._wait(self._pid, ours)
        ours.close()
        return status

    def _listen(self, line: socket.socket) -> None:
        with suppress(OSError):
            if not self.was_ready and line.recv(1) == b"1":
                self.was_ready = True
                if self._welcome:
                    click.echo(self._welcome)
                    sys.stdout.flush()
                self._welcome = ""

    def _wait(self, pid: int, line: socket.socket) -> int:
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            self._listen(line)
            if ended:
                self._pid = 0
                return os.waitstatus_to_exitcode(status)
            if self._stopping_since is not None and time.monotonic() > self._stopping_since + self._grace + 5:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _fork(serve: Callable[[socket.socket], int], ours: socket.socket, theirs: socket.socket) -> int:
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        ours.close()
        status = serve(theirs)
    except KeyboardInterrupt:
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve(
    configuration: Configuration, listener: socket.socket, grace: float, log_level: str, line: socket.socket
) -> int:
    from ..host import Host
    from . import logs

    logs.set_up(log_level, configuration.secrets)

    async def serve() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_reader(line.fileno(), stop.set)  # it closes when the supervisor has died
        try:
            host = await Host.open(configuration)
            spare_the_collector()
            await host.serve(listener, stop, grace, on_ready=lambda: line.send(b"1"))
        except StoreError as error:
            click.echo(f"hookline: {error}", err=True)
            return FAILED_TO_START
        finally:
            loop.remove_reader(line.fileno())
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
    host = f"[{host}]" if ":" in host else host
    lines = [f"hookline listens on http://{host}:{port}; give these webhook URLs to the platform:"]
    lines += [f"  {name}: https://YOUR-PUBLIC-HOST/webhooks/{name}" for name in configuration.bots]
    return lines


def _cause(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

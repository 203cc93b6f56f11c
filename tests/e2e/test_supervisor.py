"""The supervisor as an operator meets it: real processes and signals. A restart must not be seen from outside."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from hookline.testing import SimulatedLine
from tests.e2e.hosts import NEEDS_PROC
from tests.support import SECRET, SECRETS, signed

pytestmark = NEEDS_PROC

BOT = """
version: 1
store: %s
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "%s"}
    routes:
      - {name: all, otherwise: true, reply: 'one {event.text}'}
"""
SQLITE = "sqlite:///hookline.db"
CODE = "code"
RESTARTED = "hookline: restarted: everything runs with the new configuration\n"

FAKE = """
import os, signal, socket, sys, time
import click
from pathlib import Path

from hookline.processes.child import FAILED_TO_START, READY, RESTART
from hookline.processes.handover import Handover
from hookline.processes.supervisor import Plan, is_rehearsal, supervise

folder, processes = Path(sys.argv[1]), int(sys.argv[2])
fault = (folder / "fault").read_text() if (folder / "fault").exists() else ""
if is_rehearsal():
    sys.exit(3 if fault == "rehearsal" else 0)
handover = Handover.taken()
if handover:
    listener = handover.listener
else:
    listener = socket.create_server(("127.0.0.1", 0))


def serve(given):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    if fault == "start":
        return FAILED_TO_START
    if fault == "death":
        os.kill(os.getpid(), signal.SIGKILL)
    with (folder / "assignments").open("a") as file:
        print(given.worker, given.predecessor, given.patience, file=file)
    given.say(READY)
    given.line.setblocking(False)
    listener.setblocking(False)
    while not told:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            pass
        else:
            connection.sendall(b"%d" % os.getpid())
            connection.close()
        try:
            if given.line.recv(1) == b"":
                return 0
            given.say(RESTART)
        except BlockingIOError:
            time.sleep(0.005)
    return 0


plan = Plan(5.0, processes, welcome=f"port {listener.getsockname()[1]}", longest_pause=0.1)
sys.exit(supervise(serve, plan, click.echo, listener, handover))
"""


@dataclass
class Supervised:
    """Hold a running supervisor, and what it has said."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def said(self) -> str:
        return (self.folder / "errors").read_text("utf-8")

    @property
    def welcome(self) -> str:
        return (self.folder / "output").read_text("utf-8")

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def until_said(self, pattern: str, count: int = 1) -> str:
        """Wait until the supervisor has said *pattern* *count* times, on either stream."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found = re.findall(pattern, self.welcome + self.said)
            if len(found) >= count:
                return str(found[-1])
            time.sleep(0.01)
        raise TimeoutError(f"{pattern!r} was not said {count} times:\n{self.welcome}{self.said}")

    def restart(self) -> None:
        """Change the code, and say so: a changed configuration alone takes no new processes."""
        package = self.folder / CODE / "any-1.0.dist-info"
        (package / str(time.monotonic_ns())).touch()
        self.reload()

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def supervised(folder: Path, *command: str) -> Iterator[Supervised]:
    (folder / CODE / "any-1.0.dist-info").mkdir(parents=True)
    path = os.pathsep.join([str(folder / CODE), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **SECRETS, "PYTHONPATH": path},
        )
    running = Supervised(process, folder)
    try:
        yield running
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()


def is_rehearsing(pid: int) -> bool:
    with suppress(OSError):
        return b"HOOKLINE_REHEARSAL=" in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def until_gone(pids: Sequence[int]) -> None:
    end = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < end, "children are left"
        time.sleep(0.02)


# ---- the real host, on SQLite


@dataclass
class Host(Supervised):
    """Hold a running `hookline run`, its simulated platform, and what became of each webhook."""

    line: SimulatedLine
    url: str
    statuses: list[int] = field(default_factory=list)
    slowest: float = 0.0
    dropped: int = 0

    async def deliver(self, text: str, user: str) -> None:
        """Post one webhook as LINE does: again when the connection breaks. A refused connection fails the test."""
        body, headers = self.signed(text, user)
        while True:
            try:
                return await self.post_signed(body, headers)
            except aiohttp.ClientConnectorError:
                raise
            except aiohttp.ClientConnectionError:
                self.dropped += 1

    def signed(self, text: str, user: str) -> tuple[bytes, dict[str, str]]:
        return signed({"destination": "U" + "0" * 32, "events": [self.line.text("shop", text, user=user)]})

    async def post(self, text: str) -> None:
        await self.post_signed(*self.signed(text, "mei"))

    async def post_signed(self, body: bytes, headers: dict[str, str]) -> None:
        """Post on a connection of its own."""
        begun_at = time.monotonic()
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            session.post(f"{self.url}/webhooks/shop", data=body, headers=headers) as response,
        ):
            self.statuses.append(response.status)
        self.slowest = max(self.slowest, time.monotonic() - begun_at)

    async def answers(self, count: int) -> list[str]:
        async with asyncio.timeout(15):
            while sum(len(sent.messages) for sent in self.line.sent) < count:
                await asyncio.sleep(0.02)
        return [str(message["text"]) for sent in self.line.sent for message in sent.messages]

    async def until(self, pattern: str, count: int = 1) -> str:
        return await asyncio.to_thread(self.until_said, pattern, count)

    def configure(self, text: str) -> None:
        (self.folder / "bot.yaml").write_text(text, "utf-8")


@asynccontextmanager
async def running(folder: Path, *options: str) -> AsyncIterator[Host]:
    line = SimulatedLine()
    await line.start()
    (folder / "bot.yaml").write_text(BOT % (SQLITE, line.url), "utf-8")
    command = ("-m", "hookline", "-c", str(folder / "bot.yaml"), "run", "--port", "0", "--grace", "5", *options)
    try:
        with supervised(folder, *command) as process:
            url = await asyncio.to_thread(process.until_said, r"http://\S+?:\d+")
            line.add_channel("shop", SECRET, SECRETS["TOKEN"], f"{url}/webhooks/shop")
            yield Host(process.process, folder, line, url)
    finally:
        await line.stop()


async def test_restarts_under_a_stream_of_webhooks_are_not_seen_from_outside(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        stopping = asyncio.Event()

        async def customer(name: str) -> None:
            while not stopping.is_set():
                await host.deliver("hi", name)
                await asyncio.sleep(0.01)  # what fronts answer in no time is to be run, too

        customers = [asyncio.create_task(customer(f"customer {number}")) for number in range(3)]
        for number in range(3):
            host.restart()
            await host.until(RESTARTED, number + 1)
        stopping.set()
        await asyncio.gather(*customers)
        answers = await host.answers(len(host.statuses))

    assert set(host.statuses) == {200}
    assert len(answers) == len(host.statuses) > 100
    assert host.welcome.count("hookline listens on") == 1
    assert host.dropped == 0


async def test_restart_takes_up_a_changed_configuration_in_the_same_process(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        before = host.children()
        host.configure((BOT % (SQLITE, host.line.url)).replace("one", "two"))
        host.restart()
        await host.until(RESTARTED)
        await host.post("hi")

        assert await host.answers(1) == ["two hi"]
        assert (host.process.poll(), len(host.children())) == (None, 2)
        assert not set(host.children()) & set(before)


async def test_newer_code_runs_a_wrong_bot_as_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        before = host.children()
        host.configure((BOT % (SQLITE, host.line.url)).replace("adapter: line", "adapter: lime"))
        host.restart()
        await host.until(RESTARTED)
        await host.post("hi")

        assert await host.answers(1) == ["one hi"]
        assert not set(host.children()) & set(before)
        assert "config.degraded" in host.said


async def test_broken_configuration_changes_nothing_and_is_said(tmp_path: Path) -> None:
    async with running(tmp_path, "--strict") as host:
        before = host.children()
        host.configure("version: 1\nbots: {shop: {adapter: lime}}\n")
        host.restart()
        await host.until("config.refused")
        await host.post("hi")

        assert await host.answers(1) == ["one hi"]
        assert host.children() == before
        assert 'bot.yaml:2:24"' in host.said


@pytest.mark.parametrize("is_rehearsal", [True, False])
async def test_sigterm_during_a_restart_ends_all(tmp_path: Path, is_rehearsal: bool) -> None:
    async with running(tmp_path) as host:
        host.restart()
        async with asyncio.timeout(15):
            while len(pids := host.children()) < 3 or is_rehearsing(pids[-1]) != is_rehearsal:
                await asyncio.sleep(0.002)
        host.process.terminate()

        assert await asyncio.to_thread(host.process.wait, 10) == 0
        until_gone(pids)


async def test_killed_processes_are_back_in_a_second_or_so(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        killed = host.children()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until_gone(killed)
        await host.post("hi")

        assert host.statuses == [200]
        assert host.slowest < 2.0
        assert await host.answers(1) == ["one hi"]
        for what in ("the host", "a front"):
            assert f"hookline: {what} died (signal SIGKILL); starting it again\n" in host.said


async def test_memory_of_a_host_is_limited(tmp_path: Path) -> None:
    async with running(tmp_path, "--memory", "512") as host:
        limits = [Path(f"/proc/{child}/limits").read_text() for child in host.children()]

    assert re.findall(r"Max data size +(\d+)", "".join(limits)) == [str(512 * 1024 * 1024)]  # the worker's


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "--processes", "2"], "not 2"),
        (["web"], "and `hookline web` is one of several"),
        (["worker"], "and `hookline worker` is one of several"),
    ],
)
def test_more_processes_than_sqlite_can_have_are_refused(tmp_path: Path, arguments: list[str], reason: str) -> None:
    (tmp_path / "bot.yaml").write_text(BOT % (SQLITE, "http://127.0.0.1:9"), "utf-8")

    result = subprocess.run(
        [sys.executable, "-m", "hookline", "-c", str(tmp_path / "bot.yaml"), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **SECRETS},
    )

    assert result.returncode == 2
    assert result.stderr == (
        f"Usage: hookline {arguments[0]} [OPTIONS]\n"
        f"Try 'hookline {arguments[0]} --help' for help.\n\n"
        f"Error: SQLite means exactly one writing process, {reason}; use PostgreSQL for more, see docs/operating.md\n"
    )


# ---- several children, with a host that only says who it is


@dataclass
class Pool(Supervised):
    """Hold a supervisor of fake hosts."""

    port: int

    def ask(self) -> int:
        """Return the process that takes a connection; a refused one fails the test."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            return int(connection.makefile().read())

    def until_assigned(self, count: int) -> list[list[str]]:
        """Wait for *count* children since the start, and return worker, predecessor and patience of each."""
        path = self.folder / "assignments"
        end = time.monotonic() + 15
        while not path.exists() or len(lines := path.read_text().splitlines()) < count:
            assert time.monotonic() < end, "too few children were started"
            time.sleep(0.01)
        return [line.split() for line in lines]


@contextmanager
def pool(folder: Path, processes: int = 2) -> Iterator[Pool]:
    (folder / "fake.py").write_text(FAKE, "utf-8")
    with supervised(folder, str(folder / "fake.py"), str(folder), str(processes)) as running:
        port = running.until_said(r"port \d+").split()[1]
        pool = Pool(running.process, folder, int(port))
        pool.until_assigned(processes)
        yield pool


def test_dead_child_is_replaced_while_the_others_answer(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        dead, other = hosts.children()
        os.kill(dead, signal.SIGKILL)
        until_gone([dead])
        answering = {hosts.ask() for _ in range(20)}
        hosts.until_assigned(3)

        assert answering <= {other, *hosts.children()}
        assert len(hosts.children()) == 2


def test_successor_is_told_whom_it_follows(tmp_path: Path) -> None:
    with pool(tmp_path, 1) as hosts:
        os.kill(hosts.children()[0], signal.SIGKILL)
        (first, nobody, _), (second, predecessor, _) = hosts.until_assigned(2)

    assert (nobody, predecessor) == ("None", first)
    assert re.fullmatch(rf"{re.escape(socket.gethostname())}:{hosts.process.pid}:0:[0-9a-f]{{8}}", second)


def test_restart_replaces_all_children_and_refuses_no_connection(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        before = hosts.children()
        hosts.restart()
        while RESTARTED not in hosts.said:
            hosts.ask()

        assert len(hosts.children()) == 2
        assert not {*hosts.children()} & {*before}
        assert {hosts.ask() for _ in range(20)} <= {*hosts.children()}


def test_restart_that_is_asked_for_during_another_follows_it(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        hosts.restart()
        hosts.until_assigned(3)
        hosts.restart()

        hosts.until_said(RESTARTED, 2)
        assert len(hosts.children()) == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("rehearsal", "the new configuration or code can't be used (exit status 3); the old goes on"),
        ("start", "the new host can't be used (exit status 1); the old one goes on"),
        ("death", "the new host can't be used (signal SIGKILL); the old one goes on"),
    ],
)
def test_old_children_go_on_when_new_ones_cannot(tmp_path: Path, fault: str, said: str) -> None:
    with pool(tmp_path) as hosts:
        before = hosts.children()
        (tmp_path / "fault").write_text(fault)
        hosts.restart()
        hosts.until_said(re.escape(said))

        assert hosts.children() == before
        assert hosts.said == f"hookline: {said}\n"


def test_sigterm_ends_all_children_cleanly(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        children = hosts.children()
        hosts.process.terminate()

        assert hosts.process.wait(10) == 0
        until_gone(children)


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        children = hosts.children()
        hosts.process.kill()

        until_gone(children)


def test_children_of_a_restarted_supervisor_end_with_it(tmp_path: Path) -> None:
    with pool(tmp_path) as hosts:
        hosts.restart()
        hosts.until_said(RESTARTED)
        children = hosts.children()
        hosts.process.kill()

        until_gone(children)


@pytest.mark.parametrize(("fault", "status"), [("start", 1), ("death", 70)])
def test_hosts_that_are_never_ready_are_given_up(tmp_path: Path, fault: str, status: int) -> None:
    (tmp_path / "fake.py").write_text(FAKE, "utf-8")
    (tmp_path / "fault").write_text(fault)
    with supervised(tmp_path, str(tmp_path / "fake.py"), str(tmp_path), "1") as hosts:
        assert hosts.process.wait(20) == status

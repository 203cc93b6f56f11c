"""Measure what fronts answer while the worker stands still, blocks, dies or is replaced, and what an event costs."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hookline.adapters.line.signature import sign
from tests.bench import load
from tests.bench.processes import Round, lines, loaded, measured, rate, served
from tests.bench.servers import BOT, PLUGIN, SECRET
from tests.bench.table import Figure, note

PACE_SECONDS = 0.01
CALM_SECONDS, HARM_SECONDS = 2.0, 9.0
FAST = 20_000
HARMFUL = "harm"
READY = re.compile(rb"listens on http://127.0.0.1:(\d+)")


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Load each in turn, *rounds* times, then harm a host while webhooks come every 10 ms."""
    results: dict[str, list[Round]] = {}
    costs: dict[str, list[float]] = {"one process": [], "front and worker": []}
    for _ in range(rounds):
        results.setdefault("no-op", []).append(measured("noop", seconds=seconds))
        results.setdefault("tutorial", []).append(measured("fastapi", module="tutorials", seconds=seconds, rate=FAST))
        for server in ("hypercorn", "uvicorn"):
            alone = results.setdefault(f"front alone {server}", [])
            with served("ack", "--fronts", "1", "--server", server) as port, standing(worker_of(port)):
                alone.append(loaded(port, seconds, FAST))
        for name, fronts in (("one process", 0), ("front and worker", 1)):
            costs[name].append(_cost(fronts, seconds))
    note(f"\nFronts whose worker stands still, so that all drains afterwards; {rounds} rounds of {seconds} s")
    note(lines(results))
    pauses = {name: _longest(harm) for name, harm in HARMS.items()}
    note("the longest wait for an answer, and how many were none or no 200:")
    note("\n".join(f"  {name:28} {pause.longest * 1000:6.1f} ms   {pause.bad}" for name, pause in pauses.items()))
    noop, tutorial = rate(results["no-op"]), rate(results["tutorial"])
    each = {name: sorted(values)[len(values) // 2] for name, values in costs.items()}
    speeds = {server: rate(results[f"front alone {server}"]) for server in ("hypercorn", "uvicorn")}
    costly = "CPU an event on uvicorn, front and worker"
    figures = [
        Figure("fronts", "front alone / no-op on Hypercorn", speeds["hypercorn"] / noop, ">= 0.85"),
        Figure("fronts", "front alone / tutorial, both on uvicorn", speeds["uvicorn"] / tutorial, ">= 2.3"),
        Figure("fronts", f"{costly} / one process", each["front and worker"] / each["one process"]),
        Figure("fronts", f"{costly}, in microseconds", each["front and worker"]),
    ]
    for name, pause in pauses.items():
        figures.append(Figure("fronts", f"longest ack in ms: {name}", pause.longest * 1000, "<= 100"))
    bad = sum(pause.bad for pause in pauses.values())
    return [*figures, Figure("fronts", "webhooks not answered 200 meanwhile", bad, "<= 0")]


def _cost(fronts: int, seconds: int) -> float:
    """Return the microseconds of CPU that an event takes in all processes of a host, once all events have run."""
    with served("ack", "--server", "uvicorn", "--fronts", str(fronts)) as port:
        processes = [listener(port), *children(listener(port))]
        before = sum(map(_cpu, processes))
        requests = loaded(port, seconds, FAST).load.requests
        return (drained(processes) - before) / requests * 1e6


def drained(processes: Sequence[int]) -> float:
    """Wait until *processes* do nothing any more, and return the seconds of CPU that they have had."""
    now, then = sum(map(_cpu, processes)), 0.0
    while now - then > 0.02:  # seconds of CPU in half a second
        time.sleep(0.5)
        now, then = sum(map(_cpu, processes)), now
    return now


def worker_of(port: int) -> int:
    """Return the process that runs the bots behind the fronts at *port*."""
    return worker_below(listener(port))


def worker_below(supervisor: int) -> int:
    """Return which child of *supervisor* runs the bots."""
    names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in children(supervisor)}
    return next(pid for pid, name in names.items() if name.startswith("hookline worker"))


@contextmanager
def standing(process: int) -> Iterator[None]:
    """Let *process* stand still for the length of a ``with``."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def listener(port: int) -> int:
    """Return the supervisor at *port*: the oldest of the processes that have its socket."""
    ours = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return max(map(int, ours))


def children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _cpu(process: int) -> float:
    """Return the seconds of CPU that *process* has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Pause:
    """Hold the longest wait for an answer, in seconds, and how many were none or no 200."""

    longest: float = 0.0
    bad: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def knock(self, port: int, kind: str) -> None:
        """Send a webhook every 10 ms, on connections of its own kind, until it is told to end."""
        waiting = load.requests(100_000, port, SECRET)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not self.ended.wait(PACE_SECONDS):
            head, _, body = next(waiting).partition(b"\r\n\r\n")
            headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
            begun_at = time.perf_counter()
            try:
                connection.request("POST", "/webhooks/shop", body, headers)
                answer = connection.getresponse()
                answer.read()
                self.bad += answer.status != 200
            except OSError:
                self.bad += 1
                connection.close()
            self.longest = max(self.longest, time.perf_counter() - begun_at)
            if kind == "anew":
                connection.close()


class Host:
    """Run ``hookline run`` as an operator does, with the plugin of the benches installed beside it."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        self.site.mkdir()
        self.renew("hookline_bench-1.0", "[hookline]\nbench = hookline_bench\n")
        text = BOT % ("http://127.0.0.1:9", "run: bench.nothing")
        harmful = f"      - {{name: {HARMFUL}, exact: {HARMFUL}, run: bench.block, retries: []}}\n"
        (folder / "bot.yaml").write_text(text.replace("    routes:\n", f"    routes:\n{harmful}"), "utf-8")
        environment = {
            "PYTHONPATH": os.pathsep.join([str(self.site), str(PLUGIN / "src")]),
            "SECRET": SECRET,
            "TOKEN": "bench-token",
            "STORE": f"sqlite:///{folder}/bench.db",
        }
        command = [sys.executable, "-m", "hookline", "run", "--port", "0", "--log-level", "error"]
        self.process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        found = READY.search(self.process.stdout.readline())
        assert found
        self.port = int(found[1])

    def renew(self, name: str, points: str = "") -> None:
        """Install a distribution: whoever looks sees that the code has changed."""
        described = self.site / f"{name}.dist-info"
        described.mkdir()
        distribution, version = name.rsplit("-", 1)
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (described / "entry_points.txt").write_text(points)


def block(host: Host) -> None:
    """Let a handler block its event loop for six seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", host.port)
    (request,) = load.requests(1, host.port, SECRET, text=HARMFUL, conversations=10_000)
    head, _, body = request.partition(b"\r\n\r\n")
    body = body.replace(f"{HARMFUL} 0".encode(), HARMFUL.encode())
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    headers |= {"content-length": str(len(body)), "x-line-signature": sign(SECRET.encode(), body).decode()}
    connection.request("POST", "/webhooks/shop", body, headers)
    assert connection.getresponse().status == 200


def kill(host: Host) -> None:
    """Kill the worker."""
    os.kill(worker_below(host.process.pid), signal.SIGKILL)


def replace(host: Host) -> None:
    """Let new code take over."""
    host.renew("any-1.0")
    host.process.send_signal(signal.SIGHUP)


HARMS: Mapping[str, Callable[[Host], None]] = {
    "a handler blocks for 6 s": block,
    "the worker is killed": kill,
    "new code takes over": replace,
}


def _longest(harm: Callable[[Host], None]) -> Pause:
    with tempfile.TemporaryDirectory(prefix="hookline-bench-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        host = Host(Path(folder))
        try:
            pause = Pause()
            knocking = [threading.Thread(target=pause.knock, args=(host.port, kind)) for kind in ("kept", "anew")]
            for thread in knocking:
                thread.start()
            time.sleep(CALM_SECONDS)
            harm(host)
            time.sleep(HARM_SECONDS)
            pause.ended.set()
            for thread in knocking:
                thread.join()
            return pause
        finally:
            host.process.terminate()
            host.process.wait(30)

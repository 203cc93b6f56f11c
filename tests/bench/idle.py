"""Time one event at a time on an idle host: from the request, and from its answer, to the start of its handler."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import load
from tests.bench.processes import SETTLE_SECONDS, served
from tests.bench.servers import SECRET
from tests.bench.table import Figure, note

EVENTS = 200
PAUSE_SECONDS = 0.02
WARM_UP = 20
WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Times:
    """Hold what CLOCK_MONOTONIC said, which all processes share: before the request, and when the answer had come."""

    asked: int
    answered: int


def measure(store: str | None = None) -> list[Figure]:
    """Send the events over one connection; hookline keeps them in *store* (default: a fresh SQLite file)."""
    goal = "<= 10" if store and store.startswith("postgres") else "<= 5"
    with tempfile.TemporaryDirectory(prefix="hookline-idle-") as folder:
        path = Path(folder) / "started"
        path.touch()
        arguments = ["record", *(["--store", store] if store else [])]
        with served(*arguments, environment={"BENCH_STARTED": str(path)}) as port:
            time.sleep(SETTLE_SECONDS)
            sent = _send(port)
            started = _started(path, len(sent))
    pairs = list(zip(sent, started, strict=True))[WARM_UP:]
    asked = sorted((start - times.asked) / 1e6 for times, start in pairs)
    answered = sorted((start - times.answered) / 1e6 for times, start in pairs)
    acked = sorted((times.answered - times.asked) / 1e6 for times in sent[WARM_UP:])
    note(f"\nIdle, {EVENTS} events one by one: the answer after {_at(acked, 50):.2f} ms (p99 {_at(acked, 99):.2f} ms)")
    return [
        Figure("idle", "request to handler's start, p50, ms", _at(asked, 50), goal),
        Figure("idle", "request to handler's start, p99, ms", _at(asked, 99)),
        Figure("idle", "answer received to handler's start, p50, ms", _at(answered, 50)),
        Figure("idle", "answer received to handler's start, p99, ms", _at(answered, 99)),
    ]


def _send(port: int) -> list[Times]:
    times: list[Times] = []
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in list(load.requests(EVENTS + WARM_UP, port, SECRET)):
            time.sleep(PAUSE_SECONDS)
            asked = time.monotonic_ns()
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\nOK"):  # head and body may come apart
                answer += connection.recv(65_536)
            times.append(Times(asked, time.monotonic_ns()))
            assert answer.startswith(b"HTTP/1.1 200"), answer
    return times


def _started(path: Path, count: int) -> list[int]:
    """Return when each handler started, in the order of the events' numbers."""
    end = time.monotonic() + WAIT_SECONDS
    while (text := path.read_text()).count("\n") < count:
        if time.monotonic() > end:
            raise TimeoutError(f"only {text.count(chr(10))} of {count} handlers started")
        time.sleep(0.05)
    numbered = dict(line.split() for line in text.splitlines())
    return [int(numbered[str(number)]) for number in range(count)]


def _at(values: Sequence[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)]

"""Send webhooks at a steady rate, whatever comes back: ``python -m tests.bench.steady PORT --bots NAME ...``.

An event's time runs from when it was due, not from when it could be sent, so that a host that stalls is charged for all
that it made wait. It prints, as JSON, when each event was due and when it was acknowledged, by CLOCK_MONOTONIC.
It begins at the time that it reads from standard input, once it has said that it is ready.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.bench import load
from tests.bench.servers import SECRET
from tests.bench.table import ROOT

CONVERSATIONS = 1000
GAP_SEED = 7
CONNECT_SECONDS = 0.2
"""How long before the first event is due the connections are opened; the host closes those that say nothing."""
WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """Say how much is sent to *bots* in turn: *burst* events at once, then *rate* a second, at random intervals."""

    bots: Sequence[str]
    rate: int
    burst: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold when each event was due and when its answer came, in nanoseconds; *refused* had an answer other than 200."""

    due: list[int]
    acked: list[int]
    refused: int


class Sender:
    """Prepare to send *what* to *port* for *seconds*, in a process of its own."""

    def __init__(self, port: int, what: Load, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.bench.steady", str(port), "--bots", *what.bots]
        command += ["--rate", str(what.rate), "--burst", str(what.burst), "--seconds", str(seconds)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it is ready

    def begin(self, at: int) -> None:
        """Send from the time *at* on."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{at}\n")

    def end(self) -> Sent:
        """Wait until all is sent and acknowledged."""
        output, _ = self._process.communicate(timeout=120)
        if self._process.returncode:
            raise subprocess.CalledProcessError(self._process.returncode, self._process.args)
        return Sent(**json.loads(output))


def schedule(what: Load, seconds: float) -> list[int]:
    """Return how many nanoseconds after the begin each event is due. The intervals are the same each time."""
    gaps = random.Random(GAP_SEED)
    due = [0] * what.burst
    at = 0.0
    while what.rate and (at := at + gaps.expovariate(what.rate)) < seconds:
        due.append(round(at * 1e9))
    return due


class _Connection:
    """Send requests, and note when each answer came; those that come too soon wait for their turn in the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting: deque[int] = deque()
        self._buffer = b""
        self.refused = 0

    def send(self, number: int, request: bytes) -> None:
        self._waiting.append(number)
        self.socket.sendall(request)

    def read(self, acked: list[int]) -> int:
        """Note in *acked* when the answers that have come did so, and return how many they are."""
        data = self.socket.recv(65_536)
        now = time.monotonic_ns()
        if not data:
            raise ConnectionError("the host has closed a connection")
        self._buffer += data
        count = 0
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            end = head + 4 + int(re.findall(rb"content-length: (\d+)", self._buffer[:head], re.I)[0])
            if len(self._buffer) < end:
                break
            self.refused += not self._buffer.startswith(b"HTTP/1.1 200")
            self._buffer = self._buffer[end:]
            acked[self._waiting.popleft()] = now
            count += 1
        return count


def send(port: int, requests: Sequence[bytes], due: Sequence[int]) -> Sent:
    """Send each of *requests* when it is *due*, and wait for all answers."""
    time.sleep(max(0.0, (min(due, default=0) - time.monotonic_ns()) / 1e9 - CONNECT_SECONDS))
    connections = [_Connection(port) for _ in range(load.CONNECTIONS)]
    acked = [0] * len(requests)
    sent = answered = 0
    with selectors.SelectSelector() as selector:  # it waits for less than a millisecond, too
        for one in connections:
            selector.register(one.socket, selectors.EVENT_READ, one)
        while answered < len(requests):
            wait = max(0.0, (due[sent] - time.monotonic_ns()) / 1e9) if sent < len(due) else WAIT_SECONDS
            answered += sum(key.data.read(acked) for key, _ in selector.select(wait))
            while sent < len(due) and due[sent] <= time.monotonic_ns():
                connections[sent % len(connections)].send(sent, requests[sent])
                sent += 1
    return Sent(list(due), acked, sum(one.refused for one in connections))


def main() -> None:
    """Send, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.steady")
    parser.add_argument("port", type=int)
    parser.add_argument("--bots", nargs="+", required=True)
    parser.add_argument("--rate", type=int, required=True, help="events a second")
    parser.add_argument("--burst", type=int, default=0, help="how many events come at once, first")
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    due = schedule(Load(given.bots, given.rate, given.burst), given.seconds)
    requests = list(load.requests(len(due), given.port, SECRET, given.bots, conversations=CONVERSATIONS))
    print("ready", flush=True)
    begin = int(sys.stdin.readline())
    print(json.dumps(asdict(send(given.port, requests, [begin + after for after in due]))))


if __name__ == "__main__":
    main()

"""Let strangers without a secret come, and see whether those who sign notice: on each server."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hookline.ingress.server import SERVERS
from tests.bench import steady
from tests.bench.hostile import Strangers
from tests.bench.processes import SETTLE_SECONDS, served
from tests.bench.table import Figure, note

SIGNED_RATE = 100
WARM_UP_SECONDS = 2.0
LEAD_SECONDS = 1.0
WINDOW = 4
"""How many times longer than a server is loaded in other benches each of the two windows is."""


@dataclass(frozen=True, slots=True)
class Round:
    """Hold the milliseconds of acks, calm and amid the strangers; what was *refused*, and MiB that memory grew by."""

    calm: Sequence[float]
    amid: Sequence[float]
    refused: int
    grown: float
    did: str

    @property
    def ratio(self) -> float:
        """Return how many times as long the 99th percentile of acks took amid the strangers."""
        return _late(self.amid) / _late(self.calm)


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Measure each server *rounds* times, a fresh one each."""
    results = {server: [_measured(server, WINDOW * seconds) for _ in range(rounds)] for server in SERVERS}
    note(f"\n{SIGNED_RATE} signed webhooks a second, {rounds} rounds of {WINDOW * seconds} s calm and amid strangers")
    figures: list[Figure] = []
    for server, done in results.items():
        note(f"  {server:10} {done[0].did}")
        for one in done:
            note(
                f"    calm {_times(one.calm)}   amid {_times(one.amid)}   refused {one.refused}   "
                f"memory {one.grown:+.0f} MiB"
            )
        figures += [
            Figure(
                "abuse", f"{server}: signed ack p99 amid strangers / calm", _middle([d.ratio for d in done]), "<= 2"
            ),
            Figure("abuse", f"{server}: signed webhooks refused", sum(one.refused for one in done), "<= 0"),
            Figure("abuse", f"{server}: MiB of memory more", _middle([one.grown for one in done]), "<= 32"),
        ]
    return figures


def _measured(server: str, seconds: float) -> Round:
    with served("ack", "--server", server) as port:
        time.sleep(SETTLE_SECONDS)
        until, amid = WARM_UP_SECONDS + seconds, LEAD_SECONDS + seconds
        signed = steady.Sender(port, steady.Load(["shop"], SIGNED_RATE), until + amid)
        strangers = Strangers(port, amid)
        begin = time.monotonic_ns() + round(steady.CONNECT_SECONDS * 1e9)
        signed.begin(begin)
        strangers.begin(begin + round(until * 1e9))
        time.sleep(until)
        before = _memory()
        result = signed.end()
        did = strangers.end()
        grown = _memory() - before

    def window(since: float) -> Sequence[float]:
        first = begin + round(since * 1e9)
        times = zip(result.due, result.acked, strict=True)
        return [(acked - due) / 1e6 for due, acked in times if first <= due < first + round(seconds * 1e9)]

    return Round(window(WARM_UP_SECONDS), window(until + LEAD_SECONDS), result.refused, grown, did)


def _memory() -> float:
    """Return the MiB that the server takes: the child of this process that serves."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    for child in children:
        if b"tests.bench.servers" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(Path(f"/proc/{child}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    raise ProcessLookupError("the server has died")


def _times(times: Sequence[float]) -> str:
    return f"p50 {_at(times, 50):5.1f}  p99 {_late(times):6.1f} ms"


def _late(times: Sequence[float]) -> float:
    return _at(times, 99)


def _at(times: Sequence[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values)

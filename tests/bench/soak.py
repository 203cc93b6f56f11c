"""Send a million events through a front and a worker, and see whether either grows."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench import load
from tests.bench.fronts import children, drained, listener, worker_of
from tests.bench.processes import served
from tests.bench.servers import SECRET
from tests.bench.table import Figure, note

EVENTS = 1_000_000
ROUND_SECONDS, FAST = 4, 15_000


def measure(events: int = EVENTS) -> list[Figure]:
    """Send *events*, and compare what the processes take afterwards with what they took after a tenth of them."""
    sizes: list[tuple[int, dict[str, float]]] = []
    sent = 0
    with served("ack", "--server", "uvicorn", "--fronts", "1") as port:
        worker = worker_of(port)
        (front,) = [pid for pid in children(listener(port)) if pid != worker]
        processes = {"worker": worker, "front": front}
        while sent < events:
            sent += load.run(port, SECRET, ROUND_SECONDS, FAST).requests
            drained([listener(port), *processes.values()])
            sizes.append((sent, {name: _mebibytes(pid) for name, pid in processes.items()}))
    early = next(each for count, each in sizes if count >= events // 10)
    note(f"\nMemory in MiB while {sent:,} events go through, all of them run before it is looked at")
    for count, each in sizes[:: max(1, len(sizes) // 10)]:
        note(f"  {count:9,}  " + "  ".join(f"{name} {size:6.1f}" for name, size in each.items()))
    return [
        Figure("soak", f"memory of the {name} after {sent:,} events / after a tenth", size / early[name], "<= 1.1")
        for name, size in sizes[-1][1].items()
    ]


def _mebibytes(process: int) -> float:
    """Return the memory that *process* has in RAM, in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

"""Compare the durable ack and the whole cycle with a server that does nothing and a bare Quart handler."""

from __future__ import annotations

import shutil

from tests.bench.load import CONNECTIONS
from tests.bench.processes import Round, late, lines, measured, rate, sending_rate, served
from tests.bench.table import Figure, note

NAMES = ("noop", "quart", "ack", "sleep", "cycle")


def measure(rounds: int, seconds: int, store: str | None = None) -> list[Figure]:
    """Load each in turn, *rounds* times; hookline keeps its events in *store*."""
    results: dict[str, list[Round]] = {name: [] for name in NAMES}
    kept = ["--store", store] if store else ["--fronts", "1"]
    with served("platform") as platform:
        for _ in range(rounds):
            for name in ("noop", "quart"):
                results[name].append(measured(name, seconds=seconds))
            for name in ("ack", "sleep"):
                results[name].append(measured(name, *kept, seconds=seconds))
            cycle = measured("cycle", "--platform", str(platform), *kept, seconds=seconds, platform=platform)
            results["cycle"].append(cycle)
    tool = "wrk" if shutil.which("wrk") else "a client in Python, which takes its share of the machine"
    note(f"\nWebhooks on Hypercorn, {CONNECTIONS} connections, by {tool}; {rounds} rounds of {seconds} s")
    note(lines(results))
    noop, ack = rate(results["noop"]), rate(results["ack"])
    return [
        Figure("web", "durable ack / no-op on Hypercorn", ack / noop, ">= 0.7"),
        Figure("web", "durable ack / Quart handler that does nothing", ack / rate(results["quart"]), ">= 1.4"),
        Figure("web", "whole cycles / no-op on Hypercorn", sending_rate(results["cycle"]) / noop, ">= 0.3"),
        Figure(
            "web",
            "ack p99 while every handler sleeps / while none does",
            late(results["sleep"]) / late(results["ack"]),
            "<= 1.2",
        ),
    ]

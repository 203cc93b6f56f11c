"""Compare PostgreSQL with SQLite: the durable ack, the whole cycle, and how soon an idle event starts."""

from __future__ import annotations

import os
from dataclasses import replace

from tests.bench import idle
from tests.bench.processes import Round, lines, measured, rate, sending_rate, served
from tests.bench.table import Figure, note
from tests.postgres import PostgresServer, postgres_server


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Load each in turn, *rounds* times, each time on an empty store; the server syncs every commit to disk."""
    results: dict[str, list[Round]] = {}
    with served("platform") as platform, postgres_server("-c", "shared_buffers=256MB") as server:
        for _ in range(rounds):
            for store in ("sqlite", "postgresql"):
                results.setdefault(f"{store} ack", []).append(measured("ack", *_kept(store, server), seconds=seconds))
                cycle = measured(
                    "cycle",
                    "--platform",
                    str(platform),
                    *_kept(store, server),
                    seconds=seconds,
                    platform=platform,
                )
                results.setdefault(f"{store} cycle", []).append(cycle)
        idling = [replace(figure, bench="postgres") for figure in idle.measure(server.create())]
    note(f"\nSQLite and PostgreSQL, one process of hookline, the server beside it on {os.cpu_count()} cores")
    note(lines(results))
    return [
        Figure(
            "postgres", "ack / ack on SQLite", rate(results["postgresql ack"]) / rate(results["sqlite ack"]), ">= 0.7"
        ),
        Figure(
            "postgres",
            "whole cycles / those on SQLite",
            sending_rate(results["postgresql cycle"]) / sending_rate(results["sqlite cycle"]),
            ">= 0.5",
        ),
        *idling,
    ]


def _kept(store: str, server: PostgresServer) -> list[str]:
    return ["--store", server.create()] if store == "postgresql" else []

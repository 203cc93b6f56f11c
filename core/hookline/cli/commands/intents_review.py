"""``hookline intents review`` and ``add``: turn what people wrote into examples."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ...config.bots.intents import example_fault
from ...config.configuration import BotConfiguration
from ...config.editing.adding import add_to_list
from ...config.yaml.marks import YamlPath
from ...findings.findings import did_you_mean
from ...intents.intent import Intent
from ...intents.quality.review import Group
from ...intents.quality.review import review as reviewed
from ...telling.phrases import counted, json_text, plain
from ...telling.review import MOST, said_to, texts_of
from ...telling.settings import Settings
from ...telling.stores import configured, ensure_made
from ..terminal import filters
from ..terminal.choosing import chosen
from ..terminal.training import learned

SAMPLES = 5
"""So many texts of a group are shown, and become examples when it is given an intent."""
QUIT = "q"


@click.command(short_help="List what people wrote to BOT that was not understood, or hardly.")
@click.argument("bot", required=False)
@filters.SINCE
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many groups at most.")
@click.option("--ask", is_flag=True, help="Ask for each group which intent it has, and write it into the file.")
@filters.AS_JSON
@click.pass_obj
def review(settings: Settings, bot: str | None, since: int | None, limit: int, ask: bool, as_json: bool) -> None:
    """List what people wrote to BOT that fell through to `otherwise`, or was near the threshold.

    Texts that are alike stand together, the most frequent first. They come from the inbox, for as long as it keeps
    them (`retention: {bodies_days: …}`).
    """
    configuration = configured(settings)
    one = chosen(configuration, bot)
    ensure_made(configuration)
    reader = learned(configuration, one)
    past = asyncio.run(texts_of(configuration, one, since))
    every = reviewed(one.intents, reader, list(said_to(one, past)), datetime.now(UTC))
    groups = every[:limit]
    if as_json:
        click.echo(json_text([_as_json(group) for group in groups]))
    elif not groups:
        which = f"the newest {MOST:,} texts" if len(past) == MOST else counted(len(past), "text")
        click.echo(f"everything was understood, of {which} that the inbox keeps of {one.name}")
    elif ask:
        _ask(settings, one, groups)
    else:
        for number, group in enumerate(groups, 1):
            click.echo("\n".join(_lines(number, group)))
        if len(every) > len(groups):
            click.echo(f"… and {counted(len(every) - len(groups), 'other group')}: --limit {len(every)}")
        click.echo(f"\nTo learn from one: hookline intents add {one.name} INTENT 'TEXT', or review --ask.")


@click.command(short_help="Write example sentences for an intent of BOT into bot.yaml.")
@click.argument("bot")
@click.argument("intent")
@click.argument("texts", nargs=-1, required=True)
@click.pass_obj
def add(settings: Settings, bot: str, intent: str, texts: Sequence[str]) -> None:
    """Write TEXTS as examples of INTENT of BOT into the configuration file, whose comments and order are kept."""
    one = chosen(settings.load(is_simulated=True), bot)
    _write(settings, one, _named(one, intent), texts)


def _lines(number: int, group: Group) -> Iterator[str]:
    guess = group.guess
    likely = f"; likeliest {guess.intent}, {guess.confidence:.2f}" if guess is not None else ""
    yield click.style(f"{number}. {counted(group.count, 'message')}{likely}", bold=True)
    for heard in group.texts[:SAMPLES]:
        times = f"  ×{heard.count}" if heard.count > 1 else ""
        yield f"   {plain(heard.text)}{times}"
    if len(group.texts) > SAMPLES:
        yield f"   … and {counted(len(group.texts) - SAMPLES, 'other text')}"


def _as_json(group: Group) -> dict[str, object]:
    guess = group.guess
    return {
        "messages": group.count,
        "likeliest": None if guess is None else guess.intent,
        "confidence": None if guess is None else guess.confidence,
        "texts": [
            {"text": heard.text, "count": heard.count, "fell_through": heard.fell_through} for heard in group.texts
        ],
    }


def _ask(settings: Settings, bot: BotConfiguration, groups: Sequence[Group]) -> None:
    """Ask what each group means; an empty answer leaves it, and the end of the input ends the questions."""
    click.echo("Which intent? Its name, or = for the likeliest; return for none; q ends.\n")
    for number, group in enumerate(groups, 1):
        click.echo("\n".join(_lines(number, group)))
        answer = _answer(bot, group)
        if answer == QUIT:
            return
        if answer:
            _write(settings, bot, _named(bot, answer), [heard.text for heard in group.texts[:SAMPLES]])
            click.echo()


def _answer(bot: BotConfiguration, group: Group) -> str:
    """Return the name of an intent, nothing, or QUIT."""
    while True:
        try:
            answer: str = click.prompt("   intent", default="", show_default=False).strip()
        except click.Abort:
            return QUIT
        if answer == "=" and group.guess is not None:
            return group.guess.intent
        if answer in ("", QUIT):
            return answer
        try:
            return _named(bot, answer).name
        except click.UsageError as error:
            click.echo(f"   {error.message}")


def _named(bot: BotConfiguration, name: str) -> Intent:
    intents = {intent.name: intent for intent in bot.intents.intents}
    labels = {intent.label: intent for intent in bot.intents.intents}
    if name in labels and name not in intents:
        return labels[name]
    if name not in intents:
        hint = did_you_mean(name, intents) or f"it has {', '.join(intents) or 'none'}"
        raise click.UsageError(f"bot {bot.name} has no intent `{name}`; {hint}")
    return intents[name]


def _write(settings: Settings, bot: BotConfiguration, intent: Intent, texts: Sequence[str]) -> None:
    faults = {text: example_fault(text, intent, bot.intents.intents) for text in texts}
    for text, fault in faults.items():
        if fault is not None:
            click.echo(f"left out: {plain(text)}: {fault}", err=True)
    path, where = _place(settings, bot, intent)
    edit = add_to_list(path, where, [text for text, fault in faults.items() if fault is None])
    edit.write()
    if edit.added:
        click.echo(f"added to {intent.name} in {path}: {', '.join(plain(text) for text in edit.added)}")
        click.echo("(a host that runs learns it when it is restarted: kill -HUP)", err=True)
    elif None in faults.values():
        click.echo(f"{intent.name} in {path} has them already")


def _place(settings: Settings, bot: BotConfiguration, intent: Intent) -> tuple[Path, YamlPath]:
    """Return the file that declares *intent*, and where its examples are in it."""
    file = intent.place.rsplit(":", 2)[0]
    path = next((path for path in settings.paths() if str(path) == file), None)
    if path is None:
        raise click.ClickException(f"{intent.name} is declared in {file}, which belongs to a plugin and isn't edited")
    pack, _, name = intent.name.rpartition(".")
    if pack:
        return path, ("packs", pack, "intents", name, "examples")
    return path, ("bots", bot.name, "intents", name, "examples")

"""``hookline dead``: look at dead letters, and replay or drop them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import click

from ...clock import SystemClock
from ...config.configuration import Stores
from ...store.database.urls import is_shared
from ...store.people.letters import Letter, LetterFilter, Letters, OpenedLetter, Tally
from ...telling.phrases import counted, json_text
from ...telling.settings import Settings
from ...telling.stores import by_host, reading, stored, writing
from ..terminal import filters
from ..terminal.asking import agree
from ..terminal.choosing import say_unknown_bot
from ..terminal.letters import letter_as_json, lines, of_which, print_letters
from ..terminal.printing import bars

BAR_FROM = 100
NAMED = 20
"""So many of the ids that are no dead letters are named."""
ORIGIN = click.option("--origin", type=click.Choice(["event", "delivery"]), help="Only events, or only deliveries.")
ERROR = click.option("--error", help="Whose error contains this text.")
IDS = click.argument("ids", nargs=-1, type=filters.Id())
ALL = click.option("--all", "is_all", is_flag=True, help="All of them.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
YES = click.option("--yes", is_flag=True, help="Don't ask.")
UNCERTAIN = click.option("--uncertain", is_flag=True, help="Also deliveries that may have arrived: they may double.")
CHOICE = (filters.BOT, ORIGIN, filters.SINCE, filters.UNTIL, ERROR, filters.ROUTE, filters.CONVERSATION)

Verb = Literal["replay", "drop"]
PAST: dict[Verb, str] = {"replay": "replayed", "drop": "dropped"}


@click.group()
def command() -> None:
    """Look at dead letters, and replay or drop them: events and deliveries that were given up."""


@command.command("list", short_help="List dead letters, newest first.")
@filters.options(*CHOICE, filters.LIMIT, filters.AS_JSON)
@click.pass_obj
def list_(settings: Settings, /, limit: int, as_json: bool, **choice: Any) -> None:
    """List dead letters, newest first; never what people wrote."""
    chosen = LetterFilter(**choice)
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, chosen.bot)
    letters, total = asyncio.run(_listed(configuration, chosen, limit))
    if as_json:
        click.echo(json_text([asdict(letter) for letter in letters]))
        return
    if not letters:
        click.echo(f"no dead letters{of_which(chosen)}")
        return
    print_letters(letters)
    if total > len(letters):
        click.echo(f"the newest {len(letters)} of {counted(total, 'dead letter')}")


@command.command(short_help="Show one dead letter, with its traceback.")
@click.argument("id", type=filters.Id())
@filters.options(filters.BODY, filters.AS_JSON)
@click.pass_obj
def show(settings: Settings, id: int, body: bool, as_json: bool) -> None:  # noqa: A002  click names it so
    """Show one dead letter, with its traceback."""
    opened = asyncio.run(_opened(stored(settings), id))
    if opened is None:
        raise click.ClickException(f"there is no dead letter {id}")
    if as_json:
        click.echo(json_text(letter_as_json(opened, body)))
    else:
        click.echo("\n".join(lines(opened, body)))


@command.command(short_help="Run events again, and send deliveries again.")
@IDS
@filters.options(*CHOICE, ALL, DRY_RUN, YES, UNCERTAIN)
@click.pass_obj
def replay(
    settings: Settings, /, ids: Sequence[int], is_all: bool, dry_run: bool, yes: bool, uncertain: bool, **choice: Any
) -> None:
    """Run events again, and send deliveries again: those with IDS, or those that fit the filters."""
    _act(settings, _Plan("replay", _chosen(ids, is_all, choice), dry_run, yes, uncertain))


@command.command(short_help="Give dead letters up for good.")
@IDS
@filters.options(*CHOICE, ALL, DRY_RUN, YES)
@click.pass_obj
def drop(settings: Settings, /, ids: Sequence[int], is_all: bool, dry_run: bool, yes: bool, **choice: Any) -> None:
    """Give dead letters up for good: those with IDS, or those that fit the filters."""
    _act(settings, _Plan("drop", _chosen(ids, is_all, choice), dry_run, yes))


@dataclass(frozen=True, slots=True)
class _Plan:
    verb: Verb
    chosen: LetterFilter
    is_dry: bool
    is_agreed: bool
    include_uncertain: bool = False

    def number(self, tally: Tally) -> int:
        """Return how many letters it concerns."""
        if self.verb == "drop":
            return tally.total
        return tally.events + tally.deliveries + (tally.uncertain if self.include_uncertain else 0)


def _chosen(ids: Sequence[int], is_all: bool, choice: dict[str, Any]) -> LetterFilter:
    chosen = LetterFilter(ids=tuple(dict.fromkeys(ids)), **choice)
    if is_all == (chosen != LetterFilter()):
        raise click.UsageError("say which dead letters: IDS, filters, or --all" if not is_all else _ALL_AND_MORE)
    return chosen


_ALL_AND_MORE = "--all means all of them; leave it out, or the rest"


def _act(settings: Settings, plan: _Plan) -> None:
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, plan.chosen.bot)
    tally, missing = asyncio.run(_tallied(configuration, plan.chosen))
    if missing:
        text = _missing(missing, plan.chosen)
        if not tally.total:
            raise click.ClickException(text)
        click.echo(text, err=True)
    number = plan.number(tally)
    for note in _notes(plan, tally):
        click.echo(note, err=True)
    what = f"{counted(number, 'dead letter')}{of_which(plan.chosen)}"
    if plan.is_dry or not number:
        click.echo(f"would {plan.verb} {what}" if number else f"nothing to {plan.verb}{of_which(plan.chosen)}")
        return
    question = f"{plan.verb} {what}: {_parts(plan, tally)}?"
    agree(question, is_agreed=plan.is_agreed, advice="say --yes, or --dry-run to only count")
    with bars({plan.verb: number} if number > BAR_FROM else {}) as report:

        def on_progress(done: int) -> None:
            if number > BAR_FROM:
                report(plan.verb, done)

        done = asyncio.run(_done(configuration, plan, replace(plan.chosen, last=tally.last), on_progress))
    click.echo(f"{PAST[plan.verb]} {counted(done, 'dead letter')}{of_which(plan.chosen)}")


def _notes(plan: _Plan, tally: Tally) -> Iterator[str]:
    """Yield what is left out of a replay, and why."""
    if plan.verb == "drop":
        return
    if tally.uncertain and not plan.include_uncertain:
        yield f"left out: {counted(tally.uncertain, 'delivery', 'deliveries')} that may have arrived; see --uncertain"
    if tally.unreachable:
        yield f"can't be replayed: {tally.unreachable:,}, for which there is no chat to push to"


def _parts(plan: _Plan, tally: Tally) -> str:
    deliveries = plan.number(tally) - tally.events
    parts = [counted(tally.events, "event")] * bool(tally.events)
    parts += [counted(deliveries, "delivery", "deliveries")] * bool(deliveries)
    return ", ".join(parts)


def _missing(ids: Sequence[int], chosen: LetterFilter) -> str:
    shown = ", ".join(map(str, ids[:NAMED])) + (f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else "")
    return f"there {'is no dead letter' if len(ids) == 1 else 'are no dead letters'} {shown}{of_which(chosen)}"


async def _listed(configuration: Stores, chosen: LetterFilter, limit: int) -> tuple[list[Letter], int]:
    async with reading(configuration) as database:
        letters = await Letters(database).list(chosen, limit)
        if len(letters) < limit:
            return letters, len(letters)
        return letters, (await Letters(database).count(chosen, SystemClock().now())).total


async def _opened(configuration: Stores, number: int) -> OpenedLetter | None:
    async with reading(configuration) as database:
        return await Letters(database).show(number)


async def _tallied(configuration: Stores, chosen: LetterFilter) -> tuple[Tally, Sequence[int]]:
    async with reading(configuration) as database:
        letters = Letters(database)
        return await letters.count(chosen, SystemClock().now()), await letters.missing(chosen)


async def _done(configuration: Stores, plan: _Plan, chosen: LetterFilter, on_progress: Callable[[int], object]) -> int:
    """Let the running host do it, or do it here when there is none."""
    from ...control.requests import as_argument

    arguments: dict[str, object] = {"letters": as_argument(chosen)}
    if plan.include_uncertain:
        arguments["include_uncertain"] = True
    told = await by_host(configuration, f"dead.{plan.verb}", arguments, on_progress)
    if told is not None:
        return told
    if plan.verb == "replay" and not is_shared(configuration.store):
        click.echo("no host runs: the next one takes them up", err=True)
    done = 0
    async with writing(configuration) as (database, clock):
        letters = Letters(database)
        turns = (
            letters.drop(chosen)
            if plan.verb == "drop"
            else letters.replay(chosen, clock, include_uncertain=plan.include_uncertain)
        )
        async for count in turns:
            done += count
            on_progress(done)
    return done

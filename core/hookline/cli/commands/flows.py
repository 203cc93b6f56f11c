"""``hookline flows``: which conversations are open, where people stop, and an end to them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from ...config.configuration import Stores
from ...errors import ConfigError
from ...flows.flow import Ask, Confirm
from ...store.database.urls import is_shared
from ...store.people.standing import FlowFilter, StandingFlow, StandingFlows, Stop
from ...telling.hosts import served
from ...telling.phrases import counted, json_text, moment, plain
from ...telling.settings import Settings
from ...telling.stores import by_host, reading, stored, writing
from ..terminal import filters
from ..terminal.asking import agree
from ..terminal.choosing import say_unknown_bot
from ..terminal.printing import Column, bars, print_table

FLOW = click.option("--flow", help="Of this flow.")
ASKED = click.option("--asked", help="Of whoever is asked this question.")
UNTIL = click.option("--until", type=filters.Moment(), help="Begun before: 30m, 2h, 3d ago, or 2026-11-24T09:30.")
BAR_FROM = 1_000
COLUMNS = (
    Column("id"),
    Column("bot"),
    Column("flow"),
    Column("asked"),
    Column("answers", rank=4),
    Column("asked at"),
    Column("conversation", rank=1, shows="ends"),
    Column("person", rank=2, shows="ends"),
)
HERE = "here now"
BELOW = "asked later"


@click.group()
def command() -> None:
    """Say which conversations are open and where people stop; let them end."""


@command.command("list", short_help="List open flows, those that were asked last first.")
@filters.options(filters.BOT, FLOW, ASKED, filters.CONVERSATION, UNTIL, filters.LIMIT, filters.AS_JSON)
@click.pass_obj
def list_(settings: Settings, /, limit: int, as_json: bool, **choice: Any) -> None:
    """List open flows, those that were asked last first; never what people answered."""
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, choice["bot"])
    each, total = asyncio.run(_listed(configuration, FlowFilter(**choice), limit))
    if as_json:
        click.echo(json_text([_as_json(one, has_body=False) for one in each]))
    elif each:
        print_table(COLUMNS, map(_row, each))
        if total > len(each):
            click.echo(f"{len(each)} of {counted(total, 'open flow')}")
    else:
        click.echo("no open flows")


@command.command(short_help="Show one flow.")
@click.argument("bot")
@click.argument("id")
@filters.options(
    click.option("--body", is_flag=True, help="Show what was answered, too."),
    filters.AS_JSON,
)
@click.pass_obj
def show(settings: Settings, bot: str, id: str, body: bool, as_json: bool) -> None:  # noqa: A002  click names it so
    """Show the flow ID of BOT, open or ended not long ago."""
    configuration = stored(settings)
    one = asyncio.run(_shown(configuration, bot, id))
    if one is None:
        say_unknown_bot(settings, configuration, bot)
        raise click.ClickException(f"bot {plain(bot)} has no flow {plain(id)}, or has forgotten it")
    click.echo(json_text(_as_json(one, body)) if as_json else "\n".join(_lines(one, body)))


@command.command(short_help="Say at which question people stop.")
@click.argument("bot")
@click.argument("flow")
@filters.options(filters.SINCE, filters.AS_JSON)
@click.pass_obj
def funnel(settings: Settings, bot: str, flow: str, since: int | None, as_json: bool) -> None:
    """Say at which question of FLOW people are, and at which they have stopped; only as long as ended ones are kept."""
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, bot)
    stops = asyncio.run(_stops(configuration, bot, flow, since or 0))
    order = _questions(settings, bot, flow)
    if as_json:
        click.echo(json_text({"questions": order, "stops": [asdict(stop) for stop in stops]}))
    elif stops:
        click.echo("\n".join(_summary(stops)))
        rows = _funnel(stops, order)
        outcomes = sorted({stop.outcome for stop in stops if stop.outcome not in (None, "done")}, key=str)
        columns = (Column("question"), Column("came so far"), Column(HERE), *(Column(str(one)) for one in outcomes))
        print_table(
            columns, ([name, reached, *(counts[one] for one in (None, *outcomes))] for name, reached, counts in rows)
        )
    else:
        click.echo(f"nobody was in {plain(flow)} of {plain(bot)}")


@command.command(short_help="Let flows end.")
@click.argument("bot")
@click.argument("ids", nargs=-1)
@filters.options(
    FLOW,
    ASKED,
    filters.CONVERSATION,
    UNTIL,
    click.option("--all", "is_all", is_flag=True, help="All of the bot."),
    click.option("--dry-run", is_flag=True, help="Only say how many it would be."),
    click.option("--yes", is_flag=True, help="Don't ask."),
)
@click.pass_obj
def end(
    settings: Settings, /, bot: str, ids: Sequence[str], is_all: bool, dry_run: bool, yes: bool, **choice: Any
) -> None:
    """Let open flows of BOT end: those with IDS, or those that fit the filters. Nobody is told.

    Each ends in its turn, after what its chat has written before.
    """
    chosen = FlowFilter(ids=tuple(dict.fromkeys(ids)), bot=bot, **choice)
    if is_all == (chosen != FlowFilter(bot=bot)):
        raise click.UsageError(
            "--all means all of them; leave it out, or the rest"
            if is_all
            else "say which flows: IDS, filters, or --all"
        )
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, bot)
    number = asyncio.run(_number(configuration, chosen))
    what = f"{counted(number, 'open flow')} of {plain(bot)}"
    if dry_run or not number:
        click.echo(f"would end {what}" if number else f"no such open flow of {plain(bot)}")
        return
    agree(f"end {what}?", is_agreed=yes, advice="say --yes, or --dry-run to only count")
    with bars({"end": number} if number > BAR_FROM else {}) as report:
        done = asyncio.run(_end(configuration, chosen, lambda done: number > BAR_FROM and report("end", done)))
    click.echo(f"{counted(done, 'flow')} of {plain(bot)} will end at once")


async def _listed(configuration: Stores, chosen: FlowFilter, limit: int) -> tuple[Sequence[StandingFlow], int]:
    async with reading(configuration) as database:
        each = await StandingFlows(database).list(chosen, limit)
        return each, len(each) if len(each) < limit else await StandingFlows(database).count(chosen)


async def _shown(configuration: Stores, bot: str, flow: str) -> StandingFlow | None:
    async with reading(configuration) as database:
        return await StandingFlows(database).show(bot, flow)


async def _stops(configuration: Stores, bot: str, flow: str, since: int) -> Sequence[Stop]:
    async with reading(configuration) as database:
        return await StandingFlows(database).funnel(bot, flow, since)


async def _number(configuration: Stores, chosen: FlowFilter) -> int:
    async with reading(configuration) as database:
        return await StandingFlows(database).count(chosen)


async def _end(configuration: Stores, chosen: FlowFilter, on_progress: Callable[[int], object]) -> int:
    """Let the running host do it, or do it here when there is none."""
    from ...control.requests import as_argument

    told = await by_host(configuration, "flows.end", {"flows": as_argument(chosen)}, on_progress)
    if told is not None:
        return told
    if not is_shared(configuration.store):
        click.echo("no host runs: the next one ends them", err=True)
    done = 0
    async with writing(configuration) as (database, clock):
        async for count in StandingFlows(database).end(chosen, clock.now()):
            done += count
            on_progress(done)
    return done


def _row(one: StandingFlow) -> Sequence[object]:
    at = "-" if one.asked_at is None else moment(one.asked_at)
    asked = one.asked if one.rank == 0 else f"{one.asked} ({BELOW})"
    return one.id, one.bot, one.flow, asked, one.answers, at, one.conversation, one.person or "everyone"


def _as_json(one: StandingFlow, has_body: bool) -> dict[str, object]:
    found = asdict(one)
    if not has_body:
        del found["known"]
    return found


def _lines(one: StandingFlow, has_body: bool) -> Iterator[str]:
    yield f"flow {plain(one.id)} of bot {plain(one.bot)}: {plain(one.flow)}"
    yield f"  conversation  {plain(one.conversation)}"
    yield f"  person        {plain(one.person) or 'everyone'}"
    yield f"  begun         {moment(one.begun_at, has_zone=True)}"
    if one.ended_at is not None:
        yield f"  ended         {moment(one.ended_at, has_zone=True)}, {one.outcome}"
    if one.asked is not None:
        below = f", which waits below {counted(one.rank, 'other')}" if one.rank > 0 else ""
        yield f"  asked         {plain(one.asked)}{below}"
    if one.asked_at is not None:
        yield f"  asked at      {moment(one.asked_at, has_zone=True)}"
    if one.ended_at is None:
        yield f"  answers       {one.answers}" + ("" if has_body else "; --body shows them")
    if has_body:
        for name, value in one.known.items():
            yield f"    {plain(name)}: {plain(json_text(value))}"


def _questions(settings: Settings, bot: str, flow: str) -> Sequence[str]:
    """Return the questions of *flow* in order, as the files have them now; none when they can't be read."""
    try:
        found = served(settings).bots[bot].flows[flow]
    except (ConfigError, KeyError):
        return ()
    return [step.name for step in found.each() if isinstance(step, Ask | Confirm)]


def _summary(stops: Sequence[Stop]) -> Iterator[str]:
    outcomes = Counter[str]()
    for stop in stops:
        outcomes["open" if stop.outcome is None else stop.outcome] += stop.number
    yield f"{counted(outcomes.total(), 'run')}: " + ", ".join(
        f"{number} {name}" for name, number in sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    )


def _funnel(stops: Sequence[Stop], order: Sequence[str]) -> Iterator[tuple[str, int, Counter[str | None]]]:
    """Yield each question, how many came so far, and how many stay or stopped there, by outcome."""
    names = [*order, *sorted({stop.asked or "-" for stop in stops} - set(order))]
    counts: dict[str, Counter[str | None]] = {name: Counter() for name in names}
    for stop in stops:
        counts[stop.asked or "-"][stop.outcome] += stop.number
    left = sum(stop.number for stop in stops)
    for name in names:
        yield name, left if name in order else counts[name].total(), counts[name]
        if name in order:
            left -= counts[name].total() - counts[name]["done"]

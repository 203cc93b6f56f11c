"""``hookline events``: what happened to events, and how long every station took."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from ...config.configuration import Stores
from ...store.people.history import STATUSES, EventFilter, History, PastDelivery, PastEvent, Station, Story
from ...telling.phrases import counted, json_text, moment, plain
from ...telling.settings import Settings
from ...telling.stores import reading, stored
from ..terminal import filters
from ..terminal.choosing import say_unknown_bot
from ..terminal.printing import Column, print_table

STATUS = click.option("--status", type=click.Choice([*STATUSES]), help="How they stand.")
OUTCOMES = (
    "answered",
    "handled",
    "refused",
    "merged",
    "superseded",
    "rejected",
    "unrouted",
    "denied",
    "limited",
    "stale",
    "early",
    "repeated",
    "outdated",
    "standby",
    "unsent",
    "buried",
)
JOINED = {"merged": "into", "superseded": "by", "rejected": "during"}
OUTCOME = click.option("--outcome", type=click.Choice(OUTCOMES), help="How they ended.")
COLUMNS = (
    Column("number"),
    Column("received"),
    Column("bot"),
    Column("kind", rank=4),
    Column("status", rank=3),
    Column("outcome"),
    Column("route", rank=2),
    Column("took", rank=5),
    Column("conversation", rank=1, shows="ends"),
    Column("event"),
)


@click.group()
def command() -> None:
    """Say what happened to events, and how long every station took."""


@command.command("list", short_help="List events, newest first.")
@filters.options(
    filters.BOT,
    STATUS,
    OUTCOME,
    filters.ROUTE,
    filters.CONVERSATION,
    filters.SINCE,
    filters.LIMIT,
    filters.AS_JSON,
)
@click.pass_obj
def list_(settings: Settings, /, limit: int, as_json: bool, **choice: Any) -> None:
    """List events, newest first; never what people wrote."""
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, choice["bot"])
    events = asyncio.run(_listed(configuration, EventFilter(**choice), limit))
    if as_json:
        click.echo(json_text([asdict(event) for event in events]))
    elif events:
        _print(events)
    else:
        click.echo("no such events")


@command.command(short_help="Show what happened to one event.")
@click.argument("bot")
@click.argument("event_id")
@filters.options(filters.BODY, filters.AS_JSON)
@click.pass_obj
def show(settings: Settings, bot: str, event_id: str, body: bool, as_json: bool) -> None:
    """Show what happened to one event of BOT: EVENT_ID is the platform's id, or its number in the inbox."""
    configuration = stored(settings)
    story = asyncio.run(_told(configuration, bot, event_id))
    if story is None:
        say_unknown_bot(settings, configuration, bot)
        raise click.ClickException(f"bot {bot} has no event {event_id}, or has forgotten it")
    if as_json:
        click.echo(json_text(_as_json(story, body)))
    else:
        click.echo("\n".join(_lines(story, body)))


async def _listed(configuration: Stores, chosen: EventFilter, limit: int) -> list[PastEvent]:
    async with reading(configuration) as database:
        return await History(database).list(chosen, limit)


async def _told(configuration: Stores, bot: str, event_id: str) -> Story | None:
    async with reading(configuration) as database:
        return await History(database).show(bot, event_id)


def _print(events: Sequence[PastEvent]) -> None:
    rows = (
        (
            event.seq,
            moment(event.received_at),
            event.bot,
            event.kind,
            event.status,
            _outcome(event),
            event.route,
            _duration(None if event.finished_at is None else event.finished_at - event.received_at),
            event.conversation,
            event.event_id,
        )
        for event in events
    )
    print_table(COLUMNS, rows)


def _as_json(story: Story, has_body: bool) -> dict[str, object]:
    found = asdict(story)
    found.update(found.pop("event"))
    found["stations"] = [asdict(station) for station in story.stations()]
    if not has_body:
        del found["raw"]
        for delivery in found["deliveries"]:
            del delivery["messages"]
    return found


def _lines(story: Story, has_body: bool) -> Iterator[str]:
    event = story.event
    yield f"event {plain(event.event_id)} of bot {plain(event.bot)}: {event.kind}, number {event.seq}"
    yield f"  conversation  {plain(event.conversation)}"
    yield f"  stands        {event.status}{_ended(event)}"
    if event.attempts:
        yield f"  failed        {event.attempts} of its runs"
    if event.starts:
        yield f"  unfinished    {counted(event.starts, 'start')}"
    for number in story.letters:
        yield f"  dead letter   {number}"
    yield ""
    stations = story.stations()
    first = len(stations) - len(story.deliveries)
    for station in stations[:first]:
        yield _timed(station)
    for station, delivery in zip(stations[first:], story.deliveries, strict=True):
        yield _timed(station, _note(delivery, story.event))
    if has_body:
        for text in (story.raw, *(delivery.messages for delivery in story.deliveries)):
            yield ""
            yield plain(json_text(text))


def _ended(event: PastEvent) -> str:
    outcome = f", {_outcome(event)}" if event.outcome else ""
    return f"{outcome} by route {plain(event.route)}" if event.route else outcome


def _outcome(event: PastEvent) -> str | None:
    """Return how it ended, with the number of the event that was run in its place."""
    if event.joined is None or event.outcome is None:
        return event.outcome
    return f"{event.outcome} {JOINED.get(event.outcome, 'with')} {event.joined}"


def _note(delivery: PastDelivery, event: PastEvent) -> str:
    reason = f": {plain(delivery.reason)}" if delivery.reason and delivery.outcome != "sent" else ""
    tries = f", {delivery.attempts} tries" if delivery.attempts > 1 else ""
    where = "" if delivery.conversation == event.conversation else f" to {plain(delivery.conversation)}"
    return f"{delivery.outcome or delivery.status}{where}{tries}{reason}"


def _timed(station: Station, note: str = "") -> str:
    return (
        f"  {station.name:<10} {moment(station.at, has_zone=True):<25} {_duration(station.took):>10}  {note}".rstrip()
    )


def _duration(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:,} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:,.1f} s"

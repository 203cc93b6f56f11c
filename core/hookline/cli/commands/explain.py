"""``hookline explain``: say which routes were tried for a text, and why each failed or won."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any
from zoneinfo import ZoneInfo

import click

from ...adapters.simulated import SimulatedPlatform
from ...bots.bot import adapter_of
from ...config.configuration import BotConfiguration, Configuration
from ...errors import NotAWebhookError, StoreError
from ...events import Event
from ...findings.findings import did_you_mean
from ...routing.actions import Action, BeginFlow, Handle
from ...routing.conditions.condition import Past
from ...routing.router import Tried
from ...routing.understood import Understood
from ...store.database.sqlite import file_of
from ...store.database.urls import is_shared
from ...store.memory.switches import Off, Switches
from ...telling.explain import Explanation, explain
from ...telling.inside import Decided, Inside, decided, read_answers
from ...telling.past_events import PastEvent, past_event_of
from ...telling.settings import Settings
from ...telling.stores import configured, ensure_made, reading
from ...testing.staging import simulated
from ..terminal.choosing import chosen
from ..terminal.training import reader_of


@click.command()
@click.argument("bot")
@click.argument("text", required=False)
@click.option("--user", default="mei", help="Who writes.")
@click.option("--group", help="The group it is written in; default: alone with the bot.")
@click.option("--event", "kind", help="An event of this type happens instead, as in issues.opened.")
@click.option("--field", "fields", multiple=True, help="What the event says: NAME=VALUE or a.b=VALUE, several times.")
@click.option("--tap", help="A button with this data is tapped instead.")
@click.option("--raw", type=click.File("rb"), help="The platform's own object of the event, as JSON in a file.")
@click.option("--state", "state", default="{}", help="The conversation's state, as JSON.")
@click.option("--person", default="{}", help="What is kept of the person, as JSON.")
@click.option("--in", "flow", help="The flow that the person is in.")
@click.option("--knows", multiple=True, help="What was answered in it, as NAME=TEXT; may be given several times.")
@click.option("--asks", help="The question that was asked last in it. Default: the first that isn't known.")
@click.option("--offers", multiple=True, help="A choice that a handler offers for it; may be given several times.")
@click.option("--past", "past_event", help="An event of the store instead, by its id or number.")
@click.option(
    "--resting",
    multiple=True,
    help="A route that rests, after its `cooldown:` or by `at_most:`; may be given several times.",
)
@click.option(
    "--at", "at", help="The time, as in 2026-11-24T09:30: the bot's own, unless it ends as in +08:00. Default: now."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    settings: Settings,
    bot: str,
    text: str | None,
    user: str,
    group: str | None,
    kind: str | None,
    fields: Sequence[str],
    tap: str | None,
    raw: IO[bytes] | None,
    state: str,
    person: str,
    flow: str | None,
    knows: Sequence[str],
    asks: str | None,
    offers: Sequence[str],
    past_event: str | None,
    resting: Sequence[str],
    at: str | None,
    as_json: bool,
) -> None:
    """Say which routes of BOT were tried for TEXT, or another event, in order, and why each failed or won.

    What is switched off at present is left out, where the store is a SQLite file.
    """
    configuration = settings.load(is_simulated=True)
    one = chosen(configuration, bot)
    about = _Asked(text, kind, fields, tap, raw)
    now = _time(at, one.timezone)
    if past_event is not None:
        about.ensure_nothing()
        found = asyncio.run(_past(settings, one, past_event))
        event, inside, past = found.event, found.inside, found.past
        now = _time(at, one.timezone) if at is not None else found.at
    else:
        event = _event(one, about, user, group)
        past = Past(state=_object(state, "--state"), person=_object(person, "--person"))
        inside = _inside(one, flow, knows, asks, offers, now)
    past = replace(
        past,
        flow=None if inside is None else inside.flow,
        resting=_resting(one, resting, now),
        spent=frozenset(resting),
    )
    explained = explain(one, partial(reader_of, configuration, one), event, now, past, asyncio.run(_off(configuration)))
    if inside is not None and explained.denied is None:
        explained = replace(explained, decided=_decided(one, event, now, past, explained, inside))
    if as_json:
        asked = {} if at is None else {"at": now.isoformat()}
        click.echo(json.dumps({**asked, **_as_json(explained)}, ensure_ascii=False, indent=2))
        return
    if at is not None:
        click.echo(_told(now))
    _print(explained, "text" if event.text is not None else "event")


async def _off(configuration: Configuration) -> Sequence[Off]:
    """Return what is switched off, as far as a look into a file can tell; there needn't be one."""
    if is_shared(configuration.store) or not file_of(configuration.store).exists():
        return ()
    try:
        async with reading(configuration) as database:
            return await Switches(database).off()
    except StoreError:
        return ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hold what is asked about: one of a text, a type of events with fields, a tap, and a platform's own object."""

    text: str | None
    kind: str | None
    fields: Sequence[str]
    tap: str | None
    raw: IO[bytes] | None

    def ensure_nothing(self) -> None:
        """Raise UsageError where anything is asked about."""
        if any(one is not None for one in (self.text, self.kind, self.tap, self.raw)):
            raise click.UsageError("with --past there is an event already")

    def raw_event(self, platform: SimulatedPlatform, bot: str, user: str, group: str | None) -> Mapping[str, Any]:
        """Return it as *platform* has it."""
        if sum(one is not None for one in (self.text, self.kind, self.tap, self.raw)) != 1:
            raise click.UsageError("say one of TEXT, --event, --tap and --raw")
        if self.fields and self.kind is None:
            raise click.UsageError("--field says what an --event holds")
        if self.raw is not None:
            return _object(self.raw.read(), "--raw")
        if self.tap is not None:
            return platform.tap(bot, self.tap, user=user, group=group)
        if self.kind is not None:
            return platform.happen(bot, self.kind, user=user, group=group, **_nested(self.fields))
        return platform.text(bot, str(self.text), user=user, group=group)


def _event(bot: BotConfiguration, asked: _Asked, user: str, group: str | None) -> Event:
    platform = simulated(bot.adapter)
    played = replace(bot, adapter_settings=platform.settings(bot.name, bot.adapter_settings))
    try:
        request = platform.request(bot.name, asked.raw_event(platform, bot.name, user, group))
        event = next(iter(adapter_of(played).receive(request)), None)
    except (NotAWebhookError, NotImplementedError) as error:
        raise click.ClickException(f"{bot.adapter.title} sends no such thing: {error}") from error
    if event is None:
        raise click.ClickException(f"{bot.adapter.title} tells the bot of no event here")
    # People and groups are named as they were given: lists may hold what is no id there.
    named = user if event.user == platform.id_of(user) else event.user
    if group is None and event.chat.kind != "user":
        return replace(event, user=named)
    chat = replace(event.chat, id=group or user)
    return replace(event, user=named, chat=chat, conversation=chat.id)


def _nested(fields: Sequence[str]) -> dict[str, Any]:
    """Return what *fields* say, each as ``a.b=VALUE``: as JSON where it is some, else as a text."""
    found: dict[str, Any] = {}
    for field in fields:
        path, sign, value = field.partition("=")
        steps = path.split(".")
        if not sign or not all(steps):
            raise click.BadParameter(f"`{field}` is no NAME=VALUE", param_hint="--field")
        inner = found
        for step in steps[:-1]:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):
                raise click.BadParameter(f"`{path}` leads into what is a value", param_hint="--field")
            inner = below
        try:
            inner[steps[-1]] = json.loads(value)
        except ValueError:
            inner[steps[-1]] = value
    return found


def _object(text: str | bytes, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint=option)
    return value


def _resting(bot: BotConfiguration, names: Sequence[str], now: datetime) -> Mapping[str, int]:
    """Return until when the routes *names* rest that have answered just now, as far as that is a time."""
    routes = {route.name: route for route in bot.routes if not route.always_answers}
    for name in names:
        if name not in routes:
            known = f"those of `{bot.name}` are {', '.join(routes)}" if routes else f"`{bot.name}` has none"
            message = f"`{name}` is no route with `cooldown:` or `at_most:`; {known}"
            raise click.BadParameter(message, param_hint="--resting")
    return {name: round((now.timestamp() + (routes[name].cooldown or 0.0)) * 1000) for name in names}


def _inside(
    bot: BotConfiguration,
    flow: str | None,
    knows: Sequence[str],
    asks: str | None,
    offers: Sequence[str],
    now: datetime,
) -> Inside | None:
    """Return where the person is in a *flow*, as the options say."""
    if flow is None:
        if knows or asks or offers:
            raise click.UsageError("--knows, --asks and --offers are of a flow: say --in FLOW")
        return None
    if flow not in bot.flows:
        known = f"known are {', '.join(bot.flows)}" if bot.flows else f"`{bot.name}` has none"
        raise click.BadParameter(
            f"there is no flow `{flow}`; {did_you_mean(flow, bot.flows) or known}", param_hint="--in"
        )
    given = dict(_named(knows, "--knows"))
    try:
        return Inside(flow, asks, read_answers(bot, flow, given, now), offers)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--knows") from error


def _named(given: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    for one in given:
        name, sign, value = one.partition("=")
        if not (name and sign):
            raise click.BadParameter(f"`{one}` is no NAME=VALUE", param_hint=option)
        yield name, value


def _decided(
    bot: BotConfiguration, event: Event, now: datetime, past: Past, explained: Explanation, inside: Inside
) -> Decided:
    try:
        return asyncio.run(decided(bot, event, now, past, explained.winner, inside))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--asks") from error


async def _past(settings: Settings, bot: BotConfiguration, event: str) -> PastEvent:
    """Return an event of the store, and what was known when it was run, as far as that is still there."""
    configuration = configured(settings)
    ensure_made(configuration)
    async with reading(configuration) as database:
        found = await past_event_of(database, bot, event)
    if isinstance(found, str):
        raise click.ClickException(found)
    return found


def _time(text: str | None, timezone: ZoneInfo) -> datetime:
    """Return the time that *text* says, in *timezone* unless it says how far it is from UTC; now, when it is None."""
    if text is None:
        return datetime.now(UTC).astimezone(timezone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone)


def _told(moment: datetime) -> str:
    whose = f"{moment.tzinfo}, the bot's time zone" if isinstance(moment.tzinfo, ZoneInfo) else "as it was given"
    return f"at {moment.isoformat(' ')} ({whose})"


def _as_json(explained: Explanation) -> dict[str, object]:
    winner = explained.winner
    return {
        "route": winner.route.name if winner else None,
        "denied": explained.denied,
        "paused": explained.paused,
        "overlap": str(winner.route.overlap) if winner and winner.route.overlap else None,
        "terms": winner.route.terms if winner else [],
        "answer": list(explained.answer),
        **({} if explained.decided is None else {"flow": asdict(explained.decided)}),
        "captures": dict(winner.match.captures) if winner and winner.match else {},
        "understood": None if explained.understood is None else _understood_json(explained.understood),
        "tried": [
            {"route": item.route.name, "place": item.route.place, "won": item.failure is None, "why": item.failure}
            for item in explained.tried
        ],
    }


def _understood_json(understood: Understood) -> dict[str, object]:
    return {
        "intent": understood.intent,
        "how": understood.how,
        "threshold": understood.threshold,
        "scores": [asdict(score) for score in understood.scores],
        "entities": dict(understood.shown),
        "unsure": [candidate.intent for candidate in understood.doubt or ()],
    }


def _print(explained: Explanation, what: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "route", "why", "where"):
        table.add_column(name, overflow="fold")
    for item in explained.tried:
        won = item.failure is None
        mark = Text("✓", "bold green") if won else Text("·", "dim")
        table.add_row(
            mark, Text(item.route.name, "bold" if won else ""), Text(_why(item)), Text(item.route.place, "dim")
        )
    console = Console()
    if explained.paused is not None:
        console.print(Text(explained.paused))
    if explained.denied is not None:
        console.print(Text(f"denied before any route: {explained.denied}"))
        return
    console.print(table)
    if explained.understood is not None:
        console.print(Text(_meaning(explained.understood)))
    if explained.decided is not None:
        for line in _lines(explained.decided):
            console.print(Text(line))
        return
    for line in explained.answer:
        console.print(Text(line))
    if explained.winner is None:
        console.print(f"no route answers this {what}")


def _lines(decided: Decided) -> Iterator[str]:
    """Yield what becomes of an event in a flow."""
    yield ""
    yield f"in flow {decided.flow}, asked {decided.asks or 'nothing'}"
    yield f"{decided.rule}: {decided.why}"
    yield from (f"  {line}" for line in decided.then)
    if decided.known:
        yield f"known then: {', '.join(f'{name}={_value(value)}' for name, value in decided.known.items())}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _meaning(understood: Understood) -> str:
    if understood.doubt is not None:
        found = f"unsure between {' and '.join(candidate.intent for candidate in understood.doubt)}"
    else:
        found = f"intent {understood.intent or 'none'}"
    return f"{found}: {understood.how}"


def _does(action: Action) -> str:
    if isinstance(action, Handle):
        return f"runs {action.plugin}.{action.handler}"
    if isinstance(action, BeginFlow):
        return f"begins {action.flow}"
    return "replies" if len(action.choices) == 1 else f"replies with one of {len(action.choices)}"


def _why(item: Tried) -> str:
    if item.failure is not None:
        return item.failure
    captures = {name: value for name, value in (item.match.captures if item.match else {}).items() if name != "text"}
    what = _does(item.route.action)
    found = f", with {', '.join(f'{name}={value!r}' for name, value in captures.items())}" if captures else ""
    return "; ".join([f"{what}{found}", *item.route.terms])

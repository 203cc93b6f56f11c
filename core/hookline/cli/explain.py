"""``hookline explain``: say which routes were tried for a text, and why each failed or won."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

import click

from ..adapters.line import parse
from ..config.configuration import BotConfiguration
from ..events import Event
from ..intents.reader import Reader
from ..routing.router import Router, Tried
from ..routing.routes import Run
from ..routing.understood import Understood
from .settings import Settings, chosen
from .training import reader_of


@click.command()
@click.argument("bot")
@click.argument("text")
@click.option("--user", default="mei", help="Who writes.")
@click.option("--group", help="The group it is written in; default: alone with the bot.")
@click.option("--state", "state", default="{}", help="The conversation's state, as JSON.")
@click.option("--at", "at", help="The time, as in 2026-11-24T09:30; default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    settings: Settings, bot: str, text: str, user: str, group: str | None, state: str, at: str | None, as_json: bool
) -> None:
    """Say which routes of BOT were tried for TEXT, in order, and why each failed or won."""
    configuration = settings.load(is_simulated=True)
    one = chosen(configuration, bot)
    event = _event(one.name, text, user, group)
    explained = explain(one, partial(reader_of, configuration, one), event, _state(state), _time(at))
    if as_json:
        click.echo(json.dumps(_as_json(explained), ensure_ascii=False, indent=2))
    else:
        _print(explained)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Say how each route fared with a text message, and what the text was understood to mean if that was asked."""

    tried: Sequence[Tried]
    understood: Understood | None

    @property
    def winner(self) -> Tried | None:
        """Return the route that answers, if one does."""
        return self.tried[-1] if self.tried and self.tried[-1].failure is None else None


def explain(
    configuration: BotConfiguration,
    learn: Callable[[], Reader | None],
    event: Event,
    state: Mapping[str, object],
    now: datetime,
) -> Explanation:
    """Return how each route of a bot fares with *event*; *learn* is called only if that depends on what it means."""
    router = Router(configuration.routes, configuration.call_names)
    text = router.unread(event, state, now)
    reader = None if text is None else learn()
    understood = None if text is None or reader is None else reader.read(text, now)
    return Explanation(router.explain(event, state, now, understood), understood)


def _event(bot: str, text: str, user: str, group: str | None) -> Event:
    source = {"type": "group", "groupId": group, "userId": user} if group else {"type": "user", "userId": user}
    raw = {"type": "message", "source": source, "message": {"type": "text", "id": "1", "text": text}}
    return parse.read(bot, raw, 0)


def _state(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--state") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--state")
    return value


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    return moment if moment.tzinfo else moment.astimezone()


def _as_json(explained: Explanation) -> dict[str, object]:
    winner = explained.winner
    return {
        "route": winner.route.name if winner else None,
        "overlap": str(winner.route.overlap) if winner and winner.route.overlap else None,
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


def _print(explained: Explanation) -> None:
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
    console.print(table)
    if explained.understood is not None:
        console.print(Text(_meaning(explained.understood)))
    if explained.winner is None:
        console.print("no route answers this text")


def _meaning(understood: Understood) -> str:
    if understood.doubt is not None:
        found = f"unsure between {' and '.join(candidate.intent for candidate in understood.doubt)}"
    else:
        found = f"intent {understood.intent or 'none'}"
    return f"{found}: {understood.how}"


def _why(item: Tried) -> str:
    if item.failure is not None:
        return item.failure
    captures = {name: value for name, value in (item.match.captures if item.match else {}).items() if name != "text"}
    action = item.route.action
    what = f"runs {action.plugin}.{action.handler}" if isinstance(action, Run) else "replies"
    caught = f", with {', '.join(f'{name}={value!r}' for name, value in captures.items())}" if captures else ""
    return f"{what}{caught}" if item.route.overlap is None else f"{what}{caught}; {item.route.overlap}"

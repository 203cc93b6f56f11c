"""``hookline dev``: try the bots without an account: a chat in the terminal, or a conversation for a pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Sequence
from urllib.parse import urlencode

import click

from ...config.configuration import BotConfiguration
from ...routing.routes import ANY, Route
from ...telling.settings import Settings
from ..terminal.choosing import chosen
from ..terminal.training import shown_training

SAMPLES = 6


@click.command()
@click.option("--bot", help="The bot to talk to first.  [default: the first one]")
@click.pass_obj
def command(settings: Settings, bot: str | None) -> None:
    """Try the bots against a simulated LINE platform; no account, no tunnel, nothing to set.

    In a terminal it ends in a chat, and what is changed in the files meanwhile counts from the next message on.
    Otherwise it says the lines of standard input, or a short conversation of its own when there are none, and exits.
    """
    source = settings.source(is_simulated=True)
    configuration = source.load()
    first = chosen(configuration, bot or next(iter(configuration.bots)))
    from ...pace import IMPATIENT
    from ...processes.memory import loop_factory
    from ...testing.playground import Playground
    from ..terminal import logs
    from ..terminal.talk import converse, talk

    logs.set_up("warning")
    is_by_hand = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()

    async def try_out() -> None:
        lines = [] if is_by_hand else (_piped() or _samples(first))
        with shown_training() as progress:
            playground = await Playground.open(configuration, pace=IMPATIENT, progress=progress, source=source)
        try:
            if is_by_hand:
                await talk(playground, first.name, "mei", None)
            else:
                await converse(playground, first.name, lines)
        finally:
            await playground.close()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(try_out())


def _piped() -> list[str]:
    if sys.stdin is None or sys.stdin.closed:
        return []
    return [line for line in sys.stdin.read().splitlines() if line.strip()]


def _samples(bot: BotConfiguration) -> Sequence[str]:
    """Return a short conversation that shows what *bot* can do: it is greeted, then asked what its routes name."""
    events = bot.adapter.events
    lines = ["/follow"] if "follow" in events else []
    for route in bot.routes:
        done = _done(route, events)
        if done is not None and route.when.is_empty and len(lines) < SAMPLES:
            lines.append(done)
        words = [*route.exacts, *route.keywords, *route.prefixes, *_meant(bot, route.intents)]
        if words and route.when.is_empty and len(lines) < SAMPLES:
            lines.append(f"/{words[0]}" if words[0].startswith("/") else words[0])
    return [*lines, "?"] if "message.text" in events else lines


def _done(route: Route, events: Collection[str]) -> str | None:
    """Return what is tapped, or happens, for *route* to answer; None where somebody says something."""
    if route.postback is not None:
        return f"/tap {route.postback.data or urlencode(route.postback.fields)}"
    happens = sorted(kind for kind in route.on & set(events) if kind not in (ANY, "follow"))
    return None if route.has_text_matcher or route.asks_meaning or not happens else f"/event {happens[0]}"


def _meant(bot: BotConfiguration, names: Sequence[str]) -> list[str]:
    """Return a sentence that has one of the intents *names*."""
    examples = [texts for intent in bot.intents.intents if intent.name in names for texts in intent.wordings()]
    return [texts[0] for texts in examples][-1:]

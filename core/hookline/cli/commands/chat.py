"""``hookline chat``: talk to one bot on the simulated platform, by hand or in a script."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence

import click

from ...telling.settings import Settings
from ..terminal.choosing import chosen
from ..terminal.training import shown_training


@click.command()
@click.option("--bot", help="The bot to talk to; needed when there are several.")
@click.option("--user", default="mei", show_default=True, help="Who talks: a name, or an id of the platform.")
@click.option("--group", help="Talk in this group instead of alone.")
@click.option("--say", "texts", multiple=True, help="Say this and print one JSON line; may be given several times.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON line per event (as with --say), for lines of standard input.",
)
@click.pass_obj
def command(
    settings: Settings, bot: str | None, user: str, group: str | None, texts: Sequence[str], as_json: bool
) -> None:
    """Talk to one bot on the simulated platform.

    With --say, or --json, each event gives one JSON line: event, route, messages, via (and pushed, when
    messages went to others, failures, when the platform refused some, error, when the handler failed). There, too,
    `/image PATH` and `/file PATH` send a file, `/tap DATA` taps a button and `/event TYPE [JSON]` lets anything happen.
    """
    configuration = settings.load(is_simulated=True)
    name = chosen(configuration, bot).name
    from ...pace import IMPATIENT
    from ...processes.memory import loop_factory
    from ...testing.playground import Playground
    from ..terminal import logs
    from ..terminal.talk import DONE, Scene, exchange_json, talk
    from ..terminal.uploads import UnreadableError

    logs.set_up("error")

    async def say_all() -> None:
        with shown_training() as progress:
            playground = await Playground.open(configuration, pace=IMPATIENT, progress=progress)
        try:
            scene = Scene(playground, name, user, group)
            for text in texts or sys.stdin.read().splitlines():
                is_done = text.partition(" ")[0] in DONE  # else what begins with a slash is said: commands of a bot do
                exchange = await (scene.play(text) if is_done else playground.says(name, text, user, group))
                if exchange is None:
                    continue
                click.echo(json.dumps(exchange_json(exchange), ensure_ascii=False).encode("utf-8", "replace"))
        except UnreadableError as error:
            raise click.ClickException(str(error)) from error
        finally:
            await playground.close()

    async def by_hand() -> None:
        with shown_training() as progress:
            playground = await Playground.open(configuration, pace=IMPATIENT, progress=progress)
        try:
            await talk(playground, name, user, group)
        finally:
            await playground.close()

    is_by_hand = sys.stdin is not None and sys.stdin.isatty()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(by_hand() if is_by_hand and not (texts or as_json) else say_all())

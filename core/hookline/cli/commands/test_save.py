"""``hookline test save``: write past events, and what was answered to them, as a conversation that is played."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from ...config.configuration import Configuration
from ...config.editing.conversations import add_conversation, whole_file
from ...config.yaml.texts import Texts
from ...store.people.history import Story
from ...telling.past_conversations import named_stories, stories_of, transcript_of
from ...telling.phrases import counted, named
from ...telling.settings import Settings
from ...telling.stores import ensure_made, reading
from ..terminal import filters
from ..terminal.choosing import chosen


@click.command("save", short_help="Write past events as a conversation that is played.")
@click.argument("bot")
@click.argument("event_ids", nargs=-1, metavar="[EVENT_ID]...")
@filters.options(
    click.option("--chat", help="All that happened in this chat, instead of single events."),
    filters.SINCE,
    click.option("--to", type=click.Path(path_type=Path), help="Write into this file, below what it has."),
    click.option("--name", help="What the conversation is called."),
)
@click.pass_obj
def command(
    settings: Settings,
    bot: str,
    event_ids: Sequence[str],
    chat: str | None,
    since: int | None,
    to: Path | None,
    name: str | None,
) -> None:
    """Write past events of BOT, and what was answered to them, as a conversation that `hookline test` plays.

    EVENT_ID is the platform's id, or its number in the inbox. People's ids become names; telephone numbers and e-mail
    addresses are made up. What they wrote else stays as it is: look it over before others see it.
    """
    if bool(event_ids) == (chat is not None):
        raise click.UsageError("say which events, by their ids, or a chat: --chat CHAT --since 1h")
    if since is not None and chat is None:
        raise click.UsageError("--since goes with --chat")
    texts = Texts()
    configuration = settings.load(is_simulated=True, texts=texts)
    settings.source().stores()
    one = chosen(configuration, bot)
    ensure_made(configuration)
    stories = asyncio.run(_found(configuration, bot, event_ids, chat, since))
    own = "\n".join(text.decode("utf-8", "replace") for text in texts.seen.values())
    transcript = transcript_of(one, stories, own, name)
    if to is None:
        click.echo(whole_file(bot, transcript.lines()), nl=False)
        return
    add_conversation(to, bot, transcript.name, transcript.lines(), is_only_bot=len(configuration.bots) == 1)
    click.echo(f"saved {counted(len(transcript.steps), 'step')} as `{transcript.name}` in {named(to)}")


async def _found(
    configuration: Configuration, bot: str, names: Sequence[str], chat: str | None, since: int | None
) -> Sequence[Story]:
    async with reading(configuration) as database:
        if chat is not None:
            return await stories_of(database, bot, chat, since)
        return await named_stories(database, bot, names)

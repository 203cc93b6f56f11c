"""Say which bot is meant, or why none is."""

from __future__ import annotations

import click

from ...config.configuration import BotConfiguration, Configuration
from ...errors import UnknownBotError
from ...telling import settings as named
from ...telling.settings import Settings
from ...telling.stores import Located, unknown_bot


def chosen(configuration: Configuration, name: str | None) -> BotConfiguration:
    """Return the bot *name*, or the only one there is; raise a usage error otherwise."""
    try:
        return named.chosen(configuration, name)
    except UnknownBotError as error:
        raise click.UsageError(str(error)) from None


def say_unknown_bot(settings: Settings, configuration: Located, name: str | None) -> None:
    """Say on standard error when the configuration has no bot *name*; a bot that was removed may have left rows."""
    if (said := unknown_bot(settings, configuration, name)) is not None:
        click.echo(said, err=True)

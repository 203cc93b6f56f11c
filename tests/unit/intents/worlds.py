"""Build intents from the few lines of bot.yaml that a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent

from hookline.config.configuration import BotConfiguration
from hookline.intents.reader import Reader
from hookline.intents.training import prepare_one
from hookline.routing.matching.text import MatchText
from hookline.routing.understood import Understood
from tests.support import SMALL_BOT, configured

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOURS = "hours: {examples: [你們幾點開門, 今天有營業嗎, when do you open, 幾點打烊, are you open today]}\n"
ORDER = "order: {examples: [我想訂位, 可以訂位嗎, book a table, 幫我留個位子, reserve a seat]}\n"
TWO = HOURS + ORDER
_HEAD = SMALL_BOT.partition("    routes:\n")[0]


def bot_with(intents: str, more: str = "", routes: str = "") -> str:
    """Return a bot.yaml whose only bot has *intents*, and *more* keys besides; its routes may use them."""
    own = routes or "- {name: other, otherwise: true, reply: 聽不懂}"
    return (
        f"{_HEAD}    plugins: {{bigrams: }}\n    timezone: Asia/Taipei\n    understanding: {{classifier: bigrams}}\n"
        f"{indent(dedent(more), ' ' * 4)}    intents:\n{indent(dedent(intents), ' ' * 6)}"
        f"    routes:\n{indent(dedent(own).strip(), ' ' * 6)}\n"
    )


def bot_of(intents: str, more: str = "", routes: str = "") -> BotConfiguration:
    """Return the bot that :func:`bot_with` describes."""
    with TemporaryDirectory() as folder:
        return configured(Path(folder), bot_with(intents, more, routes)).bots["shop"]


def reader_of(intents: str, more: str = "", routes: str = "") -> Reader:
    """Return what reads the texts of that bot."""
    return prepare_one("shop", bot_of(intents, more, routes).intents, None)


def read(reader: Reader, text: str, now: datetime = TUESDAY) -> Understood:
    """Return what *text* means."""
    return reader.read(MatchText(text, is_called=True), now)

"""Build routers from the few lines of bot.yaml that a test is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from typing import Any

from hookline.config.configuration import BotConfiguration
from hookline.events import Event
from hookline.intents.reader import Reader
from hookline.intents.training import prepare_one
from hookline.routing.router import Router
from hookline.testing import events
from tests.support import SMALL_BOT, configured, make_event

CALL_NAMES = ("小店", "helper")
_HEAD = SMALL_BOT.partition("    routes:\n")[0]


def bot_yaml(routes: str, call_names: Sequence[str] = CALL_NAMES, more: str = "") -> str:
    """Return a bot.yaml whose only bot, `shop`, has *routes*, and *more* keys besides."""
    names = json.dumps(list(call_names), ensure_ascii=False)
    own = indent(dedent(more), " " * 4)
    return f"{_HEAD}    call_names: {names}\n{own}    routes:\n{indent(dedent(routes).strip(), ' ' * 6)}\n"


@cache
def router(routes: str, call_names: Sequence[str] = CALL_NAMES, more: str = "") -> Router:
    """Return the router of a bot with *routes*, read and checked as any bot.yaml is."""
    bot = _bot(routes, call_names, more)
    return Router(bot.routes, bot.call_names)


@cache
def reader(routes: str, call_names: Sequence[str] = CALL_NAMES, more: str = "") -> Reader:
    """Return what reads the texts of that bot for its intents."""
    return prepare_one("shop", _bot(routes, call_names, more).intents, None)


@cache
def _bot(routes: str, call_names: Sequence[str], more: str) -> BotConfiguration:
    with TemporaryDirectory() as folder:
        return configured(Path(folder), bot_yaml(routes, call_names, more)).bots["shop"]


def one(matcher: str, *words: str) -> str:
    """Return the YAML of a single route, named `it`."""
    return f"- {{name: it, {matcher}: {json.dumps(words, ensure_ascii=False)}, reply: ok}}"


def mentioning(text: str, who: str = "@shop", *, is_self: bool = True, **fields: Any) -> Event:
    """Return *text*, written in a group, in which the first *who* is a mention (of the bot, or of someone else)."""
    before = text[: text.index(who)]
    mention = {"index": units(before), "length": units(who), "type": "user", "isSelf": is_self, "userId": "U1"}
    return make_event(None, group="friends", message=events.text_message(text, mentions=[mention]), **fields)


def units(text: str) -> int:
    """Return the length of *text* in UTF-16 units, as LINE counts."""
    return len(text.encode("utf-16-le")) // 2

"""Build routers from the few lines of bot.yaml that a test is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from typing import Any

from hookline.events import Event
from hookline.routing.router import Router
from hookline.testing import events
from tests.support import SMALL_BOT, configured, make_event

CALL_NAMES = ("小店", "helper")
_HEAD = SMALL_BOT.partition("    routes:\n")[0]


def bot_yaml(routes: str, call_names: Sequence[str] = CALL_NAMES) -> str:
    """Return a bot.yaml whose only bot, `shop`, has *routes*."""
    names = json.dumps(list(call_names), ensure_ascii=False)
    return f"{_HEAD}    call_names: {names}\n    routes:\n{indent(dedent(routes).strip(), ' ' * 6)}\n"


@cache
def router(routes: str) -> Router:
    """Return the router of a bot with *routes*, read and checked as any bot.yaml is."""
    with TemporaryDirectory() as folder:
        bot = configured(Path(folder), bot_yaml(routes)).bots["shop"]
    return Router(bot.routes, bot.call_names)


def one(matcher: str, *words: str) -> str:
    """Return the YAML of a single route, named `it`."""
    return f"- {{name: it, {matcher}: {json.dumps(words, ensure_ascii=False)}, reply: ok}}"


def mentioning(text: str, who: str = "@shop", *, is_self: bool = True, **fields: Any) -> Event:
    """Return *text*, written in a group, in which the first *who* is a mention (of the bot, or of someone else)."""
    before = text[: text.index(who)]
    mention = {"index": _units(before), "length": _units(who), "type": "user", "isSelf": is_self, "userId": "U1"}
    return make_event(None, group="friends", message=events.text_message(text, mentions=[mention]), **fields)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2

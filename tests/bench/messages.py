"""Time the look that every message gets before it goes into the outbox."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from structlog.testing import capture_logs

from hookline.adapters.adapter import Services
from hookline.adapters.http import HttpClient
from hookline.adapters.line.messages.check import check_messages
from hookline.bots.bot import Bot
from hookline.dispatch.fitting import Fitting
from hookline.messages import Message
from hookline.routing.matching.calls import prepare
from tests.bench.table import Figure, note
from tests.support import configured

COMPONENTS = 30
ROUNDS, TIMES = 7, 500
WRITTEN = "您好，請問「10～12時」還有位子嗎？ＡＢＣ １２３"


def figures() -> list[Figure]:
    """Measure, and say what was reached."""
    with TemporaryDirectory() as folder:
        bot = Bot.build(configured(Path(folder)).bots["shop"], Services(HttpClient()))
    text, card = Message.from_text("牛肉麵一碗，共 180 元"), Message(_card())
    mended = Message({"type": "sticker", "packageId": 446, "stickerId": 1988})
    note("\nOne message before it goes into the outbox, best of seven")
    return [
        Figure("messages", "microseconds for a text", _timed(bot, text), "<= 10"),
        Figure("messages", f"for a Flex bubble of {COMPONENTS} components", _timed(bot, card), "<= 60"),
        Figure("messages", "for a sticker that is mended", _timed(bot, mended)),
        Figure("messages", "bubble / a close look at it", _timed(bot, card) / _closely(card)),
        Figure("messages", "to fold an incoming text, once an event", _folded()),
    ]


def _timed(bot: Bot, message: Message) -> float:
    fitting, messages = Fitting(), [message]
    with capture_logs():
        return _best(lambda: fitting.fit(bot, messages))


def _closely(message: Message) -> float:
    return _best(lambda: check_messages([message.body]))


def _folded() -> float:
    return _best(lambda: prepare(WRITTEN, ()).key)


def _best(work: Any) -> float:
    """Return the microseconds that *work* takes, in the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            work()
        best = min(best, (time.perf_counter() - began) / TIMES)
    return best * 1_000_000


def _card() -> Mapping[str, Any]:
    lines = [
        {"type": "text", "text": f"品項 {number}", "size": "sm", "color": "#555555", "flex": 1, "wrap": True}
        for number in range(COMPONENTS - 4)
    ]
    rest = [
        {"type": "separator", "margin": "md"},
        {"type": "image", "url": "https://example.com/a.png", "size": "full", "aspectRatio": "20:13"},
        {"type": "button", "style": "primary", "action": {"type": "postback", "label": "買", "data": "action=buy"}},
    ]
    body = {"type": "box", "layout": "vertical", "spacing": "sm", "contents": [*lines, *rest]}
    return {"type": "flex", "altText": "菜單", "contents": {"type": "bubble", "body": body}}

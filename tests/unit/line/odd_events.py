"""Write events in which any value may be of any type."""

from __future__ import annotations

import random
from typing import Any

from hookline.adapters.fields import RawPath
from hookline.adapters.line import parse
from hookline.adapters.line.fields import FIELDS
from hookline.events import Event
from tests.support import NOW

_STEPS = {step for field in FIELDS.values() if isinstance(field.read, RawPath) for step in field.read.steps}
_OTHERS = {"emojis", "groupId", "id", "index", "isSelf", "length", "members", "mention", "mentionees", "userId", "data"}
INSIDE = sorted(_STEPS | _OTHERS)
AROUND = sorted({*INSIDE, "source", "joined", "left", "webhookEventId", "replyToken", "timestamp", "unsend"} - {"type"})
SCALARS = (
    "",
    "x",
    "stay",
    "2026-12-24",
    "a=1&b",
    "\ud800",
    -1,
    0,
    3,
    10**30,
    1.5,
    float("inf"),
    float("nan"),
    True,
    None,
)


def odd_event(chance: random.Random) -> Event:
    """Return an event of a known type, or of a strange one; which fields it has is left to *chance*."""
    kind = chance.choice([*parse.EVENTS, "message.poll", "message.", "", "new"])
    first, _, inner = kind.partition(".")
    raw = {name: odd_value(chance, 4) for name in AROUND if chance.random() < 0.4}
    if inner:
        found = odd_value(chance, 4)
        raw["message"] = {**(found if isinstance(found, dict) else {}), "type": inner}
    return parse.read("shop", {**raw, "type": first}, NOW)


def odd_value(chance: random.Random, depth: int) -> Any:
    """Return a value of any type, with others in it down to *depth*."""
    shape = chance.random()
    if not depth or shape < 0.4:
        return chance.choice(SCALARS)
    if shape < 0.55:
        return [odd_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(INSIDE): odd_value(chance, depth - 1) for _ in range(chance.randrange(8))}

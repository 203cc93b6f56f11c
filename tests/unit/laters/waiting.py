"""Be a plugin that puts things off, takes them back, begins flows and speaks several languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from hookline import Context, Handler, hookimpl
from hookline.plugins.installed import Installed

INSTALLED = Installed("waiting", __name__)


async def put_off(context: Context[Any]) -> str:
    """Put off what the text says, for an hour: `later say`, `later run`, `later begin`."""
    at = context.now + timedelta(hours=1)
    match context.match["rest"]:
        case "say":
            context.later("tea", at, "Your {tea.kind} is ready")
        case "run":
            context.later("tea", at, run="greet")
        case "begin":
            context.later("tea", at, begin="order", drink="tea")
        case "late":
            context.later("tea", at, "too late for that", stale_after=60)
        case "past":
            context.later("tea", datetime(2020, 1, 1, tzinfo=UTC), "at once")
        case "twice":
            context.later("tea", at, "the first")
            context.later("tea", at, "the second")
        case "taken back":
            context.later("tea", at, "never said")
            context.cancel("tea")
        case "nothing":
            context.later("tea", at)
        case "no json":
            context.later("tea", at, {"type": "text", "text": b"bytes"})
        case "no text":
            context.later("tea", at, run=cast("str", 7))
        case "no zone":
            context.later("tea", datetime(2030, 1, 1), "when?")
        case "cancel":
            context.cancel("tea")
    return "noted"


async def begin(context: Context[Any]) -> str:
    """Begin the flow that the text names, with a drink that is known."""
    context.begin(context.match["rest"], drink="tea", day=datetime(2026, 12, 24, tzinfo=UTC).date())
    return "let's see"


async def greet(context: Context[Any]) -> str:
    """Greet in the language of whoever wrote."""
    return await context.text("greeting", name="Mei", missing=None)


async def speak(context: Context[Any]) -> str:
    """Say which language that is."""
    return await context.language()


async def mumble(context: Context[Any]) -> str:
    """Say something that there are no words for."""
    return await context.text("nothing")


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {"put_off": put_off, "begin": begin, "greet": greet, "speak": speak, "mumble": mumble}

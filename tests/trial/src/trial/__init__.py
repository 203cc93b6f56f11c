"""Handlers that succeed, fail, wait and block: for tests of what the host does about it."""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from hookline import Context, Handler, Message, hookimpl

MARKS: dict[str, Any] = {"runs": [], "released": threading.Event(), "begun": threading.Event()}


class Settings(BaseModel):
    """Hold how often `flaky` fails first, and to whom `tell` pushes."""

    fails: int = 0
    to: str = ""


async def flaky(context: Context[Settings]) -> str:
    """Fail as often as the settings say, after having recorded effects that must not count."""
    context.state["tries"] = context.state.get("tries", 0) + 1
    MARKS["runs"].append(context.attempt)
    if context.attempt <= context.settings.fails:
        context.push(context.event.user or "", "must never arrive")
        await context.shared.set("count", 99)
        raise ValueError(f"attempt {context.attempt}")
    return f"attempt {context.attempt}, state {context.state['tries']}"


def nap(context: Context[Settings]) -> str:
    """Take some time in a thread."""
    time.sleep(0.12)
    return "rested"


def doze(context: Context[Settings]) -> str:
    """Take much time in a thread."""
    time.sleep(0.8)
    return "rested"


async def erratic(context: Context[Settings]) -> str:
    """Fail twice with one error, then with another."""
    raise ValueError("one" if context.attempt < 3 else "three")


async def chorus(context: Context[Settings]) -> str:
    """Answer the texts of all parts; wait at `hold…`, fail at `poison`, and first as often as the settings say."""
    text = context.event.text or context.event.type
    MARKS["runs"].append(text)
    if text.startswith("hold"):
        MARKS["begun"].set()
        await asyncio.to_thread(MARKS["released"].wait, 10)
    if "poison" in text or context.attempt <= context.settings.fails:
        raise ValueError(text)
    return "+".join(part.event.text or part.event.type for part in context.parts)


async def slow(context: Context[Settings]) -> str:
    """Wait longer than any deadline."""
    MARKS["runs"].append(context.attempt)
    await asyncio.sleep(3600)
    return "never"


def blocking(context: Context[Settings]) -> str:
    """Be a plain function: it runs in a thread."""
    count = context.blocking(context.shared.get("count", 0)) + 1
    context.blocking(context.shared.set("count", count))
    return f"thread {threading.current_thread() is not threading.main_thread()}, count {count}"


def stuck(context: Context[Settings]) -> str:
    """Hold a thread until the test lets it go, then try to use a Context that has ended."""
    MARKS["runs"].append(context.attempt)
    MARKS["begun"].set()
    MARKS["released"].wait(10)
    context.push("U" + "0" * 32, "must never arrive")
    return "too late"


async def count(context: Context[Settings]) -> str:
    """Count in shared state."""
    number = await context.shared.get("count", 0) + 1
    await context.shared.set("count", number)
    return str(number)


async def remember(context: Context[Settings]) -> str:
    """Count in the conversation's state."""
    context.state["count"] = context.state.get("count", 0) + 1
    return str(context.state["count"])


async def many(context: Context[Settings]) -> list[str]:
    """Return more messages than one call takes."""
    return [f"message {number}" for number in range(1, 8)]


async def kinds(context: Context[Settings]) -> list[Any]:
    """Return every kind of answer at once."""
    return [
        "text",
        {"type": "sticker", "packageId": "1", "stickerId": "2", "future": 1},
        Message.from_text("message"),
        None,
    ]


async def sdk(context: Context[Settings]) -> Any:
    """Use line-bot-sdk: its client through the Context, and its models as the answer."""
    from linebot.v3.messaging import TextMessage

    profile = await context.line.messaging.get_profile(context.event.user)
    return [TextMessage(text=f"hello {profile.display_name}")]


async def contend(context: Context[Settings]) -> str:
    """Count in a key that all customers share, after a key of one's own."""
    await context.shared.get(f"own {context.event.user}")
    MARKS["runs"].append(context.event.user)
    number = await context.shared.get("hot", 0) + 1
    await asyncio.sleep(0)
    await context.shared.set("hot", number)
    return str(number)


async def gather(context: Context[Settings]) -> str:
    """Read two shared keys at once."""
    first, second = await asyncio.gather(context.shared.get("a", 1), context.shared.get("b", 2))
    return str(first + second)


async def cancelled(context: Context[Settings]) -> str:
    """Wait for something that is cancelled."""
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    await task
    return "never"


async def suicidal(context: Context[Settings]) -> str:
    """Cancel one's own task."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(1)
    return "never"


class Panic(BaseException):
    """Be what a library in Rust raises when it panics."""


async def panic(context: Context[Settings]) -> str:
    """Raise what isn't even an Exception."""
    raise Panic("at the disco")


async def nonsense(context: Context[Settings]) -> Any:
    """Return what no platform could send."""
    return b"hi" if context.event.text == "bytes" else 42


async def matched(context: Context[Settings]) -> str:
    """Say what was saved."""
    return " ".join(context.match[name] for name in ("file", "file_name", "file_size", "file_type"))


async def tell(context: Context[Settings]) -> None:
    """Push to somebody else."""
    context.push(context.settings.to, f"{context.event.user} says {context.event.text}")


async def tell_shop(context: Context[Settings]) -> str:
    """Let another bot tell somebody, and say what the platform's API is."""
    context.push("U" + "1" * 32, "one has written", bot="shop")
    return f"told as {type(context.api).__name__}"


async def silent(context: Context[Settings]) -> None:
    """Have nothing to say."""


async def block_the_loop(context: Context[Settings]) -> str:
    """Do what no async handler should."""
    time.sleep(1.6)  # noqa: ASYNC251  that is the point
    return "done"


@hookimpl
def hookline_settings() -> type[BaseModel]:
    """Register the settings."""
    return Settings


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {
        "flaky": flaky,
        "erratic": erratic,
        "nap": nap,
        "doze": doze,
        "slow": slow,
        "blocking": blocking,
        "stuck": stuck,
        "chorus": chorus,
        "count": count,
        "remember": remember,
        "many": many,
        "kinds": kinds,
        "contend": contend,
        "gather": gather,
        "cancelled": cancelled,
        "sdk": sdk,
        "nonsense": nonsense,
        "suicidal": suicidal,
        "panic": panic,
        "matched": matched,
        "tell": tell,
        "tell_shop": tell_shop,
        "silent": silent,
        "block_the_loop": block_the_loop,
    }

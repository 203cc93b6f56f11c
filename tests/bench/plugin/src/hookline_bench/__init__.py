"""Handlers that the benches run: they do nothing, wait, fail, or say when they started."""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path

from hookline import Context, Handler, Message, Neutral, Quick, hookimpl


async def nothing(context: Context[object]) -> None:
    """Do nothing."""


async def sleep(context: Context[object]) -> None:
    """Wait as a handler does that calls a slow service."""
    await asyncio.sleep(1.0)


async def block(context: Context[object]) -> None:
    """Block the event loop, as a call does that should have been awaited."""
    time.sleep(6.0)  # noqa: ASYNC251  that is what it is about


async def doze(context: Context[object]) -> None:
    """Wait for a service that hangs."""
    await asyncio.sleep(5.0)


def nap(context: Context[object]) -> None:
    """Wait in a thread."""
    time.sleep(1.0)


async def serve(context: Context[object]) -> str:
    """Answer after asking a service."""
    await asyncio.sleep(0.2)
    return "您好"


async def answer(context: Context[object]) -> str:
    """Answer."""
    return "您好"


async def place(context: Context[object]) -> Message:
    """Answer, every second time with two buttons, and keep how far the conversation has come."""
    place = context.state["place"] = int(context.state.get("place", 0)) + 1
    buttons = [Quick(label, postback=f"{place}|{label}") for label in ("前面", "後面")]
    return Message(Neutral("您好", quick=buttons if place % 2 else []).body())


async def fail(context: Context[object]) -> None:
    """Fail as a handler does that has a defect."""
    raise LookupError("no such dish")


async def record(context: Context[object]) -> None:
    """Write the number at the end of the text, and the time, to the file that BENCH_STARTED names."""
    now = time.monotonic_ns()
    number = (context.event.text or "").rpartition(" ")[2]
    with Path(os.environ["BENCH_STARTED"]).open("a") as file:
        file.write(f"{number} {now}\n")


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {
        "nothing": nothing,
        "sleep": sleep,
        "block": block,
        "doze": doze,
        "nap": nap,
        "serve": serve,
        "answer": answer,
        "place": place,
        "fail": fail,
        "record": record,
    }

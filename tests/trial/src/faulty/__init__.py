"""Handlers that fail, each in its own way; the line that is at fault ends with the handler's name, as a comment."""

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import BaseModel, SecretStr

from hookline import Context, Handler, PlatformError, hookimpl

LOG = structlog.get_logger("faulty")


class Settings(BaseModel):
    """Hold a secret, and what holds a thread."""

    key: SecretStr


async def missing(context: Context[Settings]) -> str:
    """Look for a key that isn't there."""
    prices = {"tea": 30}
    return str(prices["cake"])  # missing


def _price(of: str) -> int:
    return {"tea": 30}[of]  # deeper


async def deeper(context: Context[Settings]) -> str:
    """Fail in a function of the plugin's own."""
    return str(_price("cake"))


async def library(context: Context[Settings]) -> str:
    """Fail inside of a library."""
    return str(json.loads("{"))  # library


async def caused(context: Context[Settings]) -> str:
    """Raise because of something else."""
    try:
        return str(int("ten"))
    except ValueError as error:
        raise RuntimeError("no number") from error  # caused


async def grouped(context: Context[Settings]) -> str:
    """Fail in a task of a group."""

    async def one() -> None:
        raise LookupError("not there")  # grouped

    tasks = [one()]
    await asyncio.gather(*tasks)
    return "never"


async def _fails() -> None:
    raise LookupError("not there")  # together


async def together(context: Context[Settings]) -> str:
    """Let a whole group of tasks fail."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_fails())
    return "never"


def threaded(context: Context[Settings]) -> str:
    """Fail in a thread."""
    return str(1 // len(context.event.raw.get("nothing", "")))  # threaded


async def number(context: Context[Settings]) -> Any:  # number
    """Return what can't be an answer."""
    return 42


async def untyped(context: Context[Settings]) -> Any:  # untyped
    """Return a message object that has no type."""
    return {}


async def unsaved(context: Context[Settings]) -> str:  # unsaved
    """Remember what is no JSON."""
    context.state["lock"] = threading.Lock()
    return "never"


async def stranger(context: Context[Settings]) -> str:
    """Push to nobody."""
    context.push("", "hi")  # stranger
    return "never"


async def late(context: Context[Settings]) -> str:
    """Wait longer than any deadline."""
    await asyncio.sleep(3600)  # late
    return "never"


async def leaving(context: Context[Settings]) -> str:
    """End the process."""
    raise SystemExit(3)  # leaving


class Panic(BaseException):
    """Be what a library in Rust raises when it panics."""


async def panic(context: Context[Settings]) -> str:
    """Raise what isn't even an Exception."""
    raise Panic("at the disco")  # panic


async def silent(context: Context[Settings]) -> str:
    """Raise what says nothing."""
    raise AssertionError  # silent


async def unknown(context: Context[Settings]) -> str:
    """Ask the platform for somebody it doesn't know."""
    try:
        await context.line.profile("U" + "0" * 32)
    except PlatformError as error:
        raise PermissionError(f"LINE says {error.status}") from None  # unknown
    return "never"


async def tells(context: Context[Settings]) -> str:
    """Tell a secret in an exception."""
    raise ValueError(f"401 for key {context.settings.key.get_secret_value()}")  # tells


async def reveals(context: Context[Settings]) -> str:
    """Answer with the secret."""
    return context.settings.key.get_secret_value()


async def once(context: Context[Settings]) -> str:
    """Fail the first time only."""
    if context.attempt == 1:
        raise ConnectionError("try again")  # once
    return "fine"


async def logging(context: Context[Settings]) -> str:
    """Log with structlog."""
    LOG.warning("stock.low", left=2)
    LOG.info("stock.asked")
    return "few"


@hookimpl
def hookline_settings() -> type[BaseModel]:
    """Register the settings."""
    return Settings


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers: all functions above that are public."""
    return {name: value for name, value in globals().items() if _is_handler(name, value)}


def _is_handler(name: str, value: object) -> bool:
    is_own = getattr(value, "__module__", None) == __name__ and not isinstance(value, type)
    return is_own and callable(value) and not name.startswith(("_", "hookline_"))

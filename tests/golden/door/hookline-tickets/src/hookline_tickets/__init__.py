"""Let customers take a number and staff call the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hookline import Context, Handler, hookimpl

from .texts import TEXTS, Texts

QUEUE = "queue"
MAX_WAITING = 500


class Settings(BaseModel):
    """Hold what a bot may set under ``plugins: tickets:``."""

    model_config = ConfigDict(extra="forbid")

    staff: list[str] = Field(default=[], description="Who may call numbers: user ids.")
    language: str = Field(default="zh-Hant", description="The language of all texts.")
    notify_at: int = Field(default=2, ge=1, le=50, description="How many places before their turn customers are told.")
    texts: dict[str, Texts] = Field(default={}, description="Texts that replace ours, by language.")

    def text(self, name: str, **values: object) -> str:
        """Return one text in the bot's language, filled."""
        own = self.texts.get(self.language, Texts())
        template: str = getattr(own, name) or getattr(TEXTS.get(self.language, TEXTS["en"]), name)
        for key, value in values.items():
            template = template.replace("{" + key + "}", str(value))
        return template


async def take(context: Context[Settings]) -> str:
    """Give the customer the next number, or show the one they have."""
    user, queue = context.event.user, await _queue(context)
    if user is None:
        return context.settings.text("unknown")
    held = _number_of(queue, user)
    if held is not None:
        return context.settings.text("position", number=held, ahead=_ahead(queue, held))
    if len(queue["waiting"]) >= MAX_WAITING:
        return context.settings.text("full")
    number = queue["last"] + 1
    ahead = len(queue["waiting"])
    queue["last"] = number
    queue["waiting"].append([number, user])
    await context.shared.set(QUEUE, queue)
    return context.settings.text("taken", number=number, ahead=ahead)


async def position(context: Context[Settings]) -> str:
    """Tell the customer how many are ahead."""
    queue = await _queue(context)
    held = _number_of(queue, context.event.user)
    if held is None:
        return context.settings.text("none", serving=queue["serving"])
    return context.settings.text("position", number=held, ahead=_ahead(queue, held))


async def cancel(context: Context[Settings]) -> str:
    """Give the customer's number back."""
    queue = await _queue(context)
    held = _number_of(queue, context.event.user)
    if held is None:
        return context.settings.text("none", serving=queue["serving"])
    queue["waiting"] = [entry for entry in queue["waiting"] if entry[0] != held]
    await context.shared.set(QUEUE, queue)
    return context.settings.text("cancelled", number=held)


async def call_next(context: Context[Settings]) -> str:
    """Call the next number, tell its customer, and tell the one who is nearly there."""
    settings = context.settings
    if context.event.user not in settings.staff:
        return settings.text("staff_only")
    queue = await _queue(context)
    if not queue["waiting"]:
        return settings.text("empty")
    number, user = queue["waiting"].pop(0)
    queue["serving"] = number
    await context.shared.set(QUEUE, queue)
    context.push(user, settings.text("your_turn", number=number))
    if len(queue["waiting"]) >= settings.notify_at:
        near, near_user = queue["waiting"][settings.notify_at - 1]
        context.push(near_user, settings.text("nearly", number=near, places=settings.notify_at))
    return settings.text("called", number=number, waiting=len(queue["waiting"]))


async def reset(context: Context[Settings]) -> str:
    """Empty the queue and begin at number 1 again."""
    if context.event.user not in context.settings.staff:
        return context.settings.text("staff_only")
    await context.shared.delete(QUEUE)
    return context.settings.text("reset")


async def _queue(context: Context[Settings]) -> dict[str, Any]:
    queue: dict[str, Any] = await context.shared.get(QUEUE, {"last": 0, "serving": 0, "waiting": []})
    return queue


def _number_of(queue: Mapping[str, Any], user: str | None) -> int | None:
    return next((number for number, holder in queue["waiting"] if holder == user), None)


def _ahead(queue: Mapping[str, Any], number: int) -> int:
    return sum(1 for other, _ in queue["waiting"] if other < number)


@hookimpl
def hookline_settings() -> type[BaseModel]:
    """Register the settings."""
    return Settings


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {"take": take, "position": position, "cancel": cancel, "next": call_next, "reset": reset}

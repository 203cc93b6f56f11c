"""Say back what was said: the smallest possible hookline plugin."""

from collections.abc import Mapping

from pydantic import BaseModel

from hookline import Context, Handler, hookimpl


class Settings(BaseModel):
    """Hold what a bot may set under ``plugins: echo:``."""

    prefix: str = ""


async def say(context: Context[Settings]) -> str:
    """Say back what followed the route's prefix, or the whole text."""
    text = context.match.get("rest") or context.match.get("text")
    return context.settings.prefix + text


@hookimpl
def hookline_settings() -> type[BaseModel]:
    """Register the settings."""
    return Settings


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {"say": say}

"""Find what people wrote to a bot that was not understood, or hardly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ..bots.bot import adapter_of
from ..config.configuration import BotConfiguration, Configuration
from ..intents.quality.review import Said
from ..routing.router import Router
from ..store.people.history import History, PastText
from .stores import reading

MOST = 10_000


async def texts_of(configuration: Configuration, bot: BotConfiguration, since: int | None) -> Sequence[PastText]:
    """Return the newest texts that the store keeps of *bot*, MOST at most, received since *since*."""
    async with reading(configuration) as database:
        return await History(database).texts(bot.name, since, MOST)


def said_to(bot: BotConfiguration, past: Sequence[PastText]) -> Iterator[Said]:
    """Yield the texts that were for the bot, and that no route took for their words."""
    router, adapter = Router(bot.routes, bot.call_names), adapter_of(bot)
    routes = {route.name: route for route in bot.routes}
    for text in past:
        route = routes.get(text.route or "")
        if text.route is not None and route is None:
            continue  # a route that is gone
        if route is not None and not (route.is_fallback or route.asks_meaning):
            continue
        heard_at = datetime.fromtimestamp(text.received_at / 1000, UTC)
        meant = router.unread(adapter.read(text.raw, text.received_at), heard_at)
        if meant is not None:
            yield Said(meant, route is None or route.is_fallback)

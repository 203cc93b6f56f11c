"""Tell what another file means for people who are in flows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from ..bots.moving import Moved, moved
from ..config.configuration import Configuration
from ..store.people.standing import StandingFlows
from .phrases import counted
from .stores import ensure_made, reading


def lines(found: Iterable[Moved]) -> Iterator[str]:
    """Yield a line for each question that is there no more."""
    for one in found:
        inside = f"{one.bot}: {counted(one.inside, 'flow')} of `{one.flow}` {'is' if one.inside == 1 else 'are'} open"
        if one.is_gone:
            yield f"{inside}, and it is gone: each ends with the next message"
            continue
        then = f"`{one.following}` is asked" if one.following is not None else "nothing is left to ask"
        yield f"{inside}; {one.number:,} at `{one.asked}`, which is gone: {then} next"


def open_flows(configuration: Configuration) -> Sequence[Moved]:
    """Return what *configuration* means for those who are in flows now."""
    return asyncio.run(_open_flows(configuration))


async def _open_flows(configuration: Configuration) -> Sequence[Moved]:
    ensure_made(configuration)
    async with reading(configuration) as database:
        return await moved(StandingFlows(database), {name: bot.flows for name, bot in configuration.bots.items()})

"""Save what came with an event, where its route says so, before anything is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from ..adapters.adapter import ContentApi
from ..errors import ContentError, HandlerTimeoutError, PlatformError
from ..routing.routes import Save
from ..uploads.names import extension_of, file_name, stem_of
from .answers import values_of
from .conversation import Routed
from .run import Run

SENT_NAME = "sent_name"


async def saved(run: Run, routed: Routed, save: Save, deadline: float) -> Routed:
    """Return *routed* with what was saved among its captures, within the seconds that a handler has.

    A run that is made again writes the same file once more. Raises ContentError, after which no further run is made;
    PlatformError, SaveError or HandlerTimeoutError.
    """
    route = routed.hit.route
    seconds = deadline if route.deadline is None else route.deadline
    try:
        async with asyncio.timeout(seconds) as timeout:
            captures = await _stored(run, routed, save)
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise HandlerTimeoutError(f"`save` of route `{route.name}` took over {seconds:g} seconds") from error
    except ContentError:
        run.attempt.retries = ()  # it will never be anything else
        raise
    match = replace(routed.hit.match, captures={**routed.hit.match.captures, **captures})
    return replace(routed, hit=replace(routed.hit, match=match))


async def _stored(run: Run, routed: Routed, save: Save) -> Mapping[str, str]:
    """Store the file, and return the captures that say of it."""
    event, api = routed.event, run.bot.adapter.api
    attachment = event.attachment
    if attachment is None or not isinstance(api, ContentApi):
        raise PlatformError(f"`{event.type}` comes with nothing that could be saved")
    sent = {SENT_NAME: stem_of(attachment.name)} if attachment.name else {}
    stem = await _stem(run, routed, save, sent)
    async with api.incoming(event, save.takes.at_most) as incoming:
        if not save.takes.takes(attachment, incoming.type):
            listed = ", ".join(save.takes.types)
            raise ContentError(f"this {attachment.kind} is {incoming.type}, and `save` takes {listed}")
        tag = event.message_id or event.id
        name = file_name(stem, tag, extension_of(attachment.name, incoming.type))
        stored = await save.folder.store(name, incoming.parts, tag)
    return {
        "file": stored.where,
        "file_name": name,
        "file_size": str(stored.size),
        "file_type": incoming.type,
        **sent,
    }


async def _stem(run: Run, routed: Routed, save: Save, sent: Mapping[str, str]) -> str:
    match = replace(routed.hit.match, captures={**routed.hit.match.captures, **sent})
    roots = frozenset(placeholder.root for placeholder in save.name.placeholders)
    kept = {"state": await run.memory.state()} if "state" in roots else {}
    plugin = routed.hit.route.plugin
    return save.name.render(await values_of(run.bot, routed.event, match, kept, plugin, roots, [save.name]))

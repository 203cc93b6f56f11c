"""Open stores for tests, and work them off by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, text

from hookline.adapters.line.parse import redact
from hookline.store.lanes import _held
from hookline.store.people.letters import LetterFilter
from hookline.store.records import Finish, NewDelivery, StoredDelivery, StoredEvent
from hookline.store.store import Store
from hookline.ways import Way
from tests.support import NOW


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open the store at *url*."""

    def redacted(_bot: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return redact(raw)

    store = await Store.open(url, redacted)
    try:
        yield store
    finally:
        await store.close()


async def take(store: Store, worker: str = "me") -> dict[int, int]:
    """Take all lanes, from whoever has them, and return ``{lane: epoch}``."""
    return await store.lanes.take_all(worker, NOW)


async def lease(store: Store, limit: int = 10, worker: str = "me", **options: Any) -> list[StoredEvent]:
    """Lease ready events as *worker*, who takes all lanes if it has none."""
    epochs = await store._database.run(_held, worker) or await take(store, worker)
    return await store.inbox.lease(limit, epochs, **options)


async def lease_deliveries(store: Store, worker: str = "me") -> list[StoredDelivery]:
    """Lease ready deliveries as *worker*, who takes all lanes if it has none."""
    epochs = await store._database.run(_held, worker) or await take(store, worker)
    return await store.outbox.lease(epochs, ["shop"])


async def errors_of(store: Store) -> list[str]:
    """Return the errors of all dead letters, oldest first."""
    return [letter.error for letter in reversed(await store.letters.list(LetterFilter(), 1000))]


async def values(store: Store, query: str) -> list[Any]:
    """Return the first column of a query."""

    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(text(query)).scalars())

    return await store._database.run(read)


def finish_of(event: StoredEvent, **fields: Any) -> Finish:
    """Return the effects of a run that did nothing."""
    fields.setdefault("outcome", "handled")
    fields.setdefault("now", NOW)
    return Finish(event=event, **fields)


def delivery(**fields: Any) -> NewDelivery:
    """Return a reply to be written."""
    values: dict[str, Any] = {
        "bot": "shop",
        "conversation": "U1",
        "lane": 1,
        "messages": [{"type": "text", "text": "hi"}],
        "created_at": NOW,
        "deadline": NOW + 50_000,
        "retry_key": "key",
        "epoch": 1,
        **fields,
    }
    push = Way("push", values["conversation"], is_push=True, is_repeatable=True)
    if values.pop("form", "reply") == "push":
        return NewDelivery(**{"ways": (push,), **values})
    pushes = () if values["conversation"].startswith("event:") else (push,)
    reply = Way("reply", "token", until=values["deadline"], uses=1, is_repeatable=True)
    return NewDelivery(**{"ways": (reply, *pushes), "part": 0, **values})

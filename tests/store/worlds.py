"""Open stores for tests, and work them off by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hookline.adapters.line.parse import redact
from hookline.store.records import Finish, NewDelivery, StoredEvent
from hookline.store.store import Store
from tests.support import NOW


@asynccontextmanager
async def open_store(folder: Path) -> AsyncIterator[Store]:
    """Open the store in *folder*; the test is its only worker."""

    def redacted(_bot: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return redact(raw)

    store = await Store.open(f"sqlite:///{folder / 'test.db'}", redacted)
    try:
        yield store
    finally:
        await store.close()


async def take(store: Store, worker: str = "me") -> int:
    """Take all lanes and return the epoch."""
    return next(iter((await store.lanes.take_all(worker, NOW)).values()))


def finish_of(event: StoredEvent, epoch: int, **fields: Any) -> Finish:
    """Return the effects of a run that did nothing."""
    fields.setdefault("outcome", "handled")
    fields.setdefault("now", NOW)
    return Finish(event=event, epoch=epoch, **fields)


def delivery(**fields: Any) -> NewDelivery:
    """Return a reply to be written."""
    values: dict[str, Any] = {
        "bot": "shop",
        "conversation": "U1",
        "lane": 1,
        "form": "reply",
        "messages": [{"type": "text", "text": "hi"}],
        "created_at": NOW,
        "deadline": NOW + 50_000,
        "retry_key": "key",
        "reply_token": "token",
    }
    return NewDelivery(**{**values, **fields})

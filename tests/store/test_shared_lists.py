"""What plugins share, by many keys: listed by how they begin, and numbers that are added to, on both stores."""

from __future__ import annotations

import pytest

from hookline.errors import HandlerError
from hookline.plugins.shared import KeyLocks, Shared
from hookline.store.store import Store
from tests.store.worlds import finish_of, lease, open_store, take
from tests.support import make_event


def shared_of(store: Store, plugin: str = "votes") -> Shared:
    return Shared("shop", plugin, store.plugin_state, KeyLocks())


async def committed(store: Store, shared: Shared, number: int = 0) -> None:
    """Commit what *shared* has set, as the run of an event."""
    await take(store)
    await store.inbox.accept([make_event(str(number), id=f"e{number}")])
    (event,) = await lease(store, 1)
    result = await store.outcomes.finish(finish_of(event, shared=shared.changes()))
    assert result.result == "done"


async def test_keys_are_listed_by_how_they_begin_whatever_their_letters(store_url: str) -> None:
    async with open_store(store_url) as store:
        shared = shared_of(store)
        for key in ("b/2", "a/1", "b/1", "B/3", "b%", "b/"):
            await shared.set(key, key)
        await shared.set("b/gone", 1)
        await shared.delete("b/gone")
        await committed(store, shared)

        later = shared_of(store)
        assert await later.list("b/") == {"b/": "b/", "b/1": "b/1", "b/2": "b/2"}
        assert list(await later.list("b/", limit=2)) == ["b/", "b/1"]
        assert len(await later.list()) == 6
        assert await shared_of(store, "other").list() == {}


async def test_list_has_what_the_run_itself_has_set_and_deleted(store_url: str) -> None:
    async with open_store(store_url) as store:
        first = shared_of(store)
        await first.set("n/1", 1)
        await first.set("n/2", 2)
        await committed(store, first)
        run = shared_of(store)
        await run.set("n/0", 0)
        await run.delete("n/1")

        assert await run.list("n/") == {"n/0": 0, "n/2": 2}
        assert await run.list("n/", limit=1) == {"n/0": 0}


async def test_numbers_are_rows_of_their_own_beyond_64_kib(store_url: str) -> None:
    async with open_store(store_url) as store:
        for turn in range(2):
            run = shared_of(store)
            for number in range(500):
                await run.add(f"count/{'x' * 200}/{number}", 2)
            await committed(store, run, turn)

        found = await shared_of(store).list("count/")
        assert (len(found), set(found.values())) == (500, {4})


async def test_what_is_no_number_is_not_added_to(store_url: str) -> None:
    async with open_store(store_url) as store:
        shared = shared_of(store)
        await shared.set("a", "text")

        with pytest.raises(HandlerError, match="shared key `a` holds no number, but 'text'"):
            await shared.add("a")
        with pytest.raises(HandlerError, match="a list has 1 to 1000 keys, not 0"):
            await shared.list("", limit=0)

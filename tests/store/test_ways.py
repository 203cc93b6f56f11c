"""Rows of before there were ways are read as ways, versions of then go on with rows of now, and no address is cut."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from hookline.store.people.letters import LetterFilter
from hookline.store.records import StoredDelivery
from hookline.ways import Way
from tests.store.test_letters import replay
from tests.store.worlds import delivery, finish_of, lease, lease_deliveries, open_store
from tests.support import NOW, make_event

OLD = Path(__file__).parents[1] / "golden" / "stores" / "0005.sql"
CHAT = "U" + "0" * 32
PUSH = Way("push", CHAT, is_push=True, is_repeatable=True)
Facts = tuple[tuple[Way, ...], int | None, int, bool, bool]


def reply(token: str) -> Way:
    return Way("reply", token, until=NOW + 50_000, uses=1, is_repeatable=True)


def facts(found: StoredDelivery) -> Facts:
    return found.ways, found.part, found.turn, found.is_fallback, found.is_uncertain


@pytest.fixture
def old_store(tmp_path: Path) -> str:
    """Return the URL of a store that version 0005 has written."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(OLD.read_text("utf-8"))
    connection.close()
    return f"sqlite:///{path}"


async def test_rows_of_the_version_before_are_read_as_ways(old_store: str) -> None:
    async with open_store(old_store) as store:
        found = {one.retry_key: facts(one) for one in await lease_deliveries(store)}

    assert found == {
        "key-0": ((PUSH,), 0, 0, True, True),
        "key-1": ((PUSH,), 1, 0, False, False),
        "key-2": ((PUSH,), None, 0, False, False),
        "key-3": ((reply("token-3"),), 0, 0, False, False),
    }


async def test_dead_letter_of_the_version_before_is_sent_again_by_what_is_left(old_store: str) -> None:
    async with open_store(old_store) as store:
        (letter,) = await store.letters.list(LetterFilter(), 10)
        assert await replay(store, now=NOW + 3_600_000) == 1
        found = {one.retry_key: one for one in await lease_deliveries(store)}
        (again,) = [one for key, one in found.items() if not key.startswith("key-")]

    assert (letter.via, letter.outcome) == ("reply", "refused")
    assert (again.way, again.is_fallback, again.deadline) == (PUSH, True, NOW + 3_600_000 + 600_000)


async def test_version_before_goes_on_with_a_row_of_now(store_url: str) -> None:
    """It knows ``form`` and ``reply_token``, and turns a reply into a push by the first alone."""
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event()])
        (event,) = await lease(store)
        await store.outcomes.finish(finish_of(event, deliveries=[delivery(conversation=CHAT, lane=1, epoch=0)]))

        def older(connection: Connection) -> Any:
            row = connection.execute(text("SELECT form, reply_token FROM outbox")).one()
            connection.execute(text("UPDATE outbox SET form = 'push', is_fallback = :yes"), {"yes": True})
            return tuple(row)

        seen = await store._database.run(older)
        (found,) = await lease_deliveries(store)

    assert seen == ("reply", "token")
    assert (found.way, found.turn, found.is_fallback) == (PUSH, 1, True)


@pytest.mark.parametrize("address", ["x" * 2048, "台" * 680, "\0\n\ud83c"])
async def test_address_is_kept_whole(store_url: str, address: str) -> None:
    way = Way("followup", address, until=NOW + 900_000, uses=5, is_owed=True)
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event()])
        (event,) = await lease(store)
        await store.outcomes.finish(finish_of(event, deliveries=[delivery(ways=(way, PUSH), epoch=0)]))
        (found,) = await lease_deliveries(store)

    assert found.ways == (way, PUSH)

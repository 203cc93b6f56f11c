"""What one run reads and changes of what is kept: under which keys, and how often a route has answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hookline.dispatch.memory import Memory
from hookline.plugins.shared import LIMIT, PERSON, SharedKey, SharedValue
from hookline.routing.actions import Handle
from hookline.routing.routes import AtMost, Period, Route
from tests.support import make_event

NEW_YEAR = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)  # a Friday


class Kept:
    """Keep what runs leave behind, and which keys were read."""

    def __init__(self) -> None:
        self.values: dict[SharedKey, str | None] = {}
        self.asked: list[SharedKey] = []

    async def read_shared(self, key: SharedKey) -> SharedValue:
        self.asked.append(key)
        return SharedValue(self.values.get(key), 0)

    async def list_shared(self, prefix: SharedKey, limit: int) -> Mapping[str, str]:
        raise NotImplementedError

    def memory(self, now: datetime = NEW_YEAR, **fields: Any) -> Memory:
        async def nothing() -> None:
            return None

        return Memory(make_event(**fields), now, nothing, self)

    def commit(self, memory: Memory) -> None:
        self.values |= {change.key: change.json for change in memory.changes()}


def route(times: int = 1, period: Period = "day", *, is_of_chat: bool = False) -> Route:
    return Route("r", Handle("p", "h"), frozenset(), at_most=AtMost(times, period, is_of_chat))


@pytest.mark.parametrize(
    ("period", "later"),
    [("hour", "1:00"), ("day", "24:00"), ("week", "72:00"), ("month", "744:00"), ("ever", None)],
)
async def test_route_answers_again_in_the_next_period(period: Period, later: str | None) -> None:
    kept, one = Kept(), route(period=period)
    first = kept.memory()
    await first.spend(one)
    kept.commit(first)

    hours = int((later or "99999").partition(":")[0])
    before, after = NEW_YEAR + timedelta(hours=hours, minutes=-31), NEW_YEAR + timedelta(hours=hours)
    assert await kept.memory(before).spent([one]) == {"r"}
    assert await kept.memory(after).spent([one]) == (set() if later else {"r"})


async def test_run_that_is_thrown_away_counts_nothing() -> None:
    kept, one = Kept(), route()
    await kept.memory().spend(one)

    assert await kept.memory().spent([one]) == set()


@pytest.mark.parametrize("user", ["U" * 300, "é" * 20, "名字\n"])
async def test_whoever_has_a_strange_id_is_kept_under_a_key_that_any_store_takes(user: str) -> None:
    kept = Kept()
    memory = kept.memory(user=user)
    await memory.spent([route()])
    await memory.keep_person({"a": 1})

    assert {key.plugin for key in kept.asked} == {LIMIT, PERSON}
    assert all(len(key.key) <= 255 and key.key.isascii() and key.key.isprintable() for key in kept.asked)


async def test_nobody_is_kept_nothing_of_and_counts_as_their_chat() -> None:
    kept, one = Kept(), route()
    memory = kept.memory(user=None, group="team")
    await memory.keep_person({"a": 1})
    await memory.spend(one)

    assert [change.key.plugin for change in memory.changes()] == [LIMIT]
    assert await memory.person() == {}

"""Every cell of docs/flow-rules.md, played by a running bot on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from tests.flows.looking import said, stands
from tests.flows.playing import Seen, play
from tests.flows.table import cells, events, rules, situations
from tests.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Seen]:
    """Return what came of all cells, on one kind of store."""
    folder = tmp_path_factory.mktemp("table")
    store = f"sqlite:///{folder / 'table.db'}"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        store = server.create()
    return asyncio.run(play(folder, store))


def test_table_has_a_rule_for_each_event_in_each_situation() -> None:
    assert list(cells()) == [(situation, event) for event in events() for situation in situations()]
    assert set(cells().values()) == set(rules())


@pytest.mark.parametrize("event", events())
@pytest.mark.parametrize("situation", situations())
def test_event_is_decided_by_the_rule_of_the_table(
    played: Mapping[tuple[str, str], Seen], situation: str, event: str
) -> None:
    rule, seen, where = cells()[situation, event], played[situation, event], situations()[situation]
    assert (seen.rule or ("N0" if seen.route is None else "N1")) == rule

    left = rules()[rule]
    assert left.outcome in ("any", seen.outcome), seen
    assert [*seen.heard] == [text for what in left.says for text in said(what, where, seen)]
    assert stands(left.flow, where, seen), seen

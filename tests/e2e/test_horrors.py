"""A handler may end in any way: its event ends, its conversation goes on, and nobody else notices."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from hookline.store.database.postgres import PostgresDatabase
from hookline.store.database.reading import SqliteReader
from hookline.store.database.urls import is_shared
from hookline.store.people.letters import LetterFilter, Letters
from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import BOT, NEEDS_PROC, PLUGIN, Site, run_site, simulated_line

sys.path.insert(0, str(PLUGIN))
HORRORS: Mapping[str, tuple[object, str]] = import_module("hookline_horrors").HORRORS

GIVEN_UP = "gave up"
PATIENCE = 120.0


def _retries(end: str) -> str:
    return "[]" if "over 1 seconds" in end else "[0.05]"  # what still runs would be waited for


ROUTES = "".join(
    f"      - {{{{name: {name}, exact: {name}, run: horrors.{name}, retries: {_retries(end)}, deadline: 1}}}}\n"
    for name, (_, end) in HORRORS.items()
)
HORRIBLE = (
    BOT.replace("plugins: {{", "plugins: {{horrors: {{}}, ")
    .replace("    routes:\n", f"    on_error: {GIVEN_UP}\n    routes:\n{ROUTES}")
)  # fmt: skip

pytestmark = [NEEDS_PROC, pytest.mark.timeout(300)]


async def say(line: SimulatedLine, site: Site, text: str, user: str) -> None:
    status = await line.deliver("shop", [line.text("shop", text, user=user)], webhook=site.webhook)
    assert status == [200], (text, status)


def answers(line: SimulatedLine, user: str) -> Sequence[str]:
    return [str(message["text"]) for sent in line.sent if sent.to == user_id(user) for message in sent.messages]


async def ends(line: SimulatedLine, users: Mapping[str, int]) -> None:
    """Wait until each of *users* has so many answers, or nothing comes any more."""
    count, since = 0, asyncio.get_running_loop().time()
    while any(len(answers(line, user)) < wanted for user, wanted in users.items()):
        now = asyncio.get_running_loop().time()
        if len(line.sent) > count:
            count, since = len(line.sent), now
        if now - since > PATIENCE:
            return
        await asyncio.sleep(0.1)


async def errors(store: str) -> Mapping[str, str]:
    """Return the error of each dead letter, by conversation."""
    database = await (PostgresDatabase.open(store) if is_shared(store) else SqliteReader.open(store))
    try:
        return {letter.conversation: letter.error for letter in await Letters(database).list(LetterFilter(), 1_000)}
    finally:
        await database.close()


def problem(line: SimulatedLine, name: str, end: str, error: str | None) -> str | None:
    """Return what is wrong with how the handler *name* has ended, if anything is."""
    said = list(answers(line, name))
    first = end if end in ("ok", "?") else GIVEN_UP
    if said != [first, f"after {name}|1"]:
        return f"{name}: {said!r:.200}, {error}"
    if first == GIVEN_UP and (error is None or end not in error):
        return f"{name}: {error}"
    return None


async def test_every_way_to_end_is_an_end_for_its_event_alone(tmp_path: Path, store_url: str) -> None:
    async with simulated_line() as line, run_site(tmp_path, store_url, line, "--grace", "1", bot=HORRIBLE) as site:
        processes = site.children()
        for number, name in enumerate(HORRORS):
            await say(line, site, name, name)
            await say(line, site, f"after {name}", name)
            await say(line, site, f"hi {number}", f"guest {number}")
        others = {f"guest {number}": 1 for number in range(len(HORRORS))}
        await ends(line, {**dict.fromkeys(HORRORS, 2), **others})
        found = await errors(store_url)
        wrong = [problem(line, name, end, found.get(user_id(name))) for name, (_, end) in HORRORS.items()]

        assert [one for one in wrong if one] == []
        assert [user for user in others if len(answers(line, user)) != 1] == []
        assert site.children() == processes
        assert [said for said in site.errors if "conversation.died" in said or "died (" in said] == []


def test_there_are_as_many_ways_as_were_thought_of() -> None:
    assert len(HORRORS) >= 60

"""Two hundred broken configurations, one after another, for a host under load: all refused, and no ack fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.living import HEAD, SECRETS, Living, bot, living
from tests.unit.config import test_broken_basics, test_broken_files, test_broken_intents, test_broken_routes
from tests.unit.config.broken import ENVIRONMENT, Case

MODULES = (test_broken_files, test_broken_routes, test_broken_intents, test_broken_basics)
PLUGINS = "    plugins: {tickets: , echo: , intents: , bigrams: }\n"
GOOD = HEAD + bot("shop", "{name: all, otherwise: true, reply: 'one {event.text}'}", PLUGINS)
MOST = 200
NEEDS_FILES = {"empty secret file"}


def corpus() -> Iterator[Case]:
    """Yield the files of the corpus that can't be loaded."""
    for module in MODULES:
        for table in vars(module).values():
            for case in table if isinstance(table, list) else ():
                if isinstance(case, Case) and case.name not in NEEDS_FILES and _errors(case):
                    yield case


def _errors(case: Case) -> set[str]:
    return {f"{one.line}:{one.column}" for one in case.expected if one.severity == "error"}


async def customers(place: Living, stop: asyncio.Event) -> list[int]:
    statuses: list[int] = []
    while not stop.is_set():
        batch = [place.line.text("shop", f"text {len(statuses)}", user=f"user{len(statuses) % 5}")]
        statuses += await place.line.deliver("shop", batch)
    return statuses


def test_corpus_of_broken_files_is_large() -> None:
    assert len(list(corpus())) >= MOST


async def test_broken_configurations_under_load_are_refused_at_their_place_and_fail_no_ack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, GOOD, monkeypatch, SECRETS | ENVIRONMENT, is_strict=True) as place:
        stop = asyncio.Event()
        loading = asyncio.create_task(customers(place, stop))
        wrong = []
        for case in list(corpus())[:MOST]:
            is_good, problems = await place.reload(case.text)
            places = {problem.split(": ")[0] for problem in problems}
            if is_good or not _errors(case) <= places:
                wrong.append((case.name, sorted(_errors(case)), problems))
        stop.set()
        statuses = await loading
        await place.host.settle()

        assert wrong == []
        assert set(statuses) == {200}
        assert len(place.line.sent) == len(statuses) > 20
        assert {str(sent.messages[0]["text"]).split()[0] for sent in place.line.sent} == {"one"}
        assert place.restarts == []

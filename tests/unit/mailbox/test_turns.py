"""A flood of one bot holds up no other, and what came ahead of it is known, whatever fails in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookline.mailbox.box import File
from hookline.mailbox.boxes import BATCH, Boxes, Found
from hookline.mailbox.turns import Turns
from tests.unit.mailbox.test_boxes import posted, stamps_of


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    boxes = Boxes(tmp_path, lambda: 1 << 62, {})
    yield boxes
    boxes.close()


def read(boxes: Boxes, turns: Turns) -> None:
    while found := boxes.pull():
        turns.add(found)


def written(folder: Path, bots: str) -> File:
    """Return a file with a request for each letter of *bots*, one a turn of the clock."""
    file = File(folder)
    for start in range(0, len(bots), 100):
        part = enumerate(bots[start : start + 100], start + 1)
        file.insert([posted(stamp, bot) for stamp, bot in part])
    return file


def test_quiet_bots_have_their_turn_in_the_first_batch_behind_a_flood(tmp_path: Path, boxes: Boxes) -> None:
    file = written(tmp_path, "f" * 1000 + "abc" + "f" * 1000)
    turns = Turns()
    read(boxes, turns)
    first = turns.take(BATCH)

    assert {one.posted.bot for one in first} == {"f", "a", "b", "c"}
    assert len(first) < BATCH
    assert len(turns) == 2003 - len(first)
    file.close()


def test_each_bot_keeps_its_order_and_a_bot_alone_takes_whole_batches(tmp_path: Path, boxes: Boxes) -> None:
    file = written(tmp_path, "ab" * 300)
    turns = Turns()
    read(boxes, turns)
    batches: list[list[Found]] = []
    while turns:
        batches.append(turns.take(BATCH))

    assert [len(batch) for batch in batches] == [256, 256, 88]
    for bot in "ab":
        stamps = stamps_of([one for batch in batches for one in batch if one.posted.bot == bot])
        assert stamps == sorted(stamps)
    file.close()


def test_file_is_in_the_store_up_to_where_nothing_is_left_out(tmp_path: Path, boxes: Boxes) -> None:
    file = written(tmp_path, "fffaf")
    found = boxes.pull()
    name = file.path.name

    assert boxes.taken_with([found[3]]) == {}
    boxes.have_taken([found[3]])
    assert boxes.taken == {}
    assert boxes.taken_with(found[:3]) == {name: 4}
    boxes.rewind()
    assert stamps_of(boxes.pull()) == [1, 2, 3, 5]
    boxes.have_taken(found[:3])
    assert boxes.taken == {name: 4}
    assert boxes.are_before(5)
    assert not boxes.are_before(4)
    file.close()


@pytest.mark.parametrize("seed", range(10))
def test_each_request_is_taken_in_once_in_order_through_failures_and_new_processes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = [File(tmp_path) for _ in range(3)]
    stamp, expected, stored = 0, dict[str, list[int]](), dict[str, list[int]]()
    offsets: dict[str, int] = {}
    boxes, turns = Boxes(tmp_path, lambda: 1 << 62, {}), Turns()

    def step(most: int) -> None:
        nonlocal boxes, turns
        read(boxes, turns)
        batch = turns.take(most)
        last = boxes.taken_with(batch)
        if chance.random() < 0.2:  # the store is away
            turns.clear()
            boxes.rewind()
            return
        for one in batch:  # one transaction, which knows what it has by the ids of events
            known = stored.setdefault(one.posted.bot, [])
            if one.posted.stamp not in known:
                known.append(one.posted.stamp)
        offsets.update(last)
        if chance.random() < 0.1:  # and the process dies
            boxes.close()
            boxes, turns = Boxes(tmp_path, lambda: 1 << 62, dict(offsets)), Turns()
            return
        boxes.have_taken(batch)
        assert offsets == boxes.taken

    for _ in range(60):
        rows = []
        for _ in range(chance.randint(1, 12)):
            stamp += 1
            bot = chance.choice("ffffffab")
            rows.append(posted(stamp, bot))
            expected.setdefault(bot, []).append(stamp)
        chance.choice(files).insert(rows)
        step(chance.randint(1, 30))
    while stored != expected:
        step(30)
    for file in files:
        file.close()

    assert offsets == {file.path.name: file.rows for file in files if file.rows}
    boxes.close()

"""Mailboxes: what is answered is in a file, and is read back in the order of its stamps, each of it once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hookline import Request
from hookline.errors import StoreError
from hookline.mailbox.box import Box, File
from hookline.mailbox.boxes import BATCH, Boxes, Found
from hookline.mailbox.posted import Posted
from hookline.mailbox.stamps import Stamps
from hookline.sqlite import driver


def posted(stamp: int, bot: str = "shop") -> Posted:
    return Posted(bot, 1_800_000_000_000, stamp, 1, None, f"{stamp}".encode())


@pytest.fixture
def clock() -> Callable[[], int]:
    return lambda: 1 << 62


@pytest.fixture
def boxes(tmp_path: Path, clock: Callable[[], int]) -> Iterator[Boxes]:
    boxes = Boxes(tmp_path, clock, {})
    yield boxes
    boxes.close()


def written(folder: Path, *stamps: int) -> File:
    file = File(folder)
    for start in range(0, len(stamps), 100):
        file.insert([posted(stamp) for stamp in stamps[start : start + 100]])
    return file


def stamps_of(found: list[Found]) -> list[int]:
    return [one.posted.stamp for one in found]


def take(boxes: Boxes, found: list[Found]) -> None:
    boxes.have_taken(found)


@pytest.mark.parametrize(
    "request_",
    [
        Request(b"{}", (), 5),
        Request(b"\xff\x00", [(b"x-event", b"a\xe9"), (b"x-event", b"b")], 5),
        Request(b"", (), 5, method="GET", rest="a/b", query=b"challenge=%20x"),
    ],
)
def test_request_is_kept_as_it_is(request_: Request, tmp_path: Path, boxes: Boxes) -> None:
    file = File(tmp_path)
    file.insert([Posted.of("shop", request_, 7, 2)])
    file.close()

    (found,) = boxes.pull()
    back = found.posted.request()

    assert (found.posted.bot, found.posted.stamp, found.posted.secret) == ("shop", 7, 2)
    assert list(back.raw_headers) == list(request_.raw_headers)
    for name in ("body", "method", "rest", "received_at", "raw_query"):
        assert getattr(back, name) == getattr(request_, name)


def test_files_of_several_fronts_are_read_in_the_order_of_their_stamps(tmp_path: Path, boxes: Boxes) -> None:
    files = [written(tmp_path, 1, 4, 6), written(tmp_path, 2, 3, 5)]

    found = boxes.pull()
    take(boxes, found)

    assert stamps_of(found) == [1, 2, 3, 4, 5, 6]
    assert boxes.pull() == []
    files[0].insert([posted(7)])
    assert stamps_of(boxes.pull()) == [7]
    for file in files:
        file.close()


def test_nothing_is_read_that_was_stamped_after_the_look_began(tmp_path: Path) -> None:
    now = 3
    boxes = Boxes(tmp_path, lambda: now, {})
    files = [written(tmp_path, 1, 5), written(tmp_path, 2, 4)]

    first = boxes.pull()
    take(boxes, first)
    now = 10

    assert stamps_of(first) == [1, 2]
    assert stamps_of(boxes.pull()) == [4, 5]
    boxes.close()
    for file in files:
        file.close()


def test_what_is_later_than_the_end_of_a_long_file_waits(tmp_path: Path, boxes: Boxes) -> None:
    long = written(tmp_path, *range(0, 4 * BATCH, 2))
    short = written(tmp_path, *range(1, 4 * BATCH, 2)[:10], 4 * BATCH)
    seen: list[int] = []

    for _ in range(4):
        found = boxes.pull()
        take(boxes, found)
        seen += stamps_of(found)

    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 2 * BATCH + 11
    long.close()
    short.close()


def test_file_is_deleted_once_all_of_it_is_taken_in_and_nobody_writes_to_it(tmp_path: Path, boxes: Boxes) -> None:
    file = written(tmp_path, 1, 2)
    found = boxes.pull()

    assert boxes.sweep() == []
    take(boxes, found)
    assert boxes.sweep() == []  # a front has it
    file.close()
    assert boxes.sweep() == [file.path.name]
    assert list(tmp_path.iterdir()) == []


def test_file_of_a_front_that_died_is_read_to_its_end(tmp_path: Path, boxes: Boxes) -> None:
    file = written(tmp_path, 1, 2)
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for path in tmp_path.glob("box-*"):  # as it stands when a process is killed: with its journal
        (copy / path.name).write_bytes(path.read_bytes())
    file.close()
    left = Boxes(copy, boxes.clock, {})

    assert stamps_of(left.pull()) == [1, 2]
    left.close()


@pytest.mark.parametrize("damage", ["text", "newer"])
def test_file_that_cannot_be_read_is_named_and_stops_nobody(damage: str, tmp_path: Path, boxes: Boxes) -> None:
    good = written(tmp_path, 2)
    bad = written(tmp_path, 1)
    bad.close()
    if damage == "text":
        bad.path.write_bytes(b"this is no database" * 100)
    else:
        with driver().connect(bad.path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()

    assert stamps_of(boxes.pull()) == [2]
    assert list(boxes.unreadable) == [bad.path.name]
    assert bad.path.exists()
    good.close()


def test_what_is_set_aside_is_read_when_it_is_brought_back(tmp_path: Path, boxes: Boxes) -> None:
    boxes.set_aside(posted(1))

    assert boxes.pull() == []
    boxes.bring_back()
    assert stamps_of(boxes.pull()) == [1]


def test_stamps_go_on_after_those_that_are_there(tmp_path: Path) -> None:
    latest = 1 << 61  # of before a reboot, after which clocks begin anew
    written(tmp_path, 5, latest).close()

    stamps = Stamps.after(tmp_path)

    assert latest < stamps() < stamps()
    assert Stamps.after(tmp_path / "nowhere").base == 0


async def test_box_rings_once_requests_are_durable_and_leaves_full_files(tmp_path: Path, boxes: Boxes) -> None:
    rung: list[None] = []
    box = Box(tmp_path, lambda: rung.append(None), rows=10)
    box.open()
    numbers = itertools.count(1)

    for _ in range(6):
        await asyncio.gather(*(box.put(posted(next(numbers))) for _ in range(5)))
    await box.close()

    found = boxes.pull()
    assert stamps_of(found) == list(range(1, 31))
    assert len(rung) >= 6
    assert len({one.box for one in found}) == 3


async def test_box_that_cannot_write_says_so_and_goes_on_in_another_file(tmp_path: Path, boxes: Boxes) -> None:
    box = Box(tmp_path, lambda: None)
    box.open()
    await box.put(posted(1))
    (file,) = tmp_path.glob("box-*.db")
    holding = driver().connect(file, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="locked"):
        await box.put(posted(2))
    holding.execute("ROLLBACK")
    holding.close()
    await box.put(posted(3))
    await box.close()

    assert stamps_of(boxes.pull()) == [1, 3]


async def test_box_that_nobody_empties_takes_no_more(tmp_path: Path) -> None:
    box = Box(tmp_path, lambda: None, most_bytes=1)
    box.open()

    async def fill() -> None:
        while True:
            await box.put(posted(1))

    with pytest.raises(StoreError, match="no worker takes in"):
        await fill()
    await box.close()

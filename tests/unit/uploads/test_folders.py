"""A file is there whole or not at all, wherever files are kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from hookline.errors import MissingExtraError, SaveError
from hookline.uploads.folders import BLOCK, LocalFolder, RemoteFolder

BIG = b"x" * (2 * BLOCK + 1)
Parts = Callable[[], AsyncIterator[bytes]]


async def parts(*given: bytes) -> AsyncIterator[bytes]:
    for part in given:
        yield part


async def broken(*given: bytes) -> AsyncIterator[bytes]:
    for part in given:
        yield part
    raise RuntimeError("the platform went away")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    """Lend fsspec's own file system in memory, which is empty before and after."""
    memory = MemoryFileSystem()
    memory.store.clear()
    yield memory
    memory.store.clear()


class FullDisk(MemoryFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """Be a place with no room left."""

    protocol = "full"

    def put_file(self, *given: Any, **named: Any) -> None:
        """Refuse."""
        raise OSError(28, os.strerror(28))


class Offline(MemoryFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """Be a place that fails in its own way."""

    protocol = "offline"

    def put_file(self, *given: Any, **named: Any) -> None:
        """Refuse."""
        raise LookupError("no such bucket")


@pytest.mark.parametrize(
    "given",
    [[], [b""], [b"a"], [b"a", b"", b"b"], [BIG], [b"x" * BLOCK, b"y"], [b"x"] * 1000],
    ids=["nothing", "empty", "one", "several", "big", "a block and one", "many"],
)
async def test_file_has_all_parts(given: list[bytes], tmp_path: Path) -> None:
    stored = await LocalFolder(tmp_path).store("cat.jpg", parts(*given), "1")

    assert files(tmp_path) == {"cat.jpg": b"".join(given)}
    assert (stored.where, stored.size) == (str(tmp_path / "cat.jpg"), len(b"".join(given)))


async def test_file_that_is_written_again_is_one_file(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    await folder.store("cat.jpg", parts(b"first run"), "1")

    await folder.store("cat.jpg", parts(b"run"), "1")

    assert files(tmp_path) == {"cat.jpg": b"run"}


@pytest.mark.parametrize("given", [[], [b"half"], [BIG]], ids=["nothing", "half", "big"])
async def test_half_a_file_is_nothing(given: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"before")

    with pytest.raises(RuntimeError, match="went away"):
        await LocalFolder(tmp_path).store("cat.jpg", broken(*given), "1")

    assert files(tmp_path) == {"cat.jpg": b"before"}


async def test_run_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield BIG
        begun.set()
        await asyncio.Event().wait()

    storing = asyncio.create_task(LocalFolder(tmp_path).store("cat.jpg", endless(), "1"))
    await begun.wait()
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing

    assert files(tmp_path) == {}


async def test_what_a_killed_process_left_is_taken_up_by_the_next_run(tmp_path: Path) -> None:
    names: list[str] = []

    async def listing() -> AsyncIterator[bytes]:
        yield BIG
        names.extend(path.name for path in tmp_path.iterdir())

    await LocalFolder(tmp_path).store("cat.jpg", listing(), "1")
    (tmp_path / names[0]).write_bytes(b"left by a process that was killed, and longer than what comes")

    await LocalFolder(tmp_path).store("cat.jpg", parts(b"whole"), "1")

    assert names[0].startswith(".")
    assert files(tmp_path) == {"cat.jpg": b"whole"}


async def test_two_that_write_one_name_at_once_do_not_mix(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    async def slowly(sign: bytes) -> AsyncIterator[bytes]:
        for _ in range(3):
            yield sign * BLOCK
            await both.wait()

    folder = LocalFolder(tmp_path)
    await asyncio.gather(folder.store("x", slowly(b"a"), "1"), folder.store("x", slowly(b"b"), "2"))

    assert files(tmp_path)["x"] in (b"a" * 3 * BLOCK, b"b" * 3 * BLOCK)
    assert len(files(tmp_path)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
async def test_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    names: list[str] = []

    async def listing() -> AsyncIterator[bytes]:
        yield BIG
        names.extend(path.name for path in tmp_path.iterdir())
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        await LocalFolder(tmp_path).store("cat.jpg", listing(), "1")
    (tmp_path / names[0]).symlink_to("/dev/full")

    with pytest.raises(SaveError) as caught:
        await LocalFolder(tmp_path).store("cat.jpg", parts(b"small"), "1")

    assert str(caught.value) == f"can't write {tmp_path / 'cat.jpg'}: No space left on device"
    assert files(tmp_path) == {}


async def test_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SaveError) as caught:
        await LocalFolder(tmp_path / "gone").store("cat.jpg", parts(b"x"), "1")

    assert str(caught.value) == f"can't write {tmp_path / 'gone' / 'cat.jpg'}: No such file or directory"


async def test_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").mkdir()

    with pytest.raises(SaveError, match="Is a directory"):
        await LocalFolder(tmp_path).store("cat.jpg", parts(b"x"), "1")

    assert [path.name for path in tmp_path.iterdir()] == ["cat.jpg"]


@pytest.mark.parametrize("url", ["memory://photos", "memory://photos/"])
async def test_file_is_kept_behind_a_url(url: str, memory: MemoryFileSystem) -> None:
    stored = await RemoteFolder(url).store("cat.jpg", parts(b"a", b"b"), "1")

    assert (stored.where, stored.size) == ("memory://photos/cat.jpg", 2)
    assert memory.cat("/photos/cat.jpg") == b"ab"


async def test_half_a_file_is_not_uploaded(memory: MemoryFileSystem) -> None:
    await RemoteFolder("memory://photos").store("cat.jpg", parts(b"before"), "1")

    with pytest.raises(RuntimeError, match="went away"):
        await RemoteFolder("memory://photos").store("cat.jpg", broken(BIG), "1")

    assert {name: memory.cat(name) for name in memory.find("/")} == {"/photos/cat.jpg": b"before"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(FullDisk, "No space left on device"), (Offline, "LookupError: no such bucket")],
    ids=["full", "offline"],
)
async def test_place_that_refuses_a_file_is_an_error(kind: type[MemoryFileSystem], reason: str) -> None:
    fsspec.register_implementation(str(kind.protocol), kind, clobber=True)

    with pytest.raises(SaveError) as caught:
        await RemoteFolder(f"{kind.protocol}://photos").store("cat.jpg", parts(b"x"), "1")

    assert str(caught.value) == f"can't write {kind.protocol}://photos/cat.jpg: {reason}"


def test_url_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^Protocol not known: s4$"):
        RemoteFolder("s4://bucket").ensure_usable()


def test_url_whose_package_is_missing_says_which() -> None:
    with pytest.raises(ValueError, match=r"^saving to `gs://` needs another package: .*gcsfs.*$"):
        RemoteFolder("gs://bucket").ensure_usable()


def test_missing_extra_says_how_to_get_it() -> None:
    assert str(MissingExtraError("what saves to `s3://`", "fsspec")) == (
        "what saves to `s3://` isn't installed; `pip install 'hookline[fsspec]'` brings it"
    )

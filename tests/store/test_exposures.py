"""Check that a store is for its owner alone, and that nothing else is written to or waited for in its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hookline.config.history.versions import STATE, Versions
from hookline.errors import StoreError
from hookline.filesystem import Exposure, narrow
from hookline.store.database.reading import SqliteReader
from hookline.store.database.sqlite import SqliteDatabase
from tests.store.test_sqlite import url
from tests.support import open_host

Make = Callable[[Path], None]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def made(folder: Path) -> list[Path]:
    """Make a store in *folder*, and return its files, which everybody may read and write."""
    await (await SqliteDatabase.open(url(folder))).close()
    files = [folder / f"test.db{suffix}" for suffix in ("", "-wal", "-shm", ".lock")]
    for path in files:
        path.touch()
        path.chmod(0o666)
    return files


@pytest.mark.parametrize("wide", [0o666, 0o640, 0o604, 0o620])
async def test_store_that_others_can_get_at_is_narrowed(wide: int, tmp_path: Path) -> None:
    files = await made(tmp_path)
    for path in files:
        path.chmod(wide)

    database = await SqliteDatabase.open(url(tmp_path))
    modes = [mode_of(path) for path in files if path.exists()]
    await database.close()

    assert set(modes) == {0o600}
    assert database.exposures == [Exposure(path, wide) for path in files]


async def test_store_for_its_owner_alone_is_left_as_it_is(tmp_path: Path) -> None:
    await (await SqliteDatabase.open(url(tmp_path))).close()

    database = await SqliteDatabase.open(url(tmp_path))
    await database.close()

    assert database.exposures == []


async def test_host_tells_what_it_has_narrowed(tmp_path: Path) -> None:
    store = tmp_path / "hookline.db"
    store.touch()
    store.chmod(0o664)

    with capture_logs() as logs:
        async with open_host(tmp_path):
            pass

    told = [line for line in logs if line["event"].startswith("store.")]
    assert told == [{"event": "store.narrowed", "log_level": "info", "file": str(store), "mode": "0664"}]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.touch()
    path.chmod(0o660)
    os.chown(path, 12345, -1)

    assert narrow(path) == Exposure(path, 0o660, "it belongs to user 12345")
    assert mode_of(path) == 0o660


def test_what_a_link_leads_to_is_not_narrowed(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    (tmp_path / "other").chmod(0o644)
    (tmp_path / "link").symlink_to("other")

    assert narrow(tmp_path / "link") is None
    assert mode_of(tmp_path / "other") == 0o644


async def test_store_may_be_a_link_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "test.db").symlink_to("disk/real.db")

    await (await SqliteDatabase.open(url(tmp_path))).close()
    (tmp_path / "disk" / "real.db").chmod(0o666)
    await (await SqliteDatabase.open(url(tmp_path))).close()

    assert mode_of(tmp_path / "disk" / "real.db") == 0o600


IN_THE_WAY: dict[str, tuple[Make, str]] = {
    "a link": (lambda path: path.symlink_to("precious"), "is a link"),
    "a link to nowhere": (lambda path: path.symlink_to("nowhere"), "is a link"),
    "another name of a file": (
        lambda path: path.hardlink_to(path.parent / "precious"),
        "holds something else than the number of a process",
    ),
    "a pipe": (os.mkfifo, "is a pipe"),
    "a folder": (Path.mkdir, "is a folder"),
}


@pytest.mark.parametrize("kind", IN_THE_WAY)
async def test_lock_that_is_none_is_refused_and_nothing_is_written(kind: str, tmp_path: Path) -> None:
    make, reason = IN_THE_WAY[kind]
    (tmp_path / "precious").write_text("keep me")
    make(tmp_path / "test.db.lock")

    with pytest.raises(StoreError) as caught:
        await SqliteDatabase.open(url(tmp_path))

    store = tmp_path / "test.db"
    wanted = f"{store}.lock {reason}, expected the lock of the store {store}: move it away, if nobody needs it"
    assert (str(caught.value), (tmp_path / "precious").read_text()) == (wanted, "keep me")
    assert not (tmp_path / "nowhere").exists()


NO_STORES: dict[str, tuple[Make, str]] = {
    "a pipe": (os.mkfifo, "a pipe"),
    "a folder": (Path.mkdir, "a folder"),
    "a device": (lambda path: path.symlink_to("/dev/null"), "a device"),
    "a terminal": (lambda path: path.symlink_to("/dev/tty"), "a terminal"),
}


@pytest.mark.parametrize("opened", [SqliteDatabase.open, SqliteReader.open], ids=["to write", "to read"])
@pytest.mark.parametrize("kind", NO_STORES)
async def test_what_is_no_file_is_no_store(
    kind: str, opened: Callable[[str], Awaitable[object]], tmp_path: Path
) -> None:
    make, what = NO_STORES[kind]
    make(tmp_path / "test.db")

    with pytest.raises(StoreError) as caught:
        await opened(url(tmp_path))

    wanted = f"{tmp_path / 'test.db'} can't be used as a store: it is {what}, expected a regular file"
    assert str(caught.value) == wanted


def test_folder_of_kept_versions_is_narrowed_with_all_in_it(tmp_path: Path) -> None:
    versions = Versions(tmp_path / STATE, [tmp_path / "bot.yaml"])
    versions.keep({tmp_path / "bot.yaml": b"1"}, "", 0)
    each = [tmp_path / STATE, *(path for path in (tmp_path / STATE / "versions").rglob("*"))]
    for path in each:
        path.chmod(0o777)

    versions.keep({tmp_path / "bot.yaml": b"2"}, "", 0)

    assert {mode_of(path) for path in each} == {0o700}


def test_folder_that_an_operator_has_named_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)

    Versions(tmp_path / "state", [tmp_path / "bot.yaml"]).keep({tmp_path / "bot.yaml": b"1"}, "", 0)

    assert [mode_of(tmp_path / "state"), mode_of(tmp_path / "state" / "versions")] == [0o755, 0o700]

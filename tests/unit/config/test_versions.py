from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hookline.config.versions import MOST, Versions, digest_of, state_folder


def versions(folder: Path) -> Versions:
    return Versions(folder / ".hookline", folder)


def test_versions_come_back_byte_for_byte_newest_first(tmp_path: Path) -> None:
    files = {tmp_path / "bot.yaml": "# 菜單\r\nversion: 1\n".encode(), tmp_path / "flex" / "menu.json": b"\xff\x00{}"}
    other = {tmp_path / "bot.yaml": b"version: 1"}

    versions(tmp_path).keep(files, "start", 7)
    versions(tmp_path).keep(other, "SIGHUP", 8)

    assert [(each.number, each.at, each.why, each.files) for each in versions(tmp_path).all()] == [
        (2, 8, "SIGHUP", other),
        (1, 7, "start", files),
    ]


def test_what_is_the_newest_already_is_not_kept_again(tmp_path: Path) -> None:
    first, second = {tmp_path / "bot.yaml": b"1"}, {tmp_path / "bot.yaml": b"2"}
    numbers = [versions(tmp_path).keep(files, "", 0).number for files in (first, first, second, first)]

    assert numbers == [1, 1, 2, 3]


def test_folder_may_be_moved_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    versions(tmp_path / "old").keep({tmp_path / "old" / "bot.yaml": b"1"}, "", 0)
    (tmp_path / "old").rename(tmp_path / "new")

    newest = versions(tmp_path / "new").newest()

    assert newest is not None
    assert newest.files == {tmp_path / "new" / "bot.yaml": b"1"}


def test_damaged_version_is_passed_over(tmp_path: Path) -> None:
    for text in (b"1", b"2"):
        versions(tmp_path).keep({tmp_path / "bot.yaml": text}, "", 0)
    (tmp_path / ".hookline" / "versions" / "000002.json").write_text('{"at": 1')

    newest = versions(tmp_path).newest()

    assert newest is not None
    assert newest.number == 1
    assert versions(tmp_path).keep({tmp_path / "bot.yaml": b"3"}, "", 0).number == 3


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        versions(tmp_path).keep({tmp_path / "bot.yaml": str(number).encode()}, "", 0)

    assert [each.number for each in versions(tmp_path).all()] == list(range(MOST + 3, 3, -1))


def test_versions_are_for_their_owner_and_not_for_git(tmp_path: Path) -> None:
    versions(tmp_path).keep({tmp_path / "bot.yaml": b"1"}, "", 0)

    folder = tmp_path / ".hookline" / "versions"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "000001.json")]
    assert modes == [0o700, 0o600]
    assert (tmp_path / ".hookline" / ".gitignore").read_text() == "*\n"
    assert [path.name for path in folder.iterdir()] == ["000001.json"]


def test_digest_tells_names_from_contents() -> None:
    digests = {
        digest_of({Path("/a"): b"bc"}),
        digest_of({Path("/ab"): b"c"}),
        digest_of({Path("/a"): b"b", Path("/c"): b""}),
    }

    assert len(digests) == 3


def test_state_can_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_folder([tmp_path / "bot.yaml"]) == tmp_path / ".hookline"
    monkeypatch.setenv("HOOKLINE_STATE", str(tmp_path / "state"))
    assert state_folder([tmp_path / "bot.yaml"]) == tmp_path / "state"

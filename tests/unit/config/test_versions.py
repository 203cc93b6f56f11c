from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hookline.config.history.versions import MOST, Versions, digest_of, state_folder


def versions(folder: Path, *names: str) -> Versions:
    return Versions(folder / ".hookline", [folder / name for name in names or ("bot.yaml",)])


def kept_in(folder: Path) -> list[Path]:
    return sorted((folder / ".hookline" / "versions").glob("*/*.json"))


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
    kept_in(tmp_path)[1].write_text('{"at": 1')

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

    (path,) = kept_in(tmp_path)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path.parent.parent, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]
    assert (tmp_path / ".hookline" / ".gitignore").read_text() == "*\n"
    assert [each.name for each in path.parent.iterdir()] == ["000001.json"]


def test_two_configurations_in_one_folder_have_a_history_each(tmp_path: Path) -> None:
    ours, theirs = versions(tmp_path, "a.yaml"), versions(tmp_path, "b.yaml")
    ours.keep({tmp_path / "a.yaml": b"ours"}, "start", 0)
    for number in range(MOST + 1):
        theirs.keep({tmp_path / "b.yaml": str(number).encode()}, "start", 0)

    newest = ours.newest()

    assert newest is not None
    assert newest.files == {tmp_path / "a.yaml": b"ours"}
    assert [each.number for each in ours.all()] == [1]
    assert ours.get(2) is None


def test_history_is_that_of_all_files_together_however_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    versions(tmp_path, "a.yaml", "b.yaml").keep({tmp_path / "a.yaml": b"1", tmp_path / "b.yaml": b"2"}, "start", 0)
    monkeypatch.chdir(tmp_path / "below")
    same = [Path("../b.yaml"), Path("../a.yaml")]

    assert [each.number for each in Versions(state_folder(same), same).all()] == [1]
    assert versions(tmp_path, "a.yaml").all() == []


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

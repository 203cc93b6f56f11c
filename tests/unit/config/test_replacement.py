"""Check that files are replaced all together or not at all; of one file alone test_editing says more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hookline.config.editing.replacement import Replacement, replace_files
from hookline.errors import EditError


def replacements(folder: Path) -> list[Replacement]:
    """Return two that are fine, of files that are there."""
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_bytes(b"old")
    return [Replacement(folder / name, b"old", b"new") for name in ("a.yaml", "b.yaml")]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_all_files_are_replaced_and_a_missing_one_is_made(tmp_path: Path) -> None:
    replace_files([*replacements(tmp_path), Replacement(tmp_path / "c.json", None, b"new")])

    assert contents(tmp_path) == dict.fromkeys(("a.yaml", "b.yaml", "c.json"), b"new")


@pytest.mark.parametrize(
    ("spoil", "left", "message"),
    [
        (lambda path: path.write_bytes(b"mine"), b"mine", "the file has changed since it was read"),
        (lambda path: path.unlink(), None, "can't write the file: No such file or directory"),
    ],
    ids=["changed", "gone"],
)
def test_one_that_is_not_what_was_read_leaves_all_as_they_are(
    spoil: Callable[[Path], object], left: bytes | None, message: str, tmp_path: Path
) -> None:
    ready = replacements(tmp_path)
    spoil(tmp_path / "b.yaml")

    with pytest.raises(EditError) as caught:
        replace_files(ready)

    assert caught.value.finding.message == message
    assert contents(tmp_path) == {"a.yaml": b"old"} | ({} if left is None else {"b.yaml": left})


def test_one_that_has_come_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    ready = [*replacements(tmp_path), Replacement(tmp_path / "c.json", None, b"new")]
    (tmp_path / "c.json").write_bytes(b"mine")

    with pytest.raises(EditError, match="the file has changed since it was read"):
        replace_files(ready)

    assert contents(tmp_path) == {"a.yaml": b"old", "b.yaml": b"old", "c.json": b"mine"}


def test_one_whose_folder_is_gone_leaves_all_as_they_are(tmp_path: Path) -> None:
    ready = [*replacements(tmp_path), Replacement(tmp_path / "gone" / "c.json", None, b"new")]

    with pytest.raises(EditError, match="can't write the file: No such file or directory"):
        replace_files(ready)

    assert contents(tmp_path) == {"a.yaml": b"old", "b.yaml": b"old"}

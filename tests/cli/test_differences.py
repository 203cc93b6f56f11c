"""Check that what differs between two configurations is told as `diff` would, and all of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hookline.telling.differences import differences, is_different

PATH = Path("/bot.json")  # in which any line may be shown
LINES = st.lists(st.sampled_from(["a", "b", "c", "unique 1", "unique 2", "unique 3"]), max_size=40)


def told(old: Sequence[str], new: Sequence[str]) -> list[str]:
    return list(differences({PATH: "\n".join(old).encode()}, {PATH: "\n".join(new).encode()}))[2:]


@given(old=LINES, new=LINES)
def test_what_is_told_turns_the_old_lines_into_the_new(old: list[str], new: list[str]) -> None:
    old, new = old or [""], new or [""]

    turned, at = [], 0
    for line in told(old, new):
        if line.startswith("@@"):
            start = int(line.split()[2]) - 1
            turned += old[at:start]
            at = start
        else:
            assert line[0] == "+" or old[at] == line[1:]
            turned += [] if line[0] == "-" else [line[1:]]
            at += line[0] != "+"

    assert turned + old[at:] == new


def test_changes_at_both_ends_of_a_large_file_are_two() -> None:
    """Compared each with each these lines would take minutes."""
    bots = [line for number in range(2_000) for line in (f"  bot{number}:", *(["    same"] * 9))]
    old, new = ["version: 1", "bots:", *bots, "  last:", "    a"], ["version: 1", "bots: ", *bots, "  last:", "    b"]

    assert told(old, new) == [
        "@@ line 1 @@", " version: 1", "-bots:", "+bots: ", " " + bots[0], *["     same"] * 2,
        "@@ line 20001 @@", *["     same"] * 2, "   last:", "-    a", "+    b",
    ]  # fmt: skip


def test_large_part_without_a_line_of_its_own_is_one_change() -> None:
    old, new = ["x", *["a", "b"] * 500, "y"], ["y", *["b", "c"] * 500, "x"]

    lines = told(old, new)

    assert [line[1:] for line in lines if line[0] == "+"][-1] == "x"
    assert sum(line[0] == "-" for line in lines) == 1001


def test_files_of_which_only_line_ends_differ_are_named_as_such() -> None:
    unix, windows = {PATH: b"a\nb\n"}, {PATH: b"a\r\nb\r\n"}

    assert list(differences(unix, windows)) == [
        "--- /bot.json", "+++ /bot.json", "only line ends, or marks of the byte order, differ",
    ]  # fmt: skip
    assert not is_different(unix, windows)
    assert list(differences(unix, unix)) == []


def test_a_file_that_one_side_lacks_is_different() -> None:
    assert is_different({PATH: b"a"}, {})

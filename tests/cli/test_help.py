"""What the commands say of themselves, and when they aren't understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from click import Command, Group
from click.testing import CliRunner

from hookline.cli.commands import db, dead, events, new


@pytest.mark.parametrize("group", [dead.command, events.command, db.command])
def test_no_help_of_a_subcommand_is_cut_off(group: Group) -> None:
    output = CliRunner().invoke(group, ["--help"], terminal_width=80).output
    listed = output.partition("Commands:\n")[2].splitlines()

    assert len(listed) == len(group.commands)
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize(
    ("command", "arguments", "error"),
    [
        (dead.command, ["show", "x"], "Invalid value for 'ID': `x` is no id: an id is a number, as in"),
        (dead.command, ["drop", "0"], "Invalid value for '[IDS]...': `0` is no id: an id is a number, as in"),
        (events.command, ["list", "--outcome", "anwsered"], "Invalid value for '--outcome': 'anwsered' is not one of"),
    ],
)
def test_wrong_word_is_refused_with_what_was_expected(command: Command, arguments: list[str], error: str) -> None:
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2
    assert result.output.splitlines()[-1].startswith(f"Error: {error}")


def test_plugin_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(new.command, ["plugin", "hours", "--into", str(tmp_path / "file" / "x")])

    assert (result.exit_code, result.output) == (
        1,
        f"Error: can't write {tmp_path / 'file' / 'x' / 'hookline-hours'}: Not a directory\n",
    )

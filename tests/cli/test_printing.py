"""How tables look in a pipe and on a terminal."""

from __future__ import annotations

import pytest

from hookline.cli.terminal.letters import lines
from hookline.cli.terminal.printing import Column, table
from hookline.store.people.letters import Letter, OpenedLetter
from tests.support import NOW

COLUMNS = (Column("id"), Column("chat", rank=1, shows="ends"), Column("tries", rank=2), Column("error", shows="begin"))
ROW = (7, "Ufa89c88f35c87fefe51950632b6f358d", None, "ValueError: 太長了 and\nstill not at its end")


def test_table_in_a_pipe_has_all_of_each_record_on_a_line() -> None:
    assert table(COLUMNS, [ROW], None) == [
        "id  chat                               tries  error",
        "7   Ufa89c88f35c87fefe51950632b6f358d  -      ValueError: 太長了 and\\nstill not at its end",
    ]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (200, "7   Ufa89c…358d  -      ValueError: 太長了 and\\nstill not at its end"),
        (45, "7   Ufa89c…358d  -      ValueError: 太長了 a…"),
        (40, "7   Ufa89c…358d  -      ValueError: 太…"),
        (35, "7   Ufa89c…358d  ValueError: 太長…"),
        (20, "7   ValueError: 太…"),
        (5, "7   ValueError:…"),
    ],
)
def test_table_on_a_terminal_crops_the_error_then_leaves_columns_out(width: int, line: str) -> None:
    assert table(COLUMNS, [ROW], width)[1] == line


@pytest.mark.parametrize(
    ("attempts", "starts", "after"),
    [(4, 0, ", after 4 tries"), (0, 3, ", after 3 unfinished starts"), (0, 0, "")],
)
def test_letter_says_how_often_its_event_was_begun(attempts: int, starts: int, after: str) -> None:
    letter = Letter(
        *(7, "event", "shop", "U1", "no", attempts, NOW, 1, "01", "follow", None, None, None, False), starts=starts
    )

    died = list(lines(OpenedLetter(letter, "", None, ()), has_body=False))[1]

    assert died[41:] == after

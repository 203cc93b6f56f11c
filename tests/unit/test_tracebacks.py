"""What is told of an error, whatever its own code does."""

from __future__ import annotations

import structlog

from hookline.tracebacks import MAX_TRACEBACK, message_of, place_in, summary_of, told_in_logs, traceback_of


class Quitter(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise SystemExit(3)


class Hidden(Exception):  # noqa: N818
    @property
    def __traceback__(self) -> None:  # type: ignore[override]
        raise KeyboardInterrupt


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def circle() -> BaseException:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return raised(first)


def chain(length: int) -> BaseException:
    error = ValueError("0")
    for number in range(1, length):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    return raised(error)


def test_text_that_raises_is_said_to_do_so() -> None:
    assert summary_of(Quitter()) == "Quitter: (its text can't be had: SystemExit)"


def test_long_text_is_cut_in_its_middle() -> None:
    text = message_of(ValueError("a" * 10**6 + "z"))

    assert (text[:2], text[-1]) == ("aa", "z")
    assert "998001 characters are left out here" in text


def test_traceback_is_told_without_the_help_of_the_error() -> None:
    told = traceback_of(raised(Hidden("x")))

    assert "in raised" in told
    assert told.endswith("Hidden: x\n")


def test_traceback_of_a_long_chain_or_text_is_short() -> None:
    told = [traceback_of(error) for error in (circle(), chain(5_000), raised(ValueError("x" * 10**7)))]

    assert [len(text) <= MAX_TRACEBACK + 100 for text in told] == [True] * 3
    assert "first" in told[0]
    assert "4999" in told[1]


def test_place_is_found_in_what_an_error_came_of_however_often_it_comes_round() -> None:
    assert str(place_in("tests", circle())).startswith(__file__)
    assert place_in("elsewhere", circle()) is None


def test_log_of_an_error_that_hides_itself_is_a_line() -> None:
    event = told_in_logs()(structlog.get_logger(), "error", {"event": "x", "exc_info": raised(Hidden("x"))})

    assert set(event) == {"event", "exception"}
    assert event["exception"].endswith("Hidden: x")

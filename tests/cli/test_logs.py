"""What is logged, and what happens when it can't be."""

from __future__ import annotations

import errno
import io
import traceback

import pytest
import structlog

from hookline.cli.terminal.logs import Harmless
from hookline.tracebacks import traceback_of


class Full(io.StringIO):
    """Be a file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Full(), closed()])
def test_line_that_cannot_be_written_is_lost_and_harms_nobody(stream: io.StringIO) -> None:
    log = structlog.WriteLogger(Harmless(stream))  # type: ignore[arg-type]  # it has all that is called

    log.info("a line")


def test_line_is_written_and_flushed() -> None:
    stream = io.StringIO()
    structlog.WriteLogger(Harmless(stream)).info("a line")  # type: ignore[arg-type]  # it has all that is called

    assert stream.getvalue() == "a line\n"


def fail() -> None:
    """Raise an error that has a cause, a group with a context, and lines that Python would mark below."""
    try:
        try:
            try:
                int("x" + "y")
            except ValueError:
                raise KeyError("during")  # noqa: B904  its context is told, too
        except KeyError as error:
            raise ExceptionGroup("two", [error, OSError("other")]) from ValueError("cause")
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


def test_traceback_is_as_python_tells_it_without_the_marks_below_the_lines() -> None:
    with pytest.raises(KeyError) as caught:
        fail()

    told = traceback_of(caught.value)

    marked = "".join(traceback.format_exception(caught.value)).splitlines()
    assert told.splitlines() == [line for line in marked if set(line.strip(" |")) - {"^", "~"} or not line.strip(" |")]
    assert len(told.splitlines()) < len(marked)

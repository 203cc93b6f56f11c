"""What is logged, and what happens when it can't be."""

from __future__ import annotations

import errno
import io

import pytest
import structlog

from hookline.cli.logs import Harmless


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

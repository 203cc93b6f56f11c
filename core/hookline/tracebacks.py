"""Tell the traceback of an error, for logs and dead letters, and where a package has failed."""

from __future__ import annotations

from traceback import TracebackException, walk_tb
from types import FrameType


def traceback_of(error: BaseException) -> str:
    """Return the traceback of *error* and of its causes, without the marks below each line.

    Python finds those by parsing the lines anew, which takes four times as long as all the rest, and a handler that
    keeps failing makes the other bots of its host wait for that.
    """
    told = TracebackException.from_exception(error)
    waiting = [told]
    while waiting:
        one = waiting.pop()
        for frame in one.stack:
            frame.colno = None
        around = (one.__cause__, one.__context__, *(one.exceptions or ()))
        waiting += [other for other in around if other is not None]
    return "".join(told.format())


def line_in(package: str, error: BaseException) -> str | None:
    """Return the line of *package* in which *error* was raised, or which can't be parsed; None if it is in no file."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}, line {error.lineno}"
    lines = [(frame, number) for frame, number in walk_tb(error.__traceback__) if _is_of(package, frame)]
    if not lines:
        return None
    frame, number = lines[-1]
    return f"{frame.f_code.co_filename}, line {number}"


def _is_of(package: str, frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name == package or name.startswith(f"{package}.")

"""Tell the traceback of an error, for logs and dead letters."""

from __future__ import annotations

from traceback import TracebackException


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

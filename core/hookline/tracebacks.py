"""Tell the traceback of an error, for logs and dead letters, and where a package has failed."""

from __future__ import annotations

from collections.abc import Iterator
from traceback import TracebackException, walk_tb
from types import FrameType


def traceback_of(error: BaseException, without: str | None = None) -> str:
    """Return the traceback of *error* and of its causes, without the marks below each line.

    Python finds those by parsing the lines anew, which takes four times as long as all the rest, and a handler that
    keeps failing makes the other bots of its host wait for that. The lines of files in the folder *without* are left
    out, unless there are no others.
    """
    told = TracebackException.from_exception(error)
    waiting = [told]
    while waiting:
        one = waiting.pop()
        for frame in one.stack:
            frame.colno = None
        others = [frame for frame in one.stack if without is None or not frame.filename.startswith(without)]
        one.stack[:] = others or one.stack
        around = (one.__cause__, one.__context__, *(one.exceptions or ()))
        waiting += [other for other in around if other is not None]
    return "".join(told.format())


def line_in(package: str, error: BaseException) -> str | None:
    """Return the line of *package* in which *error* was raised, or which can't be parsed; None if it is in no file."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}, line {error.lineno}"
    place = _last_of(package, error)
    return place and f"{place[0]}, line {place[1]}"


def place_in(package: str, error: BaseException) -> str | None:
    """Return the `file:line` of *package* that *error*, or what it came of, has passed last; None when it has none."""
    for one in _origins(error):
        if place := _last_of(package, one):
            return f"{place[0]}:{place[1]}"
    return None


def _origins(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that it came of; what a group holds before the group."""
    waiting: list[BaseException | None] = [error]
    seen = set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        if isinstance(one, BaseExceptionGroup) and -id(one) not in seen:
            seen.add(-id(one))
            waiting += [one, *reversed(one.exceptions)]
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__context__, one.__cause__]


def _last_of(package: str, error: BaseException) -> tuple[str, int] | None:
    lines = [(frame, number) for frame, number in walk_tb(error.__traceback__) if _is_of(package, frame)]
    return (lines[-1][0].f_code.co_filename, lines[-1][1]) if lines else None


def _is_of(package: str, frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name == package or name.startswith(f"{package}.")

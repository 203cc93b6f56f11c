"""Tell an error in words, for logs, dead letters and tests, whatever its own code does when it is asked.

An exception is other people's code: its ``__str__`` may raise, or say thirty megabytes; its causes may go round in a
circle. All of hookline asks here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from traceback import StackSummary, TracebackException, walk_tb
from types import FrameType
from typing import Any

Processor = Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]
"""Change what is logged."""

OURS = str(Path(__file__).parent)
"""The folder whose lines mean little to the author of a plugin."""
MAX_MESSAGE = 2_000
MAX_SUMMARY = 500
MAX_TRACEBACK = 16_000
MAX_ERRORS = 32
"""So many errors are told of those that one came of; beyond that only itself."""
MAX_FRAMES = 200
"""So many lines are told of a traceback, the last ones."""

# What Python itself keeps of an exception, past anything that its class says of it.
_cause = BaseException.__dict__["__cause__"].__get__
_context = BaseException.__dict__["__context__"].__get__
_traceback = BaseException.__dict__["__traceback__"].__get__
_members = BaseExceptionGroup.__dict__["exceptions"].__get__
_name = type.__dict__["__name__"].__get__


@dataclass(frozen=True, slots=True)
class Told:
    """Hold an error in words: its ``type`` and ``message``, and the ``traceback`` of it and of what it came of.

    ``where`` is the `file:line` of a plugin that it has passed last, where a plugin was asked for.
    """

    type: str
    message: str
    traceback: str
    where: str | None = None

    @property
    def summary(self) -> str:
        """Return what went wrong in a line or a few."""
        return f"{self.type}: {self.message}"[:MAX_SUMMARY]


def tell(error: BaseException) -> Told:
    """Return *error* in words."""
    return Told(name_of(error), message_of(error), traceback_of(error))


def tell_of(package: str, error: BaseException) -> Told:
    """Return *error*, which comes from *package*, in words; hookline's own lines are left out."""
    return Told(name_of(error), message_of(error), traceback_of(error, OURS), place_in(package, error))


def summary_of(error: BaseException) -> str:
    """Return the type and the message of *error*, at most 500 characters."""
    return f"{name_of(error)}: {message_of(error)}"[:MAX_SUMMARY]


def name_of(error: BaseException) -> str:
    """Return the name of the class of *error*."""
    return str(_name(type(error)))


def message_of(error: BaseException) -> str:
    """Return what *error* says, as far as it can, at most 2,000 characters."""
    try:
        text = str(error)
        return _cut(str.__getitem__(text, slice(None)), MAX_MESSAGE)
    except BaseException as trouble:  # whatever that is: this is how trouble is told
        return f"(its text can't be had: {name_of(trouble)})"


def traceback_of(error: BaseException, without: str | None = None) -> str:
    """Return the traceback of *error* and of its causes, without the marks below each line, at most 16,000 characters.

    Python finds those by parsing the lines anew, which takes four times as long as all the rest, and a handler that
    keeps failing makes the other bots of its host wait for that. The lines of files in the folder *without* are left
    out, unless there are no others.
    """
    try:
        if _is_moderate(error):
            return _cut(_whole(error, without), MAX_TRACEBACK)
    except BaseException:  # noqa: S110  what the error's class has instead of Python's own: told as Python keeps it
        pass
    return _cut(_plain(error, without), MAX_TRACEBACK)


def told_in_logs(without: str | None = None) -> Processor:
    """Return a processor for structlog that tells the traceback of ``exc_info``, as :func:`traceback_of` does."""

    def told(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        given = event.pop("exc_info", None)
        error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
        if error is not None:
            event["exception"] = traceback_of(error, without).rstrip()
        return event

    return told


def line_in(package: str, error: BaseException) -> str | None:
    """Return the line of *package* in which *error* was raised, or which can't be parsed; None if it is in no file."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}, line {error.lineno}"
    place = _last_of(package, error)
    return place and f"{place[0]}, line {place[1]}"


def place_in(package: str, error: BaseException) -> str | None:
    """Return the `file:line` of *package* that *error*, or what it came of, has passed last; None when it has none."""
    for one in islice(_origins(error), MAX_ERRORS):
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
        if issubclass(type(one), BaseExceptionGroup) and -id(one) not in seen:
            seen.add(-id(one))
            waiting += [one, *reversed(_members(one))]
            continue
        seen.add(id(one))
        yield one
        waiting += [_context(one), _cause(one)]


def _last_of(package: str, error: BaseException) -> tuple[str, int] | None:
    lines = [(frame, number) for frame, number in walk_tb(_traceback(error)) if _is_of(package, frame)]
    return (lines[-1][0].f_code.co_filename, lines[-1][1]) if lines else None


def _is_of(package: str, frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name == package or name.startswith(f"{package}.")


def _is_moderate(error: BaseException) -> bool:
    """Say whether *error* is told in a moment: few errors that say little each."""
    errors = list(islice(_origins(error), MAX_ERRORS + 1))
    return len(errors) <= MAX_ERRORS and all(len(str(one)) <= MAX_TRACEBACK for one in errors)


def _whole(error: BaseException, without: str | None) -> str:
    """Return the traceback as Python tells it."""
    told = TracebackException(type(error), error, _traceback(error), limit=-MAX_FRAMES)
    waiting = [told]
    while waiting:
        one = waiting.pop()
        one.stack[:] = _without(one.stack, without)
        around = (one.__cause__, one.__context__, *(one.exceptions or ()))
        waiting += [other for other in around if other is not None]
    return "".join(told.format())


def _plain(error: BaseException, without: str | None) -> str:
    """Return the traceback of *error* alone, by nothing that its class has a say in but its text."""
    stack = StackSummary.extract(walk_tb(_traceback(error)), limit=-MAX_FRAMES)
    lines = _without(stack, without).format()
    return "".join(["Traceback (most recent call last):\n", *lines, f"{name_of(error)}: {message_of(error)}\n"])


def _without(stack: StackSummary, folder: str | None) -> StackSummary:
    for frame in stack:
        frame.colno = None
    others = [frame for frame in stack if folder is None or not frame.filename.startswith(folder)]
    return StackSummary.from_list(others or stack)


def _cut(text: str, limit: int) -> str:
    """Return *text* with its middle left out where it is longer than *limit*: an error's last lines say the most."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters are left out here …\n{text[-half:]}"

"""Set up logging, for the whole process: JSON for machines, coloured lines for a terminal, no secrets in either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from ...findings.findings import mask
from ...tracebacks import message_of, told_in_logs, traceback_of

Processor = Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]


def set_up(level: str, secrets: AbstractSet[str] = frozenset()) -> None:
    """Log to standard error from *level* on, with every one of *secrets*, which may grow, hidden."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = cast("TextIO", Harmless(sys.stderr))
    is_terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, sort_keys=False)
        if is_terminal
        else structlog.processors.JSONRenderer(ensure_ascii=True)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            told_in_logs(),  # before what hides secrets: they may stand in one
            _hiding(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=stream, level=max(number, logging.WARNING), format="%(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_Hider(secrets))


class Harmless:
    """Write to *stream* what can be written: a full disk or a closed pipe must not end what is being logged."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write *text*, or lose it."""
        with suppress(OSError, ValueError):  # ValueError: it was closed
            self._stream.write(text)

    def flush(self) -> None:
        """Write out what is held back, or keep it."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Hider(logging.Filter):
    """Hide secrets in what libraries log."""

    def __init__(self, secrets: AbstractSet[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with its secrets hidden."""
        record.msg = mask(_message_of(record), self._secrets)
        record.args = None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = mask(traceback_of(record.exc_info[1]).rstrip(), self._secrets)
        return True


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except BaseException as error:  # what is to be filled in is anybody's
        return f"{record.msg!s:.500} (not filled in: {message_of(error)})"


def _hiding(secrets: AbstractSet[str]) -> Processor:
    def hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: _masked(value, secrets) for name, value in event.items()}

    return hide


def _masked(value: Any, secrets: AbstractSet[str]) -> Any:
    if isinstance(value, str):
        return mask(value, secrets)
    if isinstance(value, Mapping):
        return {name: _masked(item, secrets) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item, secrets) for item in value]
    return value

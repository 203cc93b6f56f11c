"""Keep what is logged while test bots run: in Python's logging, from which pytest shows it where a test fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

import structlog

from ..findings.findings import mask
from ..tracebacks import OURS, told_in_logs


class Keeper:
    """Be what structlog makes its loggers with while bots run; ``bots`` counts them, ``before`` is what was set up.

    It stands nowhere but in structlog's own configuration, so that any number of bots share one and the last to stop
    puts back what was there.
    """

    def __init__(self, before: Mapping[str, Any] | None) -> None:
        self.before = before
        self.bots = 0
        self.secrets: set[str] = set()

    def __call__(self, *names: str) -> logging.Logger:
        """Return the logger of Python's that takes what is logged under a name."""
        return logging.getLogger(names[0] if names else "structlog")

    def told(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        """Return what was logged as a line, with the traceback below it, if there is one."""
        traceback = event.pop("exception", None)
        facts = [str(event.pop("event", "")), *(f"{name}={value!r}" for name, value in event.items())]
        return mask("\n".join([" ".join(facts), *([traceback] if traceback else [])]), self.secrets)


@contextmanager
def kept_logs(secrets: AbstractSet[str]) -> Iterator[None]:
    """Hand what is logged to Python's logging for the length of a ``with``, each of *secrets* hidden.

    Where structlog has been set up to do something else than to print, as by ``structlog.testing.capture_logs``, that
    goes on.
    """
    keeper = _keeper()
    if keeper is None:
        yield
        return
    keeper.bots += 1
    keeper.secrets |= secrets
    try:
        yield
    finally:
        keeper.bots -= 1
        if not keeper.bots and structlog.get_config()["logger_factory"] is keeper:
            _put_back(keeper.before)


def _keeper() -> Keeper | None:
    """Return what keeps logs from now on; None where they are somebody else's."""
    configuration = structlog.get_config()
    if isinstance(configuration["logger_factory"], Keeper):
        return configuration["logger_factory"]
    processors = configuration["processors"]
    if not (processors and isinstance(processors[-1], structlog.dev.ConsoleRenderer)):
        return None
    keeper = Keeper(configuration if structlog.is_configured() else None)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            told_in_logs(without=OURS),
            keeper.told,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        logger_factory=keeper,
        cache_logger_on_first_use=False,
    )
    return keeper


def _put_back(before: Mapping[str, Any] | None) -> None:
    if before is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**before)

"""Know which events run, by which handler, and why their runs have failed."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from ..bots.bot import Bots
from ..dispatch.run import Attempt
from ..events import Event
from ..findings.findings import mask
from ..host.host import Host
from ..routing.actions import Handle
from ..store.records import StoredEvent
from ..tracebacks import Told
from .exchange import HandlerFailure

EventId = tuple[str, str]
"""A bot, and the id of one of its events."""


@dataclass(frozen=True, slots=True)
class Running:
    """Hold the last run of an event, and how that has failed, if it has."""

    event: Event
    attempt: Attempt
    failure: HandlerFailure | None = None


class Runs:
    """Note the runs of a host; ``count`` says how many have begun.

    Of a failed run only words are kept: its exception would keep alive all that its handler has touched.
    """

    def __init__(self) -> None:
        self.count = 0
        self.running: dict[EventId, Running] = {}
        self._host: Host | None = None
        self._failures: dict[EventId, HandlerFailure] = {}

    def of(self, host: Host) -> None:
        """Look at *host*, which was given :meth:`note`."""
        self._host = host

    def note(self, row: StoredEvent, attempt: Attempt, told: Told | None) -> None:
        """Note that the run of *row* begins, or has failed as was *told*."""
        key = row.bot, row.event_id
        failure = None if told is None else self._failure(row, attempt, told)
        self.running[key] = Running(self._event(row), attempt, failure)
        if failure is None:
            self.count += 1
        else:
            self._failures[key] = failure

    def pop_failure(self, key: EventId) -> HandlerFailure | None:
        """Return how a run of the event has failed last, and forget it."""
        return self._failures.pop(key, None)

    def handle_of(self, bot: str, attempt: Attempt) -> Handle | None:
        """Return which handler the *attempt* runs; None when it is at none."""
        routes = self._bots[bot].configuration.routes if bot in self._bots else ()
        action = next((route.action for route in routes if route.name == attempt.route), None)
        return action if isinstance(action, Handle) else None

    def _event(self, row: StoredEvent) -> Event:
        return row.event or self._bots[row.bot].adapter.read(row.raw, row.received_at)

    @property
    def _bots(self) -> Bots:
        return {} if self._host is None else self._host.bots

    def _failure(self, row: StoredEvent, attempt: Attempt, told: Told) -> HandlerFailure:
        handle = self.handle_of(row.bot, attempt)
        return HandlerFailure(
            type=told.type,
            message=self._hidden(told.message),
            handler=None if handle is None else f"{handle.plugin}.{handle.handler}",
            where=None if handle is None else told.where or self._begin_of(row.bot, handle),
            traceback=self._hidden(told.traceback),
        )

    def _begin_of(self, bot: str, handle: Handle) -> str | None:
        return _begin_of(self._bots[bot].configuration.plugins[handle.plugin].plugin.handlers[handle.handler])

    def _hidden(self, text: str) -> str:
        return text if self._host is None else mask(text, self._host.configuration.secrets)


def _begin_of(handler: object) -> str | None:
    """Return the `file:line` in which a handler begins; None for what isn't a function."""
    code = getattr(inspect.unwrap(handler), "__code__", None) if callable(handler) else None
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"

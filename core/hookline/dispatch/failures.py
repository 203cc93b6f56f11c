"""Say what the end of a handler means for its event: in words, and never by what was raised itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from ..errors import AnswerError, HandlerError
from ..plugins.context import Context
from ..routing.actions import Handle
from ..tracebacks import Told, tell_of

UNTOLD = Told("", "", "")


class HandlerFailedError(HandlerError):
    """Say in words what a handler has raised: ``told``."""

    def __init__(self, told: Told) -> None:
        self.told = told
        super().__init__(told.summary)


def failure(handle: Handle, package: str, error: BaseException) -> HandlerError:
    """Return what *error*, which came out of a handler, is for its event."""
    told, kind, task = tell_of(package, error), type(error), asyncio.current_task()
    if kind is AnswerError:
        return AnswerError(told.message)
    if issubclass(kind, asyncio.CancelledError):
        if task is not None and task.cancelling():
            return cancelled(handle, told)
        told = replace(told, type="HandlerError", message=f"{_named(handle)} waited for something that was cancelled")
    elif issubclass(kind, SystemExit | KeyboardInterrupt):
        told = replace(told, type="HandlerError", message=f"{_named(handle)} tried to end the process")
    return HandlerFailedError(told)


def cancelled(handle: Handle, told: Told = UNTOLD) -> HandlerError:
    """Return what a handler has done that has cancelled its own task."""
    return HandlerFailedError(replace(told, type="HandlerError", message=f"{_named(handle)} cancelled its own task"))


def timeout(handle: Handle, context: Context[Any], seconds: float, task: asyncio.Task[Any]) -> HandlerError:
    """Return what a handler has done whose *task* took too long: it stands where it was cancelled."""
    what = "waited for a thread, which all were stuck, for" if context.waits else "took"
    message = f"{_named(handle)} {what} over {seconds:g} seconds"
    ended = task.result() if task.done() and not task.cancelled() else None
    told = ended.told if isinstance(ended, HandlerFailedError) else UNTOLD
    return HandlerFailedError(replace(told, type="HandlerTimeoutError", message=message))


def _named(handle: Handle) -> str:
    return f"`{handle.plugin}.{handle.handler}`"

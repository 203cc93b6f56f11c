"""Bound how long requests may take, at the price of a dictionary entry instead of a timer each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

TICK_SECONDS = 0.1


class Deadline:
    """Hold one task's deadline. ``is_passed`` says that the task was cancelled for it, ``status`` what that means."""

    __slots__ = ("_all", "_at", "_task", "is_passed", "status")

    def __init__(self, task: asyncio.Task[object], at: float, all_deadlines: set[Deadline]) -> None:
        self._task = task
        self._at = at
        self._all = all_deadlines
        self.is_passed = False
        self.status = 408

    def extend(self, seconds: float, *, status: int) -> None:
        """Give the task *seconds* from now; when they have passed, *status* is the answer."""
        self._at = time.monotonic() + seconds
        self.status = status

    def end(self) -> None:
        """Bound the task no longer."""
        self._all.discard(self)

    def check(self, now: float) -> None:
        """Cancel the task when its time is up."""
        if now >= self._at and not self.is_passed:
            self.is_passed = True
            self._task.cancel()

    def absorb(self) -> bool:
        """Say whether the CancelledError at hand came from this deadline alone, and if so take it back."""
        return self.is_passed and self._task.uncancel() == 0


class Deadlines:
    """Watch the deadlines of many tasks with one timer; they are kept to a tenth of a second."""

    def __init__(self) -> None:
        self._all: set[Deadline] = set()
        self._tick: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> Deadline:
        """Bound the current task to *seconds* from now."""
        task = asyncio.current_task()
        assert task is not None
        deadline = Deadline(task, time.monotonic() + seconds, self._all)
        self._all.add(deadline)
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(TICK_SECONDS, self._check)
        return deadline

    def _check(self) -> None:
        now = time.monotonic()
        for deadline in list(self._all):
            deadline.check(now)
        later: Callable[..., asyncio.TimerHandle] = asyncio.get_running_loop().call_later
        self._tick = later(TICK_SECONDS, self._check) if self._all else None

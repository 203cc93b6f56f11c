"""Run the handlers of plugins: each with a deadline and a Context of its own; whatever it raises is its failure."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..clock import Clock
from ..errors import HandlerError, HandlerTimeoutError
from ..messages import Message, Push, as_messages
from ..plugins.context import Context, Deadline, Part, Scope
from ..plugins.shared import KeyLocks, Shared, SharedChange, SharedStore
from ..routing.routes import Handle
from ..tallies import Timed
from .conversation import Routed
from .run import Run


@dataclass(frozen=True, slots=True)
class Handled:
    """Hold all that a handler leaves behind: what it answers, and the state as JSON text where it has changed it."""

    answer: Sequence[Message]
    pushes: Sequence[Push]
    state: str | None
    shared: Sequence[SharedChange]


class Handlers:
    """Run handlers for all bots of a host, for *deadline* seconds unless a route gives them others.

    ``counts`` says how often each has run and how long that took, by bot, plugin and name.
    """

    def __init__(self, shared: SharedStore, clock: Clock, deadline: float) -> None:
        self._shared = shared
        self._clock = clock
        self._deadline = deadline
        self._locks = KeyLocks()
        self.counts: defaultdict[tuple[str, str, str], Timed] = defaultdict(Timed)

    async def handle(self, run: Run, routed: Routed, handle: Handle, parts: Sequence[Part]) -> Handled:
        """Run the handler that *handle* names for *routed*; whatever it raises comes through.

        What it leaves running when its deadline passes is noted in the run's attempt.
        """
        name, route = f"`{handle.plugin}.{handle.handler}`", routed.hit.route
        handler = run.bot.configuration.plugins[handle.plugin].plugin.handlers[handle.handler]
        seconds = self._deadline if route.deadline is None else route.deadline
        context = self._context(run, routed, handle.plugin, await run.state_text(), parts)
        try:
            async with asyncio.timeout(seconds) as deadline:
                context.deadline = Deadline(deadline, seconds)
                with self.counts[run.bot.name, handle.plugin, handle.handler].run():
                    if run.attempt.contended:
                        await context.shared.lock(run.attempt.contended)
                    answer = as_messages(await handler(context))
        except asyncio.CancelledError as error:
            if _is_asked_for():
                raise
            raise HandlerError(f"{name} waited for something that was cancelled") from error
        except TimeoutError as error:
            if not deadline.expired():
                raise  # the handler's own
            run.attempt.lingering = context.lingering
            what = "waited for a thread, which all were stuck, for" if context.waits else "took"
            raise HandlerTimeoutError(f"{name} {what} over {seconds:g} seconds") from error
        except SystemExit as error:  # it would end the event loop, and all that runs on it
            raise HandlerError(f"{name} tried to end the process") from error
        except (Exception, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a panic of a library in Rust, for one
            raise HandlerError(f"{name}: {type(error).__name__}: {error}") from error
        finally:
            context.end()
        shared = run.attempt.shared
        return Handled(answer, context.pushes, context.saved_state(), shared.changes() if shared else ())

    def _context(self, run: Run, routed: Routed, plugin: str, state: str | None, parts: Sequence[Part]) -> Context[Any]:
        def share() -> Shared:
            run.attempt.shared = Shared(run.bot.name, plugin, self._shared, self._locks, context.check)
            return run.attempt.shared

        context: Context[Any] = Context(
            event=routed.event,
            match=routed.hit.match,
            settings=run.bot.settings_of(plugin),
            state=state,
            platform=run.bot.adapter.api,
            scope=Scope(run.bot.name, plugin, routed.stored.attempts + 1, self._clock.now()),
            share=share,
            parts=parts,
        )
        return context


def _is_asked_for() -> bool:
    """Say whether the CancelledError at hand was meant for this task, not for something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

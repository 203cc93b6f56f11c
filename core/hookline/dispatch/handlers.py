"""Run the handlers of plugins: each in a task of its own, with a deadline and a Context.

Nobody knows what a handler does. However it ends, that is a result for its event and for nothing else: all that is its
own code runs in its task, and what comes out of there is words and plain data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..clock import Clock
from ..errors import HandlerError
from ..messages import copied
from ..plugins.context import Context, Deadline, Part, Scope
from ..plugins.dialogs import FlowAnswers
from ..plugins.shared import KeyLocks, Shared, SharedStore
from ..routing.actions import Handle
from ..tallies import Timed
from ..tasks import started
from .conversation import Routed
from .failures import cancelled, failure, timeout
from .handled import Handled
from .language import Speech
from .run import Run
from .turnstile import Turnstile

CANCEL_SECONDS = 1.0
"""How long a handler may take to clean up once its time is over."""


class Handlers:
    """Run handlers for all bots of a host, for *deadline* seconds unless a route gives them others.

    ``counts`` says how often each has run and how long that took, by bot, plugin and name.
    """

    def __init__(self, shared: SharedStore, clock: Clock, deadline: float) -> None:
        self._shared = shared
        self._clock = clock
        self._deadline = deadline
        self._locks = KeyLocks()
        self._turnstile = Turnstile()
        self._left: set[asyncio.Task[Any]] = set()
        self.counts: defaultdict[tuple[str, str, str], Timed] = defaultdict(Timed)

    async def handle(
        self,
        run: Run,
        routed: Routed,
        handle: Handle,
        read: Callable[[Any], Any],
        parts: Sequence[Part] = (),
        flow: FlowAnswers | None = None,
    ) -> Handled:
        """Run the handler that *handle* names for *routed*; raise HandlerFailedError or AnswerError when it has failed.

        What it returns *read* takes, as part of its run. What it leaves running when its deadline passes is noted in
        the run's attempt.
        """
        route = routed.hit.route
        seconds = self._deadline if route.deadline is None else route.deadline
        context = await self._context(run, routed, handle.plugin, parts, flow)
        with self.counts[run.bot.name, handle.plugin, handle.handler].run():
            task = started(_ended(run, handle, context, read))
            try:
                is_late = not task.done() and not await self._ends(task, context, seconds)
            finally:
                context.end()
            if is_late:
                run.attempt.lingering = context.lingering if task.done() else task
                raise timeout(handle, context, seconds, task)
            await self._turnstile.enter(run.bot.name)
            ended = cancelled(handle) if task.cancelled() else task.result()
            if isinstance(ended, HandlerError):
                raise ended
            return ended

    async def _ends(self, task: asyncio.Task[Any], context: Context[Any], seconds: float) -> bool:
        """Wait until *task* has ended; when that takes over *seconds*, cancel it and return False."""
        try:
            async with asyncio.timeout(seconds) as deadline:
                context.deadline = Deadline(deadline, seconds)
                await asyncio.wait([task])
            return True
        except TimeoutError:
            await self._cancel(task)
            return False
        except asyncio.CancelledError:
            await self._cancel(task)
            raise

    async def _cancel(self, task: asyncio.Task[Any]) -> None:
        """Cancel *task*, and wait a moment for its end; one that goes on all the same is left alone."""
        task.cancel()
        self._left.add(task)  # else nobody holds it
        task.add_done_callback(self._left.discard)
        await asyncio.wait([task], timeout=CANCEL_SECONDS)

    async def _context(
        self, run: Run, routed: Routed, plugin: str, parts: Sequence[Part], flow: FlowAnswers | None
    ) -> Context[Any]:
        def share() -> Shared:
            shares = run.attempt.shares
            shared = shares.setdefault(plugin, Shared(run.bot.name, plugin, self._shared, self._locks))
            shared.serve(context.check)
            return shared

        context: Context[Any] = Context(
            event=routed.event,
            match=routed.hit.match,
            settings=run.bot.settings_of(plugin),
            state=await run.memory.state_text(),
            person=await run.memory.person() if run.bot.keeps_people else None,
            flow=flow,
            platform=run.bot.adapter.api,
            scope=Scope(run.bot.name, plugin, routed.stored.attempts + 1, self._clock.now()),
            share=share,
            parts=parts,
            speech=Speech(run, routed.event, plugin),
        )
        return context


async def _ended(run: Run, handle: Handle, context: Context[Any], read: Callable[[Any], Any]) -> Handled | HandlerError:
    """Run a handler, and return what came of it, whatever that is: a task that raises may end the event loop."""
    plugin = run.bot.configuration.plugins[handle.plugin].plugin
    try:
        if run.attempt.contended:
            await context.shared.lock(run.attempt.contended)
        answer = read(await plugin.handlers[handle.handler](context))
        return Handled(
            answer,
            [replace(push, messages=tuple(copied(push.messages))) for push in context.pushes],
            context.saved_state(),
            context.saved_person(),
            context.laters,
            context.beginning,
            context.handed,
        )
    except BaseException as error:  # the handler's, or that its time is over: who waits for it knows which
        return failure(handle, plugin.module.partition(".")[0], error)

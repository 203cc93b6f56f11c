"""Give a handler all that it may touch, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from ..adapters.line.api import LineApi
from ..errors import HandlerError, StaleContextError
from ..events import Event, Match, Sender
from ..messages import Answer, Push, as_messages, copied
from ..tasks import contained
from ..ways import MAX_ADDRESS
from .dialogs import FlowAnswers
from .putting_off import Beginning, PutOff, as_answers
from .shared import Shared, dump_value, loaded

MAX_LATERS = 100
"""So much is put off in one run at most."""
MAX_PUSHES = 1_000
"""So many go out of one run: all are written in one transaction, and the other bots' webhooks wait for that."""

SettingsT = TypeVar("SettingsT")


class State(MutableMapping[str, Any]):
    """Be the conversation's own state: a JSON object, 64 KiB at most, saved when the handler succeeds."""

    def __init__(self, text: str | None) -> None:
        self._before = text
        self._values: dict[str, Any] = loaded(text) if text else {}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def changed(self) -> str | None:
        """Return the state as JSON when it differs from what was loaded, else None."""
        after = dump_value(self._values, "conversation state")
        return None if after == (self._before or "{}") else after


@dataclass(frozen=True, slots=True)
class Scope:
    """Say whose handler runs and on which attempt (1 is the first)."""

    bot: str
    plugin: str
    attempt: int
    now: int


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one of several events that a handler answers together, and what the route captured in it."""

    event: Event
    match: Match


class Speech(Protocol):
    """Speak to whoever a handler answers."""

    async def language(self) -> str:
        """Return their language."""

    async def text(self, key: str, values: dict[str, Any]) -> str:
        """Return a text of the plugin in it."""


class Deadline:
    """End a handler's run *seconds* after its begin, by *timeout*."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds

    def restart(self) -> None:
        """Let its time begin now, unless it is over."""
        if not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)


class Context(Generic[SettingsT]):
    """Give a handler the event, why it was chosen, and everything it may change.

    A handler's effects are what it returns and what it records here; they are committed together,
    once, after it has returned, and thrown away whole when it raises. Calls that it makes to the outside
    world by itself are at least once: use ``context.event.id`` as their idempotency key.

    ``parts`` are the events that ``event`` stands for, the oldest first: several when its route has ``overlap: merge``
    (the texts of all are then its text, a line each), otherwise itself alone.
    """

    def __init__(
        self,
        event: Event,
        match: Match,
        settings: SettingsT,
        state: str | None,
        platform: Any,
        scope: Scope,
        share: Callable[[], Shared] | None = None,
        parts: Sequence[Part] = (),
        person: Mapping[str, Any] | None = None,
        flow: FlowAnswers | None = None,
        speech: Speech | None = None,
    ) -> None:
        self.event = event
        self.match = match
        self.parts = parts or (Part(event, match),)
        self.settings = settings
        self.bot = scope.bot
        self.plugin = scope.plugin
        self.attempt = scope.attempt
        self.lingering: asyncio.Future[Any] | None = None
        self.deadline: Deadline | None = None
        self.waits = False
        self._now = scope.now
        self._state_text = state
        self._state: State | None = None
        self._platform = platform
        self._share = share
        self._shared: Shared | None = None
        self._pushes: list[Push] = []
        self._person_before = person
        self._person: State | None = None
        self._flow = flow
        self._speech = speech
        self._laters: list[PutOff | str] = []
        self._beginning: Beginning | None = None
        self._handed: str | None = None
        self._is_over = False
        self._loop = asyncio.get_running_loop()

    @property
    def state(self) -> State:
        """Return the conversation's state, as a mapping of JSON values."""
        self.check()
        if self._state is None:
            self._state = State(self._state_text)
        return self._state

    @property
    def person(self) -> State:
        """Return what is kept of the person, in all chats of the bot; of nobody nothing is."""
        self.check()
        if self._person_before is None:
            raise HandlerError("this bot keeps nothing of people: none of its routes has `remember:` or begins a flow")
        if self._person is None:
            self._person = State(dump_value(dict(self._person_before), "what is kept of a person"))
        return self._person

    @property
    def flow(self) -> FlowAnswers:
        """Return what was answered in the flow whose step runs this handler."""
        if self._flow is None:
            raise HandlerError("this handler is run by a route, not by a step of a flow")
        return self._flow

    @property
    def shared(self) -> Shared:
        """Return this plugin's state, shared by all conversations of the bot."""
        self.check()
        if self._shared is None:
            if self._share is None:
                raise HandlerError("this route has no plugin, so it has no shared state")
            self._shared = self._share()
        return self._shared

    @property
    def api(self) -> Any:
        """Return the platform's API with this bot's credentials: of each platform another, see its adapter."""
        self.check()
        return self._platform

    @property
    def line(self) -> LineApi:
        """Return LINE's API with this bot's credentials; on another platform, what its adapter has instead."""
        api: LineApi = self.api
        return api

    @property
    def now(self) -> datetime:
        """Return the time of this attempt, in UTC."""
        return datetime.fromtimestamp(self._now / 1000, UTC)

    async def sender(self) -> Sender:
        """Return who wrote, from the platform; never raises, what is unknown is None."""
        self.check()
        sender: Sender = await self._platform.sender(self.event)
        return sender

    async def language(self) -> str:
        """Return the language of whoever wrote, as ``zh-TW`` or ``en``: of those that the bot has, if it has several.

        It is the one kept of the person, else their profile's, else that of what they have written.
        """
        return await self._spoken().language()

    async def text(self, key: str, /, **values: Any) -> str:
        """Return the text *key* of this plugin's ``texts.yaml`` in that language, ``{names}`` filled with *values*.

        A bot's own ``texts:`` come first, under ``PLUGIN.KEY``. Raises HandlerError where there is no such text.
        """
        return await self._spoken().text(key, values)

    def later(
        self,
        name: str,
        at: datetime,
        *answers: Answer,
        run: str | None = None,
        begin: str | None = None,
        stale_after: float | None = None,
        **known: Any,
    ) -> None:
        """Put off *answers*, a handler of this plugin to *run*, or a flow to *begin*, until *at*, a time with its zone.

        It happens in this conversation, for the person who wrote, and is a push. The next of the same *name* takes its
        place; :meth:`cancel` takes it back. *known* is what the flow knows from the start. More than *stale_after*
        seconds late, as after an outage, it is left out. What is past already happens at once.
        """
        self.check()
        messages = tuple(copied(as_messages(list(answers))))
        if sum((bool(messages), run is not None, begin is not None)) != 1:
            raise HandlerError(f"`later` {name!r:.60} needs one of: messages, run, begin")
        if at.tzinfo is None:
            raise HandlerError(f"`later` {name!r:.60}: {at} has no time zone, as context.now has")
        if len(self._laters) >= MAX_LATERS:
            raise HandlerError(f"more than {MAX_LATERS} put off in one run")
        moment = round(at.timestamp() * 1000)
        run, begin = (None if target is None else str.__str__(target) for target in (run, begin))
        late = None if stale_after is None else float(stale_after)
        self._laters.append(PutOff(str(name), moment, messages, run, begin, as_answers(known), late))

    def cancel(self, name: str) -> None:
        """Take back what was put off under *name* in this conversation, for the person who wrote or for all."""
        self.check()
        self._laters.append(str(name))

    def begin(self, flow: str, /, **known: Any) -> None:
        """Begin *flow* for whoever wrote, after what this handler answers; it knows the answers *known* already."""
        self.check()
        self._beginning = Beginning(str.__str__(flow), as_answers(known))

    def handoff(self, why: str) -> None:
        """Hand this chat over to people, after what this handler answers; *why* is told to them.

        The bot must have a ``handoff:``, else nothing happens.
        """
        self.check()
        self._handed = str(why)

    def push(self, to: str, *answers: Answer, bot: str | None = None) -> None:
        """Record messages for *to*, a person, group or thread; they go out once this handler has been committed.

        With *bot* another bot of the host sends them, maybe on another platform, in the same transaction.
        """
        self.check()
        if not (to and len(to) <= MAX_ADDRESS and to.isprintable()):
            raise HandlerError(f"push needs the id of a person, group or thread, not {to!r:.60}")
        messages = tuple(as_messages(list(answers)))
        if messages and len(self._pushes) >= MAX_PUSHES:
            raise HandlerError(f"more than {MAX_PUSHES} pushes in one run; let several events do it")
        if messages:
            self._pushes.append(Push(str.__str__(to), messages, bot))

    def blocking(self, awaitable: Awaitable[Any]) -> Any:
        """Wait for *awaitable* from a sync handler's thread, as in ``context.blocking(context.shared.get("x"))``."""
        self.check()

        async def wait() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(contained(wait()), self._loop).result()

    # What follows is the dispatcher's side.

    def check(self) -> None:
        """Raise StaleContextError when this attempt is over: its effects no longer count."""
        if self._is_over:
            raise StaleContextError("this attempt has ended (its deadline passed); nothing it does counts any more")

    @property
    def pushes(self) -> list[Push]:
        """Return what was pushed so far."""
        return self._pushes

    @property
    def laters(self) -> list[PutOff | str]:
        """Return what was put off, and the names of what was taken back, in order."""
        return self._laters

    @property
    def beginning(self) -> Beginning | None:
        """Return the flow that is to begin, if one is."""
        return self._beginning

    @property
    def handed(self) -> str | None:
        """Return why the chat is to be handed over, if it is."""
        return self._handed

    def _spoken(self) -> Speech:
        self.check()
        if self._speech is None:
            raise HandlerError("nobody is spoken to here")
        return self._speech

    def saved_state(self) -> str | None:
        """Return the conversation's state as JSON when the handler changed it, else None."""
        return None if self._state is None else self._state.changed()

    def saved_person(self) -> dict[str, Any] | None:
        """Return what is kept of the person when the handler changed it, else None."""
        text = None if self._person is None else self._person.changed()
        return None if text is None else loaded(text)

    def end(self) -> None:
        """Refuse every further call."""
        self._is_over = True

"""Write what is answered to an event: fill the messages of a ``reply:``, and address what a handler says."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import HandlerError
from ..events import Event, Match, lane_of
from ..messages import Message, Push
from ..routing.router import Hit
from ..routing.routes import Route
from ..routing.templates import MessageTemplate, Template, Values, roots_of
from ..store.arrivals import clean_id
from ..store.lanes import Tenure
from ..store.records import Finish, NewDelivery, StoredDelivery
from ..ways import Ways
from .event_values import event_values
from .fitting import Fitting
from .own_events import event_of

Kept = Mapping[str, Mapping[str, Any]]
"""What placeholders may show of what is kept: the conversation's ``state``, the ``person``, a ``flow``."""
ReadBy = Callable[[str, str], Awaitable[str | None]]


class Writer:
    """Write deliveries, each with the lane and the deadline that it has now.

    All that is sent comes by here, and is looked at in ``fitting``.
    """

    def __init__(self, bots: Bots, tenure: Tenure, clock: Clock) -> None:
        self._bots = bots
        self._tenure = tenure
        self._clock = clock
        self.fitting = Fitting()

    def deliveries(
        self,
        bot: Bot,
        event: Event,
        answer: Sequence[Message],
        pushes: Sequence[Push] = (),
        route: Route | None = None,
    ) -> list[NewDelivery]:
        """Return *answer* to *event*, and *pushes*, in as many calls as the platform needs for them.

        Raises AnswerError when the platform would refuse what *route* has brought, HandlerError when nobody can be
        answered.
        """
        own = self._replies(bot, event, self.fitting.fit(bot, answer, route))
        return [*own, *(new for push in pushes for new in self._pushes(self._target(bot, push), push, route))]

    def _replies(self, bot: Bot, event: Event, answer: Sequence[Message]) -> Iterator[NewDelivery]:
        if not answer:
            return
        if event.is_standby:
            reason = "is in standby: another has the chat, so nothing is answered"
            raise HandlerError(f"`{event.type}` {reason}; return nothing, or use context.push(to, …)")
        if not event.ways:
            raise HandlerError(f"`{event.type}` can't be answered; use context.push(to, …)")
        for part, messages in enumerate(_packed(answer, bot.kind.messages_per_call)):
            yield self._delivery(bot, event.conversation, event.ways, messages, part)

    def redeemed(self, bot: Bot, finish: Finish) -> Finish:
        """Return *finish* with what uses the way that its event is owed, where nothing is said by it."""
        if not bot.kind.owes:
            return finish
        row, deliveries = finish.event, list(finish.deliveries)
        event = event_of(bot, row)
        owed = next((way for way in event.ways if way.is_owed), None)
        if owed is not None and not any(one.ways[0] == owed for one in deliveries):
            deliveries.append(self._delivery(bot, event.conversation, (owed,), (), 0))
        together = [self.redeemed(bot, one) for one in finish.together]
        return replace(finish, deliveries=deliveries, together=together)

    def _target(self, bot: Bot, push: Push) -> Bot:
        target = bot if push.bot is None else self._bots.get(push.bot)
        if target is None:
            raise HandlerError(f"there is no bot `{push.bot}` to push by")
        return target

    def redemption(self, refused: StoredDelivery) -> list[NewDelivery]:
        """Return what uses the way of *refused*, where that is owed, though nothing is left to say by it."""
        way, bot = refused.way, self._bots.get(refused.bot)
        if way is None or not way.is_owed or bot is None:
            return []
        return [self._delivery(bot, refused.conversation, (way,), (), 0)]

    def _pushes(self, bot: Bot, push: Push, route: Route | None) -> Iterator[NewDelivery]:
        way = bot.adapter.push_way(push.to)
        if way is None:
            raise HandlerError(f"bot `{bot.name}` can't push to {push.to!r:.60}: {bot.kind.name} has no way there")
        for messages in _packed(self.fitting.fit(bot, push.messages, route), bot.kind.messages_per_call):
            delivery = self._delivery(bot, push.to, (way,), messages, None)
            yield delivery if push.until is None else replace(delivery, deadline=min(delivery.deadline, push.until))

    def _delivery(
        self, bot: Bot, conversation: str, ways: Ways, messages: Sequence[Message], part: int | None
    ) -> NewDelivery:
        now, conversation = self._clock.now(), clean_id(conversation, 160)
        lane = lane_of(bot.name, conversation)
        return NewDelivery(
            bot=bot.name,
            conversation=conversation,
            lane=lane,
            epoch=self._tenure.epoch(lane),
            ways=ways,
            part=part,
            messages=[message.body for message in messages],
            created_at=now,
            deadline=bot.kind.deadline(ways[0], now),
            retry_key=str(uuid.uuid4()),
        )


async def render(
    bot: Bot,
    event: Event,
    hit: Hit,
    kept: Kept,
    templates: Sequence[MessageTemplate],
    roots: frozenset[str],
) -> list[Message]:
    """Return the messages of a ``reply:``, placeholders filled."""
    values = await values_of(bot, event, hit.match, kept, hit.route.plugin, roots, templates)
    return [message_of(bot, event, template, values) for template in templates]


async def pushed(bot: Bot, event: Event, hit: Hit, kept: Kept, read_by: ReadBy) -> list[Push]:
    """Return what a route pushes, placeholders filled; nothing to who is nobody once they are.

    ``read_by(bot, to)`` is the language that is kept of whoever a bot pushes to, if one is.
    """
    found: list[Push] = []
    for push in hit.route.pushes:
        asked: list[MessageTemplate | Template] = [*push.to, *chain(*push.wording.each.values())]
        values = await values_of(bot, event, hit.match, kept, hit.route.plugin, push.roots, asked)
        for to in dict.fromkeys(filter(None, (template.render(values).strip() for template in push.to))):
            is_in_one = len(push.wording.each) == 1
            templates = push.wording.in_language(None if is_in_one else await read_by(push.bot or bot.name, to))
            found.append(Push(to, tuple(Message(template.render(values)) for template in templates), push.bot))
    return found


async def said(bot: Bot, event: Event, templates: Sequence[MessageTemplate]) -> list[Message]:
    """Return *templates* filled as the answer to an event that no route answers."""
    values = await values_of(bot, event, Match(""), {}, None, roots_of(templates), templates)
    return [message_of(bot, event, template, values) for template in templates]


def message_of(bot: Bot, event: Event, template: MessageTemplate, values: Values) -> Message:
    """Return *template* filled; one that quotes is sent without where there is nothing to quote."""
    body, quoting = template.render(values), bot.kind.quoting
    if not template.is_quoting or quoting is None:
        return Message(body)
    token = bot.kind.fields[quoting.field].value(event)
    return Message(body) if token is None else Message({**body, quoting.key: token})


async def values_of(
    bot: Bot,
    event: Event,
    match: Match,
    kept: Kept,
    plugin: str | None,
    roots: frozenset[str],
    templates: Sequence[MessageTemplate | Template],
) -> Values:
    """Return what the placeholders of *templates*, with *roots*, are filled with; *kept* is what stands under others.

    ``settings`` are those of *plugin*, or the bot's own.
    """
    values: dict[str, Mapping[str, Any]] = {"match": match.captures, **kept}
    if "sender" in roots:
        sender = await bot.adapter.api.sender(event)
        values["sender"] = {
            "id": sender.id,
            "name": sender.name,
            "language": sender.language,
            "picture": sender.picture,
            "status": sender.status,
        }
    if "event" in roots:
        values["event"] = await event_values(bot, event, templates)
    if "settings" in roots:
        values["settings"] = (
            bot.configuration.settings if plugin is None else bot.settings_of(plugin).model_dump(mode="json")
        )
    return values


def _packed(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    """Yield *messages* in order, at most *size* to a call."""
    for start in range(0, len(messages), size):
        yield messages[start : start + size]

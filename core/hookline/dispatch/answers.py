"""Write what is answered to an event: fill the messages of a ``reply:``, and address what a handler says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..bots.bot import Bot
from ..clock import Clock
from ..errors import HandlerError
from ..events import Event, Match, lane_of
from ..messages import Message, Push
from ..routing.router import Hit
from ..routing.routes import Route
from ..routing.templates import MessageTemplate, Template, Values, roots_of
from ..store.arrivals import clean_id
from ..store.lanes import Tenure
from ..store.records import NewDelivery
from .event_values import event_values
from .fitting import Fitting

REDELIVERY_TOKEN_MILLISECONDS = 20 * 60 * 1000


class Writer:
    """Write deliveries, each with the lane and the deadline that it has now.

    All that is sent comes by here, and is looked at in ``fitting``.
    """

    def __init__(self, tenure: Tenure, clock: Clock) -> None:
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
        fitted = [replace(push, messages=tuple(self.fitting.fit(bot, push.messages, route))) for push in pushes]
        return [*own, *self._pushes(bot, fitted)]

    def _replies(self, bot: Bot, event: Event, answer: Sequence[Message]) -> Iterator[NewDelivery]:
        if not answer:
            return
        if event.is_standby:
            reason = "is in standby: another has the chat, so nothing is answered"
            raise HandlerError(f"`{event.type}` {reason}; return nothing, or use context.push(to, …)")
        if not is_answerable(bot, event):
            raise HandlerError(f"`{event.type}` can't be replied to; use context.push(to, …)")
        now = self._clock.now()
        conversation = clean_id(event.conversation, 160)
        lane = lane_of(bot.name, conversation)
        for index, part in enumerate(_packed(answer, bot.kind.messages_per_call)):
            yield NewDelivery(
                bot=bot.name,
                conversation=conversation,
                lane=lane,
                epoch=self._tenure.epoch(lane),
                form="reply",
                messages=[message.body for message in part],
                created_at=now,
                deadline=_reply_deadline(bot, event),
                retry_key=str(uuid.uuid4()),
                reply_token=event.reply_token if index == 0 else None,
            )

    def _pushes(self, bot: Bot, pushes: Sequence[Push]) -> Iterator[NewDelivery]:
        now = self._clock.now()
        for push in pushes:
            lane = lane_of(bot.name, push.to)
            for part in _packed(push.messages, bot.kind.messages_per_call):
                yield NewDelivery(
                    bot=bot.name,
                    conversation=push.to,
                    lane=lane,
                    epoch=self._tenure.epoch(lane),
                    form="push",
                    messages=[message.body for message in part],
                    created_at=now,
                    deadline=now + round(bot.kind.push_seconds * 1000),
                    retry_key=str(uuid.uuid4()),
                )


def is_answerable(bot: Bot, event: Event) -> bool:
    """Say whether anybody can be answered: by a token, or in the chat."""
    return event.reply_token is not None or (bool(event.chat.id) and bot.kind.events.get(event.type) is not False)


async def render(
    bot: Bot,
    event: Event,
    hit: Hit,
    state: Mapping[str, Any],
    templates: Sequence[MessageTemplate],
    roots: frozenset[str],
) -> list[Message]:
    """Return the messages of a ``reply:``, placeholders filled."""
    values = await values_of(bot, event, hit.match, state, hit.route.plugin, roots, templates)
    return [_message(bot, event, template, values) for template in templates]


async def said(bot: Bot, event: Event, templates: Sequence[MessageTemplate]) -> list[Message]:
    """Return *templates* filled as the answer to an event that no route answers."""
    values = await values_of(bot, event, Match(""), {}, None, roots_of(templates), templates)
    return [_message(bot, event, template, values) for template in templates]


def _message(bot: Bot, event: Event, template: MessageTemplate, values: Values) -> Message:
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
    state: Mapping[str, Any],
    plugin: str | None,
    roots: frozenset[str],
    templates: Sequence[MessageTemplate | Template],
) -> Values:
    """Return what the placeholders of *templates*, with *roots*, are filled with.

    ``settings`` are those of *plugin*, or the bot's own.
    """
    values: dict[str, Mapping[str, Any]] = {"match": match.captures, "state": state}
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


def _reply_deadline(bot: Bot, event: Event) -> int:
    deadline = event.received_at + round(bot.kind.reply_seconds * 1000)
    if event.is_redelivery:
        deadline = min(deadline, event.timestamp + REDELIVERY_TOKEN_MILLISECONDS)
    return deadline


def _packed(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    """Yield *messages* in order, at most *size* to a call."""
    for start in range(0, len(messages), size):
        yield messages[start : start + size]

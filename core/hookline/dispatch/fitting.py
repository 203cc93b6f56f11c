"""Look at every message once more before it goes into the outbox: mend what can be, and send nothing that is refused.

What ``check`` found right may be wrong once its placeholders are filled, and what handlers return nobody has checked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import structlog

from ..adapters.adapter import AdapterKind
from ..adapters.flaws import Flaw, where
from ..adapters.mending import mend
from ..adapters.rendering import check_neutral, rendered
from ..bots.bot import Bot
from ..errors import AnswerError
from ..messages import MAX_MESSAGES, Message
from ..neutral import is_neutral, is_plain_text
from ..routing.routes import Route

MAX_TOLD = 5

log = structlog.stdlib.get_logger("hookline.worker")


class Fitting:
    """Let through only what the platform will take. ``counts`` says how much was mended since the start, by bot."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def fit(self, bot: Bot, messages: Sequence[Message], route: Route | None = None) -> Sequence[Message]:
        """Return *messages*, which *route* has brought, as they go out; raise AnswerError when they can't.

        A text that is too long becomes several messages.
        """
        kind = bot.kind
        if len(messages) > MAX_MESSAGES:
            raise AnswerError(f"{len(messages)} messages in one answer, at most {MAX_MESSAGES}{_at(route)}")
        if all(kind.is_fine(message.body) for message in messages):
            return messages
        _ensure_said(messages, route)
        bodies = [one for message in messages for one in rendered(kind, message.body).messages]
        if bodies and all(map(kind.is_fine, bodies)):
            return list(map(Message, bodies))
        mended = mend(bodies, kind.check_messages, lets_unknown=bot.configuration.lets_unknown)
        if mended.flaws:
            raise AnswerError(f"{_refused(kind, mended.flaws)}{_at(route)}")
        if messages and not mended.messages:
            raise AnswerError(f"nothing is left of the answer: all that it says is empty{_at(route)}")
        _ensure_json(mended.messages, route)
        if mended.mends:
            self._tell(bot, route, mended.mends)
        return [Message(body) for body in mended.messages]

    def _tell(self, bot: Bot, route: Route | None, mends: Sequence[Flaw]) -> None:
        self.counts[bot.name] += len(mends)
        log.info(
            "message.mended",
            bot=bot.name,
            route=route.name if route else None,
            place=route.place if route else None,
            mends=[f"{where(flaw.path)}: {flaw.reason}" for flaw in mends[:MAX_TOLD]],
            count=len(mends),
        )


def _ensure_said(messages: Sequence[Message], route: Route | None) -> None:
    """Raise AnswerError where a neutral message isn't one."""
    for index, message in enumerate(messages):
        if is_neutral(message.body) and not is_plain_text(message.body):
            flaw = next(check_neutral(message.body), None)
            if flaw is not None:
                raise AnswerError(f"`messages[{index}]{where(('', *flaw.path))}`: {flaw.reason}{_at(route)}")


def _refused(kind: AdapterKind, flaws: Sequence[Flaw]) -> str:
    told = "; ".join(f"`messages{where(flaw.path)}`: {flaw.reason}" for flaw in flaws[:MAX_TOLD])
    more = f"; and {len(flaws) - MAX_TOLD} more" if len(flaws) > MAX_TOLD else ""
    return f"{kind.name} would refuse the answer: {told}{more}"


def _at(route: Route | None) -> str:
    return f" (route `{route.name}` at {route.place})" if route and route.place else ""


def _ensure_json(messages: Sequence[object], route: Route | None) -> None:
    try:
        json.dumps(messages, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise AnswerError(f"a message is no JSON: {error}{_at(route)}") from error

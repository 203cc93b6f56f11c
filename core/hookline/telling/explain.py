"""Say how the routes of a bot fare with a text message, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..bots.roster import switched_off
from ..config.configuration import BotConfiguration
from ..events import Event
from ..intents.reader import Reader
from ..routing.conditions.condition import NO_PAST, Past
from ..routing.router import Router, Tried
from ..routing.understood import Understood
from ..store.memory.switches import Off, Switch
from .answering import told, written
from .inside import Decided


@dataclass(frozen=True, slots=True)
class Explanation:
    """Say how each route fared with a text message, and what the text was understood to mean if that was asked.

    ``denied`` says why the bot listens to nobody there: then no route was tried. ``paused`` says that its events wait.
    ``answer`` says what would become of the answer, where that isn't sent as it is written. ``decided`` is what becomes
    of the event for somebody who is in a flow: the flow decides then, not the routes.
    """

    tried: Sequence[Tried]
    understood: Understood | None
    denied: str | None = None
    paused: str | None = None
    answer: Sequence[str] = ()
    decided: Decided | None = None

    @property
    def winner(self) -> Tried | None:
        """Return the route that answers, if one does."""
        return self.tried[-1] if self.tried and self.tried[-1].failure is None else None


def explain(
    configuration: BotConfiguration,
    learn: Callable[[], Reader | None],
    event: Event,
    now: datetime,
    past: Past = NO_PAST,
    off: Sequence[Off] = (),
) -> Explanation:
    """Return how each route of a bot fares with *event*; *learn* is called only if that depends on what it means.

    *off* is all that is switched off.
    """
    bot = Switch(configuration.name, "bot")
    paused = next((f"bot `{bot.bot}` is paused, by {each.by}: events wait" for each in off if each.switch == bot), None)
    denied = configuration.access.failure(event)
    if denied is not None:
        return Explanation((), None, denied, paused)
    reasons = switched_off(configuration.name, configuration.routes, off)
    router = Router(configuration.routes, configuration.call_names).without(reasons)
    text = router.unread(event, now, past)
    reader = None if text is None else learn()
    understood = None if text is None or reader is None else reader.read(text, now)
    found = Explanation(router.explain(event, now, past, understood), understood, paused=paused)
    if found.winner is None:
        return found
    answers = written(configuration, event, found.winner, past)
    return replace(found, answer=list(dict.fromkeys(line for answer in answers for line in told(answer))))

"""Say what would become of an answer that is written in the YAML: sent as it is, mended, or not sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..adapters.fields import OWN_FIELDS, RAW
from ..adapters.flaws import Flaw, where
from ..adapters.mending import Mended, mend
from ..adapters.rendering import rendered
from ..config.configuration import BotConfiguration
from ..events import Event
from ..routing.actions import Respond
from ..routing.conditions.condition import Past
from ..routing.router import Tried
from ..routing.routes import Route
from ..routing.templates import Values


def written(bot: BotConfiguration, event: Event, winner: Tried, past: Past) -> Iterator[Mended]:
    """Yield each answer that the route of *winner* may give to *event*; what only the platform tells is left open."""
    action = winner.route.action
    if not isinstance(action, Respond):
        return
    values = _values(bot, event, winner, past)
    for templates in action.messages:
        each = (rendered(bot.adapter, template.render(values)) for template in templates)
        bodies = [body for one in each for body in one.messages]
        yield mend(bodies, bot.adapter.check_messages, lets_unknown=bot.lets_unknown)


def told(answer: Mended) -> Iterator[str]:
    """Yield what there is to say of *answer*, if it isn't sent as it is."""
    if answer.flaws:
        yield f"the answer can't be sent, so `on_error:` is answered: {_listed(answer.flaws)}"
    elif not answer.messages:
        yield "nothing is left of the answer, so `on_error:` is answered: all that it says is empty"
    elif answer.mends:
        yield f"the answer is mended before it is sent: {_listed(answer.mends)}"


def _listed(flaws: Sequence[Flaw]) -> str:
    return "; ".join(f"`messages{where(flaw.path)}`: {flaw.reason}" for flaw in flaws)


def _values(bot: BotConfiguration, event: Event, winner: Tried, past: Past) -> Values:
    fields = {name: one.value(event) for name, one in {**OWN_FIELDS, **bot.adapter.fields}.items()}
    return {
        "match": winner.match.captures if winner.match else {},
        "state": past.state,
        "person": past.person,
        "settings": _settings(bot, winner.route),
        "sender": {"id": event.user},
        "event": {RAW: event.raw, **fields},
    }


def _settings(bot: BotConfiguration, route: Route) -> Mapping[str, object]:
    if route.plugin is None:
        return bot.settings
    return bot.plugins[route.plugin].settings.model_dump(mode="json")

"""Look across all routes of a bot for what works, but hardly as meant: routes that can't win, things without a use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ...adapters.fields import RAW, EventField
from ...findings.findings import Findings, Place
from ...intents.intent import Intent, key_of
from ...routing.actions import Action, Handle, Respond
from ...routing.conditions.fields import Says
from ...routing.losses.losses import Lost, losses
from ...routing.matching.patterns import PatternSet
from ...routing.matching.text import MatchText
from ...routing.notes import Notes
from ...routing.router import Router
from ...routing.routes import Route
from ...routing.templates import Placeholder
from ..configuration import BotConfiguration
from .bots import BotBuilder

if TYPE_CHECKING:
    from ...flows.flow import Flow

_ANY_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Stands where only the wording of a text counts."""


def check_bots(bots: Collection[BotConfiguration], builder: BotBuilder, findings: Findings) -> None:
    """Report what is found in *bots*, which *builder* built."""
    for bot in bots:
        _check_losses(bot, builder, findings)
        _check_state(bot, builder, findings)
        _check_telling(bot, builder, findings)
    _check_intents(bots, builder, findings)


def _check_losses(bot: BotConfiguration, builder: BotBuilder, findings: Findings) -> None:
    router = Router(bot.routes, bot.call_names)
    intents = bot.intents.intents
    examples = {intent.name: [example.text for example in intent.examples] for intent in intents}
    for lost in losses(router, examples, _Meanings(intents).of):
        is_example = lost.loses == "example"
        examples_places = builder.intents[bot.name].places
        place = examples_places[lost.what] if is_example else builder.places[bot.name, lost.later.name]
        hint = f"try it: hookline explain {bot.name} '{lost.text}'" if lost.text else _remedy(lost)
        if lost.earlier:
            findings.warning(place, _message(lost, bot, builder), hint)
        elif lost.loses == "words":
            message = f"route `{lost.later.name}` can never win: none of its `exact` texts fits what else it looks for"
            findings.warning(place, message, "all matchers of a route must hold: make two routes of it")
        else:
            message = f"route `{lost.later.name}` can never win: only a text can call the bot, and it takes none"
            findings.warning(place, message, "say `mentioned: false` under its `when:`")


def _remedy(lost: Lost) -> str:
    """Say which of the routes is in the wrong place, where no text of the later one shows it."""
    takes_all = [route for route in lost.earlier if route.is_fallback]
    return f"put `{takes_all[0].name}`, which takes all, further down" if takes_all else "put it earlier"


def _message(lost: Lost, bot: BotConfiguration, builder: BotBuilder) -> str:
    later = lost.later.name
    each = [f"`{route.name}` ({builder.places[bot.name, route.name]})" for route in lost.earlier]
    who = f"{each[0]} answers" if len(each) == 1 else f"{', '.join(each[:-1])} and {each[-1]} answer"
    match lost.loses:
        case "all":
            what = f"route `{later}` can never win"
        case "type":
            what = f"no event of type `{lost.what}` gets to route `{later}`"
        case "intent":
            what = f"intent `{lost.what}` never gets to route `{later}`"
        case _:
            what = f"`{lost.what}` never gets to route `{later}`"
    return f"{what}: {who} first"


class _Meanings:
    """Know which texts surely have an intent: its sentences, and its examples word for word."""

    def __init__(self, intents: Sequence[Intent]) -> None:
        self._sentences = [(intent.name, sentence) for intent in intents for sentence in intent.sentences]
        self._patterns = PatternSet((index, sentence.pattern) for index, (_, sentence) in enumerate(self._sentences))
        self._literal = {key_of(example.text): intent.name for intent in intents for example in intent.examples}

    def of(self, text: str) -> str | None:
        """Return the intent that *text* surely has, or None."""
        said = MatchText(text.strip(), is_called=True)
        for index in sorted(self._patterns.found(said)):
            intent, sentence = self._sentences[index]
            if sentence.read(said, _ANY_TIME) is not None:
                return intent
        return self._literal.get(key_of(text)) if self._literal else None


def _check_state(bot: BotConfiguration, builder: BotBuilder, findings: Findings) -> None:
    """Report routes that look at the state of a conversation where nothing ever sets it: no handler, no `set:`."""
    if any(isinstance(route.action, Handle) for route in bot.routes) or any(map(_runs, bot.flows.values())):
        return
    kept = {f"state.{name}" for notes in _notes(bot) for name in notes.state}
    for route in bot.routes:
        name = next((name for name in _looked_for(route) if name.strip("{}") not in kept), None)
        if name is not None:
            message = f"route `{route.name}` looks at `{name}`, and bot `{bot.name}` runs no handler that could set it"
            hint = "the state is what handlers and `set:` keep: add one of them, or leave this out"
            findings.warning(builder.places[bot.name, route.name], message, hint)


def _runs(flow: Flow) -> bool:
    """Say whether *flow* runs a handler, which may set anything."""
    handles = (getattr(step, name, None) for step in flow.each() for name in ("handle", "check", "choices", "url"))
    return any(isinstance(handle, Handle) for handle in handles)


def _notes(bot: BotConfiguration) -> Iterator[Notes]:
    """Yield what routes and steps of flows keep."""
    yield from (route.notes for route in bot.routes)
    for flow in bot.flows.values():
        yield from (changes for step in flow.each() if isinstance(changes := getattr(step, "changes", None), Notes))


def _looked_for(route: Route) -> Iterator[str]:
    """Yield what *route* wants to find in the state."""
    yield from (f"state.{name}" for name, wanted in route.when.state.items() if wanted is not None)
    for answer in (route.action, route.overlap.busy if route.overlap is not None else None):
        yield from (placeholder.source for placeholder in _placeholders(answer) if placeholder.root == "state")


def _placeholders(answer: Action | None) -> Iterator[Placeholder]:
    if isinstance(answer, Respond):
        messages = (message for each in answer.messages for message in each)
        yield from (placeholder for message in messages for placeholder in message.placeholders)


def _check_telling(bot: BotConfiguration, builder: BotBuilder, findings: Findings) -> None:
    """Report a reply that says the same whatever has happened: one that thanks people who left, too.

    Once a route has asked, the others are for the rest.
    """
    for name, field in bot.adapter.fields.items():
        takers = (route for route in bot.routes if any(map(route.accepts, field.types)))
        route = next(takers, None) if field.is_telling else None
        if route is None or not field.types & route.on or _asks(route, name, field):
            continue
        message = f"route `{route.name}` answers alike whether `{name}` is {' or '.join(field.choices)}"
        hint = f"ask for one, as in `when: {{event: {{{name}: {field.choices[0]}}}}}`, or list those that it is for"
        findings.warning(builder.places[bot.name, route.name], message, hint)


def _asks(route: Route, name: str, field: EventField) -> bool:
    """Say whether *route* looks at *field*, or leaves that to a handler."""
    asked = [condition for condition in route.when.each if isinstance(condition, Says)]
    is_asked = any(condition.name == name or condition.read == field.read for condition in asked)
    shown = {placeholder.name for placeholder in _placeholders(route.action) if placeholder.root == "event"}
    return is_asked or not isinstance(route.action, Respond) or any(one.startswith((name, f"{RAW}.")) for one in shown)


def _check_intents(bots: Iterable[BotConfiguration], builder: BotBuilder, findings: Findings) -> None:
    """Report intents that no route looks for: those of a pack only when that is so wherever it is included.

    A pack's own routes count even where a bot has replaced them or left them out.
    """
    unused: dict[Place, str] = {}
    used: set[Place] = set()
    for bot in bots:
        intents = builder.intents[bot.name]
        wanted = {intent for route in bot.routes for intent in route.intents} | intents.wanted_by_packs
        for name, place in intents.declared.items():
            if name in wanted or not bot.routes:
                used.add(place)
            else:
                whose = "of any bot" if "." in name else f"of bot `{bot.name}`"
                unused[place] = f"no route {whose} looks for intent `{name}`"
    for place, message in unused.items():
        if place not in used:
            hint = "add one, or leave the intent out, unless it is there to keep texts from the others"
            findings.warning(place, message, hint)

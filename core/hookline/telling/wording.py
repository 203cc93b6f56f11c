"""Say in a few words what a route waits for and what it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..durations import shown
from ..flows.flow import Ask, AskType, Begin, Confirm, Do, Note, Rounds, Step, Tell
from ..routing.actions import Action, BeginFlow, Handle
from ..routing.routes import Route
from ..routing.templates import MessageTemplate
from .phrases import counted

_SHOWN = 40
_ASKED: Mapping[AskType, str] = {
    "text": "a text", "choice": "a choice", "number": "a number", "date": "a day", "time": "a time",
    "datetime": "a day and a time", "phone": "a phone number", "email": "an e-mail address", "yes_no": "yes or no",
    "image": "a picture", "video": "a video", "audio": "a voice message", "file": "a file", "location": "a place",
    "account_link": "a login",
}  # fmt: skip


def events_of(route: Route) -> str:
    """Return the event types that it takes."""
    return ", ".join(sorted(route.on))


def matchers_of(route: Route) -> list[str]:
    """Return what an event must have, a text for each matcher and condition; they must all hold."""
    parts = [
        f"{name} {', '.join(words)}"
        for name, words in (
            ("keyword", route.keywords),
            ("exact", route.exacts),
            ("prefix", route.prefixes),
            ("pattern", [pattern.source for pattern in route.patterns]),
        )
        if words
    ]
    if route.intents:
        parts.append(f"intent {', '.join(route.intents)}")
    if route.is_unsure:
        parts.append("unsure of two intents")
    if route.postback is not None:
        fields = "&".join(f"{name}={value}" for name, value in route.postback.fields.items())
        parts.append(f"postback {route.postback.data if route.postback.data is not None else fields}")
    return [*parts, *route.when.terms()]


def actions_of(route: Route) -> list[str]:
    """Return the handler that it runs, or the beginning of its reply, then what it does beyond that."""
    return [action_of(route.action), *route.terms]


def actions_of_step(step: Step) -> list[str]:
    """Return what a step of a flow does."""
    match step:
        case Ask():
            given = step.choices if isinstance(step.choices, tuple) else ()
            offers = f": {', '.join(choice.shown for choice in given)}" if given else ""
            told = f": {_run(step.choices)}" if isinstance(step.choices, Handle) else offers
            more = ["may be skipped"] if step.is_optional else []
            everyone = [] if step.everyone is None else [f"everyone may answer, for {shown(step.everyone)}"]
            checked = [f"check {_run(step.check)}"] if step.check else []
            return [f"ask for {_ASKED[step.kind]}{told}", *checked, *everyone, *more]
        case Confirm():
            return ["ask whether all is right"]
        case Rounds():
            most = [] if step.at_most is None else [f"at most {counted(step.at_most, 'time')}"]
            return [f"ask again and again: {', '.join(ask.title for ask in step.steps)}", *most]
        case Do():
            return [f"run {_run(step.handle)}"]
        case Tell():
            return [_said("reply", step.say.in_language(None))]
        case Note():
            return [str(step.changes)]
        case Begin():
            return [f"begin {step.flow}"]


def _run(handle: Handle) -> str:
    return f"{handle.plugin}.{handle.handler}"


def _said(what: str, messages: Sequence[MessageTemplate]) -> str:
    """Return the beginning of what is said, and how much more there is."""
    first = messages[0].body
    text = str(first.get("text") or first.get("altText") or first.get("type", ""))
    more = f" (+{len(messages) - 1})" if len(messages) > 1 else ""
    return f"{what} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}{more}"


def action_of(action: Action) -> str:
    """Return the handler that is run, the flow that begins, or the beginning of what is said."""
    if isinstance(action, Handle):
        return f"run {_run(action)}"
    if isinstance(action, BeginFlow):
        return f"begin {action.flow}"
    messages = action.choices[0].in_language(None)
    if not messages:
        return "no answer"
    other = f" or {len(action.choices) - 1} more, at random" if len(action.choices) > 1 else ""
    return f"{_said('reply', messages)}{other}"

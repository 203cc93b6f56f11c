"""Be the door for plugin authors: all that a plugin may import.

>>> from hookline import Context, hookimpl
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adapters.adapter import Adapter, AdapterKind, PlatformApi, Services
    from .adapters.deliveries import Delivery, Verdict
    from .adapters.door import Door
    from .adapters.fields import EventField
    from .adapters.flaws import Flaw
    from .adapters.line.api import LineApi
    from .adapters.requests import OK, Request, Response
    from .errors import (
        ContentError,
        HandlerError,
        HooklineError,
        MissingExtraError,
        NotAWebhookError,
        PlatformError,
        SaveError,
    )
    from .events import Attachment, Chat, Event, Match, Sender
    from .hooks import hookimpl
    from .messages import Answer, Message, Push, Reply
    from .neutral import Button, Card, Location, Media, Neutral, Quick
    from .plugins.classifiers import IntentClassifier, IntentModel, Lesson, Question, Report, Score, Trial
    from .plugins.context import Context, Part, State
    from .plugins.dialogs import Again, Choice, FlowAnswers, Refuse
    from .plugins.hookspecs import Handler
    from .plugins.shared import Shared
    from .ways import Way

_HOMES = {
    "Adapter": ".adapters.adapter",
    "Again": ".plugins.dialogs",
    "AdapterKind": ".adapters.adapter",
    "Answer": ".messages",
    "Attachment": ".events",
    "Button": ".neutral",
    "Card": ".neutral",
    "Chat": ".events",
    "Choice": ".plugins.dialogs",
    "ContentError": ".errors",
    "Context": ".plugins.context",
    "Delivery": ".adapters.deliveries",
    "Door": ".adapters.door",
    "Event": ".events",
    "EventField": ".adapters.fields",
    "Flaw": ".adapters.flaws",
    "FlowAnswers": ".plugins.dialogs",
    "Handler": ".plugins.hookspecs",
    "HandlerError": ".errors",
    "HooklineError": ".errors",
    "IntentClassifier": ".plugins.classifiers",
    "IntentModel": ".plugins.classifiers",
    "Lesson": ".plugins.classifiers",
    "LineApi": ".adapters.line.api",
    "Location": ".neutral",
    "Match": ".events",
    "Media": ".neutral",
    "Message": ".messages",
    "MissingExtraError": ".errors",
    "Neutral": ".neutral",
    "NotAWebhookError": ".errors",
    "OK": ".adapters.requests",
    "Part": ".plugins.context",
    "PlatformApi": ".adapters.adapter",
    "PlatformError": ".errors",
    "Push": ".messages",
    "Question": ".plugins.classifiers",
    "Quick": ".neutral",
    "Refuse": ".plugins.dialogs",
    "Reply": ".messages",
    "Report": ".plugins.classifiers",
    "Request": ".adapters.requests",
    "Response": ".adapters.requests",
    "SaveError": ".errors",
    "Score": ".plugins.classifiers",
    "Sender": ".events",
    "Services": ".adapters.adapter",
    "Shared": ".plugins.shared",
    "State": ".plugins.context",
    "Trial": ".plugins.classifiers",
    "Verdict": ".adapters.deliveries",
    "Way": ".ways",
    "hookimpl": ".hooks",
}

__version__ = "0.1.0"

__all__ = [
    "OK",
    "Adapter",
    "AdapterKind",
    "Again",
    "Answer",
    "Attachment",
    "Button",
    "Card",
    "Chat",
    "Choice",
    "ContentError",
    "Context",
    "Delivery",
    "Door",
    "Event",
    "EventField",
    "Flaw",
    "FlowAnswers",
    "Handler",
    "HandlerError",
    "HooklineError",
    "IntentClassifier",
    "IntentModel",
    "Lesson",
    "LineApi",
    "Location",
    "Match",
    "Media",
    "Message",
    "MissingExtraError",
    "Neutral",
    "NotAWebhookError",
    "Part",
    "PlatformApi",
    "PlatformError",
    "Push",
    "Question",
    "Quick",
    "Refuse",
    "Reply",
    "Report",
    "Request",
    "Response",
    "SaveError",
    "Score",
    "Sender",
    "Services",
    "Shared",
    "State",
    "Trial",
    "Verdict",
    "Way",
    "hookimpl",
]


def __getattr__(name: str) -> object:
    """Import what is asked for only then: a command that only looks needs little of it."""
    if name not in _HOMES:
        raise AttributeError(f"module `hookline` has no `{name}`")
    found = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
    return found

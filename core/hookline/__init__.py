"""Be the door for plugin authors: all that a plugin may import.

>>> from hookline import Context, hookimpl
"""

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
from .plugins.hookspecs import Handler
from .plugins.shared import Shared
from .ways import Way

__version__ = "0.1.0"

__all__ = [
    "OK",
    "Adapter",
    "AdapterKind",
    "Answer",
    "Attachment",
    "Button",
    "Card",
    "Chat",
    "ContentError",
    "Context",
    "Delivery",
    "Door",
    "Event",
    "EventField",
    "Flaw",
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

"""Be the door for plugin authors: all that a plugin may import.

>>> from hookline import Context, hookimpl
"""

from .adapters.line.api import LineApi
from .errors import ContentError, HandlerError, HooklineError, MissingExtraError, PlatformError, SaveError
from .events import Attachment, Chat, Event, Match, Sender
from .hooks import hookimpl
from .messages import Answer, Message, Push, Reply
from .plugins.classifiers import IntentClassifier, IntentModel, Lesson, Question, Report, Score, Trial
from .plugins.context import Context, Part, State
from .plugins.hookspecs import Handler
from .plugins.shared import Shared

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Attachment",
    "Chat",
    "ContentError",
    "Context",
    "Event",
    "Handler",
    "HandlerError",
    "HooklineError",
    "IntentClassifier",
    "IntentModel",
    "Lesson",
    "LineApi",
    "Match",
    "Message",
    "MissingExtraError",
    "Part",
    "PlatformError",
    "Push",
    "Question",
    "Reply",
    "Report",
    "SaveError",
    "Score",
    "Sender",
    "Shared",
    "State",
    "Trial",
    "hookimpl",
]

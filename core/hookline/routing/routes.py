"""Hold routes as they are run: what must hold, and what then happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from ..durations import shown
from ..uploads.folders import Folder
from .actions import Action, Respond
from .conditions.conditions import Conditions
from .conditions.files import Savable
from .matching.patterns import Pattern
from .notes import NO_NOTES, Notes
from .postbacks import NO_PARAMS, fields_of
from .templates import Template
from .wordings import Wording

ANY = "*"
FAMILY = ".*"
"""Ends what stands for all events whose types begin alike: ``invoice.*``."""
TEXT_EVENT, MESSAGE_EVENT, POSTBACK_EVENT = "message.text", "message", "postback"


@dataclass(frozen=True, slots=True)
class Postback:
    """Match a postback by its whole ``data``, or by ``fields`` of it, as :func:`~.postbacks.fields_of` reads them."""

    data: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def captures(self, data: str, params: Mapping[str, str] = NO_PARAMS) -> Mapping[str, str] | None:
        """Return what the route doesn't name, or None when *data* doesn't fit: *params* and the fields of the data.

        A field of the data comes before one of *params*, which the platform has added.
        """
        if self.data is not None:
            return params if data == self.data else None
        given = fields_of(data)
        if any(given.get(name) != value for name, value in self.fields.items()):
            return None
        return {name: value for name, value in {**params, **given}.items() if name not in self.fields}


@dataclass(frozen=True, slots=True)
class Overlap:
    """Say what becomes of events that come before a route is done with an earlier one of their conversation.

    ``merge`` runs texts that wait as one, ``latest`` the newest of them only; ``window`` are the seconds of quiet that
    both wait for. ``reject`` ends what comes during a run, with the answer ``busy``, if there is one.
    """

    policy: Literal["merge", "latest", "reject"]
    window: float = 0.0
    busy: Respond | None = None

    def __str__(self) -> str:
        waits = f", window {self.window:g} s" if self.window else ""
        return f"overlap {self.policy}{waits}{', says busy' if self.busy else ''}"


@dataclass(frozen=True, slots=True)
class Save:
    """Save the file that comes with an event, if it is one that ``takes``, before the route answers.

    ``to`` is how ``folder`` was written. ``name`` is that of the file, without an extension.
    """

    to: str
    folder: Folder
    name: Template
    takes: Savable

    def __str__(self) -> str:
        return f"saves to {self.to}"


Period = Literal["hour", "day", "week", "month", "ever"]


@dataclass(frozen=True, slots=True)
class AtMost:
    """Let a route answer so many ``times`` in each ``period``: each person, or each chat.

    A period begins at the full hour, at midnight, on Monday or on the first of the month, where the bot is.
    """

    times: int
    period: Period = "day"
    is_of_chat: bool = False

    def at(self, now: datetime) -> str:
        """Return which period it is at *now*, a time where the bot is."""
        match self.period:
            case "hour":
                return f"{now:%Y-%m-%dT%H%z}"
            case "day":
                return f"{now:%Y-%m-%d}"
            case "week":
                return f"{now - timedelta(days=now.weekday()):%Y-%m-%d}"
            case "month":
                return f"{now:%Y-%m}"
        return ""

    def __str__(self) -> str:
        per = {"ever": "", "hour": " an hour"}.get(self.period, f" a {self.period}")
        return f"{self.times}{per}{' in a chat' if self.is_of_chat else ''}"


@dataclass(frozen=True, slots=True)
class RoutePush:
    """Push messages to all of ``to``, each a text that may have placeholders, by ``bot`` (None: its own)."""

    to: tuple[Template, ...]
    wording: Wording
    bot: str | None = None
    roots: frozenset[str] = frozenset()

    @classmethod
    def of(cls, to: Sequence[Template], wording: Wording, bot: str | None) -> RoutePush:
        """Return it with the placeholder roots that it uses."""
        asked = {placeholder.root for template in to for placeholder in template.placeholders}
        return cls(tuple(to), wording, bot, wording.roots | asked)

    def __str__(self) -> str:
        return f"pushes by {self.bot}" if self.bot is not None else "pushes"


@dataclass(frozen=True, slots=True)
class Route:
    """Hold one rule. Its matchers must all hold; within one matcher any of the listed will do.

    ``on`` are event types (``message`` is every message, ``invoice.*`` all that begin so, ``*`` everything). ``plugin``
    names the plugin whose settings ``{settings.…}`` shows; None means the bot's own. ``place`` is its ``file:line``.
    ``retries`` are the seconds before each further run of a handler that failed, ``deadline`` those that it may take;
    None means the host's. ``intents`` are the meanings that it answers; ``is_unsure`` says that it asks which of two is
    meant. ``cooldown`` are the seconds that it rests in a conversation once it has answered there, ``at_most`` says how
    often it may answer; ``stale_after`` are the seconds after which an event is too old for it, None means the bot's.
    Without an ``overlap`` events wait for their turn. What it saves it takes only where the condition of its ``save``
    holds, which is one of ``when``. ``pushes`` go to others, whatever else it does, and ``notes`` are kept.
    ``interrupts`` says whether it answers within a flow; None: where what was said is no answer to the flow's question.
    """

    name: str
    action: Action
    on: frozenset[str]
    place: str = ""
    keywords: tuple[str, ...] = ()
    exacts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    postback: Postback | None = None
    intents: tuple[str, ...] = ()
    is_unsure: bool = False
    when: Conditions = field(default_factory=Conditions)
    is_fallback: bool = False
    plugin: str | None = None
    retries: tuple[float, ...] | None = None
    deadline: float | None = None
    cooldown: float | None = None
    at_most: AtMost | None = None
    stale_after: float | None = None
    overlap: Overlap | None = None
    save: Save | None = None
    pushes: tuple[RoutePush, ...] = ()
    notes: Notes = NO_NOTES
    interrupts: bool | None = None

    @property
    def has_text_matcher(self) -> bool:
        """Say whether it looks at the words of the text."""
        return bool(self.keywords or self.exacts or self.prefixes or self.patterns)

    @property
    def asks_meaning(self) -> bool:
        """Say whether it looks at what the text means."""
        return bool(self.intents) or self.is_unsure

    @property
    def always_answers(self) -> bool:
        """Say whether it answers whenever its matchers hold."""
        return self.cooldown is None and self.at_most is None

    @property
    def terms(self) -> list[str]:
        """Return the words for what it does beyond its answer."""
        rests = None if self.cooldown is None else f"then rests for {shown(self.cooldown)}"
        notes = None if self.notes.is_empty else self.notes
        often = None if self.at_most is None else f"at most {self.at_most}"
        each = (self.save, *self.pushes, notes, rests, often, self.overlap)
        return [str(term) for term in each if term is not None]

    def accepts(self, kind: str) -> bool:
        """Say whether events of type *kind* are for it."""
        return accepts(self.on, kind)


def accepts(on: frozenset[str], kind: str) -> bool:
    """Say whether events of type *kind* are among those that *on* lists."""
    return kind in on or ANY in on or any(kind.startswith(one) for one in families(on))


@lru_cache(maxsize=1024)
def families(on: frozenset[str]) -> tuple[str, ...]:
    """Return what the events begin with that *on* lists by families: ``message`` for all, or ``invoice.*``."""
    return tuple(
        "message." if one == MESSAGE_EVENT else one.removesuffix(FAMILY) + "."
        for one in on
        if one == MESSAGE_EVENT or one.endswith(FAMILY)
    )

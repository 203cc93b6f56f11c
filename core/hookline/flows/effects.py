"""Hold what happens in a chat, as far as dialogs look at it, and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from ..messages import Message
from ..plugins.dialogs import Choice
from ..routing.conditions.conditions import Conditions
from ..routing.wordings import Wording
from .answers import Reader, Said
from .flow import Ask, Do, Flow, Note, Question
from .instance import Instance, Outcome

MARK = "~"
"""Begins the data of a question's buttons: ``~INSTANCE|STEP|VALUE``."""

FLOW_ROUTE = "flow:"
"""Begins the route by which events end that a flow has taken: ``flow:NAME.QUESTION``."""

TimerKind = Literal["remind", "expire", "close", "end"]
Interrupts = Literal["always", "exact", "else", "never"]


@dataclass(frozen=True, slots=True)
class Tap:
    """Hold a tapped button of a question: of which instance and step it is, and its value.

    The step may be a control, as in ``@back``; the value is then the question at which it stood.
    """

    instance: str
    step: str
    value: str

    @property
    def control(self) -> str | None:
        """Return which control it is, if it is one."""
        return self.step[1:] if self.step.startswith("@") else None


@dataclass(frozen=True, slots=True)
class Due:
    """Hold a timer whose time has come: of which instance, set at which turn, for what."""

    instance: str
    turn: int
    kind: TimerKind


@dataclass(frozen=True, slots=True)
class Happening:
    """Hold what has happened: something was ``said`` (or sent), tapped, taken back, or its time has come.

    ``at`` is when it came in, by the same clock as ``now``, in milliseconds since 1970; ``id`` is the event's, ``user``
    whose it is, if that is known. ``message`` is the message's id, or of what was taken back. ``is_called`` says that
    it is said to the bot, not among others. By ``apart`` milliseconds the clocks of those who take events in and of
    those who run them may differ; then what was taken in together has one ``batch``.
    """

    id: str
    at: int
    now: int
    user: str | None = None
    said: Said | None = None
    tap: Tap | None = None
    due: Due | None = None
    begins: str | None = None
    message: str | None = None
    is_called: bool = True
    is_unsent: bool = False
    has_left: bool = False
    apart: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Hold the route that would answer if no dialog took the event.

    ``interrupts`` says when it does so in a dialog: ``always``, where any text would be an answer (``exact``), where
    what was said is no answer (``else``), or ``never``. ``begins`` is the flow that it begins, ``known`` what it
    captured.
    """

    name: str
    interrupts: Interrupts = "else"
    begins: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what a ``check:`` says of an answer: the ``value`` as it is to be known, or why it is none."""

    value: Any = None
    why: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """Hold what came of a ``run:``: what is ``known`` by it, what it says, whether a question is asked ``again``.

    ``is_refused`` ends the flow.
    """

    known: Mapping[str, Any] = field(default_factory=dict)
    says: Sequence[Message] = ()
    again: str | None = None
    is_refused: bool = False


class World(Protocol):
    """Answer what dialogs can't know by themselves; what it raises ends the run, and nothing of it counts."""

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Return the flows of the bot."""

    @property
    def reader(self) -> Reader:
        """Return what reads answers now."""

    def holds(self, conditions: Conditions, known: Mapping[str, Any]) -> bool:
        """Say whether *conditions* hold, while so much is *known*."""

    def remembered(self, ask: Ask) -> Any:
        """Return what is remembered of the person as the answer to *ask*, or None."""

    async def choices(self, ask: Ask, instance: Instance) -> Sequence[Choice]:
        """Return what a handler offers for *ask*."""

    async def judged(self, ask: Ask, instance: Instance, value: Any) -> Judged:
        """Return what the ``check:`` of *ask* says."""

    async def done(self, do: Do, instance: Instance) -> Done:
        """Run the handler of *do*."""

    async def past(self, instance: str) -> Instance | None:
        """Return an instance of this chat that has ended, as long as it is kept."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Ask a question, with its choices, of which so many are ``skipped``.

    ``is_retry`` says its ``retry`` instead, since the answer was none.
    """

    instance: Instance
    question: Question
    choices: Sequence[Choice] = ()
    is_retry: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ask which answer is to be changed."""

    instance: Instance
    asks: Sequence[Ask]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Say what the flow has written; ``is_push`` where nobody has just said anything."""

    instance: Instance
    wording: Wording
    is_push: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Say the text *key* of hookline, with a button that begins ``flow`` again, if there is one."""

    key: str
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """Say what a handler has returned."""

    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Noted:
    """Change what is kept, as a step says."""

    instance: Instance
    note: Note


@dataclass(frozen=True, slots=True)
class Remembered:
    """Keep an answer for the person."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Routed:
    """Let the route answer here."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Say how an instance has ended."""

    instance: Instance
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stranded:
    """Run the handler that helps whoever couldn't answer."""

    instance: Instance


Effect: TypeAlias = Asked | Chosen | Spoken | Told | Handed | Noted | Remembered | Routed | Ended | Stranded

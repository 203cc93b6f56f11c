"""Hold a flow as it is run: a list of things to know, and of what is done on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..plugins.dialogs import Choice
from ..routing.actions import Handle
from ..routing.conditions.condition import Condition
from ..routing.conditions.conditions import ALWAYS, Conditions
from ..routing.matching.patterns import Pattern
from ..routing.wordings import Wording
from .bounds import ANYTHING, Bounds

AskType = Literal[
    "text", "choice", "number", "date", "time", "datetime", "phone", "email", "yes_no",
    "image", "video", "audio", "file", "location", "account_link",
]  # fmt: skip
MEDIA = frozenset(["image", "video", "audio", "file", "location"])
"""What is sent, not written."""

Control = Literal["cancel", "back", "change", "skip", "close"]
CONTROLS: tuple[Control, ...] = ("cancel", "back", "change", "skip", "close")
MORE = "more"
"""Ends the name of the question whether a list goes on: ``cart/more``."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for one thing.

    ``name`` says what; behind ``list/`` for one of a list's. ``kind`` is what is taken for an answer, ``choices`` what
    is offered: known already, or a handler's to say. ``say`` is the question, ``retry`` what is said instead of it when
    something else was answered; without either hookline's own text. ``only`` holds for values that count, of those that
    fit; ``window`` for dates and times. ``everyone`` are the seconds for which each person of a chat may answer.
    """

    name: str
    kind: AskType = "text"
    when: tuple[Conditions, ...] = ()
    place: str = ""
    label: str = ""
    say: Wording | None = None
    choices: tuple[Choice, ...] | Handle | None = None
    pattern: Pattern | None = None
    bounds: Bounds = ANYTHING
    only: frozenset[str] | None = None
    window: Conditions = ALWAYS
    check: Handle | None = None
    is_optional: bool = False
    is_remembered: bool = False
    is_prefilled: bool = True
    retry: Wording | None = None
    tries: int | None = None
    style: Literal["quick", "buttons", "none"] = "quick"
    everyone: float | None = None
    url: Handle | None = None

    @property
    def is_free(self) -> bool:
        """Say whether any text is an answer."""
        return self.kind == "text" and self.pattern is None

    @property
    def comes_from_plugin(self) -> bool:
        """Say whether a handler has a say in what is an answer."""
        return self.check is not None or isinstance(self.choices, Handle)

    @property
    def title(self) -> str:
        """Return what the answer is called where it must be told from others."""
        return self.label or self.name.rpartition("/")[2].rpartition(".")[2]

    @property
    def called(self) -> str:
        """Return what people call the answer: its label, or a name in their script; nothing when it has neither."""
        return self.label or ("" if self.title.isascii() else self.title)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask whether all that is known is right; ``say`` sums it up, without it each answer stands with its label."""

    name: str = "confirm"
    when: tuple[Conditions, ...] = ()
    place: str = ""
    say: Wording | None = None


@dataclass(frozen=True, slots=True)
class Rounds:
    """Ask ``steps`` again and again, until ``more`` is answered no; ``line`` shows one round, ``at_most`` so many."""

    name: str
    steps: tuple[Ask, ...]
    line: Wording
    when: tuple[Conditions, ...] = ()
    place: str = ""
    more: Wording | None = None
    at_most: int | None = None

    @property
    def asks_more(self) -> Ask:
        """Return the question whether there is another round."""
        return Ask(f"{self.name}/{MORE}", "yes_no", self.when, self.place, say=self.more)


@dataclass(frozen=True, slots=True)
class Do:
    """Run a handler once; what it returns is known as ``name`` afterwards."""

    name: str
    handle: Handle
    when: tuple[Conditions, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something on the way."""

    name: str
    say: Wording
    when: tuple[Conditions, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Change what is kept: the chat's state, the person's, or a number of the person's."""

    name: str
    changes: Any
    when: tuple[Conditions, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin another flow: the last step."""

    name: str
    flow: str
    when: tuple[Conditions, ...] = ()
    place: str = ""


Question: TypeAlias = Ask | Confirm
Step: TypeAlias = Ask | Confirm | Rounds | Do | Tell | Note | Begin


@dataclass(frozen=True, slots=True)
class Stuck:
    """Say what happens when somebody can't answer: something is said, another flow begins."""

    say: Wording | None = None
    begin: str | None = None
    run: Handle | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Hold one flow.

    ``is_shared`` says that there is one for a whole chat, in which everybody may answer; ``hosts`` are then those who
    may stop it beside whoever began it. ``restarts`` says what a second beginning does. ``words`` replace those by
    which people say what they want instead of an answer; ``controls`` are shown beside each question. Times are in
    seconds.
    """

    name: str
    steps: tuple[Step, ...]
    place: str = ""
    plugin: str | None = None
    is_shared: bool = False
    hosts: frozenset[str] = frozenset()
    restarts: bool = False
    lets_digress: bool = True
    tries: int = 3
    stuck: Stuck = Stuck()
    remind_after: float | None = None
    remind: Wording | None = None
    expire: float = 86_400.0
    expired: Wording | None = None
    cancelled: Wording | None = None
    language: str | None = None
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    digest: str = ""

    def find(self, name: str) -> Step | None:
        """Return the step *name*, which may be a question of a list."""
        return next((step for step in self.each() if step.name == name), None)

    def each(self) -> Iterator[Step]:
        """Yield all steps, those of lists behind their list."""
        for step in self.steps:
            yield step
            if isinstance(step, Rounds):
                yield from step.steps
                yield step.asks_more

    @property
    def asks(self) -> Iterator[Ask]:
        """Yield what it asks for beside lists, in order."""
        return (step for step in self.steps if isinstance(step, Ask))


def counts_by(flows: Iterable[Flow], kind: type[Condition]) -> bool:
    """Say whether a step of *flows* counts only while a condition of this *kind* holds."""
    each = (conditions for flow in flows for step in flow.each() for conditions in step.when)
    return any(conditions.find(kind) is not None for conditions in each)

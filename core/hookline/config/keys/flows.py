"""Say which keys flows and their steps have, and what they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from .routes import Cancels, Laters, WhenSpec
from .words import SCALAR, WORDS, Days, Duration, Name, Spec, Times, TimeZone, Word, Wordings, Words, true_or

TARGET = r"^[\w\-]+\.[\w\-]+(?!\n)$"
FLOW_NAME = r"^[\w][\w\-]{0,63}(\.[\w][\w\-]{0,63})?(?!\n)$"
BESIDE: Mapping[str, tuple[str, ...]] = {
    "ask": (
        "flow", "type", "say", "label", "choices", "entity", "pattern", "at_least", "at_most", "only", "check",
        "optional", "remember", "prefill", "retry", "tries", "as", "everyone", "url",
    ),
    "list": ("steps", "more", "line", "at_most"),
    "confirm": (),
    "run": ("as",),
    "reply": (),
    "set": ("remember", "count", "later", "cancel"),
    "remember": ("count", "later", "cancel"),
    "count": ("later", "cancel"),
    "later": ("cancel",),
    "cancel": (),
    "handoff": (),
    "begin": (),
    "steps": (),
}  # fmt: skip
"""What may stand beside the key that says what a step does, and beside ``when``. The first that is there counts."""

Target = Annotated[str, Field(pattern=TARGET)]
Known = Annotated[dict[str, Any], Field(description="Values that are to be kept, by name; null for none.")]


class StepWhenSpec(WhenSpec):
    """Narrow a step down: all that is written must hold."""

    flow: Annotated[dict[str, Any], Field(description="Answers: a value, several, null, {not: …}, {at_least: …}.")] = {}


class StuckSpec(Spec):
    """Say what happens when somebody couldn't answer."""

    reply: Annotated[Wordings | None, Field(description="Say this.")] = None
    run: Annotated[Target | None, Field(description="Run this handler: PLUGIN.NAME.")] = None
    begin: Annotated[str | None, Field(pattern=FLOW_NAME, description="Begin this flow.")] = None


class RemindSpec(Spec):
    """Say what is pushed once when a question stays unanswered, and when."""

    after: Annotated[Duration, Field(description="How long after the question, as in 15m.")]
    reply: Annotated[Wordings, Field(description="The messages.")]


class WindowSpec(Spec):
    """Say which days and times count as answers."""

    days: Days = []
    time: Times = []
    timezone: TimeZone = None


class WordsSpec(Spec):
    """Replace the words by which people say what they want instead of an answer."""

    cancel: Annotated[Words | None, Field(description="Ends the flow.")] = None
    back: Annotated[Words | None, Field(description="Forgets the last answer.")] = None
    change: Annotated[Words | None, Field(description="Asks which answer to change.")] = None
    skip: Annotated[Words | None, Field(description="Skips what is optional.")] = None
    close: Annotated[Words | None, Field(description="Ends that everyone may answer.")] = None
    yes: Annotated[Words | None, Field(description="Says yes.")] = None
    no: Annotated[Words | None, Field(description="Says no.")] = None


Choices = Annotated[
    str | list[Word] | dict[str, Any],
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": SCALAR, "minItems": 1},
                {"type": "object", "additionalProperties": {"anyOf": [WORDS, {"type": "object"}]}, "minProperties": 1},
            ]
        }
    ),
]


class PlainStepSpec(Spec):
    """Hold one step of a list or a block."""

    when: Annotated[StepWhenSpec | None, Field(description="Only while all of this holds.")] = None
    ask: Annotated[Name | None, Field(description="Ask for this; the answer is {flow.NAME}.")] = None
    flow: Annotated[
        str | None, Field(pattern=FLOW_NAME, description="With ask: the answers of this flow, as NAME.theirs.")
    ] = None
    type: Annotated[
        Literal[
            "text", "number", "date", "time", "datetime", "phone", "email", "yes_no",
            "image", "video", "audio", "file", "location", "account_link",
        ]
        | None,
        Field(description="What is taken for an answer; default: text."),
    ] = None  # fmt: skip
    say: Annotated[Wordings | None, Field(description="The question; default: hookline's own for its type.")] = None
    label: Annotated[str | None, Field(description="What the answer is called.")] = None
    choices: Annotated[
        Choices | None, Field(description="What is offered: words, VALUE: label, VALUE: [words], or PLUGIN.HANDLER.")
    ] = None
    entity: Annotated[str | None, Field(description="INTENT.ENTITY, whose values and words are the choices.")] = None
    pattern: Annotated[Words | None, Field(description="RE2 expressions that find the answer in a text.")] = None
    at_least: Annotated[
        str | None, Field(description="A number, so many characters, today, a date, in how many days (3d), a time.")
    ] = None
    at_most: Annotated[
        str | None, Field(description="A number, so many characters, today, a date, in how many days (60d), a time.")
    ] = None
    only: Annotated[
        Words | WindowSpec | None, Field(description="The answers that count; or days and times that do.")
    ] = None
    check: Annotated[Target | None, Field(description="A handler that says why an answer isn't taken.")] = None
    optional: Annotated[bool, Field(description="true: it may be skipped.")] = False
    remember: Annotated[
        bool | dict[str, Any],
        BeforeValidator(true_or),
        Field(description="With ask, true: kept for the person. Else: what is kept of the person, by name."),
    ] = False
    prefill: Annotated[bool, Field(description="false: always asked, whatever is known already.")] = True
    retry: Annotated[Wordings | None, Field(description="Said to what is no answer.")] = None
    tries: Annotated[int | None, Field(ge=1, le=100, description="How many wrong answers in a row.")] = None
    as_: Annotated[
        str | None,
        Field(alias="as", description="choices: quick, buttons or none. run: the name of what it returns."),
    ] = None
    everyone: Annotated[
        Duration | None, Field(description="In a flow for a chat: each person may answer, for so long.")
    ] = None
    url: Annotated[Target | None, Field(description="account_link: the handler that says where the login is.")] = None
    confirm: Annotated[
        bool | Wordings | None,
        BeforeValidator(true_or),
        Field(description="Ask whether all is right; true lists what was answered."),
    ] = None
    run: Annotated[Target | None, Field(description="Run this handler once: PLUGIN.NAME.")] = None
    reply: Annotated[Wordings | None, Field(description="Say this on the way.")] = None
    set: Annotated[Known | None, Field(description="What is kept of the conversation: {state.NAME}.")] = None
    count: Annotated[Name | None, Field(description="A number of the person's, to which one is added.")] = None
    later: Laters = []
    cancel: Cancels = []
    handoff: Annotated[str | None, Field(description="The last step: hand the chat over to people, and why.")] = None
    begin: Annotated[str | None, Field(pattern=FLOW_NAME, description="The last step: begin this flow.")] = None


class _ListSpec(PlainStepSpec):
    """Add the keys of a list."""

    list_: Annotated[Name | None, Field(alias="list", description="Ask for several of this, in rounds.")] = None
    more: Annotated[Wordings | None, Field(description="Asked after each round: whether there is another.")] = None
    line: Annotated[str | None, Field(description="How {flow.NAME} shows a round, with {entry.…}.")] = None


class InnerStepSpec(_ListSpec):
    """Hold one step of a block: it may be a list."""

    steps: Annotated[list[PlainStepSpec] | None, Field(min_length=1, description="What each round asks.")] = None


class StepSpec(_ListSpec):
    """Hold one step of a flow."""

    steps: Annotated[
        list[InnerStepSpec] | None,
        Field(min_length=1, description="What each round asks, or what is under one `when:`."),
    ] = None


class FlowSpec(Spec):
    """Hold one flow: things to know, in the order in which they are asked."""

    steps: Annotated[list[StepSpec], Field(min_length=1, description="What is asked, done and said.")]
    override: Annotated[bool, Field(description="Replace the pack's flow of this name whole.")] = False
    for_: Annotated[
        Literal["person", "chat"],
        Field(alias="for", description="chat: one for a whole group, in which everybody may answer."),
    ] = "person"
    hosts: Annotated[Words, Field(description="With for chat: who else may stop it; ids, or lists.NAME.")] = []
    again: Annotated[
        Literal["resume", "restart"], Field(description="What beginning it does while it is open already.")
    ] = "resume"
    digress: Annotated[bool, Field(description="false: other routes wait, unless they always interrupt.")] = True
    tries: Annotated[int, Field(ge=1, le=100, description="How many wrong answers in a row to one question.")] = 3
    stuck: Annotated[StuckSpec | None, Field(description="What happens then.")] = None
    remind: Annotated[RemindSpec | None, Field(description="Pushed once when a question stays unanswered.")] = None
    expire: Annotated[Duration, Field(description="It ends without an answer for so long, as in 2h.")] = 86_400.0
    expired: Annotated[Wordings | None, Field(description="Pushed then; without it nothing is.")] = None
    cancelled: Annotated[Wordings | None, Field(description="Said when somebody cancels.")] = None
    words: Annotated[WordsSpec, Field(description="Words by which people say something else than an answer.")] = (
        WordsSpec()
    )
    controls: Annotated[
        list[Literal["cancel", "back", "change", "skip"]], Field(description="Buttons shown with each question.")
    ] = []


FlowSpecs = Annotated[
    dict[Annotated[str, Field(pattern=FLOW_NAME)], FlowSpec],
    Field(
        description="Conversations of several steps, for `begin:`; PACK.NAME with `override: true` replaces a pack's."
    ),
]

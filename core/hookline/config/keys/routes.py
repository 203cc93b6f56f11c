"""Say which keys a route has, and what they take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from .words import (
    NAME,
    SCALAR,
    WORDS,
    Days,
    Duration,
    DurationOrNever,
    Name,
    Seconds,
    Size,
    Spec,
    TimeOfDay,
    Times,
    TimeZone,
    Word,
    Wordings,
    Words,
    as_list,
    many_of,
    true_or,
)

ROUTE_NAME = r"^[\w][\w\-]{0,63}(\.[\w][\w\-]{0,63})?(?!\n)$"
ChatName = Literal["user", "group", "room"]


class WhenSpec(Spec):
    """Narrow a route down: all that is written must hold."""

    chat: Annotated[
        list[ChatName],
        BeforeValidator(as_list),
        many_of(["user", "group", "room"]),
        Field(description="The kind of chat."),
    ] = []
    mentioned: Annotated[
        bool | None,
        Field(description="true: only when the bot is called; false: in groups also when nobody called it."),
    ] = None
    users: Annotated[Words, Field(description="User ids, or lists.NAME.")] = []
    groups: Annotated[Words, Field(description="Group or room ids, or lists.NAME.")] = []
    days: Days = []
    time: Times = []
    timezone: TimeZone = None
    standby: Annotated[
        bool,
        Field(description="true: only while another has the chat and the bot listens; nothing can be replied then."),
    ] = False
    event: Annotated[
        dict[str, Words],
        Field(description="What the event says: fields by name, or values of its raw object by their path, as in a.b."),
        WithJsonSchema({"type": "object", "additionalProperties": WORDS}),
    ] = {}
    state: Annotated[
        dict[str, Any],
        Field(description="What is kept of the conversation: a value, several, null, {not: …}, {at_least: …}."),
    ] = {}
    person: Annotated[dict[str, Any], Field(description="What is kept of the person, likewise.")] = {}


class RouteWhenSpec(WhenSpec):
    """Narrow a route down: all that is written must hold."""

    in_flow: Annotated[
        bool | str | None,
        BeforeValidator(true_or),
        Field(description="The flow that the person is in; true for any, false for none."),
    ] = None
    handoff: Annotated[
        bool, Field(description="true: only while people have the chat; then no other route answers.")
    ] = False


class AtMostSpec(Spec):
    """Say how often a route answers; then the next routes are tried."""

    times: Annotated[int, Field(ge=1, le=1_000_000, description="So often.")]
    per: Annotated[
        Literal["hour", "day", "week", "month", "ever"],
        Field(description="In each hour, day (the default), week or month, where the bot is; or ever."),
    ] = "day"
    of: Annotated[
        Literal["person", "chat"], Field(description="Each person (the default), or everybody of a chat together.")
    ] = "person"


class AccessSpec(Spec):
    """List people and chats: whoever is one of the users, or writes in one of the groups."""

    users: Annotated[Words, Field(description="User ids, or lists.NAME.")] = []
    groups: Annotated[Words, Field(description="Group or room ids, or lists.NAME.")] = []


class ChoiceSpec(Spec):
    """Hold several replies, of which one is taken at random."""

    any: Annotated[
        list[Wordings],
        Field(min_length=2, description="Answer with one of these, at random; each is a message or a list of them."),
    ]


class SaveSpec(Spec):
    """Say where a file that somebody sends is kept, under which name, and which files are."""

    to: Annotated[Word, Field(description="A folder, relative to this file, or a URL that fsspec knows.")]
    name: Annotated[Word, Field(description="The file's name without an extension, with placeholders.")] = (
        "{event.time}-{event.message_id}"
    )
    types: Annotated[Words, Field(description="Only these: image, video, audio, file, or content types.")] = []
    at_most: Annotated[Size, Field(description="The largest file, as in 10MB.")] = 20_000_000


class PushSpec(Spec):
    """Say what is pushed to whom, maybe by another bot."""

    to: Annotated[Words, Field(description="Ids, lists.NAME of the bot that pushes, or a placeholder.")]
    say: Annotated[Wordings, Field(description="The messages, as under `reply:`.")]
    bot: Annotated[str | None, Field(description="The bot that pushes; default: this one.")] = None


class LaterSpec(Spec):
    """Say what is done later, and when: so long after now, or before or after what was answered."""

    name: Annotated[Name, Field(description="What takes it back: `cancel: NAME`; the next of this name replaces it.")]
    after: Annotated[
        Words | None, Field(description="How long from now, as in 24h; in a flow also the answers that say when.")
    ] = None
    before: Annotated[
        Words | None, Field(description="The answers of a flow that say when, as in [day, time]; never sent after it.")
    ] = None
    by: Annotated[Duration | None, Field(description="So long before or after those answers, as in 1d.")] = None
    at: Annotated[TimeOfDay | None, Field(description="On that day at this time, as in '18:00'.")] = None
    reply: Annotated[Wordings | None, Field(description="Push these messages then.")] = None
    run: Annotated[
        str | None, Field(pattern=r"^[\w\-]+\.[\w\-]+(?!\n)$", description="Run this handler then: PLUGIN.NAME.")
    ] = None
    begin: Annotated[str | None, Field(pattern=ROUTE_NAME, description="Begin this flow then.")] = None
    stale_after: Annotated[
        Duration | None, Field(description="Leave it out when it comes later than this, as after an outage.")
    ] = None


Laters = Annotated[
    list[LaterSpec],
    BeforeValidator(as_list),
    Field(description="Do this later: {name: …, after: 24h, reply: …}, or several."),
]
Cancels = Annotated[Words, Field(description="Take back what was put off under these names.")]


def _kind_of_save(value: object) -> str:
    return "what is saved" if isinstance(value, SaveSpec | dict) else "a folder"


def _kind_of_reply(value: object) -> str:
    is_choice = isinstance(value, ChoiceSpec) or (isinstance(value, dict) and "any" in value and "type" not in value)
    return "one of several" if is_choice else "messages"


ReplyMessages = Annotated[
    Annotated[Wordings, Tag("messages")] | Annotated[ChoiceSpec, Tag("one of several")], Discriminator(_kind_of_reply)
]
Save = Annotated[
    Annotated[Word, Tag("a folder")] | Annotated[SaveSpec, Tag("what is saved")], Discriminator(_kind_of_save)
]
Allow = Annotated[AccessSpec | None, Field(description="Only for these; `deny` wins over it.")]
Deny = Annotated[AccessSpec | None, Field(description="Not for these.")]
StaleAfter = Annotated[
    DurationOrNever | None,
    Field(description="Don't answer what happened longer ago than this, as in 2h; or never."),
]


class RouteSpec(Spec):
    """Hold one entry under ``routes:``: a rule, the place of a pack, or a change to a pack's rule."""

    name: Annotated[str | None, Field(pattern=ROUTE_NAME, description="The route's name, unique in its list.")] = None
    include: Annotated[str | None, Field(pattern=NAME, description="Put all routes of this pack here.")] = None
    override: Annotated[bool, Field(description="Replace the included route of this name whole.")] = False
    enabled: Annotated[bool, Field(description="false removes the route.")] = True
    on: Annotated[Words | None, Field(description="Event types: message.text, message, follow, postback, …, or *.")] = (
        None
    )
    keyword: Annotated[Words | None, Field(description="The text contains one of these.")] = None
    exact: Annotated[Words | None, Field(description="The text is one of these.")] = None
    prefix: Annotated[Words | None, Field(description="The text begins with one of these.")] = None
    pattern: Annotated[
        Words | None, Field(description="The text contains what one of these RE2 expressions finds.")
    ] = None
    postback: Annotated[
        str | dict[str, str] | None,
        Field(description="The whole postback data, or fields of it: of a query string or a JSON object."),
        WithJsonSchema({"anyOf": [SCALAR, {"type": "object", "additionalProperties": SCALAR}]}),
    ] = None
    intent: Annotated[Words | None, Field(description="The text has one of these intents.")] = None
    unsure: Annotated[bool, Field(description="true: ask back when the text may have one of two intents.")] = False
    when: Annotated[RouteWhenSpec | None, Field(description="Conditions that must all hold.")] = None
    otherwise: Annotated[bool, Field(description="true: answer every message that came this far.")] = False
    allow: Allow = None
    deny: Deny = None
    reply: Annotated[
        ReplyMessages | None, Field(description="Answer with these messages, or with one of several: {any: […]}.")
    ] = None
    save: Annotated[
        Save | None,
        Field(description="Save the file that was sent to this folder, and then answer; {match.file} is where it is."),
    ] = None
    push: Annotated[
        list[PushSpec],
        BeforeValidator(as_list),
        Field(description="Push this to others as well, by this bot or another: {to: …, say: …, bot: …}, or several."),
    ] = []
    run: Annotated[
        str | None, Field(pattern=r"^[\w\-]+\.[\w\-]+(?!\n)$", description="Run this handler: PLUGIN.NAME.")
    ] = None
    begin: Annotated[str | None, Field(pattern=ROUTE_NAME, description="Begin this flow.")] = None
    set: Annotated[
        dict[str, Any] | None, Field(description="Keep this of the conversation: {state.NAME}; null for none.")
    ] = None
    remember: Annotated[
        dict[str, Any] | None, Field(description="Keep this of the person: {person.NAME}; null for none.")
    ] = None
    count: Annotated[str | None, Field(pattern=NAME, description="Add one to this number of the person's.")] = None
    later: Laters = []
    cancel: Cancels = []
    handoff: Annotated[str | None, Field(description="Hand the chat over to people, for this reason.")] = None
    interrupts: Annotated[
        bool | None,
        Field(description="In a flow: true: it always answers; false: never; default: to what is no answer there."),
    ] = None

    retries: Annotated[
        list[Seconds] | None,
        Field(max_length=20, description="Seconds before each further run of a handler that failed; [] for none."),
    ] = None
    deadline: Annotated[Seconds | None, Field(description="Seconds that the handler may take.")] = None
    cooldown: Annotated[
        Duration | None,
        Field(description="Once it has answered, the route rests this long in that conversation, as in 1h."),
    ] = None
    at_most: Annotated[
        AtMostSpec | None, Field(description="How often it answers, as in {times: 3, per: day}; then the next may.")
    ] = None
    stale_after: StaleAfter = None
    overlap: Annotated[
        Literal["queue", "merge", "latest", "reject"],
        Field(
            description="What becomes of events that come before an earlier one is done with: they wait (queue, the "
            "default), texts are answered as one (merge), or only the newest is (latest), or they end (reject)."
        ),
    ] = "queue"
    window: Annotated[
        float | None,
        Field(gt=0, le=20, description="With overlap merge or latest: seconds without a further text to wait for."),
    ] = None
    busy: Annotated[
        Wordings | None, Field(description="With overlap reject: the answer to what comes during a run, once.")
    ] = None

"""Describe bot.yaml: which keys there are and what they take. The JSON Schema is made from here."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from ..durations import Duration, DurationOrNever
from .values.annotations import Deferred

NAME = r"^[\w][\w\-]{0,63}(?!\n)$"
ROUTE_NAME = r"^[\w][\w\-]{0,63}(\.[\w][\w\-]{0,63})?(?!\n)$"
LEVELS = ("lenient", "default", "strict")
_ENGINE: Literal["python-re"] = "python-re"  # Rust's takes 70 ms to compile these


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _one_or_many(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_SCALARS: dict[str, Any] = {"type": "array", "items": _SCALAR, "minItems": 1}
_MESSAGE: dict[str, Any] = {
    "anyOf": [
        _SCALAR,
        {
            "type": "object",
            "properties": {
                "json": {"type": "string", "description": "A file with a message object, or a list of them."}
            },
            "required": ["json"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"type": {"type": "string", "description": "The platform's message type."}},
            "required": ["type"],
        },
    ]
}

Word = Annotated[str, Field(min_length=1)]
Words = Annotated[list[Word], BeforeValidator(_as_list), Field(min_length=1), _one_or_many({**_SCALAR, "minLength": 1})]
Name = Annotated[str, Field(pattern=NAME)]
Messages = Annotated[list[str | dict[str, Any]], BeforeValidator(_as_list), Field(min_length=1), _one_or_many(_MESSAGE)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ChatName = Literal["user", "group", "room"]


def _many_of(choices: list[str]) -> WithJsonSchema:
    return _one_or_many({"enum": choices})


class Spec(BaseModel):
    """Refuse unknown keys and keys with nothing behind them, and never show a value in an error."""

    refuses_nothing: ClassVar[bool] = True
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True, regex_engine=_ENGINE)


Seconds = Annotated[float, Field(gt=0, le=3600)]
Running = Annotated[int, Field(ge=1, le=100_000)]


Days = Annotated[
    list[Day],
    BeforeValidator(_as_list),
    _many_of(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    Field(description="Days of the week."),
]
Times = Annotated[Words, Field(description="Times of day, as in 09:00-18:00; 22:00-02:00 crosses midnight.")]
TimeZone = Annotated[str | None, Field(description="A time zone, as in Asia/Taipei; default: the bot's.")]


class WhenSpec(Spec):
    """Narrow a route down: all that is written must hold."""

    chat: Annotated[
        list[ChatName],
        BeforeValidator(_as_list),
        _many_of(["user", "group", "room"]),
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
    state: Annotated[dict[str, Any], Field(description="Values that the conversation's state must have.")] = {}


def _as_kind(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


def _threshold(value: object) -> object:
    """Turn what is written into a number, or one of the three words."""
    if isinstance(value, str) and value not in LEVELS:
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, str) or (isinstance(value, float) and 0 <= value <= 1):
        return value
    raise ValueError(f"expected a number from 0 to 1, or one of {', '.join(LEVELS)}")


class EntitySpec(Spec):
    """Say what a text may mention; a single word is its kind."""

    kind: Annotated[Literal["number", "date", "time"] | None, Field(description="A number, date or time of day.")] = (
        None
    )
    values: Annotated[
        dict[str, Words] | list[Word] | None,
        Field(min_length=1, description="The values, each with the words for it; or just words."),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "array", "items": _SCALAR, "minItems": 1},
                    {
                        "type": "object",
                        "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
                    },
                ]
            }
        ),
    ] = None
    pattern: Annotated[Words | None, Field(description="RE2 expressions that find it.")] = None
    examples: Annotated[Words, Field(description="With `pattern`: what it finds, to learn from.")] = []


Threshold = Annotated[
    float | Literal["lenient", "default", "strict"],
    BeforeValidator(_threshold),
    WithJsonSchema({"anyOf": [{"enum": list(LEVELS)}, {"type": "number", "minimum": 0, "maximum": 1}]}),
]


class IntentSpec(Spec):
    """Hold one named meaning: sentences that have it."""

    examples: Annotated[Words, Field(description="Five to ten sentences that people write when they mean it.")] = []
    sentences: Annotated[
        Words, Field(description="Exact wording: (a|b) one of several, [a] may be left out, {name} an entity.")
    ] = []
    entities: Annotated[
        dict[Name, Annotated[EntitySpec, BeforeValidator(_as_kind)]],
        Field(description="What the sentences mention as {name}."),
    ] = {}
    threshold: Annotated[
        Threshold | None, Field(description="How sure it must be: lenient, default, strict, or a number from 0 to 1.")
    ] = None
    label: Annotated[str | None, Field(description="What people call it; default: its name.")] = None


class UnderstandingSpec(Spec):
    """Say how a bot tells its intents apart."""

    classifier: Annotated[str | None, Field(description="encoder (default), ngrams, encoder+, or a plugin's.")] = None
    threshold: Annotated[
        Threshold, Field(description="How sure it must be: lenient, default, strict, or a number from 0 to 1.")
    ] = "default"


class AccessSpec(Spec):
    """List people and chats: whoever is one of the users, or writes in one of the groups."""

    users: Annotated[Words, Field(description="User ids, or lists.NAME.")] = []
    groups: Annotated[Words, Field(description="Group or room ids, or lists.NAME.")] = []


class ChoiceSpec(Spec):
    """Hold several replies, of which one is taken at random."""

    any: Annotated[
        list[Messages],
        Field(min_length=2, description="Answer with one of these, at random; each is a message or a list of them."),
    ]


def _kind_of_reply(value: object) -> str:
    is_choice = isinstance(value, ChoiceSpec) or (isinstance(value, dict) and "any" in value and "type" not in value)
    return "one of several" if is_choice else "messages"


ReplyMessages = Annotated[
    Annotated[Messages, Tag("messages")] | Annotated[ChoiceSpec, Tag("one of several")], Discriminator(_kind_of_reply)
]
Allow = Annotated[AccessSpec | None, Field(description="Only for these; `deny` wins over it.")]
Deny = Annotated[AccessSpec | None, Field(description="Not for these.")]
Lists = Annotated[
    dict[Name, Words], Field(description="User, group or room ids under a name; lists.NAME stands for them.")
]
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
        Field(description="The whole postback data, or fields of it as a query string."),
        WithJsonSchema({"anyOf": [_SCALAR, {"type": "object", "additionalProperties": _SCALAR}]}),
    ] = None
    intent: Annotated[Words | None, Field(description="The text has one of these intents.")] = None
    unsure: Annotated[bool, Field(description="true: ask back when the text may have one of two intents.")] = False
    when: Annotated[WhenSpec | None, Field(description="Conditions that must all hold.")] = None
    otherwise: Annotated[bool, Field(description="true: answer every message that came this far.")] = False
    allow: Allow = None
    deny: Deny = None
    reply: Annotated[
        ReplyMessages | None, Field(description="Answer with these messages, or with one of several: {any: […]}.")
    ] = None
    run: Annotated[
        str | None, Field(pattern=r"^[\w\-]+\.[\w\-]+(?!\n)$", description="Run this handler: PLUGIN.NAME.")
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
        Messages | None, Field(description="With overlap reject: the answer to what comes during a run, once.")
    ] = None


IntentSpecs = Annotated[dict[Name, IntentSpec], Field(description="What texts may mean, for routes with `intent:`.")]


class PackSpec(Spec):
    """Hold a named list of routes that bots include, and the intents that they look for."""

    intents: IntentSpecs = {}
    routes: Annotated[list[RouteSpec], Field(min_length=1)]


class LimitsSpec(Spec):
    """Say how much may go on at once."""

    running: Annotated[Running | None, Field(description="How many events may run at once, in each process.")] = None


class UserLimitSpec(Spec):
    """Say how many of one person's messages and taps are answered, and in what time."""

    messages: Annotated[int, Field(ge=1, le=1000, description="How many, …")]
    within: Annotated[Duration, Field(description="… within what time, as in 1m.")]
    reply: Annotated[Messages | None, Field(description="Said once when it is too much; then there is silence.")] = None


class BotLimitsSpec(LimitsSpec):
    """Say how much of one bot may go on."""

    per_user: Annotated[UserLimitSpec | None, Field(description="How much one person may ask for.")] = None


class QuietSpec(Spec):
    """Say when nothing is pushed; it goes out afterwards. Replies are sent at any time."""

    days: Days = []
    time: Times = []
    timezone: TimeZone = None


class BotSpec(BaseModel):
    """Hold one bot. The adapter's own settings stand under the adapter's name."""

    refuses_nothing: ClassVar[bool] = True
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, defer_build=True, regex_engine=_ENGINE)

    adapter: Annotated[str, Field(description="The platform.")]
    call_names: Annotated[Words, Field(description="In groups the bot listens to texts that begin with one.")] = []
    timezone: Annotated[str, Field(description="The time zone of `when:`, as in Asia/Taipei.")] = "UTC"
    push_fallback: Annotated[
        bool, Field(description="Push (which may cost quota) when a reply is certain not to have arrived.")
    ] = True
    settings: Annotated[dict[Name, str], Field(description="Values for {settings.name} in this bot's replies.")] = {}
    limits: Annotated[BotLimitsSpec, Field(description="How much of this bot may go on.")] = BotLimitsSpec()
    lists: Lists = {}
    allow: Allow = None
    deny: Deny = None
    stale_after: StaleAfter = None
    quiet: Annotated[QuietSpec | None, Field(description="When nothing is pushed; it goes out afterwards.")] = None
    plugins: Annotated[
        dict[Name, Deferred], Field(description="The plugins that this bot uses, with their settings.")
    ] = {}
    intents: IntentSpecs = {}
    understanding: Annotated[UnderstandingSpec, Field(description="How the bot tells its intents apart.")] = (
        UnderstandingSpec()
    )
    on_error: Annotated[Messages | None, Field(description="The answer when a handler has failed for good.")] = None
    routes: Annotated[list[RouteSpec], Field(description="The rules; the first that fits answers.")] = []


class RetentionSpec(Spec):
    """Say how long finished events are kept."""

    ids_days: Annotated[
        int, Field(ge=1, le=3650, description="How long an event id is remembered to spot doubles.")
    ] = 30
    bodies_days: Annotated[int, Field(ge=0, le=3650, description="How long the text of finished events is kept.")] = 30


class FileSpec(Spec):
    """Hold a whole bot.yaml, or several that were merged."""

    version: Literal["1"]
    store: Annotated[
        str, Field(description="Where events are kept: sqlite:///FILE, or postgresql://USER@HOST/DATABASE.")
    ] = "sqlite:///hookline.db"
    listen_url: Annotated[
        str | None, Field(description="The way past a transaction pooler that `store` leads to: postgresql://…")
    ] = None
    limits: Annotated[LimitsSpec, Field(description="How much may go on at once.")] = LimitsSpec()
    retention: RetentionSpec = RetentionSpec()
    lists: Lists = {}
    packs: Annotated[dict[Name, PackSpec], Field(description="Routes that bots share.")] = {}
    bots: Annotated[dict[Name, BotSpec], Field(min_length=1, description="The bots, by name.")]


class PartSpec(FileSpec):
    """Hold one of several files: the bots may all stand in another."""

    bots: Annotated[dict[Name, BotSpec], Field(min_length=1)] = {}


class PluginFileSpec(Spec):
    """Hold a plugin's routes.yaml: the pack that has the plugin's name."""

    version: Literal["1"] = "1"
    intents: IntentSpecs = {}
    routes: Annotated[list[RouteSpec], Field(min_length=1)]

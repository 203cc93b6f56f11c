"""Say which keys a bot has, and what they take."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..values.annotations import Deferred
from .flows import FlowSpecs
from .handoffs import HandoffSpec
from .intents import IntentSpecs, UnderstandingSpec
from .routes import Allow, Deny, RouteSpec, StaleAfter
from .schedules import ScheduledSpec
from .words import (
    ENGINE,
    OPEN,
    OPEN_VALUE,
    Days,
    Duration,
    Language,
    Lists,
    Name,
    Running,
    Spec,
    Times,
    TimeZone,
    Wordings,
    Words,
)


class LimitsSpec(Spec):
    """Say how much may go on at once."""

    running: Annotated[Running | None, Field(description="How many events may run at once, in each process.")] = None


class UserLimitSpec(Spec):
    """Say how many of one person's messages and taps are answered, and in what time."""

    messages: Annotated[int, Field(ge=1, le=1000, description="How many, …")]
    within: Annotated[Duration, Field(description="… within what time, as in 1m.")]
    reply: Annotated[Wordings | None, Field(description="Said once when it is too much; then there is silence.")] = None


class BotLimitsSpec(LimitsSpec):
    """Say how much of one bot may go on."""

    per_user: Annotated[UserLimitSpec | None, Field(description="How much one person may ask for.")] = None


class QuietSpec(Spec):
    """Say when nothing is pushed; it goes out afterwards. Replies are sent at any time."""

    days: Days = []
    time: Times = []
    timezone: TimeZone = None


class MessagesSpec(Spec):
    """Say what becomes of messages that hold what hookline doesn't know."""

    unknown: Annotated[
        Literal["refuse", "warn"],
        Field(description="A type, key, component, action or value that isn't known: an error, or a warning."),
    ] = "refuse"


class BotSpec(BaseModel):
    """Hold one bot. The adapter's own settings stand under the adapter's name."""

    refuses_nothing: ClassVar[bool] = True
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, defer_build=True, regex_engine=ENGINE)

    adapter: Annotated[str, Field(description="The platform."), OPEN_VALUE]
    call_names: Annotated[
        Words, Field(description="In groups the bot listens to texts that begin with one."), OPEN
    ] = []
    timezone: Annotated[str, Field(description="The time zone of `when:`, as in Asia/Taipei."), OPEN_VALUE] = "UTC"
    push_fallback: Annotated[
        bool, Field(description="Push (which may cost quota) when a reply is certain not to have arrived."), OPEN_VALUE
    ] = True
    settings: Annotated[
        dict[Name, str], Field(description="Values for {settings.name} in this bot's replies."), OPEN
    ] = {}
    limits: Annotated[BotLimitsSpec, Field(description="How much of this bot may go on."), OPEN] = BotLimitsSpec()
    lists: Annotated[Lists, OPEN] = {}
    allow: Annotated[Allow, OPEN] = None
    deny: Annotated[Deny, OPEN] = None
    stale_after: Annotated[StaleAfter, OPEN] = None
    quiet: Annotated[QuietSpec | None, Field(description="When nothing is pushed; it goes out afterwards."), OPEN] = (
        None
    )
    messages: Annotated[
        MessagesSpec, Field(description="What becomes of messages that hold what hookline doesn't know."), OPEN
    ] = MessagesSpec()
    plugins: Annotated[
        dict[Name, Deferred], Field(description="The plugins that this bot uses, with their settings.")
    ] = {}
    intents: Annotated[IntentSpecs, OPEN] = {}
    flows: Annotated[FlowSpecs, OPEN] = {}
    languages: Annotated[
        list[Language], Field(description="The languages that it speaks, the default first: zh-TW, en, ja, th, …"), OPEN
    ] = []
    texts: Annotated[
        dict[str, Wordings], Field(description="What hookline itself says, by its key: flow.cancelled, …"), OPEN
    ] = {}
    understanding: Annotated[UnderstandingSpec, Field(description="How the bot tells its intents apart."), OPEN] = (
        UnderstandingSpec()
    )
    schedule: Annotated[
        list[ScheduledSpec],
        Field(description="What happens by the clock: {name: …, at: '11:30', to: lists.NAME, reply: …}."),
        OPEN,
    ] = []
    handoff: Annotated[HandoffSpec | None, Field(description="How chats are handed over to people."), OPEN] = None
    budget: Annotated[
        int | None,
        Field(ge=0, le=1_000_000_000, description="So many pushes a month at most, by the bot's clock; then none."),
        OPEN,
    ] = None
    on_error: Annotated[Wordings | None, Field(description="The answer when a handler has failed for good."), OPEN] = (
        None
    )
    routes: Annotated[list[RouteSpec], Field(description="The rules; the first that fits answers."), OPEN] = []

"""Say which keys the entries of a schedule have, and what they take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from .flows import FLOW_NAME, TARGET
from .words import SCALAR, Days, Duration, Name, Spec, TimeZone, Word, Wordings, Words


class PeopleSpec(Spec):
    """Say whom: people of whom the bot keeps what is wanted."""

    person: Annotated[
        dict[str, Any],
        Field(min_length=1, description="What is kept: a value, several, null, {not: …}, {at_least: …}."),
    ]


def _kind_of_targets(value: object) -> str:
    return "people" if isinstance(value, PeopleSpec | dict) else "ids"


Targets = Annotated[
    Annotated[Words, Tag("ids")] | Annotated[PeopleSpec, Tag("people")], Discriminator(_kind_of_targets)
]


class ScheduledSpec(Spec):
    """Hold one entry of a schedule: when, to whom, and what."""

    name: Annotated[Name, Field(description="Its name; the store knows it by this.")]
    at: Annotated[
        Word | None, Field(description="A time of day, as in '11:30', or once: 2026-12-24 12:00. Without: by hand.")
    ] = None
    cron: Annotated[Word | None, Field(description="A cron expression of five fields, as in '30 11 * * 1-5'.")] = None
    days: Days = []
    timezone: TimeZone = None
    to: Annotated[Targets, Field(description="Ids, lists.NAME, {person: {…}}, or everyone.")]
    reply: Annotated[Wordings | None, Field(description="Push these messages.")] = None
    run: Annotated[str | None, Field(pattern=TARGET, description="Run this handler in each chat: PLUGIN.NAME.")] = None
    begin: Annotated[str | None, Field(pattern=FLOW_NAME, description="Begin this flow in each chat.")] = None
    missed: Annotated[
        Literal["skip"] | Duration,
        Field(description="So late it is made up for, as after an outage, once; skip: never. Default: 1h."),
        WithJsonSchema({"anyOf": [{"const": "skip"}, SCALAR]}),
    ] = 3_600.0

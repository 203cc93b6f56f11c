"""Hold the words that keys are made of: names, lists of words, messages, times; and what all models refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from ...durations import NEVER, PATTERN, duration, duration_or_never
from ...languages import TAG
from ...neutral import ALT, PICKS
from ...sizes import PATTERN as SIZE_PATTERN
from ...sizes import size

NAME = r"^[\w][\w\-]{0,63}(?!\n)$"
ENGINE: Literal["python-re"] = "python-re"  # Rust's takes 70 ms to compile these
SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_UNCHECKED: dict[str, Any] = {
    "type": "boolean",
    "description": "true: leave this message alone, whatever is in it; the platform isn't sent the word.",
}
_FILE: dict[str, Any] = {
    "anyOf": [
        SCALAR,
        {
            "type": "object",
            "properties": dict.fromkeys(("url", "name", "preview", "seconds"), SCALAR),
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}


def _object(names: str, *required: str, **more: Any) -> dict[str, Any]:
    """Return the schema of an object whose keys are *names* and *more*."""
    properties = {**dict.fromkeys(names.split(), SCALAR), **more}
    needs = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **needs}


_BUTTON = _object("label postback url say", "label")
_QUICK = {
    "anyOf": [SCALAR, _object("label say postback from to", pick={"enum": [*PICKS]})],
}
_NEUTRAL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {**SCALAR, "description": "A text."},
        "image": {**_FILE, "description": "A picture, by its URL."},
        "video": {**_FILE, "description": "A video, by its URL; `preview` is a picture of it."},
        "audio": {**_FILE, "description": "A sound, by its URL; `seconds` is how long it is."},
        "file": {**_FILE, "description": "Any file, by its URL."},
        "location": _object("latitude longitude title address", "latitude", "longitude"),
        "card": _object("title text image"),
        "buttons": {"anyOf": [_BUTTON, {"type": "array", "items": _BUTTON}], "description": "What can be tapped."},
        "quick": {
            "anyOf": [_QUICK, {"type": "array", "items": _QUICK}],
            "description": "Answers offered once.",
        },
        "alt": {**SCALAR, "description": "What is read out in place of what isn't a text."},
        "unchecked": _UNCHECKED,
    },
    "minProperties": 1,
    "additionalProperties": {"type": ["object", "array"], "description": "That platform's own, instead."},
    "not": {"anyOf": [{"required": ["type"]}, {"required": ["json"]}]},
}
MESSAGE: dict[str, Any] = {
    "anyOf": [
        SCALAR,
        {
            "type": "object",
            "properties": {
                "json": {
                    "type": "string",
                    "description": "A file with a message object, or a list of them; or what an editor of the "
                    "platform exported: then the message's other keys stand beside it.",
                },
                "altText": {"type": "string", "description": "What notifications say; else its first text."},
                "quickReply": {"type": "object"},
                "sender": {"type": "object"},
                "unchecked": _UNCHECKED,
            },
            "required": ["json"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "type": {"type": "string", "description": "The platform's message type."},
                "unchecked": _UNCHECKED,
                "quote": {"type": "boolean", "description": "true: send it as a quote of the message it answers."},
            },
            "required": ["type"],
        },
        _NEUTRAL,
    ]
}


@dataclass(frozen=True, slots=True)
class Open:
    """Mark a key whose line findings may quote, since no secret belongs there; with ``below`` nor below it.

    All that isn't marked is hidden.
    """

    below: bool


OPEN, OPEN_VALUE = Open(below=True), Open(below=False)


def as_list(value: object) -> object:
    """Return *value* as a list, if it is none: one may be written without."""
    return value if isinstance(value, list) else [value]


def one_or_many_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of *item*, or of a list of such."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


BY_LANGUAGE: dict[str, Any] = {
    "type": "object",
    "propertyNames": {"pattern": f"^{TAG}$", "not": {"const": ALT}},
    "not": {"propertyNames": {"pattern": "^[a-z]{3}(-|$)"}},
    "additionalProperties": one_or_many_of(MESSAGE),
}
"""A mapping of languages; where all keys have three letters, they are misspelt."""


def one_or_many(item: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of what :func:`as_list` takes: *item*, or a list of such."""
    return WithJsonSchema(one_or_many_of(item))


def many_of(choices: list[str]) -> WithJsonSchema:
    """Return the schema of one or several of *choices*."""
    return one_or_many({"enum": choices})


Word = Annotated[str, Field(min_length=1)]
WORDS = one_or_many_of({**SCALAR, "minLength": 1})
Words = Annotated[list[Word], BeforeValidator(as_list), Field(min_length=1), WithJsonSchema(WORDS)]
Name = Annotated[str, Field(pattern=NAME)]
Language = Annotated[str, Field(pattern=f"^{TAG}$")]
Messages = Annotated[list[str | dict[str, Any]], BeforeValidator(as_list), Field(min_length=1), one_or_many(MESSAGE)]
Wordings = Annotated[
    list[str | dict[str, Any]],
    BeforeValidator(as_list),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [*one_or_many_of(MESSAGE)["anyOf"], BY_LANGUAGE]}),
]
"""Messages, or a mapping of languages to messages."""
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def time_of_day(value: object) -> str:
    """Return *value* as a time of day, ``09:05``; raise ValueError for what is none."""
    found = re.match(r"([01]?\d|2[0-3]):([0-5]\d)\Z", str(value).strip())
    if found is None:
        raise ValueError("expected a time of day, as in '18:00'")
    return f"{found[1]:0>2}:{found[2]}"


Days = Annotated[
    list[Day],
    BeforeValidator(as_list),
    many_of(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    Field(description="Days of the week."),
]
Times = Annotated[Words, Field(description="Times of day, as in 09:00-18:00; 22:00-02:00 crosses midnight.")]
TimeZone = Annotated[str | None, Field(description="A time zone, as in Asia/Taipei; default: the bot's.")]
TimeOfDay = Annotated[
    str,
    BeforeValidator(time_of_day),
    Field(description="A time of day, as in '18:00'."),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$"}),
]
Lists = Annotated[
    dict[Name, Words], Field(description="User, group or room ids under a name; lists.NAME stands for them.")
]


def _written(pattern: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": f"^({pattern})$"}]}
    )


def true_or(value: object) -> object:
    """Return true and false, which are texts where something else may stand, too."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Duration = Annotated[float, BeforeValidator(duration), _written(PATTERN)]
DurationOrNever = Annotated[float, BeforeValidator(duration_or_never), _written(f"{PATTERN}|{NEVER}")]
Size = Annotated[int, BeforeValidator(size), _written(SIZE_PATTERN)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Running = Annotated[int, Field(ge=1, le=100_000)]


class Spec(BaseModel):
    """Refuse unknown keys and keys with nothing behind them, and never show a value in an error."""

    refuses_nothing: ClassVar[bool] = True
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True, regex_engine=ENGINE)

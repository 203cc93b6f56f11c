"""Say which keys intents and their entities have, and what they take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from .words import SCALAR, Name, Spec, Word, Words

LEVELS = ("lenient", "default", "strict")
ENTITY_KEYS = ("values", "pattern", "kind")
"""Of these an entity has exactly one."""


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
                    {"type": "array", "items": SCALAR, "minItems": 1},
                    {
                        "type": "object",
                        "additionalProperties": {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]},
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


IntentSpecs = Annotated[dict[Name, IntentSpec], Field(description="What texts may mean, for routes with `intent:`.")]

"""Hold messages in the languages of a bot, and choose the one that somebody reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..languages import nearest
from .templates import MessageTemplate, roots_of

ANY_LANGUAGE = ""
"""What messages are in that are written once, for all languages."""


@dataclass(frozen=True)
class Wording:
    """Hold messages by language, as in ``zh-TW`` or ``en``, the default first; under no language what is for all."""

    each: Mapping[str, tuple[MessageTemplate, ...]]

    @classmethod
    def of(cls, messages: Sequence[MessageTemplate]) -> Wording:
        """Return *messages* for all languages."""
        return cls({ANY_LANGUAGE: tuple(messages)})

    def in_language(self, language: str | None) -> tuple[MessageTemplate, ...]:
        """Return the messages for whoever reads *language*, else those of the default."""
        found = nearest(language, self.each) if len(self.each) > 1 else None
        return self.each[found or next(iter(self.each))]

    @property
    def languages(self) -> list[str]:
        """Return the languages, the default first; none where it is written once for all."""
        return [language for language in self.each if language]

    @cached_property
    def roots(self) -> frozenset[str]:
        """Return the roots of the placeholders in any language."""
        return roots_of(template for messages in self.each.values() for template in messages)

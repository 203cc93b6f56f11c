"""Turn what is said, in one language or in several, into messages by language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...languages import TAG
from ...neutral import ALT
from ...routing.wordings import Wording
from .replies import build_messages
from .surroundings import Site, Surroundings

_TAG = re.compile(rf"{TAG}\Z")
_OF_TWO_LETTERS = re.compile(r"[a-z]{2}(-|\Z)")


def is_by_language(value: object) -> bool:
    """Say whether *value* is a mapping of languages, as in ``{zh-TW: 歡迎, en: Welcome}``."""
    if not isinstance(value, Mapping) or ALT in value or not all(_TAG.match(str(key)) for key in value):
        return False
    return any(
        _OF_TWO_LETTERS.match(str(key)) for key in value
    )  # a word of three letters may be a key that is misspelt


def build_wording(
    items: Sequence[str | dict[str, Any]],
    site: Site,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
    on: frozenset[str] | None = None,
    chats: Sequence[str] = (),
    names: Surroundings | None = None,
) -> Wording:
    """Return the messages *items*, or those of each language, as :func:`~.replies.build_messages` reads them."""
    if len(items) == 1 and is_by_language(items[0]):
        by_language = items[0]
        assert isinstance(by_language, Mapping)
        return Wording(
            {
                str(tag): build_messages(_listed(messages), site.below(tag), around, captures, on, chats, names)
                for tag, messages in by_language.items()
            }
        )
    return Wording.of(build_messages(items, site, around, captures, on, chats, names))


def _listed(messages: Any) -> Sequence[Any]:
    return messages if isinstance(messages, list) else [messages]

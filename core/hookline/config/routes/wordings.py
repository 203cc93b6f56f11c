"""Turn what is said, in one language or in several, into messages by language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...neutral import ALT
from ...routing.wordings import Wording
from .replies import build_messages
from .surroundings import Site, Surroundings

_TAG = re.compile(r"([a-z]{2}|yue|nan|hak|fil)(-[A-Za-z0-9]{2,8}){0,3}\Z")
"""Two letters, as of nearly all languages: a word of three may be a key that is misspelt."""


def is_by_language(value: object) -> bool:
    """Say whether *value* is a mapping of languages, as in ``{zh-TW: 歡迎, en: Welcome}``."""
    return isinstance(value, Mapping) and bool(value) and all(_TAG.match(str(key)) and key != ALT for key in value)


def build_wording(
    items: Sequence[str | dict[str, Any]],
    site: Site,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
    on: frozenset[str] | None = None,
    chats: Sequence[str] = (),
) -> Wording:
    """Return the messages *items*, or those of each language, as :func:`~.replies.build_messages` reads them."""
    if len(items) == 1 and is_by_language(items[0]):
        by_language = items[0]
        assert isinstance(by_language, Mapping)
        return Wording(
            {
                str(tag): build_messages(_listed(messages), site.below(tag), around, captures, on, chats)
                for tag, messages in by_language.items()
            }
        )
    return Wording.of(build_messages(items, site, around, captures, on, chats))


def _listed(messages: Any) -> Sequence[Any]:
    return messages if isinstance(messages, list) else [messages]

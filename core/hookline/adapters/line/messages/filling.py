"""Know where in LINE's messages a URL, data or a text with braces of its own stands, into which a value is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...filling import Fill, for_data, into_url

URLS = frozenset(
    {
        "uri", "linkUri", "desktop", "url", "previewUrl", "originalContentUrl", "previewImageUrl", "baseUrl",
        "imageUrl", "thumbnailImageUrl", "iconUrl",
    }
)  # fmt: skip
"""The keys behind which LINE has a URL; a test compares them with its rules."""


def fill(owner: Mapping[str, Any], key: str) -> Fill | None:
    """Return how values are written into the text under *key* of the object *owner*; None for as they are."""
    text = owner[key]
    if key in URLS:
        return into_url
    if key == "data":
        return for_data(text)
    if key == "text" and owner.get("type") == "textV2":
        return between_braces
    return beside_emojis if key == "text" and owner.get("emojis") else None


def between_braces(before: str, value: str) -> str:
    """Return *value* with its braces doubled, so that none of them begins a substitution."""
    return value.replace("{", "{{").replace("}", "}}")


def beside_emojis(before: str, value: str) -> str:
    """Return *value* with a wide dollar for a dollar, which would be taken for the place of an emoji."""
    return value.replace("$", "＄")

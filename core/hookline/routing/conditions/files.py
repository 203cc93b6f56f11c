"""Ask for a file that can be saved, as far as an event says what comes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...events import Attachment
from ...sizes import shown
from ...uploads.names import type_of
from .condition import Condition, Situation

ANY_FILE = "file"
"""The kind of what has a name and may be of any type; all other kinds are the first halves of their types."""


@dataclass(frozen=True, slots=True)
class Savable(Condition):
    """Ask for a file of one of *types*, *at_most* so many bytes large, that the platform keeps.

    *types* are kinds (``image``), content types (``application/pdf``) and halves of them (``image/*``); without any all
    will do.
    """

    types: tuple[str, ...]
    at_most: int

    def failure(self, situation: Situation) -> str | None:
        """Return what is known already and stands against it."""
        attachment = situation.event.attachment
        if attachment is None:
            return f"save takes what comes with a file, and {situation.event.type} doesn't"
        if attachment.url is not None:
            return f"the platform doesn't keep this {attachment.kind}; it is at {attachment.url or 'some other place'}"
        if not self.may_be(attachment):
            return f"save.types is {', '.join(self.types)}, this is {_known_type(attachment)}"
        if attachment.size is not None and attachment.size > self.at_most:
            return f"save.at_most is {shown(self.at_most)}, this {attachment.kind} has {attachment.size} bytes"
        return None

    def terms(self) -> Iterable[str]:
        """Return the types and the size."""
        return [f"file{' of ' if self.types else ''}{', '.join(self.types)}, at most {shown(self.at_most)}"]

    def may_be(self, attachment: Attachment) -> bool:
        """Say whether the file may be of one of the types; only for what has a name this is certain."""
        if not self.types or attachment.kind in self.types:
            return True
        if attachment.kind != ANY_FILE:
            return any(one.startswith(f"{attachment.kind}/") for one in self.types)
        found = type_of(attachment.name or "")
        return found is not None and self._lists(found)

    def takes(self, attachment: Attachment, content_type: str) -> bool:
        """Say whether the file is of one of the types, now that the platform has told what it is."""
        if not self.types or attachment.kind in self.types or attachment.kind == ANY_FILE:
            return self.may_be(attachment)  # to many platforms any file is a stream of bytes: its name says more
        return self._lists(content_type)

    def takes_kind(self, kind: str) -> bool:
        """Say whether any file of *kind* may be of one of the types."""
        return not self.types or kind in self.types or any(_is_of(one, kind) for one in self.types)

    def _lists(self, content_type: str) -> bool:
        half = f"{content_type.partition('/')[0]}/*"
        return content_type in self.types or half in self.types


def _is_of(one: str, kind: str) -> bool:
    return "/" in one and (kind == ANY_FILE or one.startswith(f"{kind}/"))


def _known_type(attachment: Attachment) -> str:
    if attachment.kind != ANY_FILE:
        return attachment.kind
    return f"a file of type {type_of(attachment.name or '') or 'unknown'}"

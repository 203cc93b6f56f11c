"""Say what a platform would refuse in message objects, before it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

FlawPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Hold one thing that is wrong in message objects.

    ``path`` leads to it; with ``is_key`` its key is wrong, not its value. ``known`` are the words of which ``given``
    should have been one. What isn't ``is_refused`` arrives, but hardly as meant.
    """

    path: FlawPath
    reason: str
    hint: str | None = None
    given: str = ""
    known: Sequence[str] = ()
    is_key: bool = False
    is_refused: bool = True

    def below(self, *path: str | int) -> Self:
        """Return it as it is called from further out, where *path* leads to what it is in."""
        return replace(self, path=(*path, *self.path))


class PartialText(str):
    """Be what is certain of a text with placeholders: its literal parts; ``start`` stands before the first of them."""

    start: str

    def __new__(cls, literal: str, start: str) -> Self:
        """Return the *literal* parts of a text that begins with *start*."""
        self = super().__new__(cls, literal)
        self.start = start
        return self


def where(path: FlawPath) -> str:
    """Return *path* as platforms write it: ``quickReply.items[0].action``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if len(part) <= 40 else '…'}" for part in path)
    return "".join(parts).removeprefix(".")

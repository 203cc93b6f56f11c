"""Say what a platform would refuse in message objects, before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self

from ..messages import as_sent, is_unchecked

Messages = Sequence[Mapping[str, Any]]
FlawPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Hold one thing that is wrong in message objects.

    ``path`` leads to it; with ``is_key`` its key is wrong, not its value. ``known`` are the words of which ``given``
    should have been one. What isn't ``is_refused`` arrives, but hardly as meant. What ``is_unknown`` (a type, a key, a
    word of several) may be new on the platform. ``instead``, where it isn't None, can be sent in place of the value and
    means the same, or of what stands so many steps ``above`` it; with ``is_tacit`` nobody need be told.
    """

    path: FlawPath
    reason: str
    hint: str | None = None
    given: str = ""
    known: Sequence[str] = ()
    is_key: bool = False
    is_refused: bool = True
    is_unknown: bool = False
    instead: object = None
    above: int = 0
    is_tacit: bool = False
    is_loss: bool = False

    def stops(self, *, lets_unknown: bool) -> bool:
        """Say whether the message can't be sent as it is; by *lets_unknown* what isn't known may be."""
        return self.is_refused and not self.is_loss and not (lets_unknown and self.is_unknown)

    def below(self, *path: str | int) -> Self:
        """Return it as it is called from further out, where *path* leads to what it is in."""
        return replace(self, path=(*path, *self.path))


class Several(tuple[Any, ...]):
    """Be what stands in the place of one item of a list, one after the other."""

    __slots__ = ()


NOTHING = Several()
"""What is left out, of a list or of an object."""


class PartialText(str):
    """Be what is certain of a text with placeholders: its literal parts; ``start`` stands before the first of them.

    What ``is_whole`` is one placeholder and nothing else, so that a number may come of it.
    """

    start: str
    is_whole: bool

    def __new__(cls, literal: str, start: str, *, is_whole: bool = False) -> Self:
        """Return the *literal* parts of a text that begins with *start*."""
        self = super().__new__(cls, literal)
        self.start = start
        self.is_whole = is_whole
        return self


def judged(messages: Messages, check: Callable[[Messages], Sequence[Flaw]]) -> list[Flaw]:
    """Return what *check* says of the *messages* of one call, but for those that ask to be left alone."""
    alone = {index for index, body in enumerate(messages) if is_unchecked(body)}
    return [flaw for flaw in check([as_sent(body) for body in messages]) if flaw.path[0] not in alone]


def mended(messages: Sequence[Any], flaws: Iterable[Flaw]) -> list[Any]:
    """Return *messages* with what can be sent instead in place of what has such a flaw; nothing given is changed."""
    mending = list(messages)
    meant = [flaw for flaw in flaws if flaw.instead is not None and not flaw.is_key]
    moving = [flaw for flaw in meant if isinstance(flaw.instead, Several)]
    staying = [flaw for flaw in meant if not isinstance(flaw.instead, Several)]
    for flaw in (*staying, *reversed(moving)):  # from the back, so that what is to be found still is where it was
        with suppress(LookupError, TypeError):  # it stands in what has been replaced
            mending = _replaced(mending, flaw.path[: len(flaw.path) - flaw.above], flaw.instead)
    return mending


def _replaced(value: Any, path: FlawPath, instead: object) -> Any:
    if not path:
        return instead
    copied: Any = dict(value) if isinstance(value, Mapping) else list(value)
    name: Any = path[0]
    if len(path) > 1 or not isinstance(instead, Several):
        copied[name] = _replaced(copied[name], path[1:], instead)
    elif isinstance(copied, list):
        copied[name : name + 1] = instead
    else:
        del copied[name]
    return copied


def where(path: FlawPath) -> str:
    """Return *path* as platforms write it: ``quickReply.items[0].action``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if len(part) <= 40 else '…'}" for part in path)
    return "".join(parts).removeprefix(".")

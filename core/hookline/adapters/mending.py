"""Mend what a platform would refuse in messages and means one thing only, after their placeholders were filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .flaws import Flaw, Messages, judged, mended

MAX_PASSES = 10
"""What is mended may show what else is wrong: a URL that is too long once it is encoded."""


@dataclass(frozen=True, slots=True)
class Mended:
    """Hold the messages of one answer as they go out.

    ``mends`` are the flaws that were mended. ``flaws`` are those that can't be: then nothing is sent.
    """

    messages: Messages
    mends: Sequence[Flaw] = ()
    flaws: Sequence[Flaw] = ()


def mend(messages: Messages, check: Callable[[Messages], Sequence[Flaw]], *, lets_unknown: bool) -> Mended:
    """Return *messages* with all mended that *check* has against them, as far as that can be."""
    mends: list[Flaw] = []
    for _ in range(MAX_PASSES):
        found = judged(messages, check)
        flaws = [flaw for flaw in found if flaw.stops(lets_unknown=lets_unknown)]
        meant = [flaw for flaw in found if _is_mended(flaw) and (flaw.is_tacit or flaw in flaws)]
        if not (meant and all(map(_is_mended, flaws))):
            break
        messages = mended(messages, meant)
        mends += meant
    return Mended(messages, mends, [flaw for flaw in flaws if not _is_mended(flaw)] or flaws)


def _is_mended(flaw: Flaw) -> bool:
    return flaw.instead is not None and not flaw.is_key

"""Prepare a text for matching, and cut captures out of what was really written.

Matching happens on copies (:mod:`.folding`, :mod:`.scripts`), with the bot's own mention or name cut out. The original
is kept for captures.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from .folding import alike_pieces, casefolded, clean, end_of_folded
from .scripts import common, has_traditional_only, merged, with_edges

MAX_TEXT = 10_000
"""Longer texts are matched by their first ten thousand characters; LINE sends 5,000 at most."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
PAUSES = " \t\n\r\u00a0\u2028\u3000,，、:：︰︓﹕;；"
_SEPARATORS = re.compile(rf"[\"'”’」』»)）\]］】》]?[!！?？.。｡…⋯~～〜\-–—－]*[\s{PAUSES}]*")
"""What stands between a call and what is said. A sign after a space is said: ``@shop !help``."""


@dataclass(frozen=True)
class MatchText:
    """Hold one text in the forms that matchers need.

    ``spoken`` is what the person wrote to the bot: mention and call name cut out, trimmed.
    ``is_called`` says whether the bot was mentioned or called by name.
    """

    spoken: str
    is_called: bool

    @cached_property
    def cleaned(self) -> str:
        """Return the copy that captures are found in."""
        return clean(self.spoken)

    @cached_property
    def searched(self) -> str:
        """Return the copy that patterns see, as long as ``cleaned``."""
        return common(self.cleaned)

    @cached_property
    def edged(self) -> str:
        r"""Return the copy that patterns with ``\\b`` see."""
        return with_edges(self.searched)

    @cached_property
    def folded(self) -> str:
        """Return the copy that numbers, dates and words are read from."""
        return casefolded(self.cleaned)

    @cached_property
    def forms(self) -> str:
        """Return the copy in which a Chinese character has one form in a script, as long as ``folded``."""
        return common(self.folded)

    @cached_property
    def key(self) -> str:
        """Return the copy that keywords are looked for in, both Chinese scripts as one, as long as ``folded``."""
        return merged(self.folded)

    @cached_property
    def is_traditional(self) -> bool:
        """Say whether it holds a character that only traditional Chinese uses."""
        return has_traditional_only(self.folded)

    def original(self, start: int, end: int) -> str:
        """Return what was written where ``cleaned[start:end]`` is, full-width ASCII made ASCII."""
        return self._cut(start, end).translate(_FULL_WIDTH)

    def original_rest(self, length: int) -> str:
        """Return what was written after ``folded[:length]`` and a separator, trimmed, full-width ASCII made ASCII."""
        return without_separator(self.after(length)).strip().translate(_FULL_WIDTH)

    def after(self, length: int) -> str:
        """Return what was written after ``folded[:length]``."""
        if self.spoken.isascii() and len(self.folded) == len(self.spoken):
            return self.spoken[length:]
        return self.spoken[end_of_folded(self.spoken, length) :]

    def _cut(self, start: int, end: int) -> str:
        if self.cleaned == self.spoken:
            return self.spoken[start:end]
        places = self._places
        if places is None or start == end:
            return self.cleaned[start:end]
        first = bisect_right(places, start, key=itemgetter(0)) - 1
        last = bisect_left(places, end, key=itemgetter(0)) - 1
        return self.spoken[places[first][1] : places[last][2]]

    @cached_property
    def _places(self) -> Sequence[tuple[int, int, int]] | None:
        """Return each piece's offset in cleaned, its start and its end in spoken; None if the pieces don't join."""
        places, joined = alike_pieces(self.spoken)
        return places if joined == self.cleaned else None


def without_separator(text: str) -> str:
    """Return *text* without what separates it from a call before it."""
    return _SEPARATORS.sub("", text, count=1)

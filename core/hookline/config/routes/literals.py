"""Read texts that are looked for as they stand, and find those that seem to be several, or an expression."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ...findings.findings import Findings, Place
from ...routing.matching.folding import fold
from ...routing.matching.keywords import MAX_KEYWORD
from ...routing.matching.scripts import is_word
from .surroundings import Site

_COMMA_HINT = "for several write a list: [菜單, menu], with half-width commas"
_BRACKETS_HINT = "for several write a list: [菜單, menu], with half-width brackets and commas"
_EXPRESSION_HINT = (
    "`keyword` finds a text anywhere, `exact` is all of it, `prefix` its beginning, and `pattern` takes expressions"
)
_TELLING = re.compile(r"[|｜/／、，,；;^＾$＄*＊?\\＼\])）}+]")
"""Without one of these a text is neither several nor an expression."""
_SEPARATORS = ("｜", "|", "／", "/", "；", ";")
_BRACKETS = {"［": "］", "【": "】", "〔": "〕"}
_COMMA = re.compile(r"[，、]|, |(?<=[^\W\d_]),(?=[^\W\d_])")
_HALF_WIDTH = str.maketrans("＾＄＊＋＼｜（）［］．", "^$*+\\|()[].")
_EXPRESSION = re.compile(
    r"""
    \^\w[^^]*\Z                                           # ^menu, but not ^o^
    | .*[^\W\d_](?<![A-Z])\$\Z                            # menu$, but not US$
    | \*?[^\W\d_]{2,}\*\Z | \*[^\W\d_]{2,}\Z              # menu*, but not A*
    | .*(?<!\.)\.[*+]                                     # .*menu, but not ..*
    | (?!wh|how|really|hello|hey|hi|ok)[a-z]{2,}\?\Z      # menu?
    | [a-z]+\?[a-z]+\Z                                    # colou?r
    | .*(?<![:\\])\\[dswbDSWB](?![A-Za-z])                # \d+, but not C:\docs
    | .*\[[^\]\s]*(?:a-z|A-Z|0-9)[^\]\s]*\]               # [a-z], but not [menu]
    | .*\[([A-Za-z])(?!\1)(?i:\1)\][a-z]                  # [Mm]enu, but not [OK]menu
    | .*[\])][*+?] | .*[\w\])]\{\d+(?:,\d*)?\}            # (menu)? and \w{3}
    | .*\([^()]*[^()|]\|[^()|][^()]*\)                    # (a|b)
    | .*\(\?[:iP<=!]                                      # (?i)
    | /[^/]{2,}/i?\Z                                      # /menu/i
    """,
    re.X | re.S,
)


def literals(name: str, words: Sequence[str] | None, site: Site, findings: Findings) -> tuple[str, ...]:
    """Return the *words* that stand under the key *name*; report what nothing fits, and what is hardly meant so."""
    if not words:
        return ()
    for index, word in enumerate(words):
        folded = fold(word)
        if not folded:
            message = f"`{name}`: nothing is left of this text once it is normalised"
            findings.error(site.value(name, index), message)
        elif len(folded) > MAX_KEYWORD:
            findings.error(site.value(name, index), f"`{name}`: {len(folded)} characters, at most {MAX_KEYWORD}")
    check_literals(name, words, site, findings)
    return tuple(words)


def check_literals(name: str, words: Sequence[str] | None, site: Site, findings: Findings) -> None:
    """Warn of *words* under the key *name* that seem to be several, or an expression."""
    for index, word in enumerate(words or ()):
        if _TELLING.search(word) is None:
            continue
        place = site.value(name, index)
        if _COMMA.search(word) and (len(words or ()) == 1 or _is_in_brackets(place, findings)):
            hint = _BRACKETS_HINT if word[-1] == _BRACKETS.get(word[0]) else _COMMA_HINT
            findings.warning(place, f"`{name}`: this is one text with a comma in it", hint)
        elif _EXPRESSION.match(word.translate(_HALF_WIDTH)):
            message = f"`{name}`: `{word}` is looked for letter by letter, not as an expression"
            findings.warning(place, message, _EXPRESSION_HINT)
        elif separated := _separated(word):
            sign, parts = separated
            hint = f"for several write a list: `[{', '.join(parts)}]`"
            findings.warning(place, f"`{name}`: this is one text with `{sign}` in it", hint)


def _is_in_brackets(place: Place, findings: Findings) -> bool:
    """Say whether what stands at *place* is an entry without quotes of a list in brackets."""
    line = findings.listings[place.file].lines[place.line - 1]
    return line[: place.column - 1].rstrip()[-1:] in ("[", ",") and line[place.column - 1] not in "'\""


def _separated(word: str) -> tuple[str, Sequence[str]] | None:
    """Return what separates the texts that *word* seems to be, and those; None where it is one."""
    for sign in _SEPARATORS:
        parts = [part.strip() for part in word.split(sign)]
        is_wide_open = f" {sign} " in word
        if len(parts) > 1 and _are_words(parts, 2 if sign in "|｜" or is_wide_open else 3):
            return sign, parts
    return None


def _are_words(parts: Sequence[str], least: int) -> bool:
    """Say whether *parts* are words, where two short ones or abbreviations are none: 24/7, w/o, AC/DC, TCP/IP.

    One character is a word in a script without blanks, and so are two letters beside such a one; else it has *least*.
    """
    if not all(part and all(map(_is_in_word, part)) for part in parts):
        return False
    if any(map(_has_free_letter, parts)):
        return all(_has_free_letter(part) or len(part) > 1 for part in parts)
    return all(len(part) >= least and (least == 2 or not part.isupper()) for part in parts)


def _is_in_word(character: str) -> bool:
    return character in " -'’" or unicodedata.category(character)[0] in "LM"


def _has_free_letter(part: str) -> bool:
    """Say whether *part* has a letter of a script that puts no blanks between words."""
    return any(unicodedata.category(character)[0] == "L" and not is_word(character) for character in part)

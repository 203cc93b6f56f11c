r"""Write a person's regular expression as it is searched for: RE2 reads ASCII only where a person means any script.

The text that is searched is made alike (:mod:`.folding`), so literals are, too. A blank is any run of blanks and line
breaks, ``\w`` any letter, mark or digit, ``\b`` an edge of a word in any script, as a keyword has it. ``\d`` and ``\s``
need nothing: the text has no other digits and blanks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import re2

from .folding import LONG_VOWEL, clean, in_context, pieces
from .scripts import EDGE, common, is_simplified_only, is_traditional_only, other_character

_NOT_EDGE = rf"\x{{{ord(EDGE):x}}}"
_WORDS = (
    (0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a), (0xc0, 0xd6), (0xd8, 0xf6), (0xf8, 0x2c1),
    (0x2c6, 0x2d1), (0x300, 0x373), (0x376, 0x37d), (0x386, 0x386), (0x388, 0x3f5), (0x3f7, 0x481), (0x483, 0x559),
    (0x560, 0x588), (0x591, 0x5bd), (0x5bf, 0x5bf), (0x5c1, 0x5c1), (0x5c2, 0x5c2), (0x5c4, 0x5c4), (0x5c5, 0x5c5),
    (0x5c7, 0x5f2), (0x610, 0x61a), (0x620, 0x669), (0x66e, 0x6d3), (0x6d5, 0x6dc), (0x6df, 0x6e8), (0x6ea, 0x6fc),
    (0x6ff, 0x6ff), (0x710, 0x963), (0x966, 0x96f), (0x971, 0xe3a), (0xe40, 0xe4e), (0xe50, 0xe59), (0xe81, 0x109f),
    (0x10a0, 0x10fa), (0x10fc, 0x135f), (0x1369, 0x1fbc), (0x1fc2, 0x1ffc), (0x2c00, 0x2cf3), (0x2d00, 0x2dff),
    (0x3005, 0x3007), (0x3021, 0x302f), (0x3031, 0x3035), (0x303b, 0x303b), (0x303c, 0x303c), (0x3041, 0x309f),
    (0x30a1, 0x30fa), (0x30fc, 0x318f), (0x31a0, 0x31bf), (0x31f0, 0x31ff), (0x3400, 0x4dbf), (0x4e00, 0xa48c),
    (0xa4d0, 0xa4fd), (0xa500, 0xa60c), (0xa610, 0xd7ff), (0xf900, 0xfb1d), (0x10000, 0x1cfff), (0x1e000, 0x1efff),
    (0x20000, 0x3ffff),
)  # fmt: skip
"""All letters, marks and digits, but for a sign here and there in scripts of which hardly anybody writes bots."""


MAX_MIXED = 12
"""An expression with more characters is in one script or in the other: all mixtures would be too many to filter by."""

_TOKEN = re.compile(
    r"(?P<quoted>\\Q.*?(?:\\E|\Z))"
    r"|(?P<escape>\\(?:[pP](?:\{[^}]*\}|.)|x\{[^}]*\}|x[0-9A-Fa-f]{2}|[0-7]{1,3}|.))"
    r"|(?P<opening>\((?:\?P?<\w+>|\?[A-Za-z-]*[:)])?)"
    r"|(?P<listed>\[\^?\]?(?:\[:\^?\w+:\]|\\Q.*?\\E|\\.|[^\]\\])*\])"
    r"|(?P<repeated>[*+?]\??|\{\d+(?:,\d*)?\}\??)"
    r"|(?P<sign>[)|^$.])"
    r"|(?P<blank>[ \t]+)"
    r"|(?P<literal>.)",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"[*+?]|\{\d")
_NO_LETTERS = ((0x30, 0x39), (0x5F, 0x5F))
_WORD = "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in _WORDS)
_NO_WORD = "".join(
    f"\\x{{{last + 1:x}}}-\\x{{{first - 1:x}}}"
    for (_, last), (first, _) in pairwise([(0, -1), *_WORDS, (0x110000, 0x110000)])
    if last + 1 < first
)
_LETTERS = "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in _WORDS if (first, last) not in _NO_LETTERS)
_IN_CLASS = {
    "\\w": _WORD,
    "\\W": _NO_WORD,
    "[:word:]": _WORD,
    "[:alpha:]": _LETTERS,
    "[:alnum:]": f"{_LETTERS}0-9",
}
_ESCAPED = re.compile(r"\\.|\[:\w+:\]", re.DOTALL)
_ONE_LINE = re.compile(r"\(\?[a-zA-Z]*-[a-zA-Z]*s")


@dataclass(frozen=True, slots=True)
class Expression:
    r"""Hold an expression as RE2 searches for it; with ``has_edges`` in a text whose edges are marked.

    An ``is_shy`` one counts only in a text without traditional-only characters.
    """

    text: str
    has_edges: bool = False
    is_shy: bool = False


def written_for_re2(source: str) -> Sequence[Expression]:
    """Return *source*, a person's expression, as it is searched for: in one way, or in two.

    A Chinese character stands for its form in the other script, too, where that is no other word (訂 and 订). Where it
    is (麵 and 面), and in longer ones, the second expression has the other forms.
    """
    has_edges = ("escape", "\\b") in tokens(source) or ("escape", "\\B") in tokens(source)
    is_one_line = _ONE_LINE.search(source) is not None
    found: list[Expression] = []
    is_mixed = sum(not character.isascii() for character in source) <= MAX_MIXED
    for is_other in (False, True):
        writer = _Writer(has_edges=has_edges, is_one_line=is_one_line, is_mixed=is_mixed, is_other=is_other)
        text = "".join(writer.written(*token) for token in _with_rests(source))
        found.append(Expression(text, has_edges, writer.is_shy))
        if not writer.is_ambiguous:
            break
    return found


def tokens(source: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of *source*, each with what kind it is."""
    for found in _TOKEN.finditer(source):
        assert found.lastgroup is not None
        yield found.lastgroup, found[0]


def _with_rests(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield the tokens of *source*, literals that belong together as one, each with what follows it."""
    place = 0
    run = ""
    for kind, token in tokens(source):
        place += len(token)
        if kind == "literal":
            run += token
            continue
        if run:
            yield "literal", run, source[place - len(token) :]
            run = ""
        yield kind, token, source[place:]
    if run:
        yield "literal", run, ""


class _Writer:
    """Write one expression; with *has_edges* each atom may have an edge before it.

    With *is_other* characters whose other form is another word are written in that form. ``is_ambiguous`` says that
    there are such, ``is_shy`` that one of them came to be what traditional Chinese has for another word.
    """

    def __init__(self, *, has_edges: bool, is_one_line: bool, is_mixed: bool, is_other: bool) -> None:
        self._has_edges = has_edges
        self._is_first = True
        self._is_inside = False
        self._is_mixed = is_mixed
        self._is_other = is_other
        self._any = "[^{}{}]".format(_NOT_EDGE, r"\n" if is_one_line else "") if has_edges else "."
        self._not_edge = _NOT_EDGE if has_edges else ""
        self.is_ambiguous = False
        self.is_shy = False

    def written(self, kind: str, token: str, rest: str) -> str:
        """Return *token*, of a *kind*, which *rest* follows, as it is searched for."""
        written = self._written(kind, token, rest)
        self._is_first = kind == "opening" or (kind, token) == ("sign", "|")
        return written

    def _written(self, kind: str, token: str, rest: str) -> str:
        match kind:
            case "escape":
                return self._escape(token, rest)
            case "listed":
                return self._atom(self._listed(token))
            case "blank":
                return self._blank(rest)
            case "literal":
                return self._literals(token, rest)
            case "quoted":
                return self._literals(token[2:].removesuffix("\\E"), rest, is_quoted=True)
            case "sign":
                return self._sign(token)
        return token

    def _atom(self, expression: str) -> str:
        if not self._has_edges:
            return expression
        may_begin = not self._is_inside
        self._is_inside = False
        return f"(?:{EDGE}?{expression})" if may_begin else expression

    def _sign(self, sign: str) -> str:
        if sign == ".":
            return self._atom(self._any)
        return f"{EDGE}?$" if sign == "$" and self._has_edges else sign

    def _escape(self, token: str, rest: str) -> str:
        match token:
            case "\\b":
                return EDGE
            case "\\B":
                return self._no_edge(rest)
            case "\\w":
                return self._atom(f"[{_WORD}]")
            case "\\W":
                return self._atom(f"[^{_WORD}{self._not_edge}]")
            case "\\D" | "\\S" if self._has_edges:
                return self._atom(f"[^{token.lower()}{_NOT_EDGE}]")
            case "\\z" if self._has_edges:
                return f"{EDGE}?\\z"
            case "\\ ":
                return self._blank(rest)
            case "\\A" | "\\z" | "\\C":
                return token
        if token.startswith("\\P") and self._has_edges:
            return self._atom(f"[^\\p{token[2:]}{_NOT_EDGE}]")
        return self._atom(token) if token.isascii() else self._literals(token[1:], rest, is_quoted=True)

    def _no_edge(self, rest: str) -> str:
        if rest[:1] in ("", "|", ")"):
            return f"(?:[^{_NOT_EDGE}]|\\z)"
        self._is_inside = True
        return f"(?:^|[^{_NOT_EDGE}])" if self._is_first else ""

    def _listed(self, token: str) -> str:
        """Return a class with its members made alike; what is more than one character stays as it is."""
        inner = _ESCAPED.sub(lambda found: _IN_CLASS.get(found[0], found[0]), token)
        is_negated = inner.startswith("[^")
        if is_negated:
            inner = f"[^{self._not_edge}{inner[2:]}"
        if inner.isascii():
            return inner
        each = list(pieces(inner))
        members = [
            self._end_of_range(piece) if "-" in (before, after) else self._member(piece, is_negated=is_negated)
            for before, piece, after in zip(["", *each], each, [*each[1:], ""], strict=False)
        ]
        if LONG_VOWEL in each and not any(map(_is_kana, each)):
            members.insert(-1, r"\-")
        return "".join(members)

    def _member(self, piece: str, *, is_negated: bool) -> str:
        alike = common(clean(piece))
        if piece.isascii() or len(alike) != 1:
            return piece
        if alike.isascii():
            return alike if alike.isalnum() else re2.escape(alike)
        other = _other(alike)
        if is_negated:
            return alike if other == alike else alike + other
        return alike + other if _is_same_word(alike, other) else self._meant(alike, other)

    def _end_of_range(self, piece: str) -> str:
        if piece.isascii():
            return piece
        narrow = unicodedata.normalize("NFKC", piece)
        if narrow.isascii() and len(narrow) == 1:
            return narrow if narrow.isalnum() else re2.escape(narrow)
        return f"{piece}0-9" if piece.isdecimal() else piece

    def _blank(self, rest: str) -> str:
        blank = rf"(?:{EDGE}?\s)+" if self._has_edges else r"\s+"
        return f"(?:{blank})" if _QUANTIFIER.match(rest) else blank

    def _literals(self, run: str, rest: str, *, is_quoted: bool = False) -> str:
        if run.isascii() and not self._has_edges:
            return re2.escape(run) if is_quoted else clean(run)
        each = list(pieces(run))
        alike = [common(clean(piece)) for piece in each]
        whole = in_context("".join(alike))
        has_kana = any(map(_is_kana, whole))
        written: list[str] = []
        place = 0
        for piece, cleaned in zip(each, alike, strict=True):
            own = whole[place : place + len(cleaned)]
            place += len(own)
            is_plain = own == piece and not (is_quoted or self._has_edges)
            atoms = "".join(
                self._atom(self._literal(character, is_plain=is_plain, has_kana=has_kana)) for character in own
            )
            is_repeated = len(own) > 1 and place == len(whole) and _QUANTIFIER.match(rest) is not None
            written.append(f"(?:{atoms})" if is_repeated else atoms)
        return "".join(written)

    def _literal(self, character: str, *, is_plain: bool, has_kana: bool) -> str:
        """Return an expression for *character*; what became syntax (（ is "(") stays a literal."""
        if character.isascii():
            return character if is_plain else re2.escape(character)
        if character == LONG_VOWEL and not has_kana:
            return rf"[{LONG_VOWEL}\-]"
        other = _other(character)
        if self._is_mixed and _is_same_word(character, other):
            return f"[{character}{other}]"
        return self._meant(character, other)

    def _meant(self, character: str, other: str) -> str:
        """Return *character*, or its *other* form, which may be another word."""
        if other == character:
            return character
        self.is_ambiguous = True
        if self._is_other and is_traditional_only(character) and not is_simplified_only(other):
            self.is_shy = True
        return other if self._is_other else character


def _is_kana(text: str) -> bool:
    return text != LONG_VOWEL and "\u3041" <= text[:1] <= "\u30ff"


def _other(character: str) -> str:
    return common(other_character(character))


def _is_same_word(character: str, other: str) -> bool:
    """Say whether the *other* form of *character* can be nothing else: each is of one script only."""
    return other != character and (is_simplified_only(character) or is_simplified_only(other))

r"""Write a person's regular expression as it is searched for: RE2 reads ASCII only where a person means any script.

The text that is searched is made alike (:mod:`.folding`), so literals are, too. A blank is any run of blanks and line
breaks, ``\w`` any letter, mark or digit, ``\b`` an edge of a word in any script, as a keyword has it. ``\d`` and ``\s``
need nothing: the text has no other digits and blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import re2

from .folding import LONG_VOWEL, clean, in_context, pieces
from .scripts import EDGE, common, other_character

_NOT_EDGE = rf"\x{{{ord(EDGE):x}}}"
_WORD = (
    r"0-9A-Z_a-z\xc0-\xd6\xd8-\xf6\x{f8}-\x{2c1}\x{2c6}-\x{2d1}\x{300}-\x{373}\x{376}-\x{37d}\x{386}\x{388}-\x{3f5}"
    r"\x{3f7}-\x{481}\x{483}-\x{559}\x{560}-\x{588}\x{591}-\x{5bd}\x{5bf}\x{5c1}\x{5c2}\x{5c4}\x{5c5}\x{5c7}-\x{5f2}"
    r"\x{610}-\x{61a}\x{620}-\x{669}\x{66e}-\x{6d3}\x{6d5}-\x{6dc}\x{6df}-\x{6e8}\x{6ea}-\x{6fc}\x{6ff}\x{710}-\x{963}"
    r"\x{966}-\x{96f}\x{971}-\x{e3a}\x{e40}-\x{e4e}\x{e50}-\x{e59}\x{e81}-\x{109f}\x{10a0}-\x{10fa}\x{10fc}-\x{135f}"
    r"\x{1369}-\x{1fbc}\x{1fc2}-\x{1ffc}\x{2c00}-\x{2cf3}\x{2d00}-\x{2dff}\x{3005}-\x{3007}\x{3021}-\x{302f}"
    r"\x{3031}-\x{3035}\x{303b}\x{303c}\x{3041}-\x{309f}\x{30a1}-\x{30fa}\x{30fc}-\x{318f}\x{31a0}-\x{31bf}"
    r"\x{31f0}-\x{31ff}\x{3400}-\x{4dbf}\x{4e00}-\x{a48c}\x{a4d0}-\x{a4fd}\x{a500}-\x{a60c}\x{a610}-\x{d7ff}"
    r"\x{f900}-\x{fb1d}\x{10000}-\x{1cfff}\x{1e000}-\x{1efff}\x{20000}-\x{3ffff}"
)
"""All letters, marks and digits, but for a sign here and there in scripts of which hardly anybody writes bots."""

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
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_ONE_LINE = re.compile(r"\(\?[a-zA-Z]*-[a-zA-Z]*s")


@dataclass(frozen=True, slots=True)
class Expression:
    r"""Hold an expression as RE2 searches for it; with ``has_edges`` in a text whose edges are marked."""

    text: str
    has_edges: bool = False


def written_for_re2(source: str) -> Expression:
    """Return *source*, a person's expression, as it is searched for."""
    has_edges = ("escape", "\\b") in _tokens(source)
    writer = _Writer(has_edges=has_edges, is_one_line=_ONE_LINE.search(source) is not None)
    return Expression("".join(writer.written(*token) for token in _with_rests(source)), has_edges)


def in_other_script(expression: str) -> str:
    """Return *expression* with its Chinese characters in the other script; names of groups are left alone."""
    if expression.isascii():
        return expression
    return "".join(token if kind == "opening" else "".join(map(_other, token)) for kind, token in _tokens(expression))


def literals(expression: str) -> str:
    """Return *expression* without the names of its groups."""
    return "".join(token for kind, token in _tokens(expression) if kind != "opening")


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(source):
        assert found.lastgroup is not None
        yield found.lastgroup, found[0]


def _with_rests(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield the tokens of *source*, literals that belong together as one, each with what follows it."""
    place = 0
    run = ""
    for kind, token in _tokens(source):
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
    """Write one expression; with *has_edges* each atom may have an edge before it."""

    def __init__(self, *, has_edges: bool, is_one_line: bool) -> None:
        self._has_edges = has_edges
        self._any = "[^{}{}]".format(_NOT_EDGE, r"\n" if is_one_line else "") if has_edges else "."
        self._not_edge = _NOT_EDGE if has_edges else ""

    def written(self, kind: str, token: str, rest: str) -> str:
        """Return *token*, of a *kind*, which *rest* follows, as it is searched for."""
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
        return f"(?:{EDGE}?{expression})" if self._has_edges else expression

    def _sign(self, sign: str) -> str:
        if sign == ".":
            return self._atom(self._any)
        return f"{EDGE}?$" if sign == "$" and self._has_edges else sign

    def _escape(self, token: str, rest: str) -> str:
        match token:
            case "\\b":
                return EDGE
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
            case "\\A" | "\\z" | "\\B" | "\\C":
                return token
        if token.startswith("\\P") and self._has_edges:
            return self._atom(f"[^\\p{token[2:]}{_NOT_EDGE}]")
        return self._atom(token) if token.isascii() else self._literals(token[1:], rest, is_quoted=True)

    def _listed(self, token: str) -> str:
        """Return a class with its members made alike; what is more than one character stays as it is."""
        inner = _ESCAPED.sub(lambda found: _WORD if found[0] == "\\w" else found[0], token)
        if inner.startswith("[^"):
            inner = f"[^{self._not_edge}{inner[2:]}"
        if inner.isascii():
            return inner
        each = list(pieces(inner))
        members = [
            _member(piece, is_end_of_range="-" in (before, after))
            for before, piece, after in zip(["", *each], each, [*each[1:], ""], strict=False)
        ]
        may_be_dash = LONG_VOWEL in each and not any(map(_is_kana, each))
        return "".join([*members[:-1], *([r"\-"] if may_be_dash else []), members[-1]])

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
        for piece, own in zip(each, alike, strict=True):
            own = whole[place : place + len(own)]
            place += len(own)
            is_plain = own == piece and not (is_quoted or self._has_edges)
            characters = [_literal(character, is_plain=is_plain, has_kana=has_kana) for character in own]
            atoms = "".join(map(self._atom, characters))
            is_repeated = len(characters) > 1 and place == len(whole) and _QUANTIFIER.match(rest) is not None
            written.append(f"(?:{atoms})" if is_repeated else atoms)
        return "".join(written)


def _literal(character: str, *, is_plain: bool, has_kana: bool) -> str:
    """Return an expression for *character*; what became syntax (（ is "(") stays a literal."""
    if character == LONG_VOWEL and not has_kana:
        return rf"[{LONG_VOWEL}\-]"
    return character if is_plain else re2.escape(character)


def _member(piece: str, *, is_end_of_range: bool) -> str:
    alike = clean(piece) if is_end_of_range else common(clean(piece))
    if piece.isascii() or len(alike) != 1:
        return piece
    return re2.escape(alike) if alike.isascii() and not alike.isalnum() else alike


def _is_kana(text: str) -> bool:
    return text != LONG_VOWEL and "\u3041" <= text[:1] <= "\u30ff"


def _other(character: str) -> str:
    return character if character.isascii() else common(other_character(character))

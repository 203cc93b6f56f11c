"""Say what is wrong, where, and what to do; never show a secret, not even in the quoted line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from heapq import nsmallest
from itertools import islice
from typing import Literal

from .listing import ALL_HIDDEN, HIDDEN, Listing, OpenKeys, padding, without_secret_like

Severity = Literal["error", "warning"]
Hint = str | Callable[[], str | None] | None
"""What to do about it; what is looked for among many words is looked for only when it is told."""

MOST = 100
"""So many errors are told, and so many warnings, the first of a file; the others are counted."""
MOST_KNOWN = 20
"""So many known words are listed in a hint."""
MOST_COMPARED = 500
"""Among so many known words each is compared with one that isn't."""

MIN_HIDDEN = 6  # shorter values would be found in ordinary words
MIN_MASKED = 4  # a secret is rarely an ordinary word

_QUOTED = re.compile(r"`[^`]*`|'.*'|\{\{.*\}\}")  # what isn't our own words in a hint


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Name a spot in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one finding: where, what, and what to do about it; one with ``more`` stands for so many others."""

    place: Place
    message: str
    hint: str | None = None
    severity: Severity = "error"
    source: str = ""
    more: int = 0

    def __str__(self) -> str:
        if self.more:
            return self.message
        return f"{self.place}: {'warning: ' if self.severity == 'warning' else ''}{self.message}"

    def render(self, *, quotes: bool = True) -> str:
        """Return the finding with the hint and, if it *quotes*, the source line and a caret."""
        lines = [str(self)]
        if quotes and self.source.strip():
            lines.append(f"    {self.source}")
            blanks = padding(self.source, self.place.column)
            lines += [f"    {blanks}^"] if blanks is not None else []
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """Return the finding as JSON has it."""
        return {
            **asdict(self.place),
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "source": self.source,
            **({"more": self.more} if self.more else {}),
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """Hold a finding before it is told: its ``hint`` may be looked for then, and there is none in ``finding`` yet.

    Unless that finds something, one that ``hides`` has the hint ``otherwise``, and the values on its line are hidden.
    """

    finding: Finding
    hint: Hint
    otherwise: Hint = None
    hides: bool = False


@dataclass
class Findings:
    """Collect findings, so that all are reported at once.

    ``listings`` are the files by name; ``open_keys`` say which of their lines may be quoted. ``filled`` are values of
    the environment and the variables that hold them: a finding names the variable. ``secrets`` are what findings hide,
    wherever it was read (see :meth:`hide`).
    """

    open_keys: OpenKeys = ALL_HIDDEN
    listings: dict[str, Listing] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    _found: dict[tuple[Place, str], _Found] = field(default_factory=dict)
    _hidden: set[tuple[str, int]] = field(default_factory=set)
    _settled: set[Place] = field(default_factory=set)
    _apart: set[tuple[Place, str]] = field(default_factory=set)

    def take(self, file: str, text: str) -> None:
        """Take *text* as what stands in *file*, so that its lines can be quoted."""
        self.listings[file] = Listing(text, self.open_keys)

    def error(self, place: Place, message: str, hint: Hint = None, *, hide: bool = False) -> None:
        """Report a mistake; with *hide* no finding quotes the values on its line."""
        if hide:
            self._hidden.add((place.file, place.line))
        self._add(_Found(Finding(place, message), hint))

    def unknown(self, place: Place, message: str, near: Hint, otherwise: Hint) -> None:
        """Report what isn't known, with the hint *near* where there is one.

        Else the hint is *otherwise*, and no finding quotes the values on its line.
        """
        self._add(_Found(Finding(place, message), near, otherwise, hides=True))

    def warning(self, place: Place, message: str, hint: Hint = None) -> None:
        """Report something that works, but hardly as meant."""
        self._add(_Found(Finding(place, message, severity="warning"), hint))

    def settle(self, place: Place) -> None:
        """Let nothing more be said about the value at *place*: what was said is the reason for it."""
        self._settled.add(place)

    def is_open(self, place: Place) -> bool:
        """Say whether *place* is in a part of its file where no secret belongs."""
        return place.file in self.listings and self.listings[place.file].is_open(place.line)

    def shown_key(self, key: str, place: Place) -> str:
        """Return *key* for a message: where a secret may be, only up to what no name of a key has."""
        return key if self.is_open(place) else re.sub(r"(?<=[\w.\-])[^\w.\-].*", "…", key, flags=re.DOTALL)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was found."""
        return not self._found

    @property
    def has_errors(self) -> bool:
        """Say whether anything was found that stops a host."""
        return any(found.finding.severity == "error" for found in self._found.values())

    @property
    def has_warnings(self) -> bool:
        """Say whether anything was found that doesn't stop one."""
        return any(found.finding.severity == "warning" for found in self._found.values())

    def branch(self) -> Findings:
        """Return a collector for one part of the same files: what it finds can be told apart, until it is joined."""
        return replace(self, _found={})

    def join(self, branch: Findings) -> None:
        """Take over what *branch* found; it is told apart from what concerns whole files."""
        with self.apart():
            for key, found in branch._found.items():
                self._found.setdefault(key, found)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Tell what is found, for the length of a ``with``, apart from what concerns whole files."""
        before = self._found.keys() - self._apart
        yield
        self._apart |= self._found.keys() - before

    def all(self) -> list[Finding]:
        """Return the findings in the order of their places: the first of each severity, and how many more there are."""
        return self._told(("error", "warning"))

    def errors(self) -> list[Finding]:
        """Return those that stop a host."""
        return self._told(("error",))

    def errors_at(self, places: Collection[Place]) -> list[Finding]:
        """Return those that stop a host and stand at one of *places*."""
        found = [found for found in self._found.values() if found.finding.place in places]
        return self._shown([one for one in found if one.finding.severity == "error"])

    def files_with_errors(self) -> set[str]:
        """Return the names of the files that are wrong as a whole."""
        found = (one.finding for key, one in self._found.items() if key not in self._apart)
        return {finding.place.file for finding in found if finding.severity == "error"}

    def warnings(self) -> list[Finding]:
        """Return those that don't."""
        return self._told(("warning",))

    def _add(self, found: _Found) -> None:
        finding = found.finding
        if finding.place not in self._settled:
            self._found.setdefault((finding.place, finding.message), found)

    def _told(self, severities: Iterable[Severity]) -> list[Finding]:
        told: list[_Found] = []
        others: list[Finding] = []
        for severity in severities:
            found = [one for one in self._found.values() if one.finding.severity == severity]
            told += nsmallest(MOST, found, key=_place_of)
            if len(found) > MOST:
                others.append(_others(severity, nsmallest(MOST + 1, found, key=_place_of)[-1], len(found) - MOST))
        return [*self._shown(told), *others]

    def _shown(self, told: Sequence[_Found]) -> list[Finding]:
        """Return those that are *told* as they may be shown, in the order of their places."""
        hints = [_called(found.hint) for found in told]
        meant = {id(found) for found, hint in zip(told, hints, strict=True) if hint is not None}
        for found in self._found.values():  # of what isn't told nobody knows what was meant
            if found.hides and id(found) not in meant:
                self._hidden.add((found.finding.place.file, found.finding.place.line))
        each = zip(told, hints, strict=True)
        shown = [
            self._quoted(found.finding, _called(found.otherwise) if hint is None else hint) for found, hint in each
        ]
        return sorted(shown, key=lambda finding: finding.place)

    def _quoted(self, finding: Finding, hint: str | None) -> Finding:
        place = finding.place
        listing = self.listings.get(place.file)
        source = listing.quote(place.line, hide=(place.file, place.line) in self._hidden) if listing else ""
        hint = hint and _QUOTED.sub(lambda found: self.unfilled(found.group()), hint)
        hint = hint and without_secret_like(hint)
        return replace(finding, message=self.unfilled(finding.message), hint=hint, source=source)

    def unfilled(self, text: str) -> str:
        """Return *text* with the names of variables instead of their values, and without any secret."""
        instead = dict.fromkeys((secret for secret in self.secrets if secret in text), HIDDEN)
        for value, name in self.filled.items():
            if len(value) >= MIN_HIDDEN and value in text:
                instead[value] = f"${{{name}}}"
        for value in sorted(instead, key=len, reverse=True):
            text = text.replace(value, instead[value])
        return without_secret_like(text)

    def hide(self, secrets: Iterable[str]) -> None:
        """Let findings hide *secrets*, as they are and as Python quotes them."""
        forms = (form for secret in secrets for form in (secret, repr(secret)[1:-1]))
        self.secrets.update(form for form in forms if len(form) >= MIN_MASKED)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the known word that is nearest to *word*, or None.

    Of many thousands only those are looked at that begin or end alike.
    """
    words = list(known)
    if len(words) > MOST_COMPARED:
        alike = (one for one in words if one[:1] == word[:1] or one[-2:] == word[-2:])
        words = list(islice(alike, MOST_COMPARED))
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def near(word: str, known: Iterable[str], otherwise: Hint = None) -> Hint:
    """Return the hint that :func:`did_you_mean` finds once it is told, or *otherwise*."""
    return lambda: did_you_mean(word, known) or _called(otherwise)


def listed(known: Collection[str]) -> str:
    """Return the *known* words for a hint: all, or of many the first."""
    more = len(known) - MOST_KNOWN
    return ", ".join(islice(known, MOST_KNOWN)) + (f" and {more} more" if more > 0 else "")


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every one of *secrets* hidden."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_MASKED:
            text = text.replace(secret, HIDDEN)
    return text


def _place_of(found: _Found) -> tuple[str, int, int]:
    place = found.finding.place
    return place.file, place.line, place.column


def _called(hint: Hint) -> str | None:
    return hint() if callable(hint) else hint


def _others(severity: Severity, first: _Found, count: int) -> Finding:
    """Return what stands for *count* findings that aren't told, of which one is the *first*."""
    message = f"… and {count} more {severity}{'s' if count != 1 else ''}"
    return Finding(first.finding.place, message, severity=severity, more=count)


def as_json(findings: Iterable[Finding]) -> list[Mapping[str, object]]:
    """Return *findings* as the list that ``--format json`` prints."""
    return [finding.as_dict() for finding in findings]


def told_finding(told: Mapping[str, object]) -> Finding:
    """Return the finding that was *told* as JSON has it."""
    place = Place(str(told["file"]), int(str(told["line"])), int(str(told["column"])))
    hint = told.get("hint")
    severity: Severity = "warning" if told.get("severity") == "warning" else "error"
    source = str(told.get("source") or "")
    more = int(str(told.get("more") or 0))
    return Finding(place, str(told["message"]), None if hint is None else str(hint), severity, source, more)

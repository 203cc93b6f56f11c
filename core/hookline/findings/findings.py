"""Say what is wrong, where, and what to do; never show a secret, not even in the quoted line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from .listing import ALL_HIDDEN, HIDDEN, Listing, OpenKeys, padding, without_secret_like

Severity = Literal["error", "warning"]

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
    """Hold one finding: where, what, and what to do about it."""

    place: Place
    message: str
    hint: str | None = None
    severity: Severity = "error"
    source: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {'warning: ' if self.severity == 'warning' else ''}{self.message}"

    def render(self) -> str:
        """Return the finding with the source line, a caret and the hint."""
        lines = [str(self)]
        if self.source.strip():
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
        }


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
    _found: dict[tuple[Place, str], Finding] = field(default_factory=dict)
    _hidden: set[tuple[str, int]] = field(default_factory=set)
    _settled: set[Place] = field(default_factory=set)

    def take(self, file: str, text: str) -> None:
        """Take *text* as what stands in *file*, so that its lines can be quoted."""
        self.listings[file] = Listing(text, self.open_keys)

    def error(self, place: Place, message: str, hint: str | None = None, *, hide: bool = False) -> None:
        """Report a mistake; with *hide* no finding quotes the values on its line."""
        if hide:
            self._hidden.add((place.file, place.line))
        self._add(Finding(place, message, hint))

    def warning(self, place: Place, message: str, hint: str | None = None) -> None:
        """Report something that works, but hardly as meant."""
        self._add(Finding(place, message, hint, "warning"))

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
        return any(finding.severity == "error" for finding in self._found.values())

    def branch(self) -> Findings:
        """Return a collector for one part of the same files: what it finds can be told apart, until it is joined."""
        return replace(self, _found={})

    def join(self, branch: Findings) -> None:
        """Take over what *branch* found."""
        for key, finding in branch._found.items():
            self._found.setdefault(key, finding)

    def all(self) -> list[Finding]:
        """Return the findings in the order of their places."""
        found = sorted(self._found.values(), key=lambda finding: finding.place)
        return [self._shown(finding) for finding in found]

    def errors(self) -> list[Finding]:
        """Return the findings that stop a host."""
        return [finding for finding in self.all() if finding.severity == "error"]

    def warnings(self) -> list[Finding]:
        """Return the findings that don't."""
        return [finding for finding in self.all() if finding.severity == "warning"]

    def _add(self, finding: Finding) -> None:
        if finding.place not in self._settled:
            self._found.setdefault((finding.place, finding.message), finding)

    def _shown(self, finding: Finding) -> Finding:
        place = finding.place
        listing = self.listings.get(place.file)
        source = listing.quote(place.line, hide=(place.file, place.line) in self._hidden) if listing else ""
        hint = finding.hint and _QUOTED.sub(lambda found: self.unfilled(found.group()), finding.hint)
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
    """Return a hint with the known word that is nearest to *word*, or None."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every one of *secrets* hidden."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_MASKED:
            text = text.replace(secret, HIDDEN)
    return text


def as_json(findings: Iterable[Finding]) -> list[Mapping[str, object]]:
    """Return *findings* as the list that ``--format json`` prints."""
    return [finding.as_dict() for finding in findings]


def told_finding(told: Mapping[str, object]) -> Finding:
    """Return the finding that was *told* as JSON has it."""
    place = Place(str(told["file"]), int(str(told["line"])), int(str(told["column"])))
    hint = told.get("hint")
    severity: Severity = "warning" if told.get("severity") == "warning" else "error"
    source = str(told.get("source") or "")
    return Finding(place, str(told["message"]), None if hint is None else str(hint), severity, source)

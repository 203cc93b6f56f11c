"""Say what is wrong, where, and what to do; never show a secret, not even in the quoted line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

HIDDEN = "•••"
_TELLING = r"secret|token|passw(?:or)?d|passphrase|credential|private|api_?-?key|auth"
_SECRET_KEY = re.compile(rf"""^(?P<before>[\s\-]*['"]?[\w.\-]*(?:{_TELLING})[\w.\-]*['"]?\s*:)(?P<value>.*)$""", re.I)
_ANY_KEY = re.compile(r"""^(?P<indent>[\s\-]*)['"]?(?P<key>[^\s'":{}\[\],]+)['"]?\s*:(?P<value>.*)$""")
_INLINE_SECRET = re.compile(
    rf"""(?P<before>[{{,]\s*['"]?[\w.\-]*(?:{_TELLING})[\w.\-]*['"]?\s*:\s*)(?P<value>[^,}}\]]+)""", re.I
)
_REFERENCE = re.compile(
    r"""^\s*['"]?\$\{\w+\}['"]?\s*(#.*)?$|^\s*(\{\s*file\s*:[^}]*\})?\s*(#.*)?$|^\s*[|>\[][-+]?\s*$"""
)
_URL_PASSWORD = re.compile(r"(?P<before>://[^\s:/@]*:)(?P<password>[^\s@]+)(?=@)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Name a spot in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
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
            lines += [f"    {self.source}", "    " + _padding(self.source, self.place.column) + "^"]
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
class Problems:
    """Collect findings, so that all are reported at once."""

    sources: dict[str, Sequence[str]] = field(default_factory=dict)
    damaged: set[tuple[str | int, ...]] = field(default_factory=set)
    _found: dict[tuple[Place, str], Diagnostic] = field(default_factory=dict)

    def error(self, place: Place, message: str, hint: str | None = None, *, hide: bool = False) -> None:
        """Report a mistake; with *hide* the value on its line isn't quoted."""
        self._add(place, message, hint, "error", hide=hide)

    def warning(self, place: Place, message: str, hint: str | None = None) -> None:
        """Report something that works, but hardly as meant."""
        self._add(place, message, hint, "warning", hide=False)

    def is_damaged(self, path: tuple[str | int, ...]) -> bool:
        """Say whether something below *path* was reported and left out, so that what is missing there may be that."""
        return any(damaged[: len(path)] == path for damaged in self.damaged)

    def all(self) -> list[Diagnostic]:
        """Return the findings in the order of their places."""
        return sorted(self._found.values(), key=lambda diagnostic: diagnostic.place)

    def errors(self) -> list[Diagnostic]:
        """Return the findings that stop a host."""
        return [diagnostic for diagnostic in self.all() if diagnostic.severity == "error"]

    def warnings(self) -> list[Diagnostic]:
        """Return the findings that don't."""
        return [diagnostic for diagnostic in self.all() if diagnostic.severity == "warning"]

    def _add(self, place: Place, message: str, hint: str | None, severity: Severity, *, hide: bool) -> None:
        source = quoted_line(self.sources.get(place.file, ()), place.line, hide=hide)
        self._found.setdefault((place, message), Diagnostic(place, message, hint, severity, source))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the known word that is nearest to *word*, or None."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def quoted_line(lines: Sequence[str], number: int, *, hide: bool = False) -> str:
    """Return line *number* with everything hidden that may be a secret; at most 200 characters."""
    if not 1 <= number <= len(lines):
        return ""
    line = lines[number - 1].rstrip("\r\n")
    if hide or _is_inside_secret(lines, number - 1):
        line = _without_value(line)
    found = _SECRET_KEY.match(line)
    if found and not _REFERENCE.match(found["value"]):
        line = f"{found['before']} {HIDDEN}"
    line = _INLINE_SECRET.sub(lambda m: m.group() if _REFERENCE.match(m["value"]) else f"{m['before']}{HIDDEN}", line)
    line = _URL_PASSWORD.sub(lambda m: m.group() if m["password"].startswith("${") else f"{m['before']}{HIDDEN}", line)
    return "".join(character if character.isprintable() else "�" for character in line)[:200]


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every one of *secrets* hidden."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    return text


def _without_value(line: str) -> str:
    found = _ANY_KEY.match(line)
    if found:
        return line[: found.start("value")] + (f" {HIDDEN}" if found["value"].strip() else "")
    lead = re.match(r"[\s\-]*", line)
    return f"{lead.group() if lead else ''}{HIDDEN}"


def _is_inside_secret(lines: Sequence[str], index: int) -> bool:
    """Say whether a line is an item or continuation below a key that names a secret."""
    indent = _indent(lines[index])
    for above in range(index - 1, max(-1, index - 200), -1):
        line = lines[above]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        opens = _SECRET_KEY.match(line)
        if _indent(line) < indent or (opens and _indent(line) == indent and lines[index].lstrip().startswith("- ")):
            if opens:
                return True
            if _ANY_KEY.match(line):
                indent = _indent(line)
        if _indent(line) == 0 and not line.startswith("-"):
            return bool(opens) and _indent(lines[index]) > 0
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _padding(source: str, column: int) -> str:
    """Return blanks as wide as the characters before *column* are on a terminal."""
    import unicodedata

    before = source[: column - 1]
    return "".join(
        "\t" if character == "\t" else "  " if unicodedata.east_asian_width(character) in "WF" else " "
        for character in before
    )


def as_json(findings: Iterable[Diagnostic]) -> list[Mapping[str, object]]:
    """Return *findings* as the list that ``--format json`` prints."""
    return [finding.as_dict() for finding in findings]

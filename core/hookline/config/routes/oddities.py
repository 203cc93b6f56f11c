"""Warn of texts that say something else than they seem to: what people are sent, and what they would have to type."""

from __future__ import annotations

from ...findings.findings import Findings
from ..yaml.marks import YamlPath
from ..yaml.oddities import CUT_HINT, Oddity
from ..yaml.syntax import QUOTES
from .surroundings import Site

_SENT = "would be sent, too"
_LINES_HINT = "for lines as they stand write `|` and begin below it; else put all of it into one line"


def check_sent(site: Site, findings: Findings) -> None:
    """Warn of texts at *site*, or below it, that would be sent otherwise than they were meant."""
    _check(site, findings, _SENT)


def check_typed(site: Site, findings: Findings) -> None:
    """Warn of texts at *site*, or below it, that nobody would write as they stand there."""
    _check(site, findings, "would have to be typed, too")


def check_learned(site: Site, findings: Findings) -> None:
    """Warn of examples at *site*, or below it, that would be learned otherwise than they were meant."""
    _check(site, findings, "would be learned, too")


def _check(site: Site, findings: Findings, becomes: str) -> None:
    for path in site.marks.odd_below(site.path):
        oddity = site.marks.odd[path]
        if site.marks.is_damaged(path) or not _matters(oddity, path, site, becomes):
            continue
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        message, hint = _said(oddity, becomes)
        findings.warning(site.marks.value(path), f"`{key}`: {message}", hint)


def _said(oddity: Oddity, becomes: str) -> tuple[str, str]:
    """Return what is odd in a text, and what to do about it."""
    match oddity.kind:
        case "cut":
            return "the text ends before ` #`, which begins a comment", CUT_HINT
        case "emptied":
            return "nothing stands before `#`, which begins a comment", CUT_HINT
        case "quoted":
            return f"the quotes in `{oddity.sign}` {becomes}", f"YAML's own are ' and \"; to keep these {QUOTES}"
        case "dashed" if oddity.sign == "-":
            return "there is no blank behind `-`, so this is one text and no list", "begin each entry with `- `"
        case "dashed":
            return f"`{oddity.sign}` begins no entry of a list, so this is one text", "begin each entry with `- `"
        case "joined":
            return "its lines are joined by blanks, which this script doesn't have", _LINES_HINT
        case "barred":
            hint = "write `|` for lines as they stand, or `>` to join them"
            return f"`{oddity.sign}` begins no block of lines, so it {becomes}", hint


def _matters(oddity: Oddity, path: YamlPath, site: Site, becomes: str) -> bool:
    """Say whether the value at *path* is hardly meant so: dashes count below a key, and blanks in what is sent."""
    if oddity.kind == "dashed":
        return site.marks.value(path).line > site.marks.key(path).line
    return oddity.kind != "joined" or becomes == _SENT

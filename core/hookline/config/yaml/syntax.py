"""Refuse what YAML has and bot.yaml hasn't, and help with a text that is no YAML at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import yaml

from ...findings.findings import Findings, Place
from .lookalikes import Lookalike, in_braces, lookalike_near
from .oddities import OPENING_QUOTES

QUOTES = "put the whole value in single quotes: '…'"

_QUOTE_INSIDE = "a quote inside a value: '…''…' or \"…\\\"…\""
_HASH = re.compile(r"(?:(?<=\S) |[\[{,] *)#(?=\S)")
_STANDARD_TAG = "tag:yaml.org,2002:"
_RISKY = ("{", "$", "@", "*", "!", "%", "`", "&", "[", "|", ">")


def events(text: str) -> Iterator[yaml.Event]:
    """Yield the events of *text*; where libyaml gives up for its depth, far below ours, those until there."""
    seen = 0
    loader = yaml.CSafeLoader(text)
    try:
        while (event := loader.get_event()) is not None:
            seen += 1
            yield event
    except yaml.scanner.ScannerError as error:
        if error.problem_mark is None or "maximum nesting depth" not in str(error.problem):
            raise
        shallow = text[: error.problem_mark.index]
        yield from islice(yaml.parse(shallow, Loader=yaml.CSafeLoader), seen, None)


def report_refused(event: yaml.NodeEvent, place: Place, findings: Findings) -> None:
    """Report what *event* has that bot.yaml hasn't: an alias, an anchor or a tag."""
    if isinstance(event, yaml.AliasEvent):
        findings.error(place, "aliases (`*name`) are not supported", f"if it is text, {QUOTES}; or use `packs:`")
    elif event.anchor is not None:
        findings.error(place, "anchors (`&name`) are not supported", f"if it is text, {QUOTES}; or use `packs:`")
    else:
        tag = getattr(event, "tag", "")
        name = tag.replace(_STANDARD_TAG, "!!") if findings.is_open(place) else "!name"
        findings.error(place, f"tags (`{name}`) are not supported", f"if it is text, {QUOTES}")


def report(error: yaml.YAMLError | ValueError, text: str, file: str, findings: Findings) -> None:
    """Report why *text* isn't YAML, where, and what probably helps."""
    if not isinstance(error, yaml.MarkedYAMLError):
        reason = str(getattr(error, "reason", None) or error).split("\n", 1)[0]
        findings.error(_odd_character(error, text, file), f"not YAML: {reason}")
        return
    problem = error.problem or "it can't be parsed"
    is_open_quote = problem == "found unexpected end of stream" and error.context == "while scanning a quoted scalar"
    place = _place(file, error.context_mark if is_open_quote else error.problem_mark or error.context_mark)
    lines = findings.listings[file].lines
    if is_open_quote:
        findings.error(place, "not YAML: this quote is never closed", _quote_hint(_line(lines, place.line)))
        return
    if found := _lookalike(error, place, lines):
        findings.error(Place(file, found.line, found.column), found.message, found.hint)
        return
    if error.context and "did not find" in problem:
        problem = f"{error.context}, {problem}"
    findings.error(place, f"not YAML: {problem}", _hint(error, findings, place))


def _quote_hint(line: str) -> str:
    """Say what is wrong with a *line* whose quote is never closed."""
    if found := re.search(r"[“”„‟＂‘’‚‛＇」』»](?=\s*(?:#|$))", line):
        return f"`{found.group()}` at the end is no quote of YAML: write the same as at the beginning"
    return _QUOTE_INSIDE


def _lookalike(error: yaml.MarkedYAMLError, place: Place, lines: Sequence[str]) -> Lookalike | None:
    """Return what looks like a sign of YAML where it can't be parsed, and is none."""
    context = _place(place.file, error.context_mark) if error.context_mark else place
    around = error.context or ""
    if "flow" in around:
        line = _line(lines, context.line)
        end = place.column if context.line == place.line else len(line)
        if found := in_braces(line, context.line, context.column - 1, end):
            return found
    numbers = [place.line, context.line] if "simple key" in around else [place.line]
    return lookalike_near(lines, *numbers, place.line - 1)


def _hint(error: yaml.MarkedYAMLError, findings: Findings, place: Place) -> str | None:
    if "Unicode" in (error.problem or ""):
        return "a surrogate needs its other half; or write the character itself"
    lines = findings.listings[place.file].lines
    context = _place(place.file, error.context_mark) if error.context_mark else place
    if hint := _sign_hint(error.problem or "", error.context or "", place, context, lines):
        return hint
    if hint := _structure_hint(error.problem or "", error.context or "", place, context, lines):
        return hint
    for number in dict.fromkeys([place.line, context.line, place.line - 1]):
        line = _line(lines, number)
        if "：" in line and ": " not in line:
            return f"line {number} has a full-width colon: write `: ` instead of `：`"
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return "indent with spaces: YAML takes no tabs"
        _, colon, value = line.partition(":")
        value = value.strip() if colon else line.strip().removeprefix("-").strip()
        if number == place.line and value[:1] in ("'", '"') and "expected key" in (error.problem or ""):
            return _QUOTE_INSIDE
        if value[:1] in OPENING_QUOTES and ": " in value:
            return f"`{value[0]}` is no quote of YAML: {QUOTES}"
        if "escape" in (error.problem or "") or (value.startswith('"') and "\\" in value):
            return f"a backslash needs single quotes: {QUOTES}"
        if value.startswith(_RISKY) or "${" in value or line.strip().removeprefix("-").strip().startswith(_RISKY):
            return f"a value that begins with or holds such a character needs quotes: {QUOTES}"
        if ": " in value or value.endswith(":"):
            return f"a value with a colon needs quotes: {QUOTES}"
    return None


def _sign_hint(problem: str, around: str, place: Place, context: Place, lines: Sequence[str]) -> str | None:
    """Say which quote ends a text too early, or which `#` does, by the line of *place* and that where it begins."""
    line = _line(lines, place.line)
    before = line[: place.column - 1]
    if before.endswith("'") and line[place.column - 1 : place.column].isalpha() and "did not find" in problem:
        return _QUOTE_INSIDE
    first = min(context.line, place.line - 1) if "flow" in around else place.line - 1
    for number in range(max(first, 1), place.line) if "flow" in around or not before.strip() else ():
        if _HASH.search(_line(lines, number)):
            return f"`#` in line {number} begins a comment: if it belongs to the text, {QUOTES}"
    return None


def _structure_hint(problem: str, around: str, place: Place, context: Place, lines: Sequence[str]) -> str | None:
    """Say what the lines of *place* and *context* lack, when it is neither a quote nor a tab."""
    line = _line(lines, place.line)
    begin = line[: place.column - 1]
    if "\t" in begin:
        return None
    if "expected ':'" in problem and context.line < place.line and "：" not in _line(lines, context.line):
        return f"line {context.line} has a key without its `: `"
    if "flow" in around and context.line < place.line:
        bracket = "{" if "mapping" in around else "["
        return f"the `{bracket}` in line {context.line} isn't closed, or a comma is missing"
    if not begin.strip() and line[place.column - 1 :].startswith("- ") and place.column == context.column:
        return f"an entry of a list among the keys that begin in line {context.line}: is a `- ` missing there?"
    is_misplaced = "did not find expected key" in problem or "expected '-' indicator" in problem
    if (is_misplaced and not begin.strip()) or ("mapping values" in problem and _is_key(begin)):
        return f"indent line {place.line} like those that it belongs to: keys stand in one column, and so do entries"
    return None


def _line(lines: Sequence[str], number: int) -> str:
    """Return a line by its number; the parser may stumble behind the last one."""
    return lines[number - 1] if 1 <= number <= len(lines) else ""


def _is_key(text: str) -> bool:
    """Say whether *text*, up to a colon, is all there is of a line: one key."""
    return re.fullmatch(r" *(- +)*[\w.-]+", text) is not None


def _odd_character(error: Exception, text: str, file: str) -> Place:
    if not isinstance(getattr(error, "position", None), int):
        return Place(file, 1, 1)
    found = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    before = text[: found.start()] if found else ""
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)

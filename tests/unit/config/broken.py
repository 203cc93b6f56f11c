"""Write small bot.yaml texts with one mistake in each, and say what is found in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hookline.findings.findings import Finding
from tests.support import findings

LINE = '    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}\n'
HEAD = f"version: 1\nbots:\n  shop:\n    adapter: line\n{LINE}"
ROUTES = "    routes:\n      - {name: hi, keyword: hi, reply: hello}\n"
ENVIRONMENT = {"SECRET": "one-secret", "TOKEN": "one-token", "EMPTY": ""}

SINGLE_QUOTES = "put the whole value in single quotes: '…'"
RISKY = f"a value that begins with or holds such a character needs quotes: {SINGLE_QUOTES}"
UNSET = "set it in the environment or in a `.env` file beside this one"
SECRET_RULE = "a secret is `${VAR}` or `{file: /run/secrets/name}`, never written in the file"
NAME_RULE = "a name is letters, digits, `_` and `-`, at most 64"
NO_TYPE = "as in `text: 您好` or `type: text`; a text that is in braces needs quotes"
ANY = "…"


@dataclass(frozen=True, slots=True)
class Expected:
    """Hold one finding as a test wants it; ``…`` at either end of a text stands for the rest of it."""

    line: int
    column: int
    message: str
    hint: str = ""
    severity: str = "error"

    def fits(self, found: Expected) -> bool:
        """Say whether *found* is what was wanted."""
        return (
            (self.line, self.column, self.severity) == (found.line, found.column, found.severity)
            and _fits(self.message, found.message)
            and _fits(self.hint, found.hint)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one broken text and all that is to be found in it."""

    name: str
    text: str
    expected: Sequence[Expected]

    def __str__(self) -> str:
        return self.name


def case(name: str, text: str, *expected: Expected) -> Case:
    """Return a row of a table."""
    return Case(name, text, expected)


def error(line: int, column: int, message: str, hint: str = "") -> Expected:
    """Return an error as a test wants it."""
    return Expected(line, column, message, hint)


def warning(line: int, column: int, message: str, hint: str = "") -> Expected:
    """Return a warning as a test wants it."""
    return Expected(line, column, message, hint, "warning")


def top(*lines: str) -> str:
    """Return a good file of seven lines with *lines* at its end, from line 8 on."""
    return HEAD + ROUTES + "".join(f"{line}\n" for line in lines)


def bot(*lines: str) -> str:
    """Return a file whose bot has *lines* from line 6, column 5 on; a good route follows unless they have `routes:`."""
    body = "".join(f"    {line}\n" for line in lines)
    return HEAD + body + ("" if "    routes:" in body else ROUTES)


def line(*lines: str) -> str:
    """Return a file that has *lines* below `line:`, from line 6, column 7 on."""
    return HEAD.replace(LINE, "    line:\n" + "".join(f"      {line}\n" for line in lines)) + ROUTES


def route(*lines: str) -> str:
    """Return a file whose only route is `hours`, in line 7, with *lines* from line 8, column 9 on."""
    return HEAD + "    routes:\n      - name: hours\n" + "".join(f"        {line}\n" for line in lines)


def found_in(folder: Path, text: str) -> list[Expected]:
    """Return what `check` says of *text*, the folder's name left out."""
    return [_plain(finding, folder) for finding in findings(folder, text, ENVIRONMENT)]


def differences(expected: Sequence[Expected], found: Sequence[Expected]) -> list[str]:
    """Return what is missing and what is too much; empty when all is as expected."""
    missing = [f"missing: {wanted}" for wanted in expected if not any(wanted.fits(one) for one in found)]
    extra = [f"too much: {one}" for one in found if not any(wanted.fits(one) for wanted in expected)]
    return missing + extra


def _plain(finding: Finding, folder: Path) -> Expected:
    place = finding.place
    return Expected(
        place.line,
        place.column,
        finding.message.replace(f"{folder}/", "").replace(str(folder), "FOLDER"),
        (finding.hint or "").replace(f"{folder}/", "").replace(str(folder), "FOLDER"),
        finding.severity,
    )


def _fits(wanted: str, found: str) -> bool:
    if wanted == ANY:
        return True
    if wanted.startswith("…") and wanted.endswith("…"):
        return wanted.strip("…") in found
    if wanted.endswith("…"):
        return found.startswith(wanted.removesuffix("…"))
    return wanted == found

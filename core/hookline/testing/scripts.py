"""Read conversations that are written as tests: who says what, and what is to be heard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..config.values.coercion import json_value
from ..config.yaml.document import parse_document
from ..config.yaml.interpolation import Text
from ..durations import duration
from ..errors import ConfigError
from ..findings.findings import Findings, Place, near

DOERS = (
    "says", "follows", "joins", "taps", "picks", "sends", "leaves", "unsends", "redelivers", "waits", "at", "restarts",
    "fails",
)  # fmt: skip
WANTED = ("hears", "pushed", "route", "outcome", "state", "person", "flow", "later")
WHO = ("as", "in", "mention")
NOTHING = "nothing"
TOP = ("bot", "at", "handlers", "tests", "version", "strict")
TEST = ("name", "at", "cases", "steps", "strict")
_CASE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one line of a test: what is done, by whom, and what is wanted of what came; ``place`` is where it stands."""

    place: Place
    does: str | None
    value: Any = None
    user: str = "mei"
    group: str | None = None
    mention: bool = False
    wanted: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one conversation: its ``name`` and its steps, and when it begins where that isn't the file's time.

    With ``is_strict`` nothing may be heard that isn't wanted.
    """

    name: str
    steps: Sequence[Step]
    place: Place
    is_strict: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Hold a file of tests: for which bot, at what time they begin, and what stands in for handlers."""

    path: Path
    bot: str | None
    at: datetime | None
    handlers: Mapping[str, Any]
    cases: Sequence[Case]


def is_script(path: Path) -> bool:
    """Say whether the file at *path* looks like conversations that are tests, and not like a bot.yaml."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        return False
    return bool(re.search(r"^tests:", text, re.M)) and not re.search(r"^bots:", text, re.M)


def read_script(path: Path) -> Script:
    """Return what the file at *path* says; raise ConfigError with all that is wrong with it."""
    findings = Findings()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        findings.error(Place(str(path), 1, 1), f"can't be read: {getattr(error, 'strerror', None) or error}")
        raise ConfigError(findings.all()) from error
    document = parse_document(text, str(path), path.parent, findings)
    if document is None or findings.has_errors:
        raise ConfigError(findings.all())
    script = _Reader(document.marks, findings).script(path, document.data)
    if findings.has_errors:
        raise ConfigError(findings.all())
    return script


class _Reader:
    """Turn plain data into a script, and note what is wrong with it."""

    def __init__(self, marks: Any, findings: Findings) -> None:
        self._marks = marks
        self._findings = findings

    def script(self, path: Path, data: Mapping[str, Any]) -> Script:
        self._check_keys(data, TOP, ())
        tests = data.get("tests")
        if not isinstance(tests, list) or not tests:
            self._wrong(("tests",), "`tests` is a list of conversations, each with `name` and `steps`")
            tests = []
        cases = [case for index, test in enumerate(tests) for case in self._cases(test, ("tests", index))]
        return Script(
            path,
            None if data.get("bot") is None else str(data["bot"]),
            self._time(data.get("at"), ("at",)),
            {str(name): _plain(value) for name, value in (data.get("handlers") or {}).items()},
            cases,
        )

    def _cases(self, test: Any, path: tuple[str | int, ...]) -> Iterator[Case]:
        if not isinstance(test, dict):
            self._wrong(path, "a test has `name:` and `steps:`")
            return
        self._check_keys(test, TEST, path)
        steps = test.get("steps")
        if not isinstance(steps, list) or not steps:
            self._wrong(path, "a test needs `steps:`", is_key=True)
            return
        name, is_strict = str(test.get("name", f"test {path[-1]}")), _plain(test.get("strict", False)) is True
        at = self._time(test.get("at"), (*path, "at"))
        for values in test.get("cases") or [{}]:
            given = {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}
            built = [self._step(step, (*path, "steps", index), given) for index, step in enumerate(steps)]
            yield Case(_filled(name, given), [one for one in built if one], self._marks.key(path), is_strict, at)

    def _step(self, step: Any, path: tuple[str | int, ...], given: Mapping[str, str]) -> Step | None:
        if isinstance(step, str):
            step = {step: True}  # as in `- leaves`
        if not isinstance(step, dict):
            self._wrong(path, f"a step does one of {', '.join(DOERS)}, or wants one of {', '.join(WANTED)}")
            return None
        self._check_keys(step, (*DOERS, *WANTED, *WHO), path)
        does = [key for key in DOERS if key in step]
        if len(does) > 1:
            self._wrong((*path, does[1]), f"a step does one thing: `{does[0]}` and `{does[1]}` are two", is_key=True)
            return None
        wanted = {key: _filled(_plain(step[key]), given) for key in WANTED if key in step}
        if not does and not wanted:
            return None
        value = _filled(_plain(step[does[0]]), given) if does else None
        return Step(
            place=self._marks.value(path) if not does else self._marks.key((*path, does[0])),
            does=does[0] if does else None,
            value=self._checked(does[0], value, (*path, does[0])) if does else None,
            user=str(_filled(_plain(step.get("as", "mei")), given)),
            group=None if step.get("in") is None else str(step["in"]),
            mention=_plain(step.get("mention", False)) is True,
            wanted=wanted,
            places={key: self._marks.key((*path, key)) for key in wanted},
        )

    def _checked(self, does: str, value: Any, path: tuple[str | int, ...]) -> Any:
        match does:
            case "waits":
                try:
                    return duration(value)
                except ValueError as error:
                    self._wrong(path, f"`waits`: {error}")
            case "at":
                return self._time(value, path)
        return value

    def _time(self, value: Any, path: tuple[str | int, ...]) -> datetime | None:
        if value is None:
            return None
        try:
            return datetime.fromisoformat(str(value).strip())
        except ValueError:
            self._wrong(path, f"`at`: `{value}` is no time; write it as in 2026-12-01 10:00")
            return None

    def _check_keys(self, data: Mapping[str, Any], known: Sequence[str], path: tuple[str | int, ...]) -> None:
        for key in data:
            if key not in known:
                hint = near(str(key), known, f"known are {', '.join(known)}")
                self._findings.error(self._marks.key((*path, key)), f"unknown key `{key}`", hint)

    def _wrong(self, path: tuple[str | int, ...], message: str, *, is_key: bool = False) -> None:
        self._findings.error(self._marks.key(path) if is_key else self._marks.value(path), message)


def _plain(value: Any) -> Any:
    """Return *value* as JSON: unquoted numbers, true, false and null are what they are there."""
    if isinstance(value, Text):
        return json_value(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _filled(value: Any, given: Mapping[str, str]) -> Any:
    """Return *value* with ``{name}`` filled by what a case has *given*; other braces are left alone."""
    if isinstance(value, str) and given:
        return _CASE.sub(lambda found: given.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _filled(item, given) for name, item in value.items()}
    return [_filled(item, given) for item in value] if isinstance(value, list) else value

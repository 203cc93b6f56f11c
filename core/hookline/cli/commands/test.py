"""Play conversations that are written as tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import click

from ...errors import ConfigError, HooklineError
from ...telling.settings import Settings
from ...testing.conversations import Coverage, WentOtherwiseError, play
from ...testing.scripts import Case, Script, is_script, read_script
from ..terminal.groups import PlayingGroup
from ..terminal.report import report

USUAL = Path("tests")


@dataclass(frozen=True, slots=True)
class Result:
    """Hold how one conversation went: ``failure`` is None where all was as it was wanted."""

    script: Script
    case: Case
    seconds: float
    failure: HooklineError | None

    @property
    def said(self) -> str:
        """Return what is to be told of a failure."""
        if isinstance(self.failure, ConfigError):
            return report(self.failure.findings)
        return str(self.failure or "")


class TestGroup(PlayingGroup):
    """Import what saving needs only when it is asked for."""

    __test__ = False  # nothing for pytest

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands that are written out."""
        return ["save"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command *cmd_name*, or None."""
        if cmd_name == "save":
            from .test_save import command as save

            return save
        return super().get_command(ctx, cmd_name)


@click.group(cls=TestGroup)
def command() -> None:
    """Play the conversations in FILES, or in the folder tests: what people say, and what they are to hear.

    Nothing is sent to any platform, and time passes only where a conversation says so. `save` writes such a file.
    """


@command.command("play")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("-k", "--only", default="", metavar="TEXT", help="Only conversations whose name holds this.")
@click.option(
    "--coverage", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail when less than this is come by."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the results for CI systems.")
@click.pass_obj
def play_all(
    settings: Settings, files: Sequence[Path], only: str, coverage: float | None, as_json: bool, junit: Path | None
) -> None:
    """Play the conversations in FILES, or in the folder tests: what people say, and what they are to hear.

    Nothing is sent to any platform, and time passes only where a conversation says so.
    """
    scripts = [read_script(path) for path in _found(files)]
    if not scripts:
        raise click.UsageError("there are no conversations to play: name files with `tests:`, or put them into tests/")
    counted = Coverage()
    results = [
        _played(settings, script, case, counted) for script in scripts for case in script.cases if only in case.name
    ]
    if junit is not None:
        junit.write_text(_junit(results), "utf-8")
    click.echo(
        json.dumps(_facts(results, counted), ensure_ascii=False, indent=2) if as_json else _told(results, counted)
    )
    is_short = coverage is not None and counted.percent < coverage
    if is_short and not as_json:
        click.echo(f"never come by: {', '.join(counted.missed)}", err=True)
        click.echo(f"coverage {counted.percent:.0f} %, wanted {coverage:g} %", err=True)
    if is_short or any(result.failure is not None for result in results):
        raise click.exceptions.Exit(1)


def _found(files: Sequence[Path]) -> Sequence[Path]:
    """Return the files of conversations among *files*, and in the folders among them."""
    found: list[Path] = []
    for path in files or ([USUAL] if USUAL.is_dir() else []):
        if path.is_dir():
            found += [one for one in sorted(path.rglob("*.y*ml")) if is_script(one)]
        else:
            found.append(path)
    return found


def _played(settings: Settings, script: Script, case: Case, counted: Coverage) -> Result:
    begun, failure = time.perf_counter(), None
    try:
        asyncio.run(play(script, case, settings.files, counted))
    except HooklineError as error:
        failure = error
    return Result(script, case, time.perf_counter() - begun, failure)


def _told(results: Sequence[Result], counted: Coverage) -> str:
    lines, before = [], ""
    for result in results:
        said = result.said
        lines.append(f"{'ok  ' if result.failure is None else 'FAIL'}  {result.case.name}")
        lines += [f"      {line}" for line in (said.splitlines() if said != before else ["as above"] * bool(said))]
        before = said
    failed = sum(result.failure is not None for result in results)
    lines.append(
        f"{len(results)} conversations, {failed} went otherwise; "
        f"{counted.percent:.0f} % of {len(counted.known)} routes and questions were come by"
    )
    return "\n".join(lines)


def _facts(results: Sequence[Result], counted: Coverage) -> dict[str, object]:
    each = []
    for result in results:
        facts: dict[str, object] = {"file": str(result.script.path), "name": result.case.name}
        facts |= {"seconds": round(result.seconds, 3), "failed": result.failure is not None}
        if isinstance(result.failure, WentOtherwiseError):
            failure = result.failure
            facts |= {"line": failure.place.line, "wanted": failure.wanted, "came": failure.came, "why": failure.why}
        elif result.failure is not None:
            facts["why"] = result.said
        each.append(facts)
    return {"tests": each, "coverage": round(counted.percent, 1), "missed": list(counted.missed)}


def _junit(results: Sequence[Result]) -> str:
    failed = sum(result.failure is not None for result in results)
    suite = ElementTree.Element("testsuite", name="hookline", tests=str(len(results)), failures=str(failed))
    for result in results:
        case = ElementTree.SubElement(
            suite, "testcase", classname=str(result.script.path), name=result.case.name, time=f"{result.seconds:.3f}"
        )
        if result.failure is not None:
            ElementTree.SubElement(case, "failure", message=result.said.splitlines()[0]).text = result.said
    return ElementTree.tostring(suite, "unicode")

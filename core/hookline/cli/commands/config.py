"""``hookline config``: look at the configurations that were served, and go back to one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from ...config.editing.replacement import Replacement, replace_files
from ...config.history.files import ConfigurationFiles
from ...config.history.versions import Version
from ...config.yaml.disk import Disk, absolute
from ...errors import ConfigError
from ...telling.differences import differences, is_different
from ...telling.hosts import ask_hosts
from ...telling.phrases import counted, json_text, moment, named, plain
from ...telling.settings import Settings
from ..terminal.hosts import say_reloaded
from ..terminal.printing import Column, print_table
from ..terminal.report import report

COLUMNS = (
    Column("version"),
    Column("served from"),
    Column("why", shows="begin"),
    Column("files", shows="begin", rank=1),
)


@click.group()
def command() -> None:
    """Look at the configurations that were served, and go back to one."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def history(settings: Settings, as_json: bool) -> None:
    """List the configurations that a host has served, newest first."""
    versions = settings.source().versions.all()
    if as_json:
        click.echo(json_text([_as_json(version) for version in versions]))
    elif versions:
        rows = ((each.number, moment(each.at), each.why, ", ".join(_names(each.files))) for each in versions)
        print_table(COLUMNS, rows)
    else:
        click.echo("nothing is kept yet: a host keeps each configuration that it has come to serve")


@command.command()
@click.argument("old", type=int, required=False)
@click.argument("new", type=int, required=False)
@click.pass_obj
def diff(settings: Settings, old: int | None, new: int | None) -> None:
    """Show what has changed from version OLD (default: the newest) to version NEW (default: the files as they are)."""
    source = settings.source()
    before = _version(source, old).files
    after = _now(before, settings) if new is None else _version(source, new).files
    lines = list(differences(before, after))
    click.echo("\n".join(plain(line) for line in lines) if lines else "no difference")


@command.command()
@click.argument("version", type=int, required=False)
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.pass_obj
def rollback(settings: Settings, version: int | None, yes: bool) -> None:
    """Write the files as they were in VERSION (default: the last good one that differs), and let the host reload."""
    source = settings.source(is_simulated=True)
    chosen = _different(source, settings) if version is None else _version(source, version)
    now = _now(chosen.files, settings)
    lines = list(differences(now, chosen.files))
    if not lines:
        click.echo(f"the files are as they were in version {chosen.number}")
        return
    _ensure_good(source, chosen)
    changes = _changes(now, chosen.files)
    click.echo("\n".join(plain(line) for line in lines))
    if not yes:
        click.confirm(f"write {counted(len(changes), 'file')} as in version {chosen.number}?", abort=True)
    replace_files(changes)
    click.echo(f"the files are as in version {chosen.number}")
    say_reloaded(asyncio.run(ask_hosts(settings, "reload", {"why": f"rollback to version {chosen.number}"})))


def _version(source: ConfigurationFiles, number: int | None) -> Version:
    found = source.versions.newest() if number is None else source.versions.get(number)
    if found is None:
        kept = [version.number for version in source.versions.all()]
        there_are = f"kept are {kept[-1]} to {kept[0]}" if kept else "none is kept yet"
        raise click.ClickException(f"there is no version {number or ''}".rstrip() + f"; {there_are}")
    return found


def _different(source: ConfigurationFiles, settings: Settings) -> Version:
    """Return the newest version of which any line isn't what the files say."""
    for version in source.versions.all():
        if is_different(_now(version.files, settings), version.files):
            return version
    raise click.ClickException("no version is kept that differs from the files")


def _ensure_good(source: ConfigurationFiles, version: Version) -> None:
    try:
        source.load_version(version)
    except ConfigError as error:
        click.echo(report(error.findings), err=True)
        raise click.ClickException(f"version {version.number} can't be used any more; nothing was written") from None


def _now(files: Mapping[Path, bytes], settings: Settings) -> Mapping[Path, bytes]:
    """Return what the files on disk say: those of *files*, and those that were named."""
    disk, found = Disk(), dict[Path, bytes]()
    for path in dict.fromkeys([*files, *map(absolute, settings.paths())]):
        try:
            found[path] = disk.read(path).text
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise click.ClickException(f"can't read {path}: {error.strerror}") from error
    return found


def _changes(before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> Sequence[Replacement]:
    return [Replacement(path, before.get(path), text) for path, text in after.items() if before.get(path) != text]


def _as_json(version: Version) -> Mapping[str, object]:
    return {"version": version.number, "at": version.at, "why": version.why, "files": list(_names(version.files))}


def _names(files: Mapping[Path, bytes]) -> Iterator[str]:
    return map(named, files)

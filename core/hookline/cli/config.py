"""``hookline config``: look at the configurations that were served, and go back to one."""

from __future__ import annotations

import asyncio
import difflib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from ..config.listing import Listing
from ..config.source import ConfigurationFiles
from ..config.versions import Version
from ..errors import ConfigError
from .live import ask_hosts
from .printing import Column, counted, json_text, moment, plain, print_table
from .report import report
from .settings import Settings

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
    lines = list(_differences(before, after))
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
    lines = list(_differences(now, chosen.files))
    if not lines:
        click.echo(f"the files are as they were in version {chosen.number}")
        return
    _ensure_good(source, chosen)
    click.echo("\n".join(plain(line) for line in lines))
    if not yes:
        click.confirm(f"write {counted(_count(now, chosen.files), 'file')} as in version {chosen.number}?", abort=True)
    for path, content in chosen.files.items():
        if now.get(path) != content:
            _write(path, content)
    click.echo(f"the files are as in version {chosen.number}")
    asked = asyncio.run(ask_hosts(settings, "reload"))
    if asked.answers:
        click.echo("the host has reloaded: see `hookline status`")
    asked.end()


def _version(source: ConfigurationFiles, number: int | None) -> Version:
    found = source.versions.newest() if number is None else source.versions.get(number)
    if found is None:
        kept = [version.number for version in source.versions.all()]
        there_are = f"kept are {kept[-1]} to {kept[0]}" if kept else "none is kept yet"
        raise click.ClickException(f"there is no version {number or ''}".rstrip() + f"; {there_are}")
    return found


def _different(source: ConfigurationFiles, settings: Settings) -> Version:
    """Return the newest version that isn't what the files say."""
    for version in source.versions.all():
        if _now(version.files, settings) != version.files:
            return version
    raise click.ClickException("no version is kept that differs from the files")


def _ensure_good(source: ConfigurationFiles, version: Version) -> None:
    try:
        source.load_version(version)
    except ConfigError as error:
        click.echo(report(error.diagnostics), err=True)
        raise click.ClickException(f"version {version.number} can't be used any more; nothing was written") from None


def _now(files: Mapping[Path, bytes], settings: Settings) -> Mapping[Path, bytes]:
    """Return what the files on disk say: those of *files*, and those that were named."""
    paths = [*files, *(path.absolute() for path in settings.files)]
    return {path: path.read_bytes() for path in dict.fromkeys(paths) if path.is_file()}


def _differences(before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> Iterator[str]:
    for path in sorted(before.keys() | after.keys()):
        name = _name(path)
        old, new = (_listing(path, files.get(path, b"")) for files in (before, after))
        groups = list(difflib.SequenceMatcher(None, old.lines, new.lines, autojunk=False).get_grouped_opcodes())
        if groups:
            yield from (f"--- {name}", f"+++ {name}")
        for group in groups:
            yield f"@@ line {group[0][1] + 1} @@"
            for tag, first, last, new_first, new_last in group:
                sign = " " if tag == "equal" else "-"
                yield from (f"{sign}{old.shown(number + 1)}" for number in range(first, last))
                if tag != "equal":
                    yield from (f"+{new.shown(number + 1)}" for number in range(new_first, new_last))


def _listing(path: Path, content: bytes) -> Listing:
    """Return the lines of a file as they may be shown: a secret that was written into it by mistake is not."""
    return Listing(content.decode("utf-8-sig", "replace"), is_open=path.suffix == ".json")


def _count(before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> int:
    return sum(before.get(path) != content for path, content in after.items())


def _write(path: Path, content: bytes) -> None:
    """Replace *path* whole, or leave it as it is; its mode stays."""
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o644
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise click.ClickException(f"can't write {_name(path)}: {error.strerror or error}") from error


def _as_json(version: Version) -> Mapping[str, object]:
    return {"version": version.number, "at": version.at, "why": version.why, "files": list(_names(version.files))}


def _names(files: Mapping[Path, bytes]) -> Iterator[str]:
    return map(_name, files)


def _name(path: Path) -> str:
    """Return *path* as one would write it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

"""``hookline new``: write a new plugin whose tests pass at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

import click

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*\Z")
_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "src/$module/__init__.py": "src/init.py.txt",
    "src/$module/routes.yaml": "src/routes.yaml.txt",
    "src/$module/py.typed": None,
    "tests/test_$plugin.py": "tests/test_plugin.py.txt",
}


@click.group()
def command() -> None:
    """Write something new."""


@command.command()
@click.argument("name")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder to write into."
)
def plugin(name: str, into: Path) -> None:
    """Write the package hookline-NAME: a plugin with settings, a handler, routes and tests."""
    short = name.removeprefix("hookline-").removeprefix("hookline_")
    if not _NAME.match(short) or len(short) > 40:
        raise click.BadParameter(
            "a name is small letters, digits and single hyphens, as in `opening-hours`", param_hint="NAME"
        )
    names = {
        "plugin": short.replace("-", "_"),
        "module": "hookline_" + short.replace("-", "_"),
        "distribution": "hookline-" + short.replace("_", "-"),
    }
    folder = into / names["distribution"]
    if folder.exists():
        raise click.ClickException(f"{folder} is there already; nothing was written")
    try:
        write(folder, names)
    except OSError as error:
        raise click.ClickException(f"can't write {folder}: {error.strerror or error}") from error
    click.echo(f"wrote {folder}. Its tests, offline: python -m pytest {folder}")
    click.echo(f"to use it: pip install -e {folder}, then `{names['plugin']}:` under a bot's `plugins:`")


def write(folder: Path, names: Mapping[str, str]) -> None:
    """Write the files of a new plugin into *folder*."""
    templates = resources.files("hookline.cli") / "scaffold"
    for target, source in _FILES.items():
        path = folder / Template(target).substitute(names)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "" if source is None else templates.joinpath(source).read_text("utf-8")
        path.write_text(Template(text).safe_substitute(names), "utf-8")

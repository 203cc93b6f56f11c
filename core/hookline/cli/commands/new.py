"""``hookline new``: write a new plugin whose tests pass at once, or a bot that answers at once."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import distributions, version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from urllib.parse import quote

import click

from ...adapters.adapter import AdapterKind
from ...config.editing.enlarging import add_bot, with_bot
from ...config.keys.words import NAME
from ...config.yaml.named import is_many
from ...errors import ConfigError, PluginError
from ...plugins.platforms import AdapterRegistry
from ...plugins.registry import PluginRegistry
from ...telling.settings import Settings

_PLUGIN_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*\Z")
DEFAULT_ADAPTER = "line"
OURS = ("echo", "intents", "tickets")
"""The plugins that come with hookline, installed here or not."""

_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "LICENSE": "LICENSE.txt",
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
    if not _PLUGIN_NAME.match(short) or len(short) > 40:
        raise click.BadParameter(
            "a name is small letters, digits and single hyphens, as in `opening-hours`", param_hint="NAME"
        )
    names = {
        "plugin": short.replace("-", "_"),
        "module": "hookline_" + short.replace("-", "_"),
        "distribution": "hookline-" + short.replace("_", "-"),
        "bound": _bound(version("hookline")),
        "year": str(datetime.now(UTC).year),
    }
    owner = _owner(names)
    if owner is not None:
        raise click.BadParameter(f"`{short}` is taken: {owner}; choose another name", param_hint="NAME")
    folder = into / names["distribution"]
    if folder.exists():
        raise click.ClickException(f"{folder} is there already; nothing was written")
    try:
        write(folder, names)
    except OSError as error:
        raise click.ClickException(f"can't write {folder}: {error.strerror or error}") from error
    click.echo(f"wrote {folder}. Its tests, offline: python -m pytest {folder}")
    click.echo(f"to use it: pip install -e {folder}, then `{names['plugin']}:` under a bot's `plugins:`")
    click.echo("to publish it: replace YOUR-NAME and YOUR-ACCOUNT in its pyproject.toml and LICENSE")


def _bound(own: str) -> str:
    """Return which versions of hookline a plugin runs with that is written for *own*: all before the next major."""
    major, minor, *_ = own.split(".")
    return f">={major}.{minor},<{int(major) + 1}"


def _owner(names: Mapping[str, str]) -> str | None:
    """Say who has one of the *names* of a new plugin already, or return None."""
    plugin, module, distribution = names["plugin"], names["module"], names["distribution"]
    registry = PluginRegistry.discover()
    for name, installed in registry.installed.items():
        if _plain(name) == plugin:
            return f"it is the plugin of {installed.distribution} {installed.version}".strip()
    if plugin in map(_plain, registry.platforms.names):
        return f"it is a platform, as in `adapter: {plugin}`"
    if plugin in OURS:
        return f"{distribution} is a plugin of hookline's own"
    if any(_plain(found.name) == _plain(distribution) for found in distributions()):
        return f"the distribution {distribution} is installed"
    return f"there is a module `{module}` that can be imported" if find_spec(module) is not None else None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


@command.command()
@click.argument("name")
@click.option("--adapter", default=DEFAULT_ADAPTER, show_default=True, help="The platform that it is on.")
@click.pass_obj
def bot(settings: Settings, name: str, adapter: str) -> None:
    """Add a bot with its first routes to bot.yaml, or write that file when there is none."""
    if not re.match(NAME, name):
        raise click.BadParameter("a name is letters, digits, `_` and `-`, at most 64, as in `shop`", param_hint="NAME")
    if len(settings.files) > 1 or is_many(settings.files[0]):
        raise click.UsageError("a bot is written into one file; name it alone: hookline -c FILE new bot NAME")
    (path,) = settings.files
    kind = _kind(adapter)
    variables = _variables(name, path, kind)
    body = _bot(kind, variables)
    if path.exists():
        _ensure_fine(settings)
        add_bot(path, name, body).write()
    else:
        _create(path, name, body)
    conversation = _converse(path.parent / "tests" / f"{name}.yaml", name, kind)
    option = "" if path == Path("bot.yaml") else f"-c {shlex.quote(str(path))} "
    first = "hi" if kind.events.get("message.text") else shlex.quote(f"/event {_first(kind)}")
    click.echo(f"added bot `{name}` to {path}. Talk to it: hookline {option}chat --bot {name} --say {first}")
    if conversation is not None:
        click.echo(f"its first conversation is a test: hookline {option}test {shlex.quote(str(conversation))}")
    needed = " and ".join(used[2:-1] for used in _used(_settings(kind, variables)))
    click.echo(f"to go live: set {needed}, in the environment or in a")
    click.echo(f"`.env` beside the file, and enter the webhook URL in {kind.title}'s console:")
    click.echo(f"  https://YOUR-PUBLIC-HOST/webhooks/{quote(name)}")


def _kind(adapter: str) -> AdapterKind:
    try:
        return AdapterRegistry.discover().load(adapter)
    except PluginError as error:
        known = ", ".join(sorted(AdapterRegistry.discover().names))
        raise click.BadParameter(f"{error}; there are {known}", param_hint="--adapter") from error


def _settings(kind: AdapterKind, variables: str) -> list[str]:
    """Return what stands under the platform's name: its own scaffold, or each setting that it needs as a variable."""
    if kind.scaffold:
        return kind.scaffold.replace("NAME", variables).splitlines()
    fields = kind.settings.model_fields.items()
    needed = [name for name, field in fields if field.is_required() or name in kind.usual]
    return [f"{name}: ${{{variables}_{name.upper()}}}" for name in needed]


def _variables(name: str, path: Path, kind: AdapterKind) -> str:
    """Return what the names of its variables begin with: those of no other bot in the file."""
    written = path.read_bytes() if path.is_file() else b""
    base = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()
    base = base if base[:1].isalpha() else f"BOT_{base}".rstrip("_")
    names = [base, *(f"{base}_{number}" for number in range(2, 1000))]
    return next(one for one in names if not any(used.encode() in written for used in _used(_settings(kind, one))))


def _used(lines: Sequence[str]) -> list[str]:
    """Return the variables that *lines* ask for, as they do."""
    return re.findall(r"\$\{\w+\}", "\n".join(lines))


def _bot(kind: AdapterKind, variables: str) -> str:
    """Return what stands below the name of a bot of *kind*: its settings from variables, and routes that fit it."""
    head = [f"adapter: {kind.name}", f"{kind.name}:", *(f"  {line}" for line in _settings(kind, variables))]
    scaffold = resources.files("hookline.cli") / "scaffold"
    answers = "answers.yaml.txt" if kind.can_answer(_first(kind)) else "events.yaml.txt"
    routes = "routes.yaml.txt" if kind.events.get("message.text") else answers
    text = scaffold.joinpath(routes).read_text("utf-8")
    if "follow" not in kind.events:
        text = re.sub(r"  - name: welcome\n(    .*\n)+", "", text)
    return "\n".join(head) + "\n" + Template(text).safe_substitute(event=_first(kind))


def _first(kind: AdapterKind) -> str:
    return next((name for name in kind.events if name != "*"), "something")


def _ensure_fine(settings: Settings) -> None:
    """Raise ConfigError when the file has mistakes, unless they are that it has no bots yet."""
    try:
        settings.load(is_simulated=True)
    except ConfigError as error:
        others = [one for one in error.findings if one.severity == "error" and not one.message.startswith("`bots`")]
        if others:
            raise


def _create(path: Path, name: str, body: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(with_bot(path, "version: 1\n", name, body))
    except OSError as error:
        raise click.ClickException(f"can't write {path}: {error.strerror or error}") from error


def _converse(path: Path, name: str, kind: AdapterKind) -> Path | None:
    """Write conversations of a new bot that are its tests, and return where; None where there can't be or are some."""
    if path.exists() or not kind.events.get("message.text"):
        return None
    text = (resources.files("hookline.cli") / "scaffold" / "conversation.yaml.txt").read_text("utf-8")
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(Template(text).substitute(bot=json.dumps(name, ensure_ascii=False)), "utf-8")
    except OSError as error:
        click.echo(f"can't write {path}: {error.strerror or error}", err=True)
        return None
    return path


def write(folder: Path, names: Mapping[str, str]) -> None:
    """Write the files of a new plugin into *folder*."""
    templates = resources.files("hookline.cli") / "scaffold"
    for target, source in _FILES.items():
        path = folder / Template(target).substitute(names)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "" if source is None else templates.joinpath(source).read_text("utf-8")
        path.write_text(Template(text).safe_substitute(names), "utf-8")

"""Load bot.yaml: read → fill variables → check → load plugins → build routes, reporting every mistake at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import ConfigError
from ..plugins.registry import PluginRegistry
from ..routing.overlap import overlaps
from ..routing.router import Router
from .bots import BotBuilder
from .configuration import BotConfiguration, Configuration
from .diagnostics import Problems
from .files import FileReader, Files, read_files
from .packs import Packs, check_unused

_PASSWORD = re.compile(r"://[^\s:/@${}]*:(?!\$\{\w+\}@)[^\s@]+@")
_STORE_HINT = "write sqlite:///FILE, as in sqlite:///hookline.db"


def load(
    paths: Sequence[Path],
    registry: PluginRegistry,
    *,
    environment: Mapping[str, str] | None = None,
    is_simulated: bool = False,
    is_thorough: bool = False,
) -> Configuration:
    """Return the configuration that *paths* hold together, or raise ConfigError with all that is wrong.

    With *is_simulated* secrets and unset variables get made-up values. With *is_thorough* routes that can
    never win, and overlaps, are looked for too.
    """
    problems = Problems()
    reader = FileReader(dict(os.environ if environment is None else environment), is_simulated, problems)
    files = read_files(paths, reader)
    if files is None:
        raise ConfigError(problems.all())
    store = _store(files, problems)
    builder = BotBuilder(registry, reader, Packs(files.packs, files.broken_packs, files.is_whole))
    bots = [builder.build(name, spec, file) for name, (spec, file) in files.bots.items()]
    _check_unused(files, problems)
    if problems.errors():
        raise ConfigError(problems.all())
    whole = {bot.name: bot for bot in bots if bot is not None}
    if is_thorough:
        for bot in whole.values():
            _check_overlaps(bot, builder, problems)
    retention = files.saying("retention").spec.retention
    return Configuration(
        store=store,
        bots=whole,
        ids_days=retention.ids_days,
        bodies_days=min(retention.bodies_days, retention.ids_days),
        warnings=problems.warnings(),
        secrets=frozenset(reader.secrets),
    )


def _store(files: Files, problems: Problems) -> str:
    """Return the store's URL with an absolute path, after reporting what is wrong with it."""
    for file in files.files:
        written = file.document.data.get("store")
        if isinstance(written, str) and _PASSWORD.search(written):
            problems.error(
                file.source("store").value(),
                "`store` holds a password in plain text",
                "write it as ${VAR}: postgresql://user:${PASSWORD}@host/name",
            )
    file = files.saying("store")
    url, place = file.spec.store, file.source("store").value()
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite":
        name = url.partition(":")[0] if url.partition(":")[0].isalnum() else "this"
        problems.error(place, f"`store`: {name} is not a store of this version", _STORE_HINT)
    elif not path or path.startswith(":"):
        problems.error(place, "`store`: a store must be a file, since it outlives the process", _STORE_HINT)
    return f"sqlite:///{file.document.folder.absolute() / path}"


def _check_unused(files: Files, problems: Problems) -> None:
    included = {route.include for bot, _ in files.bots.values() for route in bot.routes}
    for pack in files.packs.values():
        if pack.name not in included:
            check_unused(pack, problems)


def _check_overlaps(bot: BotConfiguration, builder: BotBuilder, problems: Problems) -> None:
    for overlap in overlaps(Router(bot.routes, bot.call_names)):
        later, place = overlap.later.name, builder.places[bot.name, overlap.later.name]
        earlier = f"`{overlap.earlier.name}` ({builder.places[bot.name, overlap.earlier.name]})"
        hint = f"try it: hookline explain {bot.name} '{overlap.example}'" if overlap.example else "put it earlier"
        if overlap.is_total:
            problems.warning(place, f"route `{later}` can never win: {earlier} answers first", hint)
        else:
            message = f"`{overlap.example}` never gets to route `{later}`: {earlier} answers first"
            problems.warning(place, message, hint)

"""Say in which lines of a configuration file no secret belongs, as the keys themselves say."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from ...findings.listing import ANY_NAME, OpenKeys
from .bots import BotSpec
from .files import FileSpec, PluginFileSpec
from .words import Open


def _open(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Open]]:
    for name, field in model.model_fields.items():
        yield from (((*above, name), mark) for mark in field.metadata if isinstance(mark, Open))


_MARKED = [*_open(FileSpec), *_open(PluginFileSpec), *_open(BotSpec, ("bots", ANY_NAME))]

OPEN_KEYS = OpenKeys(
    sections=frozenset(path for path, mark in _MARKED if mark.below),
    values=frozenset(path for path, mark in _MARKED if not mark.below),
)
"""Those of bot.yaml and of a plugin's routes.yaml."""

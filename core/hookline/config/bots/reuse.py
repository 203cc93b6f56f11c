"""Know what a bot was made of, so that the next load can take it over as it is when none of that has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...plugins.registry import Plugin
from ..configuration import BotConfiguration
from ..routes.pushes import Deferred, Sender
from ..yaml.document import Document, Part
from ..yaml.interpolation import Text, Variables
from ..yaml.texts import Notes, digest


@dataclass(frozen=True, slots=True)
class Made:
    """Hold a bot of a load that was fine, and all that it was made of.

    ``file`` is what its places name; ``block`` tells its text there, where the file was read in parts, ``data`` what
    that says. ``variables`` are those that it asked for, ``notes`` the files that it names, ``packs`` the tokens of
    those that it includes, ``lists`` the ids of the files' lists that it looked for. ``secrets`` came of it, and with
    ``has_warnings`` something that is told anew in each load, where it stands by then. ``deferred`` is what it pushes,
    built for those ``senders``.
    """

    bot: BotConfiguration
    file: str
    block: bytes | None
    data: bytes
    variables: Mapping[str, str | None]
    notes: Notes
    packs: Mapping[str, bytes | None]
    lists: Mapping[str, frozenset[str] | None]
    plugins: Sequence[Plugin]
    secrets: frozenset[str]
    has_warnings: bool
    deferred: Sequence[Deferred] = ()
    senders: Mapping[str, Sender | None] = field(default_factory=dict)

    def is_text_same(self, document: Document) -> bool:
        """Say whether the text of the bot is the same in *document*, so that it needn't be read."""
        block = document.blocks.get(("bots", self.bot.name))
        return document.is_unchanged or (block is not None and block.digest == self.block)

    def has_same_values(self, values: Mapping[str, str]) -> bool:
        """Say whether the variables that it asked for have the same *values* as then."""
        return all(values.get(name) == value for name, value in self.variables.items())

    def is_same(self, part: Part) -> bool:
        """Say whether *part*, which may stand in another text, says the same."""
        return self.data == fingerprint(part)


def fingerprint(part: Part) -> bytes:
    """Return what tells *part* from any other, whatever its layout, and its comments unless one is odd."""
    parts: list[object] = []
    _flatten(part.data, parts)
    depth = len(part.path)
    parts += [(path[depth:], oddity) for path, oddity in part.marks.odd.items() if path[:depth] == part.path]
    return digest(repr(parts).encode())


def token_of(document: Document, part: Part, variables: Variables) -> bytes:
    """Return what tells a pack from any other: what it says, where it stands, and the values of its variables."""
    place = (document.file, part.path, sorted(variables.asked.items()))
    return digest(repr(place).encode("utf-8", "surrogatepass") + fingerprint(part))


def _flatten(data: Any, parts: list[object]) -> None:
    """Append what *data* consists of: texts, whether each was plain, and numbers where something begins or ends."""
    if isinstance(data, Text):
        parts += (data.is_plain, data)
    elif isinstance(data, dict):
        parts.append(1)
        for name, value in data.items():
            parts.append(name)
            _flatten(value, parts)
        parts.append(2)
    elif isinstance(data, list):
        parts.append(3)
        for value in data:
            _flatten(value, parts)
        parts.append(4)
    else:
        parts.append(None)

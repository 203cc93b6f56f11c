"""Serve what is right: where a file or a bot is wrong, what it was when it was last right stands in for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import ConfigError
from ..findings.findings import Finding
from .bots.bots import BotBuilder
from .bots.reuse import Made
from .configuration import BotConfiguration
from .yaml.texts import Texts


class Earlier(Protocol):
    """Know what was right earlier, beyond what the last load knows."""

    def text(self, path: Path) -> bytes | None:
        """Return what the file *path* said when it was last right as a whole, or None."""
        ...

    def bot(self, name: str) -> Made | None:
        """Return the bot *name* as it was when it was last right, or None."""
        ...


class WrongFilesError(ConfigError):
    """Say that some of *paths* are wrong as a whole: *files* are their names."""

    def __init__(self, findings: Sequence[Finding], paths: Sequence[Path], files: Collection[str]) -> None:
        super().__init__(findings)
        self.paths = paths
        self.files = files


@dataclass
class Mending:
    """Hold what stands in for what is wrong, in one load.

    Of the files that are wrong as a whole those that are ``old`` say what they said earlier, the others are ``out``.
    The bots that are ``amiss`` are as they were earlier, or left out. ``problems`` are all that is wrong.
    """

    earlier: Earlier
    problems: list[Finding] = field(default_factory=list)
    old: set[Path] = field(default_factory=set)
    out: set[Path] = field(default_factory=set)
    amiss: set[str] = field(default_factory=set)

    def replace(self, path: Path, texts: Texts) -> None:
        """Let the file *path*, which is wrong, say what it said earlier; leave it out where that is wrong by now."""
        text = None if path in self.old else self.earlier.text(path)
        self.old.discard(path)
        (self.out if text is None else self.old).add(path)
        texts.replace(path, text)

    def stand_ins(
        self, builder: BotBuilder, made: Mapping[str, Made], names: Collection[str]
    ) -> Mapping[str, BotConfiguration | None]:
        """Return what is served instead of the bots *names*: what the last load *made*, or what was there earlier."""
        self.amiss.update(names)
        return {name: builder.stand_in(name, made.get(name) or self.earlier.bot(name)) for name in sorted(names)}

    def add(self, problems: Sequence[Finding]) -> None:
        """Take note of *problems* that came up only with what stands in."""
        known = {(problem.place, problem.message) for problem in self.problems}
        self.problems += [problem for problem in problems if (problem.place, problem.message) not in known]

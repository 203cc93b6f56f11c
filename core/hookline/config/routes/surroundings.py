"""Say where entries of a file stand, and what they may refer to there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...adapters.adapter import ANY_ID, AdapterKind, IdForms
from ...findings.findings import Findings, Place
from ...intents.intent import Intent
from ...plugins.registry import Plugin
from ..yaml.json_files import JsonFiles
from ..yaml.marks import Marks, YamlPath


@dataclass(slots=True)  # not frozen: that takes three times as long, and there are hundreds for a bot
class Site:
    """Say where an entry stands: its marks, its path in the file, and the folder of relative names."""

    marks: Marks
    path: YamlPath
    folder: Path

    def below(self, *path: str | int) -> Site:
        """Return the site of something inside."""
        return Site(self.marks, (*self.path, *path), self.folder)

    def around(self) -> Site:
        """Return the site of what it stands in."""
        return Site(self.marks, self.path[:-1], self.folder)

    def beside(self, name: str) -> Site:
        """Return the site of something that stands beside it."""
        return Site(self.marks, (*self.path[:-1], name), self.folder)

    def key(self, *path: str | int) -> Place:
        """Return the place of its key, or of one inside."""
        return self.marks.key((*self.path, *path))

    def value(self, *path: str | int) -> Place:
        """Return the place of its value, or of one inside."""
        return self.marks.value((*self.path, *path))

    def items(self, words: Sequence[str] | None) -> Iterable[tuple[Place, str]]:
        """Yield each of *words* with its place, whether it was written alone or in a list."""
        for index, word in enumerate(words or ()):
            yield self.value(index), word

    @property
    def is_damaged(self) -> bool:
        """Say whether something in it was left out, so that what is missing may be that."""
        return self.marks.is_damaged(self.path)


@dataclass(frozen=True, slots=True)
class Lists:
    """Hold the ids of the lists that *bot* may name, by name. Unless ``is_whole`` there may be more.

    ``forms`` are what ids look like to the bot. ``asked`` collects the names that were looked up.
    """

    known: Mapping[str, frozenset[str]]
    is_whole: bool = True
    bot: str = ""
    forms: IdForms = ANY_ID
    asked: set[str] = field(default_factory=set)

    def ids(self, name: str) -> frozenset[str] | None:
        """Return the ids of the list *name*, or None."""
        self.asked.add(name)
        return self.known.get(name)


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what ``{flow.…}`` may show at a step: the ``names`` of what was asked, and which of them are ``sure``."""

    names: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Say whether there is such a thing, or it is part of one."""
        return self._owner(name, self.names) is not None

    def is_sure(self, name: str) -> bool:
        """Say whether it is known whenever the step is reached."""
        return self._owner(name, self.sure) is not None

    def _owner(self, name: str, names: frozenset[str]) -> str | None:
        return next((one for one in names if name == one or name.startswith(f"{one}.")), None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Say what routes may refer to: the bot's adapter, plugins, settings, intents and lists.

    ``platforms`` are the names of all adapters that are installed.

    With ``lets_unknown`` what hookline doesn't know in a message may be new on the platform.

    ``intents`` are those that can be used, by their full names; ``broken_intents`` are reported where they stand.
    ``flows`` are the full names of those that may be begun, by what they are called here; None where none is looked
    up. ``answers`` are what a step of a flow may name, ``entry`` what the line of a list may; ``taps`` are the
    choices of a question whose buttons the author draws. ``hands_over`` says that the bot has a
    hand-off. ``pushed`` collects what is pushed, by its place.
    """

    adapter: AdapterKind
    plugins: Mapping[str, Plugin]
    timezone: str
    settings: frozenset[str]
    findings: Findings
    json_files: JsonFiles
    broken: frozenset[str] = frozenset()
    pack: str | None = None
    pack_settings: frozenset[str] | None = None
    intents: Mapping[str, Intent] = field(default_factory=dict)
    broken_intents: frozenset[str] = frozenset()
    intent_pack: str | None = None
    lists: Lists = field(default_factory=lambda: Lists({}))
    lets_unknown: bool = False
    platforms: frozenset[str] = frozenset()
    flows: Mapping[str, str] | None = None
    answers: Answers | None = None
    entry: Answers | None = None
    taps: frozenset[str] = frozenset()
    hands_over: bool = False
    pushed: list[tuple[Place, str]] = field(default_factory=list)
    _by_plain_name: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)

    @property
    def known_settings(self) -> frozenset[str]:
        """Return the names that ``{settings.…}`` may use here."""
        return self.settings if self.pack_settings is None else self.pack_settings

    @property
    def settings_by_plain_name(self) -> dict[str, str]:
        """Return what shows each of those settings, by its :func:`plain` name; it is made once, for all messages."""
        names = self.known_settings
        if names not in self._by_plain_name:
            self._by_plain_name[names] = {plain(name): f"{{settings.{name}}}" for name in names}
        return self._by_plain_name[names]

    def intent_name(self, name: str) -> str:
        """Return the full name of the intent that is *name* here: in a pack's own routes its pack comes first."""
        return name if self.intent_pack is None else f"{self.intent_pack}.{name}"

    def inside_pack(self, plugin: str, settings: frozenset[str]) -> Surroundings:
        """Return the surroundings of the routes that *plugin* ships."""
        return replace(self, pack=plugin, pack_settings=settings)


def plain(word: str) -> str:
    """Return *word* in small letters, without what people put between two words."""
    return word.replace("_", "").replace("-", "").lower()

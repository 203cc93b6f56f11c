"""Find what is installed, by its entry points; nothing of it is imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Protocol


class EveryEntry(Protocol):
    """Be all entry points that there are; which class that is depends on the version of Python."""

    def select(self, *, group: str) -> Iterable[EntryPoint]:
        """Return those of *group*."""
        ...


@dataclass(frozen=True, slots=True)
class Installed:
    """Say where a plugin (``MODULE``) or an adapter (``MODULE:OBJECT``) would be loaded from."""

    name: str
    target: str
    distribution: str = "local"
    version: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


def offered(group: str, among: EveryEntry) -> tuple[dict[str, Installed], dict[str, list[Installed]]]:
    """Return what the entry points of *group* offer, by name; and the rivals of those that several offer.

    They are looked for *among* all that there are, since to find those costs 20 ms.
    """
    installed: dict[str, Installed] = {}
    rivals: dict[str, list[Installed]] = {}
    for one in sorted(map(_installed, among.select(group=group)), key=lambda one: one.distribution):
        if installed.setdefault(one.name, one) != one:
            rivals.setdefault(one.name, []).append(one)
    return installed, rivals


def contested(kind: str, offers: Sequence[Installed]) -> str:
    """Return that several *offers* are of one name, so that nobody knows which is meant."""
    *others, last = map(str, offers)
    return f"{', '.join(others)} and {last} offer {kind} of this name; uninstall all but one"


def _installed(entry: EntryPoint) -> Installed:
    told: Any = {} if entry.dist is None else entry.dist.metadata  # which is empty where a package was half removed
    return Installed(entry.name, entry.value, told.get("Name", "unknown"), told.get("Version", ""))

"""Ask what is kept: of the conversation, of the person, and of what was answered in a flow."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .condition import Condition, Facts, Situation

BOUNDS = frozenset(["at_least", "at_most", "not"])


@dataclass(frozen=True, slots=True)
class Kept(Condition):
    """Ask for what is kept under some names; see :func:`fits` for what may be wanted."""

    wanted: Mapping[str, Any]

    root = ""

    def kept(self, situation: Situation) -> Mapping[str, Any]:
        """Return what is looked at."""
        raise NotImplementedError

    def failure(self, situation: Situation) -> str | None:
        """Return the first value that is another."""
        kept = self.kept(situation)
        for name, wanted in self.wanted.items():
            given = kept.get(name)
            if not fits(given, wanted):
                return f"when.{self.root}.{name} is {written(wanted)}, the {self.root} has {given!r}"
        return None

    def terms(self) -> Iterable[str]:
        """Return the names and values."""
        return [f"{self.root} {name}{' ' if _is_bound(it) else '='}{written(it)}" for name, it in self.wanted.items()]

    def facts(self) -> Facts:
        """Return the values that each name may have; of bounds only whether they hold."""
        return dict(_fact(self.root, name, value) for name, value in self.wanted.items())


class State(Kept):
    """Ask what the conversation's state holds."""

    __slots__ = ()
    root = "state"

    def kept(self, situation: Situation) -> Mapping[str, Any]:
        """Return the state."""
        return situation.past.state


class Person(Kept):
    """Ask what is kept of the person."""

    __slots__ = ()
    root = "person"

    def kept(self, situation: Situation) -> Mapping[str, Any]:
        """Return what is kept of whoever the event is of."""
        return situation.past.person


class Known(Kept):
    """Ask what was answered in the flow."""

    __slots__ = ()
    root = "flow"

    def kept(self, situation: Situation) -> Mapping[str, Any]:
        """Return the answers."""
        return situation.known


@dataclass(frozen=True, slots=True)
class InFlow(Condition):
    """Ask whether the person is in a flow: in ``flow``, in any (True), or in none (False)."""

    flow: str | bool

    def failure(self, situation: Situation) -> str | None:
        """Return the flow that they are in, if it is another."""
        inside = situation.past.flow
        if inside == self.flow or (self.flow is True and inside is not None) or (self.flow is False and not inside):
            return None
        return f"when.in_flow is {self._written}, the person is in {inside or 'none'}"

    def terms(self) -> Iterable[str]:
        """Return what was written."""
        return [f"in_flow {self._written}"]

    @property
    def _written(self) -> str:
        return str(self.flow).lower() if isinstance(self.flow, bool) else self.flow


def fits(given: Any, wanted: Any) -> bool:
    """Say whether *given* is what is *wanted*.

    That is a value; a list, any of which will do; None, where nothing may be kept; or a mapping of ``at_least`` and
    ``at_most`` (numbers, or texts such as dates, which are compared as such) or of ``not``.

    >>> fits(3, {"at_least": 2}), fits("tea", ["tea", "latte"]), fits(None, {"not": None}), fits(True, 1)
    (True, True, False, False)
    """
    if _is_bound(wanted):
        if "not" in wanted and fits(given, wanted["not"]):
            return False
        return _is_within(given, wanted)
    if isinstance(wanted, list):
        return given == wanted or any(fits(given, one) for one in wanted)
    return bool(given == wanted) and isinstance(given, bool) == isinstance(wanted, bool)


def written(wanted: Any) -> str:
    """Return what is wanted as people read it.

    >>> written({"at_least": 2, "at_most": 5}), written(["tea", True]), written({"not": None})
    ('at least 2 and at most 5', "'tea' or true", 'not null')
    """
    if _is_bound(wanted):
        return " and ".join(f"{name.replace('_', ' ')} {written(bound)}" for name, bound in wanted.items())
    if isinstance(wanted, list) and wanted:
        return " or ".join(map(written, wanted))
    return json.dumps(wanted) if wanted is None or isinstance(wanted, bool) else repr(wanted)


def _is_bound(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and bool(wanted) and wanted.keys() <= BOUNDS


def _is_within(given: Any, wanted: Mapping[str, Any]) -> bool:
    bounds = [wanted[name] for name in ("at_least", "at_most") if name in wanted]
    if not all(_is_comparable(given, bound) for bound in bounds):
        return False
    is_low = "at_least" in wanted and given < wanted["at_least"]
    return not (is_low or ("at_most" in wanted and given > wanted["at_most"]))


def _is_comparable(given: Any, bound: Any) -> bool:
    is_number = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (given, bound))
    return is_number or (isinstance(given, str) and isinstance(bound, str))


def _fact(root: str, name: str, wanted: Any) -> tuple[Hashable, list[Hashable]]:
    each = [wanted, *wanted] if isinstance(wanted, list) else [wanted]
    if any(map(_is_bound, each)):
        return ("condition", root, name, frozen(wanted)), [True]
    return (root, name), list(dict.fromkeys(frozen(one) for one in each))


def frozen(value: Any) -> Hashable:
    """Return what is equal for equal values, and can be looked up."""
    if isinstance(value, list):
        return "list", tuple(map(frozen, value))
    if isinstance(value, dict):
        return "dict", frozenset((name, frozen(item)) for name, item in value.items())
    plain: Hashable = value
    return plain

"""Carry out what commands ask a host for: one function each, and its name in :data:`ANSWERS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from ..clock import Clock
from ..store.letters import LetterFilter
from ..store.store import Store
from .lines import BadRequestError

MAX_IDS = 10_000

_NUMBERS = ("since", "until", "last")


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request: its *arguments*, what it may touch, and how to say how far it is."""

    arguments: Mapping[str, Any]
    store: Store
    clock: Clock
    on_change: Callable[[], object]
    report: Callable[[int], Awaitable[None]]


Answer = Callable[[Request], Awaitable[Mapping[str, object]]]


async def ping(request: Request) -> Mapping[str, object]:
    """Say that the host is there."""
    return {}


async def count_letters(request: Request) -> Mapping[str, object]:
    """Count dead letters."""
    return asdict(await request.store.letters.count(_chosen(request), request.clock.now()))


async def replay_letters(request: Request) -> Mapping[str, object]:
    """Replay dead letters, those that may have arrived only with ``include_uncertain``."""
    include_uncertain = request.arguments.get("include_uncertain", False)
    if not isinstance(include_uncertain, bool):
        raise BadRequestError("`include_uncertain` must be true or false")
    letters = request.store.letters
    return await _counted(request, letters.replay(_chosen(request), request.clock, include_uncertain=include_uncertain))


async def drop_letters(request: Request) -> Mapping[str, object]:
    """Drop dead letters."""
    return await _counted(request, request.store.letters.drop(_chosen(request)))


ANSWERS: Mapping[str, Answer] = {
    "ping": ping,
    "dead.count": count_letters,
    "dead.replay": replay_letters,
    "dead.drop": drop_letters,
}


async def _counted(request: Request, turns: AsyncIterator[int]) -> Mapping[str, object]:
    done = 0
    async for count in turns:
        done += count
        request.on_change()
        await request.report(done)
    return {"done": done}


def as_argument(chosen: LetterFilter) -> Mapping[str, object]:
    """Return *chosen* as the argument ``letters`` of a request."""
    return {name: value for name, value in asdict(chosen).items() if value not in (None, ())}


def _chosen(request: Request) -> LetterFilter:
    """Return the letters that are meant; an argument that isn't known would mean others, so it is refused."""
    given = request.arguments.get("letters")
    if not isinstance(given, dict):
        raise BadRequestError("`letters` must say which")
    known = {field.name for field in fields(LetterFilter)}
    for name, value in given.items():
        if name not in known:
            raise BadRequestError(f"this host can't choose dead letters by `{name}`: is its version another?")
        if not _fits(name, value):
            raise BadRequestError(f"`{name}` can't be {value!r}")
    return LetterFilter(**cast("dict[str, Any]", given))


def _fits(name: str, value: object) -> bool:
    if name == "ids":
        return isinstance(value, list) and 0 < len(value) <= MAX_IDS and all(map(_is_number, value))
    return _is_number(value) if name in _NUMBERS else isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63

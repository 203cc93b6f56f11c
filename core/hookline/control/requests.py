"""Carry out what commands ask a host for: one function each, and its name in :data:`ANSWERS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeVar

from ..clock import Clock
from ..events import LANES
from ..store.memory.switches import Switch
from ..store.people.letters import LetterFilter
from ..store.people.standing import FlowFilter
from ..store.records import Timer
from ..store.store import Store
from .lines import BadRequestError

MAX_IDS = 10_000
MAX_WHY = 100
STILL_SECONDS = 5.0
"""How often it is said that something is still under way."""

_NUMBERS = ("since", "until", "last")


class Told(Protocol):
    """Be what can be told as JSON has it."""

    def as_dict(self) -> Mapping[str, object]:
        """Return it as JSON has it."""
        ...


class Operated(Protocol):
    """Be a host, as far as commands ask it for something."""

    def wake(self) -> None:
        """Look into the store: something was changed there."""
        ...

    async def status(self) -> Mapping[str, object]:
        """Return how the host is, as JSON has it."""
        ...

    async def reload(self, why: str) -> Told:
        """Serve what the files say now, or go on with what is served, and say how it went."""
        ...

    async def turn(self, switch: Switch, *, is_on: bool, who: str) -> bool:
        """Switch on or off; False when it stood so already. Raises SwitchError when there is no such thing."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request: its *arguments*, what it may touch, who asks, and how to say how far it is."""

    arguments: Mapping[str, Any]
    store: Store
    host: Operated
    clock: Clock
    who: str
    report: Callable[[int], Awaitable[None]]


Answer = Callable[[Request], Awaitable[Mapping[str, object]]]
Filter = TypeVar("Filter", LetterFilter, FlowFilter)


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


async def end_flows(request: Request) -> Mapping[str, object]:
    """Let flows end that people are in."""
    given = request.arguments.get("flows")
    if not isinstance(given, dict):
        raise BadRequestError("`flows` must say which")
    return await _counted(
        request, request.store.standing_flows.end(_read(FlowFilter, given, "flows"), request.clock.now())
    )


async def set_timer(request: Request) -> Mapping[str, object]:
    """Let something happen in a conversation, in its turn."""
    given = request.arguments.get("timer")
    types = {"bot": str, "id": str, "conversation": str, "lane": int, "turn": int, "due_at": int, "body": dict}
    if not isinstance(given, dict) or given.keys() != types.keys():
        raise BadRequestError("`timer` must say what is to happen, where and when")
    wrong = [name for name, kind in types.items() if not isinstance(given[name], kind)]
    if wrong or not 0 <= given["lane"] < LANES:
        raise BadRequestError(f"`timer`: `{(wrong or ['lane'])[0]}` is none")
    await request.store.timers.set([Timer(**given)])
    request.host.wake()
    return {"done": 1}


async def tell_status(request: Request) -> Mapping[str, object]:
    """Say how the host is."""
    return await request.host.status()


async def reload(request: Request) -> Mapping[str, object]:
    """Read the configuration anew, for the sake of ``why``, and say what came of it."""
    why = request.arguments.get("why", "hookline reload")
    if not (isinstance(why, str) and why.isprintable() and len(why) <= MAX_WHY):
        raise BadRequestError("`why` must be a short text")
    reloading = asyncio.ensure_future(request.host.reload(f"{why}, by {request.who}"))
    while not (await asyncio.wait([reloading], timeout=STILL_SECONDS))[0]:
        await request.report(0)  # it may have to learn
    return reloading.result().as_dict()


async def turn(request: Request) -> Mapping[str, object]:
    """Switch a bot, a plugin or a route on or off."""
    given = request.arguments
    kind, bot, name, is_on = (given.get(key) for key in ("kind", "bot", "name", "on"))
    if kind not in ("bot", "plugin", "route") or not (isinstance(bot, str) and isinstance(name, str)):
        raise BadRequestError("`kind`, `bot` and `name` must say what to switch")
    if (kind == "bot") != (name == ""):
        raise BadRequestError("a plugin and a route have a `name`, a bot has none beside `bot`")
    if not isinstance(is_on, bool):
        raise BadRequestError("`on` must be true or false")
    return {"changed": await request.host.turn(Switch(bot, kind, name), is_on=is_on, who=request.who)}


ANSWERS: Mapping[str, Answer] = {
    "ping": ping,
    "status": tell_status,
    "reload": reload,
    "switch": turn,
    "dead.count": count_letters,
    "dead.replay": replay_letters,
    "dead.drop": drop_letters,
    "flows.end": end_flows,
    "timers.set": set_timer,
}


async def _counted(request: Request, turns: AsyncIterator[int]) -> Mapping[str, object]:
    done = 0
    async for count in turns:
        done += count
        request.host.wake()
        await request.report(done)
    return {"done": done}


def as_argument(chosen: LetterFilter | FlowFilter) -> Mapping[str, object]:
    """Return *chosen* as the argument ``letters`` or ``flows`` of a request."""
    return {name: value for name, value in asdict(chosen).items() if value not in (None, ())}


def _chosen(request: Request) -> LetterFilter:
    """Return the letters that are meant; an argument that isn't known would mean others, so it is refused."""
    given = request.arguments.get("letters")
    if not isinstance(given, dict):
        raise BadRequestError("`letters` must say which")
    return _read(LetterFilter, given, "dead letters")


def _read(wanted: type[Filter], given: Mapping[str, Any], what: str) -> Filter:
    names = {field.name for field in fields(wanted)}
    for name, value in given.items():
        if name not in names:
            raise BadRequestError(f"this host can't choose {what} by `{name}`: is its version another?")
        if not _fits(name, value, _is_number if wanted is LetterFilter else _is_text):
            raise BadRequestError(f"`{name}` can't be {value!r}")
    return wanted(**given)


def _fits(name: str, value: object, is_id: Callable[[object], bool]) -> bool:
    if name == "ids":
        return isinstance(value, list) and 0 < len(value) <= MAX_IDS and all(map(is_id, value))
    return _is_number(value) if name in _NUMBERS else _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63

"""Share a plugin's state across conversations: optimistic by version, with the first key locked here."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import HandlerError, TooLargeError
from ..plain import plain

MAX_VALUE_BYTES = 64 * 1024
MAX_KEY = 255
MAX_KEYS = 1_000
"""So many may one run use."""
PERSON, LIMIT, HANDED = "@person", "@limit", "@handoff"
"""In the place of a plugin's name: what is kept of people, under their ids; how often routes have answered them."""
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class SharedKey:
    """Name one value: per bot, plugin and key."""

    bot: str
    plugin: str
    key: str


@dataclass(frozen=True, slots=True)
class SharedValue:
    """Hold what the store has under a key: JSON text (None when absent) and its version (0 when absent)."""

    json: str | None
    version: int


class SharedStore(Protocol):
    """Read plugin state; writing happens with the event's other effects, in one transaction."""

    async def read_shared(self, key: SharedKey) -> SharedValue:
        """Return what stands under *key*."""
        ...

    async def list_shared(self, prefix: SharedKey, limit: int) -> Mapping[str, str]:
        """Return the JSON under up to *limit* keys that begin with that of *prefix*, in their order."""
        ...


class KeyLocks:
    """Hold one lock for each key in use in this process."""

    def __init__(self) -> None:
        self._locks: dict[SharedKey, tuple[asyncio.Lock, int]] = {}

    async def acquire(self, key: SharedKey) -> Callable[[], None]:
        """Wait for *key* and return the function that lets it go."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            await lock.acquire()
        except BaseException:
            self._leave(key)
            raise

        def release() -> None:
            lock.release()
            self._leave(key)

        return release

    def _leave(self, key: SharedKey) -> None:
        lock, users = self._locks[key]
        if users == 1:
            del self._locks[key]
        else:
            self._locks[key] = (lock, users - 1)


@dataclass(frozen=True, slots=True)
class SharedChange:
    """Hold one key that a run used: the version it saw, and the JSON it leaves (None deletes)."""

    key: SharedKey
    version: int
    is_written: bool
    json: str | None


class Shared:
    """Read and write this plugin's state, which all conversations of the bot share.

    Values are JSON, 64 KiB at most. Reading the run's first key waits until no other run in this
    process holds it. What is set is committed with the run's other effects or not at all; if
    another host changed a key meanwhile, the whole handler runs again by itself.
    """

    def __init__(
        self,
        bot: str,
        plugin: str,
        store: SharedStore,
        locks: KeyLocks,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._bot = bot
        self._plugin = plugin
        self._store = store
        self._locks = locks
        self._check = check
        self._seen: dict[str, SharedValue] = {}
        self._written: dict[str, str | None] = {}
        self._releases: list[Callable[[], None]] = []
        self._reading = asyncio.Lock()

    def serve(self, check: Callable[[], None]) -> None:
        """Serve another handler of the same run, which *check* says to be still running."""
        self._check = check

    async def lock(self, keys: Iterable[str]) -> None:
        """Hold *keys* from the start: what an earlier attempt used, and lost to another run. In one order for all."""
        for key in sorted(keys):
            self._releases.append(await self._locks.acquire(SharedKey(self._bot, self._plugin, key)))

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the value under *key*, a fresh copy, or *default*."""
        self._check()
        text = self._written[key] if key in self._written else (await self._read(key)).json
        return default if text is None else loaded(text)

    async def set(self, key: str, value: Any) -> None:
        """Store *value* (JSON) under *key*."""
        self._check()
        text = dump_value(value, f"shared key `{key}`")
        await self._read(key)
        self._written[key] = text

    async def delete(self, key: str) -> None:
        """Remove *key*."""
        self._check()
        await self._read(key)
        self._written[key] = None

    async def add(self, key: str, amount: float = 1) -> float:
        """Add *amount* to the number under *key*, which begins with 0, and return what it is now.

        Each number is a row of its own, so there may be any number of them.
        """
        before = await self.get(key, 0)
        if isinstance(before, bool) or not isinstance(before, int | float):
            raise HandlerError(f"shared key `{key}` holds no number, but {before!r:.60}")
        await self.set(key, before + amount)
        return before + amount

    async def list(self, prefix: str = "", limit: int = MAX_KEYS) -> dict[str, Any]:
        """Return the values under up to *limit* keys that begin with *prefix*, in the order of the keys.

        They are those of the last commit, and what this run has set; another run may change them meanwhile. What must
        not change is read by ``get``.
        """
        self._check()
        if not 0 < limit <= MAX_KEYS:
            raise HandlerError(f"a list has 1 to {MAX_KEYS} keys, not {limit}")
        mine = {key: text for key, text in self._written.items() if key.startswith(prefix)}
        wanted = SharedKey(self._bot, self._plugin, prefix)
        kept = await self._store.list_shared(wanted, limit + len(mine))
        self._check()
        found = {key: text for key, text in {**kept, **mine}.items() if text is not None}
        return {key: loaded(found[key]) for key in sorted(found)[:limit]}

    def changes(self) -> Sequence[SharedChange]:
        """Return every key that was used, with the version that was seen."""
        return [
            SharedChange(
                SharedKey(self._bot, self._plugin, key), seen.version, key in self._written, self._written.get(key)
            )
            for key, seen in self._seen.items()
        ]

    def release(self) -> None:
        """Let the keys go that are held: the run has been committed, or thrown away."""
        while self._releases:
            self._releases.pop()()

    async def _read(self, key: str) -> SharedValue:
        if not (isinstance(key, str) and 0 < len(key) <= MAX_KEY and _is_plain(key)):
            raise HandlerError(f"a shared key is text without control characters, at most {MAX_KEY}, not {key!r:.80}")
        async with self._reading:  # one at a time, however the handler gathers them
            if key not in self._seen:
                if len(self._seen) >= MAX_KEYS:
                    raise HandlerError(f"more than {MAX_KEYS} shared keys in one run")
                identity = SharedKey(self._bot, self._plugin, key)
                if not self._releases and not self._seen:
                    self._releases.append(await self._locks.acquire(identity))
                    self._check()  # the attempt may have ended while it waited
                self._seen[key] = await self._store.read_shared(identity)
            return self._seen[key]


def _is_plain(key: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in key)


def loaded(text: str) -> Any:
    """Return what stands in the JSON *text*; NaN and Infinity, which once could be stored, are None."""
    return json.loads(text, parse_constant=lambda _: None)


def dump_value(value: Any, what: str) -> str:
    """Return *value* as ASCII JSON; raise HandlerError when it isn't JSON, TooLargeError when it is over 64 KiB."""
    try:
        text = _encode(plain(value))
    except (ValueError, RecursionError) as error:
        raise HandlerError(f"{what} must be JSON: {error}") from error
    if len(text) > MAX_VALUE_BYTES:
        raise TooLargeError(f"{what} is {len(text)} bytes as JSON, at most {MAX_VALUE_BYTES}")
    return text

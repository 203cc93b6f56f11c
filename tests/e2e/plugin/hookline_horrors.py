"""End in every way that a handler can, and hold on to everything that it may.

``HORRORS`` has each handler with what shall come of it: ``ok`` for one that answers so, else a piece of its error.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from hookline import Context, Handler, Message, Reply, hookimpl

HORRORS: dict[str, tuple[Handler, str]] = {}
KEPT: list[Any] = []
MEBIBYTE = 1 << 20


def horror(end: str) -> Callable[[Handler], Handler]:
    """Return what notes a handler, and that *end* shall come of it."""

    def note(handler: Handler) -> Handler:
        HORRORS[handler.__name__] = handler, end
        return handler

    return note


class Panic(BaseException):
    """Be what a library in Rust raises."""


class Mute(Exception):  # noqa: N818
    """Have no text."""

    def __str__(self) -> str:
        """Raise."""
        raise ValueError("mute")


class Quitter(Exception):  # noqa: N818
    """End the process when asked for a text."""

    def __str__(self) -> str:
        """Raise."""
        raise SystemExit(7)

    __repr__ = __str__


class Breaker(Exception):  # noqa: N818
    """Interrupt the process when asked for a text."""

    def __str__(self) -> str:
        """Raise."""
        raise KeyboardInterrupt

    __repr__ = __str__


class Generous(Exception):  # noqa: N818
    """Say what is no text."""

    def __str__(self) -> str:
        """Return a number."""
        return 5  # type: ignore[return-value]


class Chameleon(Exception):  # noqa: N818
    """Say of itself what it isn't, and raise whenever it is looked at."""

    def _look(self) -> Any:
        raise SystemExit(8)

    __class__ = property(_look)
    __cause__ = property(_look)
    __context__ = property(_look)
    __notes__ = property(_look)
    __traceback__ = property(_look)

    def __eq__(self, other: object) -> bool:
        """Raise."""
        raise KeyboardInterrupt

    def __hash__(self) -> int:
        """Raise."""
        raise KeyboardInterrupt

    def __setattr__(self, name: str, value: object) -> None:
        """Raise."""
        raise GeneratorExit

    def with_traceback(self, traceback: Any) -> Any:
        """Raise."""
        raise SystemExit(9)


class Nameless(type):
    """Be the class of classes that have no name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        """Raise."""
        raise SystemExit(10)


class Anonymous(Exception, metaclass=Nameless):  # noqa: N818
    """Have no name."""


class Undying(Exception):  # noqa: N818
    """Raise when it is thrown away."""

    def __del__(self) -> None:
        """Raise."""
        raise KeyboardInterrupt


class Evil(str):
    """Be a text that does as it likes."""

    def __str__(self) -> str:
        """Raise."""
        raise SystemExit(11)

    def __len__(self) -> int:
        """Raise."""
        raise KeyboardInterrupt

    def __bool__(self) -> bool:
        """Be true."""
        return True

    def __eq__(self, other: object) -> bool:
        """Raise."""
        raise KeyboardInterrupt

    def __hash__(self) -> int:
        """Raise."""
        raise KeyboardInterrupt


class Endless(Sequence[Any]):
    """Have no end."""

    def __getitem__(self, index: Any) -> Any:
        """Return nothing, again and again."""
        return None

    def __len__(self) -> int:
        """Return what is no length."""
        return 1


class Trap(Mapping[str, Any]):
    """Be a message that raises when it is read."""

    def __getitem__(self, key: str) -> Any:
        """Raise."""
        raise SystemExit(12)

    def __iter__(self) -> Iterator[str]:
        """Raise."""
        raise KeyboardInterrupt

    def __len__(self) -> int:
        """Raise."""
        raise GeneratorExit

    def get(self, key: str, default: Any = None) -> Any:
        """Raise."""
        raise Panic("read")


class Model:
    """Look like a model of the SDK."""

    def to_dict(self) -> dict[str, Any]:
        """Raise."""
        raise SystemExit(13)


class Quiet(Exception):  # noqa: N818
    """Say nothing."""


# Raised at once.

RAISED: Mapping[str, tuple[Callable[[], BaseException], str]] = {
    "value": (lambda: ValueError("bad"), "ValueError: bad"),
    "interrupt": (KeyboardInterrupt, "tried to end the process"),
    "exit": (lambda: SystemExit(3), "tried to end the process"),
    "generator_exit": (GeneratorExit, "GeneratorExit"),
    "cancelled": (asyncio.CancelledError, "waited for something that was cancelled"),
    "base": (BaseException, "BaseException"),
    "panic": (lambda: Panic("at the disco"), "Panic: at the disco"),
    "stop": (lambda: StopIteration(1), "RuntimeError"),
    "async_stop": (StopAsyncIteration, "StopAsyncIteration"),
    "timeout": (TimeoutError, "TimeoutError"),
    "invalid": (asyncio.InvalidStateError, "InvalidStateError"),
    "memory": (MemoryError, "MemoryError"),
    "files": (lambda: OSError(24, "Too many open files"), "Too many open files"),
    "group": (lambda: ExceptionGroup("two", [ValueError("a"), KeyError("b")]), "ExceptionGroup"),
    "base_group": (lambda: BaseExceptionGroup("two", [KeyboardInterrupt(), SystemExit(3)]), "BaseExceptionGroup"),
    "deep_group": (lambda: _nested(2_000), "ExceptionGroup"),
    "mute": (Mute, "Mute: (its text can't be had: ValueError)"),
    "quitter": (Quitter, "Quitter: (its text can't be had: SystemExit)"),
    "breaker": (Breaker, "Breaker: (its text can't be had: KeyboardInterrupt)"),
    "generous": (Generous, "Generous: (its text can't be had: TypeError)"),
    "anonymous": (Anonymous, "Anonymous"),
    "undying": (Undying, "Undying"),
    "quiet": (Quiet, "Quiet"),
    "large": (lambda: ValueError("x" * 30 * MEBIBYTE), "ValueError: xxxx"),
    "args": (lambda: ValueError(*range(100_000)), "ValueError: (0, 1, 2"),
    "quitter_inside": (lambda: ValueError(Quitter()), "ValueError: (its text can't be had: SystemExit)"),
    "circle": (lambda: _circle(), "ValueError: first"),
    "chain": (lambda: _chain(5_000), "ValueError: 4999"),
    "syntax": (lambda: SyntaxError("bad", ("no file", 10**9, -5, Evil())), "SyntaxError"),
}


def _nested(depth: int) -> BaseException:
    error: Exception = ValueError("inside")
    for _ in range(depth):
        error = ExceptionGroup("group", [error])
    return error


def _circle() -> BaseException:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def _chain(length: int) -> BaseException:
    error = ValueError("0")
    for number in range(1, length):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    return error


def _at_once(make: Callable[[], BaseException]) -> Handler:
    async def handler(context: Context[Any]) -> str:
        raise make()

    return handler


def _later(make: Callable[[], BaseException]) -> Handler:
    async def handler(context: Context[Any]) -> str:
        await asyncio.sleep(0.001)
        raise make()

    return handler


def _in_thread(make: Callable[[], BaseException]) -> Handler:
    def handler(context: Context[Any]) -> str:
        raise make()

    return handler


for name, (make, end) in RAISED.items():
    HORRORS[f"raises_{name}"] = _at_once(make), end
for name in ("interrupt", "exit", "generator_exit", "cancelled", "base", "mute", "circle"):
    make, end = RAISED[name]
    HORRORS[f"awaits_{name}"] = _later(make), end
for name, end in {
    "interrupt": "KeyboardInterrupt",
    "exit": "SystemExit: 3",
    "generator_exit": "GeneratorExit",
    "cancelled": "CancelledError",
    "stop": "StopIteration",
    "panic": "Panic: at the disco",
    "quitter": "Quitter",
    "large": "ValueError: xxx",
}.items():
    HORRORS[f"thread_{name}"] = _in_thread(RAISED[name][0]), end


@horror("Chameleon")
async def raises_chameleon(context: Context[Any]) -> str:
    """Raise what can't be looked at."""
    raise Chameleon


async def _recurse() -> str:
    return await _recurse()


@horror("RecursionError")
async def recurses(context: Context[Any]) -> str:
    """Wait for what waits for itself."""
    return await _recurse()


# Its own cancellation.


@horror("over 1 seconds")
async def swallows(context: Context[Any]) -> str:
    """Go on when it is cancelled."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@horror("over 1 seconds")
async def swallows_once(context: Context[Any]) -> str:
    """Answer when it is cancelled."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(3600)
    return "ok"


@horror("over 1 seconds")
async def swallows_all(context: Context[Any]) -> str:
    """Go on, whatever is raised."""
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            continue


@horror("over 1 seconds")
async def cleans_up_badly(context: Context[Any]) -> str:
    """Raise something else when it is cancelled."""
    try:
        await asyncio.sleep(3600)
    finally:
        raise SystemExit(14)


@horror("over 1 seconds")
async def forbids_cancelling(context: Context[Any]) -> str:
    """Wait behind a shield that never ends."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(asyncio.get_running_loop().create_future())


@horror("cancelled its own task")
async def cancels_itself(context: Context[Any]) -> str:
    """Cancel its own task."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)
    return "never"


@horror("cancelled its own task")
async def cancels_and_returns(context: Context[Any]) -> str:
    """Cancel its own task, and answer before that happens."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return "ok"


@horror("over 1 seconds")
def sleeps_in_thread(context: Context[Any]) -> str:
    """Take its time."""
    time.sleep(2)
    return "late"


# What it returns.

_same: list[Any] = []
_same.append(_same)
_deep: Any = {"type": "text"}
for _ in range(5_000):
    _deep = {"type": "text", "x": _deep}

RETURNED: Mapping[str, tuple[Callable[[Context[Any]], Any], str]] = {
    "context": (lambda context: context, "a handler returned Context"),
    "list_of_itself": (lambda context: _same, "lists without end"),
    "bytes": (lambda context: b"bytes", "a handler returned bytes"),
    "nan": (lambda context: float("nan"), "a handler returned float"),
    "nan_inside": (lambda context: {"type": "text", "text": "a", "x": float("nan")}, "nan is no JSON at `x`"),
    "infinity": (lambda context: {"type": "flex", "x": [1, float("inf")]}, "inf is no JSON at `x[1]`"),
    "bytes_inside": (lambda context: {"type": "text", "text": b"x"}, "bytes is no JSON at `text`"),
    "number_key": (lambda context: {"type": "text", "text": "a", 1: 2}, "a key in JSON is text, not int: 1"),
    "large_number": (lambda context: {"type": "text", "text": "a", "x": 10**5000}, "a number out of bounds at `x`"),
    "deep": (lambda context: _deep, "nested deeper than 100"),
    "large_text": (lambda context: "ok " * 7 * MEBIBYTE, "at most 5000"),
    "large_field": (lambda context: {"type": "text", "text": "x" * 20 * MEBIBYTE}, "at most 5000"),
    "large_odd_field": (lambda context: {"type": "flex", "altText": "a", "contents": "x" * 20 * MEBIBYTE}, "refuse"),
    "million": (lambda context: ["a"] * 1_000_000, "more than 100 messages"),
    "million_of_nothing": (lambda context: [None] * 1_000_000, "lists without end"),
    "endless": (lambda context: Endless(), "lists without end"),
    "trap": (lambda context: Trap(), "Panic: read"),
    "model": (lambda context: Model(), "tried to end the process"),
    "message_of_trap": (lambda context: Message(Trap()), "tried to end the process"),
    "reply_of_trap": (lambda context: Reply(Message(Trap())), "tried to end the process"),
    "generator": (lambda context: (part for part in "ok"), "a handler returned generator"),
    "coroutine": (lambda context: _left(), "a handler returned coroutine"),
    "ellipsis": (lambda context: ..., "a handler returned ellipsis"),
    "error": (lambda context: Mute(), "a handler returned Mute"),
    "class": (lambda context: Model, "TypeError"),
    "evil_text": (lambda context: Evil("ok"), "ok"),
    "evil_field": (
        lambda context: {Evil("type"): "text", "type": "text", "text": Evil("ok")},
        "tried to end the process",
    ),
    "surrogate": (lambda context: "\ud800", "?"),
    "namespace": (lambda context: SimpleNamespace(to_dict=lambda: {"type": "text", "text": "ok"}), "ok"),
}


async def _left() -> str:
    return "never awaited"


def _returning(make: Callable[[Context[Any]], Any]) -> Handler:
    async def handler(context: Context[Any]) -> Any:
        return make(context)

    return handler


for name, (give, end) in RETURNED.items():
    HORRORS[f"returns_{name}"] = _returning(give), end


@horror("a handler returned function")
async def returns_itself(context: Context[Any]) -> Any:
    """Return itself."""
    return returns_itself


@horror("ok")
async def changes_its_answer(context: Context[Any]) -> Any:
    """Go on changing what it has returned."""
    answer: dict[str, Any] = {"type": "text", "text": "ok"}

    def change() -> None:
        for number in range(200_000):
            answer[f"x{number % 1000}"] = number
            answer.pop(f"x{(number + 500) % 1000}", None)

    threading.Thread(target=change, daemon=True).start()
    return answer


# State, pushes, shared keys.

STATES: Mapping[str, tuple[Callable[[], Any], str]] = {
    "nan": (lambda: float("nan"), "must be JSON: nan is no JSON"),
    "number_key": (lambda: {1: 2}, "must be JSON: a key in JSON is text, not int: 1"),
    "object": (Model, "must be JSON: Model is no JSON"),
    "trap": (Trap, "tried to end the process"),
    "itself": (lambda: _same, "must be JSON: nested deeper than 100"),
    "large": (lambda: "x" * MEBIBYTE, "at most 65536"),
    "evil_text": (lambda: Evil("x"), "ok"),
}


def _remembering(make: Callable[[], Any]) -> Handler:
    async def handler(context: Context[Any]) -> str:
        context.state["x"] = make()
        return "ok"

    return handler


for name, (make_value, end) in STATES.items():
    HORRORS[f"state_{name}"] = _remembering(make_value), end


@horror("must be JSON: nan is no JSON")
async def shares_nan(context: Context[Any]) -> str:
    """Share what is no JSON."""
    await context.shared.set("x", float("nan"))
    return "ok"


@horror("more than 1000 pushes")
async def pushes_without_end(context: Context[Any]) -> str:
    """Push to everybody."""
    for number in range(1_000_000):
        context.push(f"U{number}", "hi")
    return "ok"


@horror("ok")
async def pushes_evil(context: Context[Any]) -> str:
    """Push what does as it likes."""
    context.push("Unobody", Evil("hi"))
    return "ok"


# What it leaves behind.


def _quit(*_: object) -> None:
    sys.exit(15)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


LEFT: Mapping[str, Callable[[], object]] = {
    "exit_soon": lambda: asyncio.get_running_loop().call_soon(_quit),
    "exit_later": lambda: asyncio.get_running_loop().call_later(0.01, _quit),
    "interrupt_soon": lambda: asyncio.get_running_loop().call_soon(_interrupt),
    "mute_soon": lambda: asyncio.get_running_loop().call_soon(_raise, Mute()),
    "quitter_soon": lambda: asyncio.get_running_loop().call_soon(_raise, Quitter()),
    "stopped_loop": lambda: asyncio.get_running_loop().stop(),
    "exiting_task": lambda: KEPT.append(asyncio.ensure_future(_raising(SystemExit(16)))),
    "interrupting_task": lambda: KEPT.append(asyncio.ensure_future(_raising(KeyboardInterrupt()))),
    "panicking_task": lambda: KEPT.append(asyncio.ensure_future(_raising(Panic("left")))),
    "forgotten_quitter": lambda: asyncio.ensure_future(_raising(Quitter())),
    "forgotten_chameleon": lambda: asyncio.ensure_future(_raising(Chameleon())),
    "undying_task": lambda: KEPT.append(asyncio.ensure_future(_stubborn())),
    "exiting_thread": lambda: threading.Thread(target=_quit).start(),
    "stuck_thread": lambda: threading.Thread(target=time.sleep, args=(3600,)).start(),
    "finalizer": lambda: weakref.finalize(KEPT.pop() if KEPT else Quiet(), _quit),
    "done_callback": lambda: asyncio.ensure_future(asyncio.sleep(0)).add_done_callback(_quit),
    "open_generator": lambda: KEPT.append(_open(_stubborn_generator())),
}


def _raise(error: BaseException) -> None:
    raise error


async def _raising(error: BaseException) -> None:
    await asyncio.sleep(0.001)
    raise error


async def _stubborn() -> None:
    while True:
        with contextlib.suppress(BaseException):
            await asyncio.sleep(3600)


async def _stubborn_generator() -> AsyncIterator[int]:
    while True:
        with contextlib.suppress(GeneratorExit):
            yield 1


def _open(generator: AsyncIterator[int]) -> object:
    return asyncio.ensure_future(_first(generator))


async def _first(generator: AsyncIterator[int]) -> int:
    return await anext(generator)


def _leaving(leave: Callable[[], object]) -> Handler:
    async def handler(context: Context[Any]) -> str:
        leave()
        await asyncio.sleep(0)
        return "ok"

    return handler


for name, leave in LEFT.items():
    HORRORS[f"leaves_{name}"] = _leaving(leave), "ok"


@horror("tried to end the process")
async def exits_in_executor(context: Context[Any]) -> Any:
    """End the process from a thread of the loop's."""
    return await asyncio.get_running_loop().run_in_executor(None, _quit)


@horror("SystemExit")
def exits_in_loop(context: Context[Any]) -> Any:
    """End the process from a thread, in the loop."""
    return context.blocking(_raising(SystemExit(17)))


@horror("ok")
async def exits_in_task_group(context: Context[Any]) -> Any:
    """Catch what a group of tasks makes of an exit."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_raising(Panic("grouped")))
    except BaseExceptionGroup:
        return "ok"
    return "never"


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Return the handlers."""
    return {name: handler for name, (handler, _) in HORRORS.items()}

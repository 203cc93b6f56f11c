"""Notice functions that were meant as hooks and aren't: by a name that is nearly one, or without the mark."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from types import FunctionType, ModuleType

from ..errors import PluginError
from ..hooks import PROJECT

ALIKE = 0.85
"""How alike two words are that differ in a letter or two: so many of their letters are the same, in the same order."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Say what may be wrong with a plugin, though it can be used, and ``where``."""

    message: str
    where: str


def doubts_about(
    plugin: str, module: ModuleType, hooks: Mapping[str, int], marked: Mapping[str, str | None]
) -> list[Doubt]:
    """Return which functions of *module* look like hooks and aren't; raise PluginError where there is no doubt.

    *hooks* says how many arguments each takes; *marked* which functions are marked as which hook, None as one that may
    be unknown.
    """
    for name, hook in marked.items():
        if hook is not None and hook not in hooks:
            message = f"there is no hook `{hook}`; {_instead(hook, hooks)}"
            raise PluginError(plugin, message, _where(getattr(module, name)))
    doubts, missing = [], set(hooks).difference(marked, marked.values())
    for name, function in _unmarked(module, marked):
        if name in missing:
            message = f"`{name}` isn't marked as a hook, so nothing calls it; write `@hookimpl` above it"
            raise PluginError(plugin, message, _where(function))
        near = [hook for hook in sorted(missing) if _is_near(name, hook)]
        if near and _needed(function) <= hooks[near[0]]:
            message = f"`{name}` is no hook, so nothing calls it; did you mean `{near[0]}`, marked with `@hookimpl`?"
            doubts.append(Doubt(f"plugin `{plugin}`: {message}", _where(function)))
    return doubts


def _unmarked(module: ModuleType, marked: Collection[str]) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions of the plugin's own package that stand in *module*, for others to see, without the mark."""
    package = module.__name__.partition(".")[0]
    for name, value in list(vars(module).items()):
        is_own = isinstance(value, FunctionType) and str(value.__module__).partition(".")[0] == package
        if is_own and name not in marked and not name.startswith("_"):
            yield name, value


def _instead(name: str, hooks: Collection[str]) -> str:
    ends = {hook.removeprefix(f"{PROJECT}_"): hook for hook in sorted(hooks)}
    alike = get_close_matches(name.removeprefix(f"{PROJECT}_"), ends, n=1)
    meant = next((hook for hook in ends.values() if _is_near(name, hook)), ends[alike[0]] if alike else None)
    return f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{hook}`' for hook in ends.values())}"


def _is_near(name: str, hook: str) -> bool:
    """Say whether *name* is *hook* but for a letter or two, both in what all hooks begin with and in what follows."""
    written, what = name.lower().replace("_", ""), hook.removeprefix(f"{PROJECT}_").replace("_", "")
    lengths = range(len(PROJECT) - 1, len(PROJECT) + 2)
    return any(_are_alike(written[:length], PROJECT) and _are_alike(written[length:], what) for length in lengths)


def _are_alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def _needed(function: FunctionType) -> int:
    """Return how many arguments *function* can't do without."""
    parameters = inspect.signature(function).parameters.values()
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return sum(one.default is inspect.Parameter.empty and one.kind not in variadic for one in parameters)


def _where(function: object) -> str:
    code = inspect.unwrap(function).__code__ if isinstance(function, FunctionType) else None
    return "" if code is None else f"{code.co_filename}, line {code.co_firstlineno}"

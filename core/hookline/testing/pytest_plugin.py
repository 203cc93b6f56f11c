"""Give pytest the fixture ``hookline_bot``: :func:`hookline.testing.running_bot`, for whoever has hookline.

Where ``assert answer.texts == […]`` fails since the handler has failed, pytest shows that, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .bot import RunningBot
    from .scripts import Case, Script


@pytest.fixture
def hookline_bot() -> Callable[..., AbstractAsyncContextManager[RunningBot]]:
    """Run one bot for the length of an ``async with``, as :func:`hookline.testing.running_bot` does."""
    from .bot import running_bot  # lazy: pytest imports this module in every project

    return running_bot


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect conversations that are written as tests: YAML files with ``tests:``."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    from .scripts import is_script  # lazy: as above

    return ConversationFile.from_parent(parent, path=file_path) if is_script(file_path) else None


class ConversationFile(pytest.File):
    """Hold the conversations of one file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item for each."""
        from .scripts import read_script

        script = read_script(self.path)
        for case in script.cases:
            yield Conversation.from_parent(self, name=case.name, script=script, case=case)


class Conversation(pytest.Item):
    """Be one conversation; its bot.yaml is the nearest one, in a folder of its file or above."""

    def __init__(self, *, script: Script, case: Case, **facts: Any) -> None:
        super().__init__(**facts)
        self._script = script
        self._case = case

    def runtest(self) -> None:
        """Play it."""
        from .conversations import play

        asyncio.run(play(self._script, self._case, [nearest_bot(self.path)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what went otherwise, and where."""
        from ..errors import HooklineError

        return str(excinfo.value) if isinstance(excinfo.value, HooklineError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where it stands."""
        return self.path, self._case.place.line - 1, self.name


def nearest_bot(path: Path) -> Path:
    """Return the bot.yaml that stands nearest to the file at *path*: beside it, or in a folder above."""
    return next((folder / "bot.yaml" for folder in path.parents if (folder / "bot.yaml").is_file()), Path("bot.yaml"))


@pytest.hookimpl(wrapper=True)
def pytest_assertrepr_compare(
    left: object, right: object
) -> Generator[None, list[list[str] | None], list[list[str] | None]]:
    """Say below the first line of an explanation why the event was given up whose texts are compared."""
    explanations = yield
    for side in (left, right):
        if type(side).__module__ == "hookline.testing.exchange" and (error := getattr(side, "error", None)):
            told = f"the event was given up: {error}"
            explanations = [lines and [lines[0], told, *lines[1:]] for lines in explanations]
    return explanations

"""Give pytest the fixture ``hookline_bot``: :func:`hookline.testing.running_bot`, for whoever has hookline.

Where ``assert answer.texts == […]`` fails since the handler has failed, pytest shows that, too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .bot import RunningBot


@pytest.fixture
def hookline_bot() -> Callable[..., AbstractAsyncContextManager[RunningBot]]:
    """Run one bot for the length of an ``async with``, as :func:`hookline.testing.running_bot` does."""
    from .bot import running_bot  # lazy: pytest imports this module in every project

    return running_bot


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

"""Give pytest the fixture ``hookline_bot``: :func:`hookline.testing.running_bot`, for whoever has hookline."""

from __future__ import annotations

from collections.abc import Callable
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

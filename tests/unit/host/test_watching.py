"""How changes are noticed where the system gives no notice of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hookline.host.watching import touched, watch


class Files:
    """Be a source of configuration that has changed at each look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folders(self) -> set[Path]:
        """Return the folders that are watched."""
        return {self._folder}

    def has_changed(self) -> bool:
        """Say that something has changed."""
        return True


async def _too_many(_: set[Path]) -> None:
    raise RuntimeError("too many open files")


@pytest.mark.parametrize("touch", [touched, _too_many])
async def test_files_are_looked_at_now_and_then_where_they_cannot_be_watched(tmp_path: Path, touch: Any) -> None:
    source: Any = Files(tmp_path / "gone")
    reloads, enough = 0, asyncio.Event()

    async def reload(_: str) -> None:
        nonlocal reloads
        reloads += 1
        if reloads == 3:
            enough.set()

    with capture_logs() as said:
        begun_at = asyncio.get_running_loop().time()
        task = asyncio.create_task(watch(source, reload, touch, 0.1))
        await asyncio.wait_for(enough.wait(), 10)
        took = asyncio.get_running_loop().time() - begun_at
        task.cancel()

    assert took >= 0.25
    assert [line["event"] for line in said] == ["config.not_watched"]

"""A simulated platform with one channel, for tests of what is asked of LINE."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import LineApi
from hookline.testing import SimulatedLine


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[SimulatedLine, LineApi]]:
    """Run a platform with the channel `shop`, and the API as its bot sees it."""
    line, http = SimulatedLine(), HttpClient()
    await line.start()
    line.add_channel("shop", "secret", "token-of-shop", "http://127.0.0.1:9/")
    try:
        yield line, LineApi(line.url, "token-of-shop", http)
    finally:
        await http.close()
        await line.stop()

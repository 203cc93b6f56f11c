"""Build the Quart application that serves everything but webhooks: health and readiness by now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from quart import Quart

Readiness = Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
"""Return whether the host takes events, and what an operator would ask next."""


def build_app(readiness: Readiness) -> Quart:
    """Return the application; *readiness* answers ``GET /readyz``."""
    app = Quart("hookline")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> tuple[Mapping[str, Any], int]:
        is_ready, facts = await readiness()
        return {"status": "ready" if is_ready else "unready", **facts}, 200 if is_ready else 503

    return app

"""Build the Quart application that serves everything but webhooks: health, readiness and metrics by now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from quart import Quart

from ..threads import in_daemon_thread
from .metrics import CONTENT_TYPE, Measurements, exposed

Readiness = Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
"""Return whether the host takes events, and what an operator would ask next; under ``degraded`` why it is so."""
Measure = Callable[[], Awaitable[Measurements]]


def build_app(readiness: Readiness, measure: Measure) -> Quart:
    """Return the application; *readiness* answers ``GET /readyz``, *measure* ``GET /metrics``."""
    app = Quart("hookline")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> tuple[Mapping[str, Any], int]:
        is_ready, facts = await readiness()
        status = "unready" if not is_ready else "degraded" if "degraded" in facts else "ready"
        return {"status": status, **facts}, 200 if is_ready else 503

    @app.get("/metrics")
    async def metrics() -> tuple[bytes, int, Mapping[str, str]]:
        text = await in_daemon_thread("writing metrics", partial(exposed, await measure()))  # long, of many bots
        return text, 200, {"content-type": CONTENT_TYPE}

    return app

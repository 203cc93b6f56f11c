"""Build the Quart applications that serve all but webhooks: what everybody may know, and what an operator asks."""

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
Status = Callable[[], Awaitable[Mapping[str, Any]]]


def build_app(readiness: Readiness) -> Quart:
    """Return the application beside the webhooks: *readiness* answers ``GET /readyz``, and names nothing."""
    return _healthy(readiness, tells_all=False)


def build_admin(readiness: Readiness, measure: Measure, status: Status) -> Quart:
    """Return the operator's application: ``/readyz`` with all facts, ``/metrics`` and ``/status``."""
    app = _healthy(readiness, tells_all=True)

    @app.get("/status")
    async def show_status() -> Mapping[str, Any]:
        return await status()

    @app.get("/metrics")
    async def metrics() -> tuple[bytes, int, Mapping[str, str]]:
        text = await in_daemon_thread("writing metrics", partial(exposed, await measure()))  # long, of many bots
        return text, 200, {"content-type": CONTENT_TYPE}

    return app


def _healthy(readiness: Readiness, *, tells_all: bool) -> Quart:
    app = Quart("hookline")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> tuple[Mapping[str, Any], int]:
        is_ready, facts = await readiness()
        state = "unready" if not is_ready else "degraded" if "degraded" in facts else "ready"
        return {"status": state, **(facts if tells_all else {})}, 200 if is_ready else 503

    return app

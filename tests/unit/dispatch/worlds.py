"""Run a bot with a few routes and the handlers of `trial`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from hookline.pace import Pace
from hookline.testing import RunningBot, running_bot
from hookline.testing.events import user_id

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_deadline=2.0, handler_retries=(0.0,), delivery_retries=(0.0,))


def club(*routes: str) -> AbstractAsyncContextManager[RunningBot]:
    """Run a bot that has *routes*; `trial.tell` pushes to `staff`."""
    lines = "".join(f"\n      - {route}" for route in routes)
    to = user_id("staff")
    text = f"""
version: 1
bots:
  bot:
    adapter: line
    plugins: {{trial: {{to: {to}}}}}
    on_error: 出了點問題
    routes:{lines}
"""
    return running_bot(text, folder=TRIAL, pace=QUICK)

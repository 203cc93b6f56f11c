"""Test bots and plugins without an account: a simulated LINE platform, a running bot, a clock that you own.

>>> from hookline.testing import running_bot
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..adapters.line.simulated.platform import Profile, SimulatedLine
    from ..adapters.simulated import Fault
    from .bot import RunningBot, running_bot
    from .clock import ManualClock
    from .exchange import Exchange, HandlerFailure
    from .playground import Playground

_HOMES = {
    "Exchange": ".exchange",
    "Fault": "..adapters.simulated",
    "HandlerFailure": ".exchange",
    "ManualClock": ".clock",
    "Playground": ".playground",
    "Profile": "..adapters.line.simulated.platform",
    "RunningBot": ".bot",
    "SimulatedLine": "..adapters.line.simulated.platform",
    "running_bot": ".bot",
}

__all__ = [
    "Exchange",
    "Fault",
    "HandlerFailure",
    "ManualClock",
    "Playground",
    "Profile",
    "RunningBot",
    "SimulatedLine",
    "running_bot",
]


def __getattr__(name: str) -> object:
    """Import what is asked for only then: pytest loads this package in every project that has hookline."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(_HOMES[name], __name__), name)

"""Hold how long things may take and how long retries wait; tests hand in shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Hold times in seconds.

    A handler is stopped at ``handler_deadline``; after errors it runs again after each of ``handler_retries``,
    while its conversation waits ``handler_patience`` at most. ``delivery_retries`` are the waits between attempts to
    send, the last of them again and again until the deadline.
    """

    handler_deadline: float = 20.0
    handler_retries: tuple[float, ...] = (1.0, 5.0, 15.0)
    handler_patience: float = 60.0
    delivery_retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)

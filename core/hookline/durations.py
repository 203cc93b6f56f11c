"""Read lengths of time as people write them: ``30``, ``30s``, ``10m``, ``6h``, ``1d``."""

from __future__ import annotations

import math
import re

NEVER = "never"
MAX_SECONDS = 366 * 86_400
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhd]?)\Z")
PATTERN = r"\d+(\.\d+)?\s*[smhd]?"
"""What editors take for one."""


def duration(value: object) -> float:
    """Return the seconds that *value* stands for; raise ValueError for what is none, or isn't over nothing."""
    found = _WRITTEN.match(str(value).strip()) if not isinstance(value, bool) else None
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= MAX_SECONDS:
        raise ValueError("expected a length of time up to 366 days, as in 30s, 10m, 6h or 1d")
    return seconds


def duration_or_never(value: object) -> float:
    """Return the seconds that *value* stands for, or infinity for ``never``; raise ValueError as :func:`duration`."""
    if isinstance(value, str) and value.strip() == NEVER:
        return math.inf
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(f"{error}; or {NEVER}") from None


def shown(seconds: float) -> str:
    """Return *seconds* as they would be written: ``90s``, ``10m``, ``never``."""
    if math.isinf(seconds):
        return NEVER
    unit = next((unit for unit in ("d", "h", "m") if seconds % _UNITS[unit] == 0), "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"

"""Read sizes as people write them: ``500``, ``200kB``, ``10MB``, ``1.5 GB``, ``64KiB``."""

from __future__ import annotations

import re

MAX_BYTES = 10**12
_UNITS = {"GB": 10**9, "GiB": 2**30, "MB": 10**6, "MiB": 2**20, "kB": 10**3, "KiB": 2**10, "B": 1}
_BYTES = {"": 1, **{unit.lower(): number for unit, number in _UNITS.items()}}
_WRITTEN = re.compile(r"(\d{1,13}(?:\.\d{1,9})?)\s*([kmg]?i?b)?\Z", re.IGNORECASE)
PATTERN = r"\d+(\.\d+)?\s*([kKmMgG]?[iI]?[bB])?"
"""What editors take for one."""


def size(value: object) -> int:
    """Return the bytes that *value* stands for; raise ValueError for what is none, or isn't over nothing."""
    found = _WRITTEN.match(str(value).strip()) if not isinstance(value, bool) else None
    unit = _BYTES.get((found[2] or "").lower()) if found else None
    number = int(float(found[1]) * unit) if found and unit else 0
    if not 0 < number <= MAX_BYTES:
        raise ValueError("expected a size up to 1000 GB, as in 500kB, 10MB or 1.5GB")
    return number


def shown(number: int) -> str:
    """Return *number* of bytes as it would be written: ``10MB``, ``64KiB``, ``513B``."""
    unit = next(unit for unit, size_of_one in _UNITS.items() if number % size_of_one == 0 and number >= size_of_one)
    return f"{number // _UNITS[unit]}{unit}"

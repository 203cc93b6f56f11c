"""Find the lines at which the handlers of `faulty` fail."""

from __future__ import annotations

from pathlib import Path

TRIAL = Path(__file__).parents[2] / "trial"
SOURCE = TRIAL / "src" / "faulty" / "__init__.py"


def line_of(handler: str) -> str:
    """Return the line that is at fault, as `file:line`."""
    return f"{SOURCE}:{number_of(handler)}"


def number_of(handler: str) -> int:
    """Return the number of that line."""
    lines = SOURCE.read_text("utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.endswith(f"  # {handler}")]
    return number

"""Count what an operator watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter


@dataclass(slots=True)
class Timed:
    """Count runs, those of them that failed, and the seconds that all took together."""

    runs: int = 0
    failed: int = 0
    seconds: float = 0.0

    @contextmanager
    def run(self) -> Iterator[None]:
        """Count one run, for the length of a ``with``."""
        begun_at = perf_counter()
        try:
            yield
        except BaseException:
            self.failed += 1
            raise
        finally:
            self.runs += 1
            self.seconds += perf_counter() - begun_at

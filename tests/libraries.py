"""The SQLite libraries that a store may stand on: Python's own, and the one of the extra ``[sqlite]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXTRA = ROOT / ".venv" / "sqlite"
"""Where ``make setup`` puts the extra's, beside what everything else is tested with."""

SYNC = {"python": "fdatasync", "extra": "fsync"}
"""How they sync on Linux: the extra's was built without fdatasync, which leaves out what no reader needs."""
LIBRARIES = tuple(SYNC)


def environment_for(library: str) -> Mapping[str, str]:
    """Return the environment of a process that uses *library* for all its files."""
    if library == "extra" and not (EXTRA / "pysqlite3").is_dir():
        pytest.skip("the library of the extra `[sqlite]` is not beside the tests: `make setup` brings it")
    paths = [str(ROOT), *([str(EXTRA)] if library == "extra" else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

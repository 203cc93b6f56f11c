"""Find the SQLite that all files of this process are opened with: two libraries would break each other's locks."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def driver() -> Any:
    """Return the newest SQLite at hand: 3.7.0-3.51.2 have a rare bug in WAL mode (sqlite.org/wal.html)."""
    import sqlite3

    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    return pysqlite3 if pysqlite3.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3

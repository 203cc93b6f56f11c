"""Read a store's URL; imported without any of what a store needs."""

from __future__ import annotations

import os
from pathlib import Path


def is_shared(url: str) -> bool:
    """Say whether *url* is PostgreSQL's: several processes may then use the store at once."""
    return url.startswith(("postgresql://", "postgres://"))


def cache_of(url: str) -> Path | None:
    """Return the folder for what is learned of intents: beside a SQLite file, else in the user's cache, if any.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if not is_shared(url):
        path = Path(url.partition(":///")[2])
        return path.with_name(f"{path.name}.intents")
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return None
    return cache / "hookline" / "intents"

"""Read a store's URL; imported without any of what a store needs."""

from __future__ import annotations


def is_shared(url: str) -> bool:
    """Say whether *url* is PostgreSQL's: several processes may then use the store at once."""
    return url.startswith(("postgresql://", "postgres://"))

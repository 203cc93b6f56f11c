"""Know where LINE's API is: one host gives small answers, another one what people send.

https://developers.line.biz/en/reference/messaging-api/#domain-name
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

API_BASE = "https://api.line.me"
DATA_BASE = "https://api-data.line.me"
MANAGER_BASE = "https://manager.line.biz"
"""Where modules are attached to accounts."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Say where calls go: those for content to ``data``, all others to ``base``."""

    base: str = API_BASE
    data: str = DATA_BASE

    @classmethod
    def of(cls, base: str, data: str | None = None) -> Hosts:
        """Return the hosts for *base* and *data*; whoever stands in for LINE, and names no *data*, has both."""
        base = base.rstrip("/")
        if data is None:
            data = DATA_BASE if _is_lines(base) else base
        return cls(base, data.rstrip("/"))

    def called(self, host: str) -> str:
        """Return what is called where LINE's documents name *host*."""
        stands_in = {API_BASE: self.base, DATA_BASE: self.data}
        if not _is_lines(self.base):
            stands_in[MANAGER_BASE] = self.base
        return stands_in.get(host, host)


def _is_lines(base: str) -> bool:
    try:
        return urlsplit(base).hostname == urlsplit(API_BASE).hostname
    except ValueError:  # no address at all: whoever calls it says so
        return False

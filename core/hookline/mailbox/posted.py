"""Hold a request as it lies in a mailbox, and the form of the file that it lies in."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..adapters.requests import Request

FORM = 1
"""The form of the files; a worker sets aside what is of another."""

PRAGMAS = (
    "PRAGMA busy_timeout = 500",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 16777216",
)
TABLE = (
    "CREATE TABLE box (id INTEGER PRIMARY KEY, bot TEXT NOT NULL, received INTEGER NOT NULL, stamp INTEGER NOT NULL, "
    "secret INTEGER NOT NULL, head TEXT, body BLOB NOT NULL)"
)
COLUMNS = "bot, received, stamp, secret, head, body"


class Posted(NamedTuple):
    """Hold one signed request, for the bot of a name.

    ``received`` is in milliseconds since 1970, ``stamp`` in nanoseconds of a clock that all fronts of a host share: it
    was taken once the whole body was there. ``secret`` is the number of the secret that signed it, 1 the newest.
    ``head`` is what else is kept of it, as JSON; None for nothing.
    """

    bot: str
    received: int
    stamp: int
    secret: int
    head: str | None
    body: bytes

    @classmethod
    def of(cls, bot: str, request: Request, stamp: int, secret: int) -> Posted:
        """Return *request* as it is kept."""
        return cls(bot, request.received_at, stamp, secret, _head(request), request.body)

    def request(self) -> Request:
        """Return what was kept of the request."""
        if self.head is None:
            return Request(self.body, (), self.received)
        given: Any = json.loads(self.head)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given["headers"]]
        query = given["query"].encode("latin-1")
        return Request(self.body, headers, self.received, method=given["method"], rest=given["rest"], query=query)


def _head(request: Request) -> str | None:
    if request.is_plain:
        return None
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
    query = request.raw_query.decode("latin-1")
    return json.dumps({"method": request.method, "rest": request.rest, "query": query, "headers": headers})

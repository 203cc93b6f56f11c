"""Hold what a platform posts, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl

RawHeaders = Sequence[tuple[bytes, bytes]]
"""ASGI headers: lower-case names, raw values, doubled ones kept."""


class Request:
    """Hold one request to ``/webhooks/BOT`` or ``/webhooks/BOT/REST``.

    ``body`` is what came, untouched. ``method`` is GET or POST, ``rest`` what stands behind the bot's name, without the
    slash. ``received_at`` is in milliseconds since 1970, by the host's clock: tolerances are checked against it.
    ``query`` and ``headers`` are read when somebody looks; one header is cheaper by :meth:`header`.
    """

    __slots__ = ("_given", "_headers", "_query", "body", "method", "received_at", "rest")

    def __init__(
        self,
        body: bytes,
        headers: RawHeaders = (),
        received_at: int = 0,
        *,
        method: str = "POST",
        rest: str = "",
        query: bytes = b"",
    ) -> None:
        self.body = body
        self.received_at = received_at
        self.method = method
        self.rest = rest
        self._given = headers
        self._query = query
        self._headers: Mapping[str, str] | None = None

    @classmethod
    def of(cls, body: bytes, headers: Mapping[str, str], received_at: int = 0, *, rest: str = "") -> Request:
        """Return one with *headers* as texts, as tests and simulated platforms have them."""
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        return cls(body, raw, received_at, rest=rest)

    def header(self, name: str) -> str | None:
        """Return the header *name*, in lower case; None when it is missing, or there twice."""
        wanted, found = name.encode(), None
        for key, value in self._given:
            if key == wanted:
                if found is not None:
                    return None
                found = value
        return None if found is None else found.decode("latin-1")

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by their names in lower case; doubled ones are absent."""
        if self._headers is None:
            found: dict[str, str] = {}
            doubled: set[str] = set()
            for key, value in self._given:
                name = key.decode("latin-1")
                if name in found:
                    doubled.add(name)
                found[name] = value.decode("latin-1")
            self._headers = MappingProxyType({name: found[name] for name in found.keys() - doubled})
        return self._headers

    @property
    def query(self) -> Mapping[str, str]:
        """Return what stands behind the question mark; of what is there twice the last."""
        return dict(parse_qsl(self._query.decode("latin-1"), keep_blank_values=True, max_num_fields=100))

    @property
    def is_plain(self) -> bool:
        """Say whether there is nothing to it but a body that was posted to the bot."""
        return not (self._given or self._query or self.rest) and self.method == "POST"

    @property
    def raw_headers(self) -> RawHeaders:
        """Return the headers as they came."""
        return self._given

    @property
    def raw_query(self) -> bytes:
        """Return what stands behind the question mark, as it came."""
        return self._query

    def only(self, names: frozenset[str]) -> Request:
        """Return it as it is kept until somebody receives it: with the headers *names* alone."""
        kept = [one for one in self._given if one[0].decode("latin-1") in names] if names else ()
        return Request(self.body, kept, self.received_at, method=self.method, rest=self.rest, query=self._query)


@dataclass(frozen=True, slots=True)
class Response:
    """Hold what a platform is answered: what isn't 2xx says that this is no webhook, and nothing of it is kept."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


OK = Response(body=b"OK")
"""What most platforms want."""

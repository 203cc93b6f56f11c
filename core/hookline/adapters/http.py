"""Hold the one HTTP session that all adapters of a host share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 5.0


class HttpClient:
    """Open one aiohttp session at the first call and close it with the host."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._closers: list[Callable[[], Awaitable[object]]] = []

    def session(self) -> aiohttp.ClientSession:
        """Return the session; needs a running event loop."""
        if self._session is None:
            import aiohttp  # lazy: 150 ms that `check` and an idle host need not pay

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=100),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
            )
        return self._session

    def close_with_me(self, closer: Callable[[], Awaitable[object]]) -> None:
        """Have *closer* awaited when the host closes: for clients that adapters open by themselves."""
        self._closers.append(closer)

    async def close(self) -> None:
        """Close what was opened."""
        while self._closers:
            await self._closers.pop()()
        if self._session is not None:
            await self._session.close()
            self._session = None

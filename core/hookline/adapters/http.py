"""Hold the HTTP sessions that all adapters of a host share, and what they know of calls that failed.

There is one for calls, one for what is downloaded, and one for each client that isn't ours.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ..errors import ProxyError
from .proxies import Proxies

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 5.0
NOTHING_SENT = "nothing was sent"
"""What is noted at an error that a call ended with before it had a connection."""

THROUGH = "through the proxy "
"""Begins what is noted at the error of a call that went through a proxy, whose host and port follow."""


class HttpClient:
    """Open each aiohttp session at its first call and close them with the host.

    Calls go through the proxies that *environment* names, by default that of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._proxies = Proxies.of(os.environ if environment is None else environment)
        self._session: aiohttp.ClientSession | None = None
        self._downloads: aiohttp.ClientSession | None = None
        self._closers: list[Callable[[], Awaitable[object]]] = []

    def session(self) -> aiohttp.ClientSession:
        """Return the session for calls; needs a running event loop."""
        if self._session is None:
            self._session = self._opened(100, connect=CONNECT_SECONDS)
        return self._session

    def downloads(self) -> aiohttp.ClientSession:
        """Return the session for what may be large and slow: however many wait there, no call waits behind them."""
        if self._downloads is None:
            self._downloads = self._opened(30, sock_connect=CONNECT_SECONDS)
        return self._downloads

    def another(self) -> aiohttp.ClientSession:
        """Return a session for a client that isn't ours, closed with the host: nothing else waits behind its calls."""
        session = self._opened(100, connect=CONNECT_SECONDS)
        self.close_with_me(session.close)
        return session

    def close_with_me(self, closer: Callable[[], Awaitable[object]]) -> None:
        """Have *closer* awaited when the host closes: for clients that adapters open by themselves."""
        self._closers.append(closer)

    async def close(self) -> None:
        """Close what was opened."""
        while self._closers:
            await self._closers.pop()()
        for session in (self._session, self._downloads):
            if session is not None:
                await session.close()
        self._session = self._downloads = None

    def _opened(self, connections: int, **seconds: float) -> aiohttp.ClientSession:
        import aiohttp  # lazy: 150 ms that `check` and an idle host need not pay

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            auto_decompress=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, **seconds),
            middlewares=[self._by_proxy],
            trace_configs=[_trace()],
        )

    async def _by_proxy(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send *request* through the proxy that is meant for it, if there is one."""
        import aiohttp  # lazy: as above
        from yarl import URL

        url = request.url
        try:
            proxy = self._proxies.way(url.scheme, url.raw_host or "", url.port)
        except ProxyError as error:
            raise aiohttp.ClientConnectionError(str(error)) from error
        if proxy is None or request.proxy is not None:
            return await handler(request)
        headers = {"proxy-authorization": proxy.authorization} if proxy.authorization else {}
        if not request.is_ssl():
            request.headers.update(headers)  # with TLS the proxy sees none of them, but those of its own CONNECT
        request.update_proxy(URL(proxy.url), None, headers)
        try:
            return await handler(request)
        except (aiohttp.ClientError, OSError, asyncio.CancelledError) as error:
            error.add_note(f"{THROUGH}{proxy.name}")
            raise


def _trace() -> aiohttp.TraceConfig:
    """Return what notes at an error that there was no connection yet: to the platform, behind a proxy if need be."""
    import aiohttp  # lazy: as above

    async def connected(_: aiohttp.ClientSession, call: SimpleNamespace, __: object) -> None:
        call.is_connected = True

    async def failed(
        _: aiohttp.ClientSession, call: SimpleNamespace, facts: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if not getattr(call, "is_connected", False):
            facts.exception.add_note(NOTHING_SENT)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    trace.on_request_exception.append(failed)
    return trace

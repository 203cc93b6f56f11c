"""Give handlers the typed clients of line-bot-sdk, each with the bot's token and the host that its calls are for.

The SDK is imported when a client is first asked for: that takes a second.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import HandlerError
from ..http import HttpClient
from .hosts import Hosts

if TYPE_CHECKING:
    from aiohttp import ClientSession

Api = TypeVar("Api")

_HOME = re.compile(r"(linebot\.v3\.\w+)\.api\.async_\w+\Z")


class SdkClients:
    """Hold the clients of one bot, one for each part of the SDK; they are closed with the host."""

    def __init__(self, hosts: Hosts, access_token: str, http: HttpClient) -> None:
        self._hosts = hosts
        self._access_token = access_token
        self._http = http
        self._clients: dict[str, Any] = {}
        self._apis: dict[type[Any], Any] = {}

    def client(self, api: type[Api]) -> Api:
        """Return the one object of the SDK's class *api*; raise HandlerError for what is no async API class of it."""
        build: Any = api  # the SDK is untyped
        if api not in self._apis:
            self._apis[api] = build(self._client(_part_of(api)))
        built: Api = self._apis[api]
        return built

    def _client(self, part: str) -> Any:
        if part not in self._clients:
            self._clients[part] = client = _directed(import_module(part), self._hosts, self._access_token)
            self._http.close_with_me(client.rest_client.pool_manager.close)
            client.rest_client.pool_manager = _Straight(self._http.another())  # for its proxies; closed with the host
        return self._clients[part]


class _Straight:
    """Be a session that follows no redirect: the SDK would carry messages, and a channel's secret, to another host."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    def request(self, **arguments: Any) -> Any:
        return self._session.request(**{**arguments, "allow_redirects": False})

    @property
    def closed(self) -> bool:
        return self._session.closed

    async def close(self) -> None:
        await self._session.close()


def _part_of(api: type[Any]) -> str:
    """Return the package of the SDK that *api* is of: each has models and a client of its own."""
    found = _HOME.match(api.__module__) if inspect.isclass(api) else None
    if found is None or not api.__name__.startswith("Async"):
        given = getattr(api, "__name__", type(api).__name__)
        raise HandlerError(
            f"`client` takes an async API class of line-bot-sdk, as in linebot.v3.insight.AsyncInsight, not `{given}`"
        )
    return found[1]


def _directed(part: Any, hosts: Hosts, access_token: str) -> Any:
    """Return the client of the SDK's package *part*, whose calls go to *hosts*.

    Its own configuration could name but one host for all calls, those for content included.
    """

    class Directed(part.AsyncApiClient):  # type: ignore[misc]  # the SDK is untyped
        def call_api(self, *given: Any, _host: str, **named: Any) -> Any:
            return super().call_api(*given, _host=hosts.called(_host), **named)

    client = Directed(part.Configuration(access_token=access_token))
    if not _takes_token(part):
        client.default_headers.pop("Authorization", None)
    return client


def _takes_token(part: Any) -> bool:
    """Say whether the calls of *part* are signed with the channel's token; else with its id and secret, in the body."""
    return part.__name__ not in ("linebot.v3.moduleattach", "linebot.v3.oauth")

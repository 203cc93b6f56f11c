"""Each call of line-bot-sdk goes to the host that the SDK names for it, or to what stands in for that."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from contextlib import AsyncExitStack
from typing import Any

import linebot.v3
import pytest
from aiohttp import web
from linebot.v3.audience import AsyncManageAudience, AsyncManageAudienceBlob
from linebot.v3.insight import AsyncInsight, Insight
from linebot.v3.liff import AsyncLiff
from linebot.v3.messaging import ApiException, AsyncMessagingApi, AsyncMessagingApiBlob
from linebot.v3.module import AsyncLineModule
from linebot.v3.moduleattach import AsyncLineModuleAttach
from linebot.v3.oauth import AsyncChannelAccessToken
from linebot.v3.shop import AsyncShop

from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.hosts import API_BASE, DATA_BASE, MANAGER_BASE, Hosts
from hookline.errors import HandlerError
from tests.unit.line.platforms import platform


def api_classes() -> dict[str, type[Any]]:
    """Return every async API class of the SDK that is installed, by name."""
    found: dict[str, type[Any]] = {}
    for part in pkgutil.iter_modules(linebot.v3.__path__, "linebot.v3."):
        if part.ispkg and part.name not in ("linebot.v3.models", "linebot.v3.webhooks"):
            module = importlib.import_module(part.name)
            found |= {name: one for name, one in vars(module).items() if _is_api(one)}
    return found


def _is_api(one: object) -> bool:
    return inspect.isclass(one) and bool(re.fullmatch(r"linebot\.v3\.\w+\.api\.async_\w+", one.__module__))


def named_hosts(api: type[Any]) -> dict[str, set[str]]:
    """Return the hosts that the calls of *api* name in its source, by the names of the calls."""
    default = re.search(r'self\.line_base_path = "(https://[^"]+)"', inspect.getsource(api))
    assert default is not None
    calls = {name: one for name, one in vars(api).items() if name.endswith("_with_http_info")}
    return {
        name: set(re.findall(r"'(https://[\w.-]+)'", inspect.getsource(one).partition("_hosts")[2])) or {default[1]}
        for name, one in calls.items()
    }


APIS = api_classes()
NAMED = {(name, call): hosts for name, api in APIS.items() for call, hosts in named_hosts(api).items()}


def test_every_part_of_the_sdk_is_looked_at() -> None:
    assert set(APIS) == {
        one.__name__
        for one in (
            AsyncChannelAccessToken,
            AsyncInsight,
            AsyncLiff,
            AsyncLineModule,
            AsyncLineModuleAttach,
            AsyncManageAudience,
            AsyncManageAudienceBlob,
            AsyncMessagingApi,
            AsyncMessagingApiBlob,
            AsyncShop,
        )
    }


def test_hosts_that_the_sdk_names_are_those_that_are_known() -> None:
    assert {host for hosts in NAMED.values() for host in hosts} == {API_BASE, DATA_BASE, MANAGER_BASE}
    assert {name for (name, _), hosts in NAMED.items() if hosts == {DATA_BASE}} == {
        "AsyncMessagingApiBlob",
        "AsyncManageAudienceBlob",
    }


@pytest.mark.parametrize("host", sorted({host for hosts in NAMED.values() for host in hosts}))
def test_every_host_that_the_sdk_names_is_called_as_it_is(host: str) -> None:
    assert Hosts().called(host) == host
    assert Hosts.of("https://api.line.me/").called(host) == host


@pytest.mark.parametrize(
    ("base", "data", "expected"),
    [
        ("https://api.line.me", None, "https://api-data.line.me"),
        ("https://api.line.me/", None, "https://api-data.line.me"),
        ("https://API.LINE.ME", None, "https://api-data.line.me"),
        ("https://api.line.me:443", None, "https://api-data.line.me"),
        ("http://127.0.0.1:80", None, "http://127.0.0.1:80"),
        ("https://proxy.example/line/", None, "https://proxy.example/line"),
        ("https://api.line.me.proxy.example", None, "https://api.line.me.proxy.example"),
        ("https://api.line.me", "https://data.proxy.example/", "https://data.proxy.example"),
        ("https://proxy.example", "https://data.proxy.example", "https://data.proxy.example"),
        ("https://proxy.example", "https://api-data.line.me", "https://api-data.line.me"),
        ("http://[::1", None, "http://[::1"),
    ],
)
def test_content_is_at_lines_own_host_or_with_whoever_stands_in(base: str, data: str | None, expected: str) -> None:
    assert Hosts.of(base, data).data == expected


async def recording(stack: AsyncExitStack) -> tuple[str, list[tuple[str, str | None]]]:
    """Run a host that notes the path and the authorisation of each call, and answers `{}`."""
    calls: list[tuple[str, str | None]] = []

    async def note(request: web.Request) -> web.Response:
        calls.append((request.path, request.headers.get("authorization")))
        return web.json_response({})

    application = web.Application()
    application.add_routes([web.route("*", "/{path:.*}", note)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}", calls


@pytest.mark.parametrize("name", sorted(APIS))
async def test_each_call_goes_to_what_stands_in_for_the_host_that_the_sdk_names(name: str) -> None:
    async with AsyncExitStack() as stack:
        base, base_calls = await recording(stack)
        data, data_calls = await recording(stack)
        http = HttpClient()
        stack.push_async_callback(http.close)
        client = LineApi(base, "token", http, data).client(APIS[name]).api_client
        hosts = {(call, host) for (api, call), named in NAMED.items() if api == name for host in named}

        for call, host in sorted(hosts):
            await client.call_api(f"/{call}", "GET", header_params={}, response_types_map={}, _host=host)

    assert {path for path, _ in data_calls} == {f"/{call}" for call, host in hosts if host == DATA_BASE}
    assert {path for path, _ in base_calls} == {f"/{call}" for call, host in hosts if host != DATA_BASE}
    token = None if name in ("AsyncLineModuleAttach", "AsyncChannelAccessToken") else "Bearer token"
    assert {given for _, given in [*base_calls, *data_calls]} == {token}


async def test_blob_client_fetches_content() -> None:
    async with platform() as (line, api):
        raw = line.upload("shop", b"picture")

        assert await api.client(AsyncMessagingApiBlob).get_message_content(raw["message"]["id"]) == b"picture"


async def test_blob_class_around_the_messaging_client_fetches_content_too() -> None:
    async with platform() as (line, api):
        raw = line.upload("shop", b"picture")

        blob = AsyncMessagingApiBlob(api.messaging.api_client)

        assert await blob.get_message_content(raw["message"]["id"]) == b"picture"
        assert api.messaging.api_client.configuration.host is None  # or the SDK would call it for content, too


async def test_messaging_is_the_same_object_each_time() -> None:
    async with platform() as (_, api):
        assert api.messaging is api.client(AsyncMessagingApi)
        assert (await api.messaging.get_bot_info()).display_name == "shop"


async def test_host_that_is_set_on_an_api_object_is_kept() -> None:
    async with platform() as (line, api):
        insight = api.client(AsyncInsight)
        insight.line_base_path = f"{line.url}/elsewhere"

        with pytest.raises(Exception, match="isn't simulated"):
            await insight.get_friends_demographics()

        assert line.requests == [("/elsewhere/v2/bot/insight/demographic", 404)]


async def test_call_that_is_not_simulated_fails_by_its_name() -> None:
    async with platform() as (_, api):
        with pytest.raises(Exception) as caught:
            await api.client(AsyncInsight).get_friends_demographics()

        assert "GET /v2/bot/insight/demographic isn't simulated" in str(caught.value)


async def test_clients_are_closed_with_the_host() -> None:
    http = HttpClient()
    api = LineApi("http://127.0.0.1:9", "token", http)
    sessions = [api.client(one).api_client.rest_client.pool_manager for one in (AsyncMessagingApi, AsyncInsight)]

    await http.close()

    assert [session.closed for session in sessions] == [True, True]


@pytest.mark.parametrize("given", [Insight, ApiException, dict, "AsyncInsight", None])
async def test_what_is_no_async_api_class_is_an_error(given: Any) -> None:
    http = HttpClient()
    shown = getattr(given, "__name__", type(given).__name__)

    with pytest.raises(HandlerError) as caught:
        LineApi("http://127.0.0.1:9", "token", http).client(given)

    assert str(caught.value) == (
        f"`client` takes an async API class of line-bot-sdk, as in linebot.v3.insight.AsyncInsight, not `{shown}`"
    )

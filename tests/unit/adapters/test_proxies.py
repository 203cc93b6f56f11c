"""Read HTTP_PROXY, HTTPS_PROXY and NO_PROXY as people write them, and call through what they name."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from linebot.v3.messaging import AsyncMessagingApiBlob

from hookline.adapters.deliveries import Delivery, Verdict
from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.send import send
from hookline.adapters.proxies import Proxies, Proxy
from hookline.errors import ProxyError
from hookline.ingress.addresses import listen
from hookline.testing import SimulatedLine, events
from hookline.ways import Way

P = "http://proxy.local:3128"
LINE = "https://api.line.me/v2/bot/info"
PUSH = Delivery(Way("push", events.user_id("mei"), is_push=True), [{"type": "text", "text": "hi"}], "key")


def way(environment: Mapping[str, str], url: str = LINE) -> Proxy | None:
    """Return the proxy that *environment* gives for *url*."""
    parts = urlsplit(url)
    ports = {"http": 80, "https": 443}
    return Proxies.of(environment).way(parts.scheme, parts.hostname or "", parts.port or ports[parts.scheme])


@pytest.mark.parametrize(
    ("environment", "url", "name"),
    [
        ({}, LINE, None),
        ({"HTTPS_PROXY": P}, LINE, "proxy.local:3128"),
        ({"https_proxy": P}, LINE, "proxy.local:3128"),
        ({"HTTP_PROXY": P}, LINE, None),
        ({"HTTP_PROXY": P}, "http://line.test/", "proxy.local:3128"),
        ({"http_proxy": P}, "http://line.test/", "proxy.local:3128"),
        ({"HTTPS_PROXY": P}, "http://line.test/", None),
        ({"HTTPS_PROXY": "http://other:1", "https_proxy": P}, LINE, "proxy.local:3128"),
        ({"HTTPS_PROXY": P, "https_proxy": ""}, LINE, None),
        ({"HTTPS_PROXY": ""}, LINE, None),
        ({"HTTPS_PROXY": " \n"}, LINE, None),
        ({"HTTPS_PROXY": f"\ufeff{P}/ \r\n"}, LINE, "proxy.local:3128"),
        ({"HTTPS_PROXY": "proxy.local:3128"}, LINE, "proxy.local:3128"),
        ({"HTTPS_PROXY": "10.0.0.9:8080"}, LINE, "10.0.0.9:8080"),
        ({"HTTPS_PROXY": "http://proxy.local"}, LINE, "proxy.local:80"),
        ({"HTTPS_PROXY": "https://proxy.local"}, LINE, "proxy.local:443"),
        ({"HTTPS_PROXY": "http://[fd00::1]:3128"}, LINE, "[fd00::1]:3128"),
        ({"HTTPS_PROXY": "http://me:pass@proxy.local:3128"}, LINE, "proxy.local:3128"),
        ({"HTTPS_PROXY": "me:pass@proxy.local:3128"}, LINE, "proxy.local:3128"),
    ],
)
def test_proxy_of_the_scheme_is_taken(environment: Mapping[str, str], url: str, name: str | None) -> None:
    found = way(environment, url)

    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_excepted"),
    [
        ("", LINE, False),
        ("*", LINE, True),
        ("api.line.me", LINE, True),
        ("API.LINE.ME", LINE, True),
        ("api.line.me.", LINE, True),
        ("line.me", LINE, True),
        (".line.me", LINE, True),
        ("*.line.me", LINE, True),
        ("me", LINE, True),
        ("ine.me", LINE, False),
        ("line.me.evil.test", LINE, False),
        ("www.line.me", LINE, False),
        ("example.com,line.me", LINE, True),
        ("example.com, line.me", LINE, True),
        ("example.com line.me", LINE, True),
        (" line.me\n", LINE, True),
        (",,line.me,", LINE, True),
        ("https://api.line.me/", LINE, True),
        ("api.line.me:443", LINE, True),
        ("api.line.me:80", LINE, False),
        ("line.me:443", LINE, True),
        ("*:443", LINE, True),
        ("*:8443", LINE, False),
        ("line.test:8080", "http://line.test:8080/", True),
        ("line.test:8080", "http://line.test/", False),
        ("line.test:80", "http://line.test/", True),
        ("192.168.1.7", "http://192.168.1.7/", True),
        ("192.168.1.7:8080", "http://192.168.1.7:8080/", True),
        ("192.168.1.7:8080", "http://192.168.1.7:9090/", False),
        ("192.168.0.0/16", "http://192.168.1.7/", True),
        ("192.168.1.7/16", "http://192.168.200.1/", True),
        ("10.0.0.0/8", "http://192.168.1.7/", False),
        ("10.0.0.0/8", "http://ten.test/", False),
        ("fd00::/8", "http://[fd00::5]/", True),
        ("[fd00::5]", "http://[fd00::5]/", True),
        ("[fd00::5]:8080", "http://[fd00::5]:8080/", True),
        ("[fd00::5]:8080", "http://[fd00::5]:9090/", False),
        ("168.1.7", "http://192.168.1.7/", False),
        ("10.0.0.0/99", LINE, False),
        (":::", LINE, False),
        ("localhost,127.0.0.1,::1", LINE, False),
    ],
)
def test_exceptions_do_what_people_expect(no_proxy: str, url: str, is_excepted: bool) -> None:
    both = {"HTTP_PROXY": P, "HTTPS_PROXY": P}

    found = [way({**both, variable: no_proxy}, url) for variable in ("NO_PROXY", "no_proxy")]

    assert [one is None for one in found] == [is_excepted, is_excepted]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/", "http://127.3.2.1/", "http://localhost/", "http://LOCALHOST:9/", "http://localhost./",
        "http://line.localhost/", "http://[::1]:8000/", "http://0.0.0.0/", "http://[::]/", "https://localhost/",
        "http://[::ffff:127.0.0.1]/",
    ],
)  # fmt: skip
def test_this_machine_is_never_asked_through_a_proxy(url: str) -> None:
    assert way({"HTTP_PROXY": P, "HTTPS_PROXY": P}, url) is None


@pytest.mark.parametrize("url", ["http://localhost.line.me/", "http://1270.0.0.1/", "http://128.0.0.1/", "http://me/"])
def test_another_machine_is_asked_through_the_proxy(url: str) -> None:
    assert way({"HTTP_PROXY": P}, url) is not None


@pytest.mark.parametrize(
    "value",
    [
        "socks5://proxy.local:1080", "socks5h://me:s3cret@proxy.local", "ftp://proxy.local", "file:///etc/s3cret",
        "http://", "http://:3128", "http://me:s3cret@", "http://proxy.local:s3cret", "http://proxy.local:99999",
        "http://[::1:3128", "://s3cret", "s3cret://proxy.local:80",
    ],
)  # fmt: skip
def test_proxy_that_can_not_be_used_is_told_without_its_value(value: str) -> None:
    with pytest.raises(ProxyError) as caught:
        way({"https_proxy": value})

    assert str(caught.value) == (
        "`https_proxy` names no proxy that can be used; "
        "expected http://HOST:PORT, with USER:PASSWORD@ before HOST where the proxy asks for it"
    )


@pytest.mark.parametrize("value", ["http://me:s3cret@proxy.local:3128", "me:s3cret@proxy.local", "http://s3cret@p:1"])
def test_password_of_a_proxy_is_in_nothing_that_is_shown(value: str) -> None:
    proxies = Proxies.of({"HTTPS_PROXY": value})
    proxy = proxies.way("https", "api.line.me", 443)

    assert proxy is not None
    assert "s3cret" not in repr(proxies) + repr(proxy) + proxy.url + proxy.name


# Over the wire


@dataclass
class Middleman:
    """Be a proxy that gives each request the same answer and notes what it was asked."""

    answer: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def middleman(answer: bytes) -> AsyncIterator[Middleman]:
    """Run a proxy that answers with *answer*, or hangs up when there is none."""
    one = Middleman(answer)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    async with server:
        one.url = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield one


async def pushed(base: str, environment: Mapping[str, str]) -> Verdict:
    """Push once to *base*."""
    http = HttpClient(environment)
    try:
        return await send(LineApi(base, "token", http), PUSH)
    finally:
        await http.close()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
async def test_call_goes_through_the_proxy(variable: str) -> None:
    async with middleman(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as proxy:
        verdict = await pushed("http://line.test", {variable: f"http://me:pa%20ss@{proxy.url}"})

    (head,) = proxy.asked
    assert verdict.outcome == "sent"
    assert head.startswith("POST http://line.test/v2/bot/message/push HTTP/1.1\r\n")
    assert f"proxy-authorization: Basic {base64.b64encode(b'me:pa ss').decode()}\r\n" in head


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", "502 Bad Gateway"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503 Service Unavailable"),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", "504 Gateway Timeout"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "400 Bad Request"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\n", "429 Too Many Requests"),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "500 Internal Server Error"),
        (b"", "ServerDisconnectedError"),
        (b"HTTP/1.1 407", "ServerDisconnectedError"),
    ],
    ids=lambda value: value[9:12].decode() or "hangs up" if isinstance(value, bytes) else None,
)
async def test_proxy_that_makes_no_connection_is_named_and_nothing_was_sent(answer: bytes, why: str) -> None:
    async with middleman(answer) as proxy:
        verdict = await pushed("https://line.test", {"HTTPS_PROXY": f"http://me:s3cret@{proxy.url}"})

    (head,) = proxy.asked
    assert head.startswith("CONNECT line.test:443 HTTP/1.1\r\n")
    assert "proxy-authorization: Basic bWU6czNjcmV0\r\n" in head
    assert verdict == Verdict("again", f"no connection through the proxy {proxy.url} ({why})")


@pytest.mark.parametrize("base", ["http://line.test", "https://line.test"])
async def test_proxy_that_can_not_be_reached_is_named_and_nothing_was_sent(base: str) -> None:
    listener = listen("127.0.0.1", 0)
    name = f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()

    verdict = await pushed(base, {"http_proxy": f"http://me:s3cret@{name}", "https_proxy": f"me:s3cret@{name}"})

    assert verdict.outcome == "again"
    assert verdict.reason.startswith(f"no connection to the proxy {name} (")
    assert "s3cret" not in verdict.reason


async def test_proxy_that_can_not_be_used_is_told_and_nothing_was_sent() -> None:
    verdict = await pushed("https://line.test", {"HTTPS_PROXY": "socks5://me:s3cret@proxy.local:1080"})

    assert verdict == Verdict(
        "again",
        "no connection (`HTTPS_PROXY` names no proxy that can be used; "
        "expected http://HOST:PORT, with USER:PASSWORD@ before HOST where the proxy asks for it)",
    )


async def test_simulated_platform_is_asked_without_a_proxy() -> None:
    line = SimulatedLine()
    await line.start()
    line.add_channel("shop", "secret", "token", "http://127.0.0.1:9/")
    async with middleman(b"HTTP/1.1 502 Bad Gateway\r\n\r\n") as proxy:
        verdict = await pushed(line.url, {"http_proxy": proxy.url})
    await line.stop()

    assert (verdict.outcome, proxy.asked) == ("sent", [])


async def test_typed_client_goes_through_the_proxy() -> None:
    body = b'{"userId":"U1","basicId":"@1","displayName":"Shop","chatMode":"bot","markAsReadMode":"auto"}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    async with middleman(answer) as proxy:
        http = HttpClient({"HTTP_PROXY": proxy.url, "NO_PROXY": "line.test:8080"})
        info = await LineApi("http://line.test", "token", http).messaging.get_bot_info()
        await http.close()

    assert info.display_name == "Shop"
    assert proxy.asked[0].startswith("GET http://line.test/v2/bot/info HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("base", "data_base", "path"),
    [("http://line.test", None, "http://line.test"), ("http://line.test", "http://data.test", "http://data.test")],
)
async def test_content_comes_through_the_proxy(base: str, data_base: str | None, path: str) -> None:
    async with middleman(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 3\r\n\r\nabc") as proxy:
        http = HttpClient({"HTTP_PROXY": proxy.url})
        api = LineApi(base, "token", http, data_base)
        content = await api.content("5")
        blob = await api.client(AsyncMessagingApiBlob).get_message_content("5")
        await http.close()

    assert (content.data, blob) == (b"abc", b"abc")
    assert [head.partition(" HTTP")[0] for head in proxy.asked] == [f"GET {path}/v2/bot/message/5/content"] * 2

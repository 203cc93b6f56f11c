"""Send webhooks to the paths that people enter in a console and proxies pass on: found, or refused without a trace."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hookline.adapters.adapter import Services
from hookline.adapters.http import HttpClient
from hookline.adapters.line.signature import sign
from hookline.bots.bot import Bot
from hookline.clock import SystemClock
from hookline.dispatch.intake import Intake
from hookline.events import Event
from hookline.host.host import Host
from hookline.host.pages import build_app
from hookline.ingress.paths import shortened, unknown
from hookline.ingress.server import SERVERS, Server, serve
from hookline.ingress.webhooks import Webhooks
from hookline.testing import events
from tests.support import NOW, SECRET, SMALL_BOT, configured
from tests.web.wire import Answer, Site, listening, request, signed_request

TWO_BOTS = SMALL_BOT + SMALL_BOT[SMALL_BOT.index("  shop:") :].replace("  shop:", "  小店:")
BODY = json.dumps(
    {"destination": "U" + "0" * 32, "events": [events.event("message", now=NOW, message=events.text_message("菜單"))]}
).encode()
SIGNED = [(b"x-line-signature", sign(SECRET.encode(), BODY))]
PURPOSE = b"This is the address of a webhook: a platform posts messages here, and a browser finds nothing to see.\n"
TRIES = 10_000


@dataclass
class Front:
    """Call Webhooks, and the pages behind it, without a server."""

    webhooks: Webhooks
    accepted: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Front:
        """Stand before the bots `shop` and `小店`."""
        bots = {
            name: Bot.build(bot, Services(HttpClient({}))) for name, bot in configured(folder, TWO_BOTS).bots.items()
        }
        accepted: list[Event] = []

        async def accept(batch: Sequence[Event]) -> None:
            accepted.extend(batch)

        async def readiness() -> tuple[bool, dict[str, Any]]:
            return True, {}

        pages: Any = build_app(readiness)
        return cls(Webhooks(bots, Intake(bots, accept).take, SystemClock(), pages), accepted)

    async def ask(
        self, path: str, method: str = "POST", headers: Sequence[tuple[bytes, bytes]] = SIGNED
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return status, headers and body of the answer to *path*, as a server decodes it."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "http_version": "1.1",
            "headers": [(b"host", b"localhost"), *headers],
            "extensions": {},
        }
        sent: list[MutableMapping[str, Any]] = []
        unread, answered = [BODY], asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            await answered.wait()  # as servers do: the caller stays on the line until then
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self.webhooks(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], dict(sent[0]["headers"]), body


def forwarded(*prefixes: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a webhook that came through proxies with *prefixes*."""
    return [*SIGNED, *((b"x-forwarded-prefix", prefix.encode()) for prefix in prefixes)]


@pytest.mark.parametrize("path", ["/webhooks/shop", "/webhooks/shop/", "/webhooks/小店", "/webhooks/小店/"])
async def test_bot_is_found_with_and_without_a_slash_at_the_end(tmp_path: Path, path: str) -> None:
    front = Front.of(tmp_path)

    status, _, _ = await front.ask(path)

    assert (status, [event.bot for event in front.accepted]) == (200, [path.split("/")[2]])


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks//shop", "/webhooks/shop//", "/webhooks/Shop", "/webhooks/SHOP", "/webhooks/shop/x",
        "/webhooks/", "/webhooks//", "/webhooks/sho", "/webhooks/shops", "/webhooks/shop ", "/webhooks/ shop",
        "/webhooks/shop.", "/webhooks/./shop", "/webhooks/../webhooks/shop", "/webhooks/shop/.", "/webhooks/%73hop",
        "/webhooks/shop\0", "/webhooks/shop\n", "/webhooks/shop;x", "/webhooks/shop%2f", "/webhooks/ｓｈｏｐ",
        "/webhooks/小店店", "/webhooks/x/shop", "/webhooks/\ufffd", "/webhooks/" + "shop/" * 2_000,
    ],
)  # fmt: skip
async def test_any_other_path_of_a_webhook_is_answered_like_a_wrong_signature(tmp_path: Path, path: str) -> None:
    front = Front.of(tmp_path)
    wrong = await front.ask("/webhooks/shop", headers=[(b"x-line-signature", b"wrong")])

    assert wrong[0] == 401
    assert await front.ask(path) == wrong
    assert front.accepted == []


@pytest.mark.parametrize(
    "path", ["/webhooks/shop", "/webhooks/shop/", "/webhooks/nobody", "/webhooks/", "/webhooks/a/b"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_person_who_looks_at_a_webhook_is_told_what_it_is(tmp_path: Path, path: str, method: str) -> None:
    status, headers, body = await Front.of(tmp_path).ask(path, method, [])

    assert (status, headers[b"allow"]) == (405, b"POST")
    assert headers[b"content-length"] == str(len(PURPOSE)).encode()
    assert body == (PURPOSE if method == "GET" else b"")


# What the log says of it


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Shop", "there is no bot `Shop`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("SHOP", "there is no bot `SHOP`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("/shop", "there is no bot `/shop`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("shop/", "there is no bot `shop/`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("shop/x", "there is no bot `shop/x`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("line/Cafe", "there is no bot `line/Cafe`; did you mean `cafe`? There are: cafe, shop, 小店"),
        ("shpo", "there is no bot `shpo`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("shop1", "there is no bot `shop1`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("shop ", "there is no bot `shop `; did you mean `shop`? There are: cafe, shop, 小店"),
        ("%73hop", "there is no bot `%73hop`; did you mean `shop`? There are: cafe, shop, 小店"),
        ("小店店", "there is no bot `小店店`; did you mean `小店`? There are: cafe, shop, 小店"),
        ("", "there is no bot ``. There are: cafe, shop, 小店"),
        ("billing", "there is no bot `billing`. There are: cafe, shop, 小店"),
        ("a\nb\x1b[0m", "there is no bot `a�b�[0m`. There are: cafe, shop, 小店"),
        ("z" * 100, f"there is no bot `{'z' * 64}…`. There are: cafe, shop, 小店"),
    ],
)
def test_near_miss_is_named(name: str, said: str) -> None:
    assert unknown(name, {"shop", "小店", "cafe"}) == said


def test_many_bots_are_not_all_listed() -> None:
    said = unknown("bot7x", {f"bot{number}" for number in range(1000)})

    assert said.endswith("bot112, bot113, bot114, bot115 and 980 more")
    assert "did you mean `bot7" in said


def test_process_without_bots_says_so() -> None:
    assert unknown("shop", ()) == "there is no bot `shop`. There are: none in this process"


async def test_unknown_bots_and_wrong_signatures_are_logged_one_of_each_in_ten_seconds(tmp_path: Path) -> None:
    front = Front.of(tmp_path)

    with capture_logs() as logs:
        for path in ("/webhooks/Shop", "/webhooks/nobody", "/webhooks/shop"):
            for _ in range(3):
                await front.ask(path, headers=[])

    assert [(log["event"], log["bot"], log["reason"]) for log in logs] == [
        ("webhook.unauthorized", None, "there is no bot `Shop`; did you mean `shop`? There are: shop, 小店"),
        (
            "webhook.unauthorized",
            "shop",
            "the signature is missing, old, or made by none of the bot's secrets: is the clock right?",
        ),
    ]


# Behind a proxy


@pytest.mark.parametrize(
    ("path", "prefix", "rest"),
    [
        ("/line/webhooks/shop", "/line", "/webhooks/shop"),
        ("/webhooks/shop", "/line", "/webhooks/shop"),
        ("/line/healthz", "/line", "/healthz"),
        ("/healthz", "/line", "/healthz"),
        ("/line", "/line", "/"),
        ("/line/", "/line", "/"),
        ("/", "/line", "/"),
        ("/lines/webhooks/shop", "/line", "/lines/webhooks/shop"),
        ("/Line/webhooks/shop", "/line", "/Line/webhooks/shop"),
        ("/line//webhooks/shop", "/line", "//webhooks/shop"),
        ("/a/b/webhooks/shop", "/a/b", "/webhooks/shop"),
        ("/a/b/webhooks/shop", "/b", "/a/b/webhooks/shop"),
        ("/line/line/webhooks/shop", "/line", "/line/webhooks/shop"),
        ("/店/webhooks/shop", "/店", "/webhooks/shop"),
        ("/webhooks/shop", "/webhooks", "/webhooks/shop"),
        ("/webhooks/webhooks/shop", "/webhooks", "/webhooks/shop"),
        ("/webhooks/webhooks", "/webhooks", "/webhooks/webhooks"),
        ("/webhooks/shop", "/webhooks/shop", "/webhooks/shop"),
        ("/webhooks/shop/webhooks/shop", "/webhooks/shop", "/webhooks/shop"),
        ("/webhooks/shop", "", "/webhooks/shop"),
    ],
)
def test_prefix_is_taken_off_where_it_was_left(path: str, prefix: str, rest: str) -> None:
    assert shortened(path, prefix) == rest


@pytest.mark.parametrize(
    ("path", "prefixes"),
    [
        ("/line/webhooks/shop", ["/line"]),
        ("/line/webhooks/shop/", ["/line/"]),
        ("/line/webhooks/shop", ["line"]),
        ("/webhooks/shop", ["/line"]),
        ("/webhooks/shop", [""]),
        ("/webhooks/shop", ["/"]),
        ("/webhooks/shop", ["/webhooks"]),
        ("/a/b/webhooks/shop", ["/a, /b"]),
        ("/a/b/webhooks/shop", ["/a", "/b"]),
        ("/b/webhooks/shop", ["/a, /b"]),
        ("/a/b/webhooks/shop", ["/a/b"]),
        ("/店/webhooks/小店", ["/%E5%BA%97"]),
    ],
)
async def test_prefix_that_a_proxy_forwards_may_be_there_or_not(
    tmp_path: Path, path: str, prefixes: Sequence[str]
) -> None:
    front = Front.of(tmp_path)

    status, _, _ = await front.ask(path, headers=forwarded(*prefixes))

    assert (status, len(front.accepted)) == (200, 1)


@pytest.mark.parametrize(
    "prefix", ["/other", "", "/lin", "/line/webhooks", "/LINE", "line/x", "https://line", "\xff", ","]
)
async def test_prefix_that_no_proxy_forwards_leads_nowhere(tmp_path: Path, prefix: str) -> None:
    front = Front.of(tmp_path)

    status, _, _ = await front.ask("/line/webhooks/shop", headers=forwarded(prefix))

    assert (status, front.accepted) == (404, [])


@pytest.mark.parametrize("page", ["healthz", "readyz", "metrics"])
async def test_forwarded_prefix_opens_no_page_that_a_proxy_may_keep_closed(tmp_path: Path, page: str) -> None:
    status, _, _ = await Front.of(tmp_path).ask(f"/line/{page}", "GET", forwarded("/line"))

    assert status == 404


@asynccontextmanager
async def rooted(folder: Path, server: Server, root: str) -> AsyncIterator[Site]:
    """Serve the bots below *root*."""
    host, stop = await Host.open(configured(folder, TWO_BOTS)), asyncio.Event()
    try:
        with listening() as listener:
            serving = asyncio.create_task(serve(host.app, listener, stop, 1.0, server, root))
            try:
                yield Site(host, listener.getsockname()[1])
            finally:
                stop.set()
                await serving
    finally:
        await host.close(grace=1.0)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """Return one server after the other; one that isn't installed is skipped."""
    name: Server = request.param
    pytest.importorskip(name, reason=f"the extra hookline[{name}] isn't installed")
    return name


async def test_every_server_finds_the_bot_whether_or_not_the_proxy_cuts_the_root(
    tmp_path: Path, server: Server
) -> None:
    paths = ["/webhooks/shop", "/line/webhooks/shop", "/line/webhooks/shop/", "/line/webhooks/%73hop?from=line",
             "/line/webhooks/%E5%B0%8F%E5%BA%97", "/webhooks/shop/"]  # fmt: skip

    async with rooted(tmp_path, server, "/line") as site:
        answers = [await site.ask(signed_request(BODY, path=path)) for path in paths]
        forwarded = await site.ask(signed_request(BODY, "x-forwarded-prefix: /shop", path="/shop/webhooks/shop"))
        pages = [await site.ask(request(method="GET", path=path)) for path in ("/healthz", "/line/healthz")]

    assert [answer.status for answer in [*answers, forwarded, *pages]] == [200] * 9


async def test_every_server_refuses_the_other_paths_alike(tmp_path: Path, server: Server) -> None:
    paths = ["/line/webhooks/Shop", "/line/webhooks//shop", "/webhooks/shop/x", "/line/webhooks/%2573hop",
             "/webhooks/shop%2Fx", "/webhooks/%00", "/webhooks/%ff", "/webhooks/%zz"]  # fmt: skip

    async with rooted(tmp_path, server, "/line") as site:
        posted = [await site.ask(signed_request(BODY, path=path)) for path in paths]
        looked = [await site.ask(request(method="GET", path=path)) for path in paths]
        headed = [await site.ask(request(method="HEAD", path=path)) for path in paths]
        lost = await site.ask(signed_request(BODY, path="/lines/webhooks/shop"))

    assert {answer.status for answer in posted} <= {400, 401}  # granian's own parser refuses what is no UTF-8
    assert {_told(answer) for answer in looked if answer.status != 400} == {(405, "POST", PURPOSE)}
    assert {_told(answer) for answer in headed if answer.status != 400} == {(405, "POST", b"")}
    assert lost.status == 404


def _told(answer: Answer) -> tuple[int, str, bytes]:
    return answer.status, answer.headers["allow"], answer.body


# Anything


PIECES = [
    "/", "//", "webhooks", "webhooks/", "/webhooks/", "shop", "Shop", "小店", "..", ".", "%", "%73", "%2f", "\0",
    "\n", " ", "?", "#", ";", ":", "@", "\\", "'", '"', "{", "}", "\ufffd", "\ud800", "e\u0301", "\u202e", "🔑",
    "a" * 300, "health", "static", "line", "~", "*", "&", "=", "http://x/", "\x7f", "\x1b[0m",
]  # fmt: skip


def anything(source: random.Random) -> str:
    """Return a path that is put together of pieces; half of them begin as a webhook's."""
    begin = source.choice(["/webhooks/", "/"])
    return begin + "".join(source.choice(PIECES) for _ in range(source.randrange(7)))


async def test_no_path_and_no_prefix_is_ever_answered_as_a_fault_of_ours(tmp_path: Path) -> None:
    front, source = Front.of(tmp_path), random.Random(20261130)
    wrong = []

    for _ in range(TRIES):
        path, method = anything(source), source.choice(["POST", "POST", "GET", "HEAD"])
        prefix = anything(source).replace("\n", "").encode("utf-8", "replace")  # servers let no line break through
        headers = [(b"x-forwarded-prefix", prefix)] if source.random() < 0.2 else []
        status, _, _ = await front.ask(path, method, headers)
        if status not in (401, 404, 405):
            wrong.append((method, path, headers, status))

    assert wrong == []
    assert front.accepted == []

"""What a platform's own door answers: challenges, nothing at all, other types of content, below other paths."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest

from hookline.testing import RunningBot, running_bot
from tests.unit.doors.pigeon import LOFT, PIGEON

ROUTES = "[{name: kind, on: special.kind, reply: special}, {name: any, on: '*', reply: hi}]"
WITH_LINE = """
version: 1
bots:
  bot: {adapter: pigeon, routes: [{name: any, on: '*', reply: hi}]}
  shop:
    adapter: line
    line: {channel_secret: '${S}', access_token: '${T}'}
    routes: [{name: any, on: '*', reply: hi}]
"""
EVENT = {"id": "7", "text": "hello", "chat": "mei", "ways": [{"name": "send", "to": "mei"}]}
Answer = tuple[int, str | None, bytes]


class Front:
    """Ask a running bot's web server."""

    def __init__(self, bot: RunningBot, session: aiohttp.ClientSession) -> None:
        self.bot = bot
        self._session = session
        self._base = bot.platform.webhooks[bot.name].removesuffix(f"/{bot.name}")

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Return status, content type and body."""
        url = f"{self._base}/{path}"
        async with self._session.request(
            method, url, data=io.BytesIO(body) if body else None, headers=headers or {}
        ) as response:
            kind = response.headers.get("content-type")
            return response.status, kind, await response.read()

    async def outcomes(self) -> int:
        """Return how many events are stored."""
        from hookline.store.people.history import EventFilter

        await self.bot.playground.settle()
        return len(await self.bot.playground.host.store.history.list(EventFilter(), 100))


@asynccontextmanager
async def fronts(text: str | None = None) -> AsyncIterator[Front]:
    async with running_bot(text, adapter=PIGEON, routes=ROUTES) as bot, aiohttp.ClientSession() as session:
        yield Front(bot, session)


async def test_door_says_what_is_answered_once_events_are_durable() -> None:
    async with fronts() as front:
        answer = await front.ask("POST", "bot", json.dumps(EVENT).encode(), {"x-loft": LOFT})

        assert answer == (200, "application/json", b'{"coo": true}')
        assert await front.outcomes() == 1


async def test_challenge_by_get_is_answered_and_is_no_event() -> None:
    async with fronts() as front:
        asked = await front.ask("GET", f"bot?loft={LOFT}&challenge=abc")
        wrong = await front.ask("GET", "bot?loft=no&challenge=abc")
        unknown = await front.ask("GET", "nobody?loft=no&challenge=abc")

        assert (asked, wrong) == ((200, "text/plain; charset=utf-8", b"abc"), unknown)
        assert unknown[0] == 401
        assert await front.outcomes() == 0


async def test_path_below_a_bot_is_its_doors() -> None:
    async with fronts() as front:
        nothing = await front.ask("POST", "bot/nothing", json.dumps(EVENT).encode(), {"x-loft": LOFT})
        teapot = await front.ask("POST", "bot/teapot", json.dumps({**EVENT, "id": "8"}).encode(), {"x-loft": LOFT})

        assert nothing == (204, None, b"")
        assert (teapot[0], teapot[2]) == (418, b"short and stout")
        assert await front.outcomes() == 1


async def test_header_is_seen_by_who_receives_and_kept_in_what_is_stored() -> None:
    async with fronts() as front:
        headers = {"x-loft": LOFT, "x-kind": "special.kind"}
        await front.ask("POST", "bot", json.dumps(EVENT).encode(), headers)
        await front.bot.playground.settle()
        story = await front.bot.playground.host.store.history.show("bot", "7")

        assert story is not None
        assert (story.event.route, story.raw["kind"]) == ("kind", "special.kind")


@pytest.mark.parametrize(("size", "status"), [(300_000, 200), (1_048_000, 200), (1_100_000, 413)])
async def test_body_may_be_as_large_as_the_platform_sends_it(size: int, status: int) -> None:
    body = json.dumps({**EVENT, "pad": "x" * (size - 200)}).encode()
    async with fronts() as front:
        assert (await front.ask("POST", "bot", body, {"x-loft": LOFT}))[0] == status


async def test_large_body_says_nothing_of_which_bots_there_are() -> None:
    body = b"x" * 300_000
    async with fronts(WITH_LINE) as front:
        answers = {await front.ask("POST", name, body, {"x-loft": "no"}) for name in ("bot", "shop", "nobody")}

        assert [answer[0] for answer in answers] == [401]


async def test_large_body_for_a_bot_whose_platform_sends_none_is_refused_once_it_is_signed() -> None:
    async with fronts(WITH_LINE) as front:
        line = front.bot.playground.platforms["line"]
        raw = {**line.text("shop", "hi"), "pad": "x" * 300_000}
        request = line.request("shop", raw)

        assert (await front.ask("POST", "shop", request.body, request.headers))[0] == 413


async def test_clock_of_the_host_is_the_adapters() -> None:
    async with fronts() as front:
        host = front.bot.playground.host
        inner = host.bots["bot"].adapter.api

        assert getattr(inner, "clock", None) is host.clock

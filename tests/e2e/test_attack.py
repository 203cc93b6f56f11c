"""Thousands of bad requests, resets and half-open connections: nobody is let in, and nobody who signs notices.

``HOOKLINE_REQUESTS`` says how many for each server; `make torture` sends a hundred thousand.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hookline.ingress.server import SERVERS, Server
from hookline.store.database.reading import SqliteReader
from hookline.store.people.history import EventFilter, History
from hookline.testing import SimulatedLine
from tests.e2e.attacks import attack
from tests.e2e.hosts import NEEDS_PROC, Site, run_site, simulated_line

REQUESTS = int(os.environ.get("HOOKLINE_REQUESTS", "1500"))
ATTACKERS = 16
READ_SECONDS = 0.3
FLAT_MIB = 64
RESET = struct.pack("ii", 1, 0)
OURS = {100, 200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 431}
"""What hookline and the servers answer to what is bad; 200 only to who asks for health."""
THEIRS = {501, 505}
"""What some server answers of its own accord to methods, versions and encodings that it doesn't speak."""

pytestmark = [NEEDS_PROC, pytest.mark.timeout(300 + REQUESTS // 20)]


class Attackers:
    """Send bad requests to one host, and count what is answered."""

    def __init__(self, site: Site, seed: int) -> None:
        self._address = ("127.0.0.1", urlsplit(site.url).port or 0)
        self._chance = random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self.statuses: Counter[int] = Counter()
        self.sent = 0
        self.let_in: list[bytes] = []
        self.odd: list[tuple[int, bytes]] = []

    async def attack(self, count: int) -> None:
        """Send *count* requests over connections of their own, some of which are reset or left open for a while."""
        while self.sent < count:
            self.sent += 1
            data, manner = attack(self._chance), self._chance.random()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(5):
                    await self._send(data, manner)

    async def _send(self, data: bytes, manner: float) -> None:
        with socket.socket() as connection:
            connection.setblocking(False)
            await self._loop.sock_connect(connection, self._address)
            await self._loop.sock_sendall(connection, data)
            if manner < 0.1:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            elif manner < 0.95:
                self._judge(data, await self._answer(connection))
            else:
                await asyncio.sleep(READ_SECONDS)

    async def _answer(self, connection: socket.socket) -> bytes:
        answer = b""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(READ_SECONDS):
                while part := await self._loop.sock_recv(connection, 65_536):
                    answer += part
        return answer

    def _judge(self, data: bytes, answer: bytes) -> None:
        for status in _statuses(answer):
            self.statuses[status] += 1
            if status not in OURS | THEIRS:
                self.odd.append((status, data))
            if status == 200 and b"/healthz" not in data and b"/readyz" not in data:
                self.let_in.append(data)


def _statuses(answer: bytes) -> Iterator[int]:
    for part in answer.split(b"HTTP/1.")[1:]:
        words = part.split()
        if len(words) > 1 and words[1].isdigit():
            yield int(words[1])


async def sign_on(line: SimulatedLine, site: Site, over: asyncio.Event) -> int:
    """Send signed webhooks until it is *over*, and return how many."""
    count = 0
    while not over.is_set():
        raw = line.text("shop", f"hi {count}", user=f"guest {count % 20}")
        assert await line.deliver("shop", [raw], webhook=site.webhook) == [200]
        count += 1
        await asyncio.sleep(0.02)
    return count


def memory_of(process: int) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def stored(store: str) -> int:
    reader = await SqliteReader.open(store)
    try:
        return len(await History(reader).list(EventFilter(), 1_000_000))
    finally:
        await reader.close()


@pytest.mark.parametrize("server", SERVERS)
async def test_nobody_unsigned_is_let_in_and_nobody_signed_notices(tmp_path: Path, server: Server) -> None:
    pytest.importorskip(server, reason=f"the extra hookline[{server}] isn't installed")
    store = f"sqlite:///{tmp_path}/a.db"
    async with simulated_line() as line, run_site(tmp_path, store, line, "--server", server) as site:
        over, processes = asyncio.Event(), site.children()
        signing = asyncio.create_task(sign_on(line, site, over))
        attackers = Attackers(site, seed=15)
        await asyncio.gather(*(attackers.attack(REQUESTS // 4) for _ in range(ATTACKERS)))  # it has warmed up
        before = memory_of(processes[0])
        await asyncio.gather(*(attackers.attack(REQUESTS) for _ in range(ATTACKERS)))
        grown = memory_of(processes[0]) - before
        over.set()
        count = await signing
        async with asyncio.timeout(60):
            while len(line.sent) < count:
                await asyncio.sleep(0.05)
        survivors = site.children()
        kept = await stored(store)

    assert (attackers.let_in, kept, survivors) == ([], count, processes)
    assert attackers.odd == []
    assert len(line.sent) == count
    assert grown < FLAT_MIB
    errors = [said for said in site.errors if '"level": "error"' in said or "died (" in said]
    assert [said for said in errors if "loop.blocked" not in said] == []  # the machine may be slow

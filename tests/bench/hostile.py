"""Be strangers who have no secret: ``python -m tests.bench.hostile PORT --seconds N``.

Two megabytes a second of pipelined requests, over connections that are closed before they are answered; connections
that are reset at once; connections that bring half a head, and come again when the server closes them. It begins at the
time that it reads from standard input, once it has said that it is ready, and prints how much it has sent.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress

from tests.bench.table import ROOT

BYTES_A_SECOND = 2_000_000
FLOOD_BYTES = 250_000
RESETS_A_SECOND = 200
HALF_OPEN = 1_000
REQUESTS = (
    b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    b"POST /webhooks/shop HTTP/1.1\r\nhost: x\r\nx-line-signature: YWJj\r\ncontent-length: 2\r\n\r\n{}",
    b"GET /webhooks/shop HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /%2e%2e/metrics HTTP/1.1\r\nhost: x\r\n\r\n",
)
_AT_ONCE = struct.pack("ii", 1, 0)


class Strangers:
    """Let strangers come to *port* for *seconds*, from a process of their own."""

    def __init__(self, port: int, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.bench.hostile", str(port), "--seconds", str(seconds)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # they are ready

    def begin(self, at: int) -> None:
        """Let them come from the time *at* on."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{at}\n")

    def end(self) -> str:
        """Wait until they have gone, and return what they have done."""
        output, _ = self._process.communicate(timeout=120)
        return output.strip()


class _Crowd:
    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._loop = asyncio.get_running_loop()
        self.bytes = self.resets = self.opened = 0

    async def flood(self) -> None:
        """Send as many pipelined requests a second as make up the bytes."""
        number = 0
        while True:
            due = self._loop.time() + FLOOD_BYTES / BYTES_A_SECOND
            one = REQUESTS[number % len(REQUESTS)]
            number += 1
            with suppress(OSError):
                async with asyncio.timeout(1.0):
                    await self._send(one * (FLOOD_BYTES // len(one)))
            self.bytes += FLOOD_BYTES
            await asyncio.sleep(max(0.0, due - self._loop.time()))

    async def _send(self, data: bytes) -> None:
        with await self._connected() as connection:
            with suppress(OSError):
                await self._loop.sock_sendall(connection, data)

    async def reset(self) -> None:
        """Connect, and reset the connection at once."""
        while True:
            due = self._loop.time() + 1 / RESETS_A_SECOND
            with suppress(OSError):
                with await self._connected() as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                    self.resets += 1
            await asyncio.sleep(max(0.0, due - self._loop.time()))

    async def hold(self) -> None:
        """Bring half a head, and come again when that is over."""
        await asyncio.sleep(0.001 * (self.opened % HALF_OPEN))
        while True:
            with suppress(OSError):
                with await self._connected() as connection:
                    self.opened += 1
                    await self._loop.sock_sendall(connection, b"POST /webhooks/shop HTTP/1.1\r\nhost: ")
                    await self._loop.sock_recv(connection, 100)
            await asyncio.sleep(0.5)

    async def _connected(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        try:
            await self._loop.sock_connect(connection, self._address)
        except BaseException:
            connection.close()
            raise
        return connection


async def come(port: int, seconds: float) -> str:
    """Do all of it for *seconds*."""
    crowd = _Crowd(port)
    works = [crowd.flood(), crowd.reset(), *(crowd.hold() for _ in range(HALF_OPEN))]
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return f"{crowd.bytes / seconds / 1e6:.1f} MB/s, {crowd.resets / seconds:.0f} resets/s, {crowd.opened} half-open"


def main() -> None:
    """Come, and print what was done."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hostile")
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    print("ready", flush=True)
    begin = int(sys.stdin.readline())
    time.sleep(max(0.0, (begin - time.monotonic_ns()) / 1e9))
    print(asyncio.run(come(given.port, given.seconds)))


if __name__ == "__main__":
    main()

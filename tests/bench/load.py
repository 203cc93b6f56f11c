"""Send signed webhooks as fast as they are answered: with wrk when it is there, else with a client in Python."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hookline.adapters.line.signature import sign
from hookline.testing import events

CONNECTIONS = 64
CONVERSATIONS = 200

_LUA = """
local requests, count, first = {}, 0, 0
function setup(thread) end
function init(args)
  local file = io.open(args[1], "rb")
  while true do
    local size = file:read(8)
    if not size then break end
    count = count + 1
    requests[count] = file:read(tonumber(size))
  end
  file:close()
end
function request()
  first = first + 1
  if first > count then first = 1; wrapped = true end
  return requests[first]
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.1f %.1f %.1f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""

TELEGRAM = "telegram"
"""Begins the names of bots that are on Telegram; all others are on LINE."""


@dataclass(frozen=True, slots=True)
class Result:
    """Hold one round: requests a second, and latencies in milliseconds."""

    rate: float
    requests: int
    errors: int
    p50: float
    p99: float


def requests(
    count: int,
    port: int,
    secret: str,
    bots: Sequence[str] = ("shop",),
    text: str = "今天有什麼好吃的",
    conversations: int = CONVERSATIONS,
) -> Iterator[bytes]:
    """Yield *count* whole HTTP requests to *bots* in turn, each with a fresh event of one of the *conversations*.

    All bots have one *secret*. The reply token is the number of the request, see :func:`token`.
    """
    now = time.time_ns() // 1_000_000
    for number in range(count):
        bot = bots[number % len(bots)]
        said, who = f"{text} {number}", number % conversations
        if bot.startswith(TELEGRAM):
            headers, body = b"x-telegram-bot-api-secret-token: " + secret.encode(), _update(number, said, who, now)
        else:
            body = _webhook(number, said, who, now)
            headers = b"x-line-signature: " + sign(secret.encode(), body)
        yield (
            b"POST /webhooks/%s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n"
            b"%s\r\ncontent-length: %d\r\n\r\n%s"
        ) % (bot.encode(), port, headers, len(body), body)


def _webhook(number: int, text: str, who: int, now: int) -> bytes:
    message = events.text_message(text)
    event = events.event("message", now=now, user=f"customer {who}", reply_token=token(number), message=message)
    return json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode()


def _update(number: int, text: str, who: int, now: int) -> bytes:
    chat = {"id": 1000 + who, "type": "private"}
    message = {"message_id": number, "date": now // 1000, "chat": chat, "from": {"id": 1000 + who}, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


def token(number: int) -> str:
    """Return the reply token of request *number*."""
    return f"{number:032x}"


def run(
    port: int,
    secret: str,
    seconds: int,
    expected_rate: int,
    connections: int = CONNECTIONS,
    bots: Sequence[str] = ("shop",),
    text: str = "今天有什麼好吃的",
) -> Result:
    """Load the server at *port* for *seconds*; *expected_rate* says how many fresh events to prepare.

    Raises ValueError when they didn't last: an event that comes twice costs less.
    """
    count = seconds * expected_rate
    with tempfile.TemporaryDirectory(prefix="hookline-load-") as folder:
        path = Path(folder) / "requests"
        with path.open("wb") as file:
            for request in requests(count, port, secret, bots, text):
                file.write(b"%08d" % len(request) + request)
        if shutil.which("wrk"):
            result = _wrk(port, path, seconds, connections, Path(folder))
        else:
            result = _python(port, path, seconds, connections)
    if result.requests > count:
        raise ValueError(f"{count} events were too few: {result.requests} were sent")
    return result


def _wrk(port: int, path: Path, seconds: int, connections: int, folder: Path) -> Result:
    script = folder / "requests.lua"
    script.write_text(_LUA)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
    output = subprocess.run([*command, "--", str(path)], capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)", output)
    assert found, output
    count, micros = int(found[1]), int(found[2])
    return Result(count / micros * 1e6, count, int(found[3]), float(found[4]) / 1000, float(found[5]) / 1000)


def _python(port: int, path: Path, seconds: int, connections: int) -> Result:
    command = [sys.executable, "-m", "tests.bench.load", str(port), str(path), str(seconds), str(connections)]
    values = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return Result(**values)


def _stored(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while size := file.read(8):
            yield file.read(int(size))


async def _client(port: int, path: Path, seconds: int, connections: int) -> Result:
    waiting = _stored(path)
    latencies: list[float] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            start = time.perf_counter()
            if start > end:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head, re.I)[0]))
            errors += not head.startswith(b"HTTP/1.1 200")
            latencies.append(time.perf_counter() - start)
        writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    latencies.sort()
    took = time.perf_counter() - begin
    middle, late = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    return Result(len(latencies) / took, len(latencies), errors, middle * 1000, late * 1000)


if __name__ == "__main__":
    from dataclasses import asdict

    result = asyncio.run(_client(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    print(json.dumps(asdict(result)))

"""Be what tutorials on webhooks build, as fast as it goes: ``python -m tests.bench.tutorials NAME``.

Both verify the signature, on FastAPI and uvicorn with uvloop and httptools, without an access log. The first runs its
handler in a task: what is in memory is lost with the process, and a redelivered event runs again. The second remembers
ids in redis and hands events to a queue.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI, HTTPException, Request
from redis import Redis
from rq import Queue

from hookline.ingress.addresses import listen
from tests.bench import jobs
from tests.bench.servers import SECRET

PATH = "/webhooks/shop"
DAY_SECONDS = 86_400


async def verified(request: Request) -> list[dict[str, Any]]:
    """Return the events of a webhook that is signed as it should be."""
    body = await request.body()
    proper = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(proper, request.headers.get("x-line-signature", "")):
        raise HTTPException(status_code=400, detail="Invalid signature")
    events: list[dict[str, Any]] = json.loads(body)["events"]
    return events


def in_memory() -> Any:
    """Return the application that handles events in tasks."""
    app = FastAPI()
    running: set[asyncio.Task[None]] = set()

    async def handle(event: dict[str, Any]) -> None:
        """Do nothing, as the handler that hookline is measured with."""

    async def webhook(request: Request) -> str:
        for event in await verified(request):
            task = asyncio.create_task(handle(event))
            running.add(task)
            task.add_done_callback(running.discard)
        return "OK"

    app.post(PATH)(webhook)
    return app


def with_rq(redis: Redis) -> Any:
    """Return the application that remembers ids and enqueues a job for each event."""
    app = FastAPI()
    queue = Queue(connection=redis)

    async def webhook(request: Request) -> str:
        for event in await verified(request):
            if redis.set(f"seen:{event['webhookEventId']}", 1, nx=True, ex=DAY_SECONDS):
                queue.enqueue(jobs.answer, event)
        return "OK"

    app.post(PATH)(webhook)
    return app


async def serve(app: Any) -> None:
    """Serve *app* on a free port, which is printed, until SIGTERM."""
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, http="httptools", access_log=False, log_level="critical")
    await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Be one of the tutorials."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tutorials")
    parser.add_argument("name", choices=["fastapi", "rq"])
    parser.add_argument("--redis", type=int, default=6379, help="the port of a redis")
    options = parser.parse_args()
    app = in_memory() if options.name == "fastapi" else with_rq(Redis(port=options.redis))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(app))


if __name__ == "__main__":
    main()

"""Hold the job of the redis + rq tutorial; a module of its own, so that the worker imports little."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Mapping
from typing import Any

PLATFORM = "BENCH_PLATFORM"
"""The environment variable that says where messages go."""


def answer(event: Mapping[str, Any]) -> None:
    """Reply to one event."""
    body = {"replyToken": event["replyToken"], "messages": [{"type": "text", "text": "您好"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ[PLATFORM]}/v2/bot/message/reply",
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": "Bearer bench-token"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()

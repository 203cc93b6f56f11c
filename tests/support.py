"""Build small worlds for tests; everything has a default."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hookline.adapters.line import parse
from hookline.adapters.line.signature import sign
from hookline.clock import Clock
from hookline.config.configuration import Configuration
from hookline.config.loading import load
from hookline.config.yaml.disk import Content, read_file
from hookline.errors import ConfigError
from hookline.events import Event
from hookline.findings.findings import Finding
from hookline.host.host import Host
from hookline.plugins.installed import Installed
from hookline.plugins.registry import PluginRegistry
from hookline.testing import events

SECRET = "test-secret"
NOW = 1_800_000_000_000
SECRETS = {"SECRET": SECRET, "TOKEN": "test-token"}
BIGRAMS = Installed("bigrams", "hookline.testing.bigrams")
"""A classifier that needs no package."""
SMALL_BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "http://127.0.0.1:9"}
    routes:
      - {name: menu, keyword: [菜單, menu], reply: 牛肉麵}
      - {name: other, otherwise: true, reply: 聽不懂}
"""


class Sleeping:
    """Read files, but those named `slow` only once they are woken up."""

    def __init__(self) -> None:
        self.awake = threading.Event()
        self.begun = 0

    def __call__(self, path: Path, *, may_be_pipe: bool = False, most: int = 1 << 20) -> Content:
        """Return what stands in *path*, sooner or later."""
        if path.name.startswith("slow"):
            self.begun += 1
            self.awake.wait(30)
        return read_file(path, may_be_pipe=may_be_pipe, most=most)


def configured(
    folder: Path,
    text: str = SMALL_BOT,
    environment: Mapping[str, str] | None = None,
    plugins: Sequence[Installed] = (),
    adapters: Sequence[Installed] = (),
    **options: Any,
) -> Configuration:
    """Return the configuration that *text* gives as a bot.yaml in *folder*, with `bigrams`, *plugins*, *adapters*."""
    path = folder / "bot.yaml"
    path.write_text(text, "utf-8")
    registry = PluginRegistry.discover()
    for plugin in (BIGRAMS, *plugins):
        registry.add(plugin)
    for adapter in adapters:
        registry.platforms.add(adapter)
    return load([path], registry, environment=environment or SECRETS, **options)


def findings(folder: Path, text: str, environment: Mapping[str, str] | None = None, **options: Any) -> list[Finding]:
    """Return what `check` says of *text*, warnings included."""
    try:
        return list(configured(folder, text, environment, is_thorough=True, **options).warnings)
    except ConfigError as error:
        return error.findings


def make_event(text: str | None = "hi", *, bot: str = "shop", now: int = NOW, **fields: Any) -> Event:
    """Return an event as the LINE adapter would parse it; *fields* go to :func:`hookline.testing.events.event`."""
    kind = fields.pop("kind", "message")
    if text is not None and kind == "message" and "message" not in fields:
        fields["message"] = events.text_message(text)
    fields.setdefault("reply_token", "token")
    return parse.read(bot, events.event(kind, now=now, **fields), now)


def signed(body: bytes | Mapping[str, Any], secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Return a webhook body and the headers that LINE would send with it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = sign(secret.encode(), raw).decode()
    return raw, {"x-line-signature": signature, "content-type": "application/json; charset=utf-8"}


@asynccontextmanager
async def open_host(folder: Path, text: str = SMALL_BOT, clock: Clock | None = None) -> AsyncIterator[Host]:
    """Open a host on a store in *folder*, not yet started; close it at the end."""
    host = await Host.open(configured(folder, text), clock)
    try:
        yield host
    finally:
        await host.close(grace=1.0)

"""A host whose configuration files may change while it runs: over real HTTP, with a simulated LINE platform."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.config.yaml.disk import Disk
from hookline.host.host import Host
from hookline.host.reloading import Renewal
from hookline.ingress.addresses import listen
from hookline.ingress.server import serve
from hookline.pace import Pace
from hookline.plugins.registry import PluginRegistry
from hookline.store.memory.switches import Switch
from hookline.telling import trial
from hookline.testing import SimulatedLine
from tests.support import BIGRAMS

NAMES = ("shop", "cafe", "bar")
SECRETS = {name.upper(): f"secret-of-{name}" for name in NAMES}
SECRETS |= {f"{name.upper()}_TOKEN": f"token-of-{name}" for name in NAMES}
HEAD = "version: 1\nbots:\n"


def bot(name: str, routes: str, extra: str = "") -> str:
    """Return a bot as YAML; *routes* are entries in flow style, one a line, *extra* are further lines of it."""
    lines = "".join(f"      - {route.strip()}\n" for route in routes.strip().splitlines())
    big = name.upper()
    line = f'{{channel_secret: "${{{big}}}", access_token: "${{{big}_TOKEN}}", api_base: "API"}}'
    return f"  {name}:\n    adapter: line\n    line: {line}\n{extra}    routes:\n{lines}"


@dataclass
class Living:
    """Hold the host, its platform, its file, and how often it asked for new processes."""

    host: Host
    line: SimulatedLine
    source: ConfigurationFiles
    path: Path
    restarts: list[None] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Write bot.yaml, whose API is the simulated platform's."""
        self.path.write_text(text.replace('"API"', f'"{self.line.url}"'), "utf-8")

    async def reload(self, text: str) -> tuple[bool, list[str]]:
        """Write *text* and reload; return whether all of it is served, and what is wrong with it."""
        self.write(text)
        reloaded = await self.host.reload("test")
        return reloaded.is_good, [str(problem).removeprefix(f"{self.path}:") for problem in reloaded.problems]

    async def pause(self, name: str) -> None:
        """Let the bot *name* take events and run none."""
        await self.host.turn(Switch(name, "bot"), is_on=False, who="ann")

    async def resume(self, name: str) -> None:
        """Let it run them again."""
        await self.host.turn(Switch(name, "bot"), is_on=True, who="ann")

    async def says(self, name: str, text: str, user: str = "mei") -> list[str]:
        """Let *user* write to the bot *name*, and return what it answers."""
        before = len(self.line.sent)
        assert await self.line.deliver(name, [self.line.text(name, text, user=user)]) == [200]
        await self.host.settle()
        return [str(message["text"]) for sent in self.line.sent[before:] for message in sent.messages]


@asynccontextmanager
async def living(
    folder: Path,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str] = SECRETS,
    disk: Disk | None = None,
    is_strict: bool = False,
) -> AsyncIterator[Living]:
    """Serve *text* for the length of a ``with``, if it *is_strict* whole; its files are read from *disk*."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    line = SimulatedLine()
    await line.start()
    path = folder / "bot.yaml"
    path.write_text(text.replace('"API"', f'"{line.url}"'), "utf-8")
    registry = PluginRegistry.discover()
    registry.add(BIGRAMS)
    source = ConfigurationFiles([path], registry, SystemClock(), try_anew=trial.tried, is_strict=is_strict, disk=disk)
    restarts: list[None] = []
    renewal = Renewal(source, lambda: restarts.append(None))
    host = await Host.open(source.load(), pace=Pace(handler_retries=(0.01,)), renewal=renewal)
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop = asyncio.Event()
    await host.start()
    serving = asyncio.create_task(serve(host.app, listener, stop, grace=1.0))
    for name in NAMES:
        big = name.upper()
        line.add_channel(name, os.environ[big], os.environ[f"{big}_TOKEN"], f"{url}/webhooks/{name}")
    try:
        yield Living(host, line, source, path, restarts)
    finally:
        stop.set()
        await serving
        listener.close()
        await host.close(1.0)
        await line.stop()

"""Run one bot for a test: from YAML, or from a plugin's folder that need not be installed."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any, cast

import yaml

from ..adapters.adapter import AdapterKind
from ..adapters.simulated import SentFile, SimulatedPlatform
from ..clock import Clock
from ..config.loading import load
from ..errors import PluginError
from ..pace import IMPATIENT, Pace
from ..plugins.installed import Installed
from ..plugins.platforms import ADAPTERS_GROUP
from ..plugins.registry import GROUP, PluginRegistry
from .clock import ManualClock
from .exchange import Exchange, text_of
from .logs import kept_logs
from .playground import SETTLE_SECONDS, Playground

if TYPE_CHECKING:
    from ..adapters.line.simulated.platform import SimulatedLine

BOT = "bot"


class RunningBot:
    """Talk to one bot that runs against its simulated platform; its bot.yaml stands in *folder*."""

    def __init__(
        self, playground: Playground, name: str, folder: Path = Path(), clock: ManualClock | None = None
    ) -> None:
        self.clock = clock
        self.playground = playground
        self.name = name
        self.folder = folder

    @property
    def line(self) -> SimulatedLine:
        """Return LINE as a test sees it: what was sent, who has which profile, which faults come."""
        return cast("SimulatedLine", self.playground.platforms["line"])

    @property
    def platform(self) -> SimulatedPlatform:
        """Return the platform that the bot is on: what was sent, which faults come."""
        return self.playground.platform(self.name)

    async def says(self, text: str, user: str = "mei", group: str | None = None, *, mention: bool = False) -> Exchange:
        """Let *user* write *text*, and return what the bot did."""
        return await self.playground.says(self.name, text, user, group, mention=mention)

    async def sends(self, kind: str, user: str | None = "mei", group: str | None = None, **fields: Any) -> Exchange:
        """Let an event of type *kind* happen, as in ``sends("postback", postback={"data": "x"})``.

        Without a *user* nobody in particular lets it happen in the *group*.
        """
        return await self.playground.happens(self.name, kind, user, group, **fields)

    async def taps(self, data: str, user: str = "mei", group: str | None = None) -> Exchange:
        """Let *user* tap a button with *data*, and return what the bot did."""
        return await self.playground.taps(self.name, data, user, group)

    async def uploads(
        self,
        content: bytes | Path | str,
        kind: str = "image",
        user: str = "mei",
        group: str | None = None,
        *,
        name: str | None = None,
        **upload: Any,
    ) -> Exchange:
        """Let *user* send an image, video, audio or file: bytes, or the path of a file; return what the bot did.

        *upload* goes to :meth:`SimulatedLine.upload`, as in ``preparing=2``.
        """
        if upload:
            raw = self.line.upload(self.name, content, kind, name=name, user=user, group=group, **upload)
            return await self.playground.send(self.name, raw)
        data = content if isinstance(content, bytes) else Path(content).read_bytes()
        called = name or ("file.bin" if isinstance(content, bytes) else Path(content).name)
        return await self.playground.gives(self.name, SentFile(data, kind, called), user, group)

    async def passes(self, seconds: float) -> None:
        """Let *seconds* pass, by the :class:`ManualClock` that the bot runs by; what is due then happens."""
        if self.clock is None:
            raise TypeError("time passes by itself here; give running_bot(clock=ManualClock())")
        await self.playground.passes(self.clock, seconds)

    def received(self, user: str) -> list[str]:
        """Return all texts that *user* was sent, by reply or push, in order."""
        chat = self.platform.id_of(user)
        return [text_of(message) for sent in self.platform.sent if sent.to == chat for message in sent.messages]

    def id_of(self, user: str) -> str:
        """Return the id of a simulated user, for settings and pushes."""
        return self.platform.id_of(user)


@asynccontextmanager
async def running_bot(
    yaml_text: str | None = None,
    *,
    adapter: str | AdapterKind = "line",
    platform: Mapping[str, Any] | None = None,
    plugin: str | None = None,
    folder: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
    routes: str | list[Mapping[str, Any]] | None = None,
    clock: Clock | None = None,
    pace: Pace | None = None,
    files: Mapping[str, str] | None = None,
    plugins: Sequence[Installed] = (),
    patience: float = SETTLE_SECONDS,
) -> AsyncIterator[RunningBot]:
    """Run one bot for the length of a ``with``; raises ConfigError when its configuration is wrong.

    Either *yaml_text* is a whole bot.yaml (its first bot is run), or *plugin* names a plugin, with its *settings* and
    the bot's *routes* (default: the plugin's own pack), on the *adapter*, a name or one that isn't installed, whose
    settings are *platform*. *folder* holds a plugin's pyproject.toml, for one that isn't installed. *files* are written
    beside the bot.yaml. *pace* sets deadlines and retries; a host's own retries take 21 s. *plugins* are others that
    aren't installed. *patience* is for how many seconds nothing may happen while an answer is waited for; then
    UnsettledError says what the bot still does.

    A secret of the settings may be written out. Those that are neither given nor set in the environment are made up;
    the channel secret and the access token always are, since they are the simulated platform's.

    What hookline logs meanwhile goes to Python's logging, from ``WARNING`` on unless a test asks for more: pytest shows
    it where a test fails, and ``caplog`` has it under ``hookline.…``.
    """
    registry = PluginRegistry.discover()
    if folder is not None:
        found, adapters = offered_by(Path(folder))
        for one in found:
            registry.add(one)
        for kind in adapters:
            registry.platforms.add(kind)
    for other in plugins:
        registry.add(other)
    named = adapter if isinstance(adapter, str) else registry.platforms.put(adapter)
    with tempfile.TemporaryDirectory(prefix="hookline-bot-") as name:
        for file, content in (files or {}).items():
            (Path(name) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / file).write_text(content, "utf-8")
        path = Path(name) / "bot.yaml"
        path.write_text(yaml_text or _bot_yaml(named, platform, plugin, settings, routes), "utf-8")
        configuration = load([path], registry, is_simulated=True)
        with kept_logs(configuration.secrets):
            playground = await Playground.open(configuration, clock, pace or IMPATIENT, patience=patience)
            try:
                manual = clock if isinstance(clock, ManualClock) else None
                yield RunningBot(playground, next(iter(configuration.bots)), Path(name), manual)
            finally:
                await playground.close()


def offered_by(folder: Path) -> tuple[list[Installed], list[Installed]]:
    """Return the plugins and adapters that *folder*'s pyproject.toml declares, and make their code importable."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        raise PluginError(folder.name, f"there is no {path}")
    try:
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        groups = project["entry-points"]
        points, adapters = groups.get(GROUP, {}), groups.get(ADAPTERS_GROUP, {})
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise PluginError(folder.name, f"{path} declares no entry points in group `{GROUP}`") from error
    if not (points or adapters):
        raise PluginError(folder.name, f"{path} declares no entry points in group `{GROUP}`")
    for source in (folder / "src", folder):
        if source.is_dir() and str(source) not in sys.path:
            sys.path.insert(0, str(source))
            break
    whose = project["name"], project.get("version", "")
    return (
        [Installed(name, module, *whose) for name, module in points.items()],
        [Installed(name, target, *whose) for name, target in adapters.items()],
    )


def _bot_yaml(
    adapter: str,
    platform: Mapping[str, Any] | None,
    plugin: str | None,
    settings: Mapping[str, Any] | None,
    routes: str | list[Mapping[str, Any]] | None,
) -> str:
    own = {adapter: dict(platform)} if platform is not None else {}
    bot: dict[str, Any] = {"adapter": adapter, **own, "plugins": {plugin: dict(settings or {})} if plugin else {}}
    if not isinstance(routes, str):
        bot["routes"] = [dict(route) for route in routes] if routes is not None else [{"include": plugin}]
    text = yaml.safe_dump({"version": 1, "bots": {BOT: bot}}, allow_unicode=True, sort_keys=False)
    if not isinstance(routes, str):
        return text
    return f"{text}    routes:\n{indent(dedent(routes), ' ' * 6)}\n"  # as it is written: `on:` is a word here

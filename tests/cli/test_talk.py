"""The chat of `hookline dev`, while its files change."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from hookline.cli.terminal.talk import Scene, refreshed
from hookline.cli.terminal.uploads import UnreadableError
from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.plugins.registry import PluginRegistry
from hookline.testing import SimulatedLine
from hookline.testing.playground import Playground

BOT = """version: 1
bots:
  shop:
    adapter: line
    routes:
      - {name: all, otherwise: true, reply: one}
"""
CAFE = BOT.partition("bots:\n")[2].replace("shop", "cafe").replace("one", "cafe")


@dataclass
class Chat:
    """Hold a chat with the bots in *path*."""

    path: Path
    scene: Scene
    said: io.StringIO

    async def says(self, text: str) -> list[str]:
        """Say *text*, once what has changed is taken up; return the answer."""
        await refreshed(Console(file=self.said, width=200), self.scene)
        exchange = await self.scene.play(text)
        return exchange.texts if exchange else []


@asynccontextmanager
async def chatting(folder: Path) -> AsyncIterator[Chat]:
    path = folder / "bot.yaml"
    path.write_text(BOT, "utf-8")
    source = ConfigurationFiles([path], PluginRegistry.discover(), SystemClock(), is_simulated=True)
    playground = await Playground.open(source.load(), source=source)
    try:
        yield Chat(path, Scene(playground, "shop", "mei", None), io.StringIO())
    finally:
        await playground.close()


async def test_change_counts_from_the_next_message_on_and_is_told(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        before = await chat.says("hi")
        chat.path.write_text(BOT.replace("one", "two") + CAFE, "utf-8")
        after = await chat.says("hi")
        chat.scene.bot = "cafe"
        added = await chat.says("hi")

    assert (before, after, added) == (["one"], ["two"], ["cafe"])
    assert chat.said.getvalue() == "the files have changed: changed shop, added cafe\n"
    assert not (tmp_path / ".hookline").exists()


async def test_change_counts_in_a_new_scene_too(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        chat.path.write_text(BOT.replace("one", "two"), "utf-8")
        await chat.says("hi")
        await chat.scene.begin_anew()
        kept = await chat.says("hi")
        chat.path.write_text(BOT.replace("one", "three"), "utf-8")
        changed = await chat.says("hi")

    assert (kept, changed) == (["two"], ["three"])


async def test_mistake_is_shown_and_what_was_there_goes_on(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        chat.path.write_text(BOT.replace("reply", "replly"), "utf-8")
        answers = [await chat.says("hi"), await chat.says("hi")]

    assert answers == [["one"], ["one"]]
    said = chat.said.getvalue()
    assert said.startswith(f"{chat.path}:6:38: unknown key `replly` in route `all`")
    assert said.endswith("1 error\nwhat was there before goes on\n")


async def test_bot_that_is_gone_is_talked_to_no_more(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        chat.path.write_text("version: 1\nbots:\n" + CAFE, "utf-8")
        answer = await chat.says("hi")

    assert answer == ["cafe"]
    assert chat.said.getvalue().endswith("added cafe, removed shop\nyou are talking to `cafe` now\n")


@pytest.mark.parametrize("written", ["{path}", " {path} ", "'{path}'", '"{path}"', "{escaped}"])
async def test_file_is_sent_however_its_path_is_written(written: str, tmp_path: Path) -> None:
    path = tmp_path / "my cat.png"
    path.write_bytes(b"\x89PNG")
    escaped = str(path).replace(" ", "\\ ")
    async with chatting(tmp_path) as chat:
        exchange = await chat.scene.play(f"/image {written.format(path=path, escaped=escaped)}")

        message_id = exchange.event["message"]["id"] if exchange else ""
        assert cast("SimulatedLine", chat.scene.playground.platforms["line"]).uploads[message_id].data == b"\x89PNG"


async def test_image_needs_no_file_and_a_file_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "offer.pdf").write_bytes(b"%PDF")
    async with chatting(tmp_path) as chat:
        image, file = await chat.scene.play("/image"), await chat.scene.play(f"/file {tmp_path / 'offer.pdf'}")

        assert image is not None
        assert image.event["message"]["type"] == "image"
        assert file is not None
        assert (file.event["message"]["fileName"], file.event["message"]["fileSize"]) == ("offer.pdf", 4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/file", "say which file to send: /file PATH"),
        ("/file  ", "say which file to send: /file PATH"),
        ("/file no such.pdf", "can't read `no such.pdf`: No such file or directory"),
        ("/image it's.png", "can't read `it's.png`: No such file or directory"),
        ("/image /", "can't read `/`: Is a directory"),
    ],
)
async def test_file_that_cannot_be_sent_is_told(line: str, reason: str, tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        with pytest.raises(UnreadableError) as caught:
            await chat.scene.play(line)

    assert str(caught.value) == reason

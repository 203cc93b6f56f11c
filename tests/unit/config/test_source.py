"""Check that a reload of a host's files makes anew only the bots that are made of something else now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hookline.clock import SystemClock
from hookline.config.source import ConfigurationFiles
from hookline.plugins.registry import PluginRegistry
from hookline.routing.routes import Respond

TEXT = """\
version: 1
lists: {staff: [U1], crew: [U2]}
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    lists: {vips: [U3]}
    settings: {word: "${SHOP}"}
    routes:
      - {name: menu, keyword: menu, allow: {users: [lists.staff, lists.vips]}, reply: {json: shop.json}}
  cafe:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    lists: {vips: [U4]}
    settings: {word: "${CAFE}"}
    routes:
      - {name: list, keyword: list, allow: {users: [lists.crew, lists.vips]}, reply: {json: cafe.json}}
"""
VALUES = "SECRET=a-secret\nTOKEN=a-token\nSHOP=noodles\nCAFE=coffee\n"
MESSAGE = '{"type": "text", "text": "hello"}'

Change = Callable[[Path], None]


def rewritten(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture
def files(tmp_path: Path) -> ConfigurationFiles:
    texts = {"bot.yaml": TEXT, ".env": VALUES, "shop.json": MESSAGE, "cafe.json": MESSAGE}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    return ConfigurationFiles([tmp_path / "bot.yaml"], PluginRegistry(), SystemClock())


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda folder: None, set()),
        (rewritten("bot.yaml", "keyword: list", "keyword: [list, more]"), {"cafe"}),
        (rewritten("bot.yaml", "crew: [U2]", "crew: [U2, U5]"), {"cafe"}),
        (rewritten("bot.yaml", "vips: [U4]", "vips: [U5]"), {"cafe"}),
        (rewritten("cafe.json", "hello", "goodbye"), {"cafe"}),
        (rewritten(".env", "coffee", "tea"), {"cafe"}),
        (rewritten("bot.yaml", "staff: [U1]", "staff: [U6]"), {"shop"}),
        (rewritten("shop.json", "hello", "goodbye"), {"shop"}),
        (rewritten(".env", "noodles", "rice"), {"shop"}),
        (rewritten(".env", "a-token", "another-token"), {"shop", "cafe"}),
    ],
    ids=["nothing", "a route", "a list", "a list of a bot", "a JSON file", "a variable", "the other's list",
         "the other's JSON file", "the other's variable", "what both have"],
)  # fmt: skip
def test_a_bot_is_another_one_only_if_it_is_made_of_something_else(
    change: Change, changed: set[str], files: ConfigurationFiles
) -> None:
    before = files.load()

    change(files.paths[0].parent)
    after = files.load()

    assert {name for name in after.bots if after.bots[name] is not before.bots[name]} == changed


def test_an_older_version_has_the_bots_of_now_where_they_are_the_same(files: ConfigurationFiles) -> None:
    files.load()
    files.keep("start")
    rewritten("cafe.json", "hello", "goodbye")(files.paths[0].parent)
    after = files.load()
    kept = files.versions.newest()
    assert kept is not None

    back = files.load_version(kept)

    assert back.bots["shop"] is after.bots["shop"]
    action = back.bots["cafe"].routes[0].action
    assert isinstance(action, Respond)
    assert action.choices[0][0].body == {"type": "text", "text": "hello"}

"""Check that a load tells which files it read, and can be made again from what they said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hookline.config.configuration import Configuration
from hookline.config.loading import load
from hookline.config.yaml.disk import absolute
from hookline.config.yaml.texts import Texts, digest
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond

BOT = """\
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: {file: secret.txt}, access_token: "${TOKEN}"}
    routes:
      - {name: menu, keyword: menu, reply: {json: menu.json}}
"""


def test_a_load_tells_what_the_configuration_said(tmp_path: Path) -> None:
    path = _written(tmp_path)
    texts = Texts()

    _loaded(path, texts)

    assert texts.seen == {path: BOT.encode(), tmp_path / "menu.json": b'{"type": "text", "text": "noodles"}'}


def test_every_file_that_was_looked_for_is_watched(tmp_path: Path) -> None:
    path = _written(tmp_path)
    texts = Texts()

    _loaded(path, texts)

    assert set(texts.stamps) == {path, tmp_path / "menu.json", tmp_path / "secret.txt", tmp_path / ".env"}


def test_a_missing_file_is_watched_too(tmp_path: Path) -> None:
    path = _written(tmp_path)
    (tmp_path / "menu.json").unlink()
    texts = Texts()

    with pytest.raises(ConfigError):
        _loaded(path, texts)

    assert texts.stamps[tmp_path / "menu.json"] is None
    assert set(texts.seen) == {path}


def test_what_was_kept_makes_the_same_load_after_the_files_have_changed(tmp_path: Path) -> None:
    path = _written(tmp_path)
    texts = Texts()
    first = _loaded(path, texts)
    path.write_text("no: sense")
    (tmp_path / "menu.json").unlink()

    again = _loaded(path, Texts(texts.seen))

    assert _answer(again) == _answer(first) == {"type": "text", "text": "noodles"}


def test_secrets_are_read_from_disk_whatever_was_kept(tmp_path: Path) -> None:
    path = _written(tmp_path)
    texts = Texts()
    _loaded(path, texts)
    (tmp_path / "secret.txt").write_text("a-newer-secret")

    again = _loaded(path, Texts(texts.seen))

    assert again.secrets == {"a-newer-secret", "the-token"}


def test_a_file_that_was_not_kept_is_missing(tmp_path: Path) -> None:
    path = _written(tmp_path)

    with pytest.raises(ConfigError) as caught:
        _loaded(path, Texts({path: BOT.encode()}))

    assert [finding.message for finding in caught.value.findings] == [
        "can't read `menu.json`: No such file or directory"
    ]


@pytest.mark.parametrize("read", [Texts.read, Texts.read_live], ids=["a file", "a secret's file"])
def test_a_file_is_read_once_in_a_load(read: Callable[[Texts, Path], bytes], tmp_path: Path) -> None:
    path = _written(tmp_path)
    texts = Texts()

    before = read(texts, path)
    path.write_text("changed meanwhile")

    assert read(texts, path) is before
    assert texts.stamps == {path: digest(BOT.encode())}


def test_a_file_that_comes_during_a_load_is_missing_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    texts = Texts()
    with pytest.raises(FileNotFoundError):
        texts.read_live(path)

    path.write_text("the-secret")

    with pytest.raises(FileNotFoundError):
        texts.read_live(path)
    assert texts.stamps == {path: None}


def test_a_relative_path_is_known_by_its_absolute_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _written(tmp_path)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    texts = Texts()

    texts.read(Path("below/../bot.yaml"))

    assert set(texts.seen) == {tmp_path / "bot.yaml"}


def _written(folder: Path) -> Path:
    (folder / ".env").write_text("TOKEN=the-token\n")
    (folder / "secret.txt").write_text("the-secret\n")
    (folder / "menu.json").write_text('{"type": "text", "text": "noodles"}')
    path = folder / "bot.yaml"
    path.write_text(BOT)
    return path


def _loaded(path: Path, texts: Texts) -> Configuration:
    return load([path], PluginRegistry(), environment={}, texts=texts)


def _answer(configuration: Configuration) -> object:
    action = configuration.bots["shop"].routes[0].action
    assert isinstance(action, Respond)
    return action.choices[0].in_language(None)[0].body


def test_a_path_through_a_link_and_back_is_where_the_system_finds_it(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real/deep")

    assert absolute(tmp_path / "link" / ".." / "bot.yaml") == tmp_path / "real" / "bot.yaml"


def test_error_that_is_remembered_holds_nothing_of_what_was_under_way(tmp_path: Path) -> None:
    texts = Texts()
    for _ in range(2):
        with pytest.raises(FileNotFoundError) as caught:
            texts.read_live(tmp_path / ".env")
        assert (caught.value.strerror, caught.value.filename) == ("No such file or directory", str(tmp_path / ".env"))

    remembered = texts._live[tmp_path / ".env"]

    assert isinstance(remembered, OSError)
    assert remembered.__traceback__ is None

"""Check that files of replies which stand outside their file's folder are told, unless it says that they may."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.config.loading import load
from hookline.plugins.registry import PluginRegistry
from tests.unit.config.broken import ENVIRONMENT, bot, differences, error, found_in, line, top

MESSAGE = '{"type": "text", "text": "hello"}'
BUBBLE = '{"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}'
MOVE = "move it into FOLDER, or list it or its folder under `allow_outside:` at the top of this file"


def named(path: str, *tops: str) -> str:
    return bot("routes:", f"  - {{name: a, keyword: a, reply: {{json: {path}}}}}") + "".join(f"{one}\n" for one in tops)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "menu.json").write_text(MESSAGE)
    (tmp_path / "bots" / "flex").mkdir(parents=True)
    (tmp_path / "bots" / "flex" / "menu.json").write_text(MESSAGE)
    (tmp_path / "bots" / "link.json").symlink_to("../shared/menu.json")
    (tmp_path / "bots" / "inner.json").symlink_to("flex/menu.json")
    return tmp_path / "bots"


@pytest.mark.parametrize("path", ["../shared/menu.json", "flex/../../shared/menu.json", "link.json", "ABSOLUTE"])
def test_file_outside_the_folder_is_told_at_its_place(path: str, folder: Path) -> None:
    written = path.replace("ABSOLUTE", str(folder.parent / "shared" / "menu.json"))

    (found,) = found_in(folder, named(written))

    shown = written.replace(str(folder), "FOLDER")
    assert (found.line, found.column, found.hint) == (7, 45, MOVE)
    assert (
        found.message == f"`{shown}` is outside the folder of this file: it leads to {folder.parent}/shared/menu.json"
    )


@pytest.mark.parametrize("path", ["flex/menu.json", "inner.json", "../bots/flex/menu.json"])
def test_file_inside_the_folder_is_left_alone(path: str, folder: Path) -> None:
    assert found_in(folder, named(path)) == []


@pytest.mark.parametrize("allowed", ["../shared", "../shared/menu.json", "[elsewhere, ../shared/]", "..", "link.json"])
def test_file_that_may_be_outside_is_left_alone(allowed: str, folder: Path) -> None:
    assert found_in(folder, named("link.json", f"allow_outside: {allowed}")) == []


@pytest.mark.parametrize("allowed", ["../share", "../shared/other.json", "nothing"])
def test_file_that_is_not_among_those_that_may_is_told(allowed: str, folder: Path) -> None:
    (found,) = found_in(folder, named("link.json", f"allow_outside: {allowed}"))

    assert found.severity == "warning"


def test_folder_that_is_a_link_is_the_folder(folder: Path) -> None:
    (folder.parent / "current").symlink_to("bots")

    assert found_in(folder.parent / "current", named("flex/menu.json")) == []


def test_secret_may_stand_anywhere(folder: Path) -> None:
    (folder.parent / "secret").write_text("a-secret")

    assert found_in(folder, line("channel_secret: {file: ../secret}", 'access_token: "${TOKEN}"')) == []


def test_part_of_a_message_is_told_like_a_whole_one(folder: Path) -> None:
    reply = "reply: {type: flex, altText: b, contents: {json: link.json}}"
    text = bot("routes:", "  - name: a", "    keyword: a", f"    {reply}")
    (folder.parent / "shared" / "menu.json").write_text(BUBBLE)

    (found,) = found_in(folder, text)

    assert (found.severity, found.line, found.column) == ("warning", 9, 58)


def test_each_file_says_for_itself_what_may_be_outside(folder: Path) -> None:
    (folder / "one.yaml").write_text(named("link.json"))
    (folder / "two.yaml").write_text("version: 1\nallow_outside: ../shared\n")
    paths = [folder / "one.yaml", folder / "two.yaml"]

    found = load(paths, PluginRegistry.discover(), environment=ENVIRONMENT, is_thorough=True)

    assert [warning.place.file for warning in found.warnings] == [str(folder / "one.yaml")]


def test_what_may_be_outside_takes_paths(tmp_path: Path) -> None:
    wanted = [error(8, 16, "`allow_outside`: expected text", "a value that begins with `{` needs quotes: …")]

    assert differences(wanted, found_in(tmp_path, top("allow_outside: {a: b}"))) == []

"""`hookline new bot`: from nothing to a bot that answers, and into a file that has others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hookline.plugins.platforms import AdapterRegistry
from tests.cli.test_commands import BROKEN, GOOD
from tests.commands import hookline

SECRETS = {"CAFE_CHANNEL_SECRET": "a", "CAFE_ACCESS_TOKEN": "b", "SECRET": "c", "TOKEN": "d"}


def test_first_bot_answers(tmp_path: Path) -> None:
    made = hookline(tmp_path, "new", "bot", "cafe")
    checked = hookline(tmp_path, "check", environment=SECRETS)
    said = hookline(tmp_path, "chat", "--bot", "cafe", "--say", "hi", "--say", "HOURS")

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == (
        "added bot `cafe` to bot.yaml. Talk to it: hookline chat --bot cafe --say hi\n"
        "its first conversation is a test: hookline test tests/cafe.yaml\n"
        "to go live: set CAFE_CHANNEL_SECRET and CAFE_ACCESS_TOKEN, in the environment or in a\n"
        "`.env` beside the file, and enter the webhook URL in LINE's console:\n"
        "  https://YOUR-PUBLIC-HOST/webhooks/cafe\n"
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "fine: 1 bot, 3 routes\n", "")
    assert [json.loads(line)["route"] for line in said.stdout.splitlines()] == ["fallback", "hours"]


def test_second_bot_is_added_to_a_file_by_name(tmp_path: Path) -> None:
    (tmp_path / "my bots.yaml").write_text(GOOD, "utf-8")

    made = hookline(tmp_path, "-c", "my bots.yaml", "new", "bot", "cafe")
    checked = hookline(tmp_path, "-c", "my bots.yaml", "check", environment=SECRETS)

    assert made.stdout.splitlines()[0] == (
        "added bot `cafe` to my bots.yaml. Talk to it: hookline -c 'my bots.yaml' chat --bot cafe --say hi"
    )
    assert (checked.returncode, checked.stdout) == (0, "fine: 2 bots, 4 routes\n")
    assert (tmp_path / "my bots.yaml").read_text("utf-8").startswith(GOOD)


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        (["a-b", "a_b"], ["A_B", "A_B_2"]),
        (["電話"], ["BOT"]),
        (["7-shop"], ["BOT_7_SHOP"]),
        (["Shop"], ["SHOP"]),
    ],
)
def test_variables_are_of_one_bot_only(names: list[str], variables: list[str], tmp_path: Path) -> None:
    for name in names:
        assert hookline(tmp_path, "new", "bot", name).returncode == 0

    text = (tmp_path / "bot.yaml").read_text("utf-8")
    for prefix in variables:
        assert text.count(f"${{{prefix}_CHANNEL_SECRET}}") == text.count(f"${{{prefix}_ACCESS_TOKEN}}") == 1


def test_webhook_of_a_name_in_another_script_is_written_as_a_url_has_it(tmp_path: Path) -> None:
    result = hookline(tmp_path, "new", "bot", "電話")

    assert result.stdout.splitlines()[-1] == "  https://YOUR-PUBLIC-HOST/webhooks/%E9%9B%BB%E8%A9%B1"


@pytest.mark.parametrize("name", ["my shop", "shop:", "a" * 65, "-x", "a/b", "😀"])
def test_bad_name_is_refused(name: str, tmp_path: Path) -> None:
    result = hookline(tmp_path, "new", "bot", "--", name)

    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: Invalid value for NAME: a name is letters, digits, `_` and `-`, at most 64, as in `shop`"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "name", "error"),
    [
        (GOOD, "shop", "hookline: bot.yaml:3:3: there is a bot `shop` already\nhint: choose another name\n"),
        (
            "version: 1\nbots: {shop: {adapter: line}}\n",
            "cafe",
            "hookline: bot.yaml:2:7: `bots` is written in braces\n"
            "hint: write its bots on lines of their own, then try again\n",
        ),
        (
            BROKEN.replace("my-real-token", "${TOKEN}"),
            "cafe",
            "bot.yaml:10:9: unknown key `keywrod` in route `hours`\n"
            "            keywrod: 幾點\n"
            "            ^\n"
            "hint: did you mean `keyword`?\n"
            "\n"
            "1 error\n",
        ),
        (
            "version: 1\nbots: [\n",
            "cafe",
            "bot.yaml:3:1: not YAML: while parsing a flow node, did not find expected node content\n"
            "hint: a value that begins with or holds such a character needs quotes: put the whole value in single "
            "quotes: '…'\n\n1 error\n",
        ),
    ],
    ids=["taken", "in braces", "a mistake", "not YAML"],
)
def test_file_that_can_not_take_it_is_left_alone(text: str, name: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(text, "utf-8")

    result = hookline(tmp_path, "new", "bot", name)

    assert (result.returncode, result.stdout, result.stderr) == (1, "", error)
    assert (tmp_path / "bot.yaml").read_text("utf-8") == text


def test_several_files_are_refused(tmp_path: Path) -> None:
    result = hookline(tmp_path, "-c", "a.yaml", "-c", "b.yaml", "new", "bot", "cafe")

    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: a bot is written into one file; name it alone: hookline -c FILE new bot NAME"
    )


def test_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = hookline(tmp_path, "-c", "nowhere/bot.yaml", "new", "bot", "cafe")

    assert (result.returncode, result.stderr) == (1, "Error: can't write nowhere/bot.yaml: No such file or directory\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["routes"],
        ["routes", "--graph", "-"],
        ["explain", "shop", "hi"],
        ["chat", "--say", "hi"],
        ["plugins"],
        ["schema"],
    ],
    ids=" ".join,
)
def test_commands_that_ask_for_no_edit_leave_the_file_alone(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    path.write_text(GOOD, "utf-8")
    before = path.stat()

    result = hookline(tmp_path, *arguments, environment=SECRETS)

    after = path.stat()
    assert result.returncode == 0, result.stderr
    assert (after.st_ino, after.st_mtime_ns, path.read_text("utf-8")) == (before.st_ino, before.st_mtime_ns, GOOD)


@pytest.mark.parametrize("adapter", sorted(AdapterRegistry.discover().names))
def test_bot_of_every_platform_is_fine_and_can_be_tried_out(adapter: str, tmp_path: Path) -> None:
    made = hookline(tmp_path, "new", "bot", "cafe", "--adapter", adapter)
    said = re.findall(r"--say (.*)$", made.stdout, re.M)[0].strip("'")
    tried = hookline(tmp_path, "chat", "--bot", "cafe", "--say", said)

    assert (made.returncode, tried.returncode, tried.stderr) == (0, 0, "")
    assert json.loads(tried.stdout)["event"]["type"]
    if (tmp_path / "tests").exists():
        played = hookline(tmp_path, "test")
        assert (played.returncode, played.stdout.count("ok  ")) == (0, 2), played.stdout


def test_conversations_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "cafe.yaml").write_text("mine", "utf-8")
    made = hookline(tmp_path, "new", "bot", "cafe")

    assert (made.returncode, "first conversation" in made.stdout) == (0, False)
    assert (tmp_path / "tests" / "cafe.yaml").read_text("utf-8") == "mine"


def test_bot_of_a_platform_that_is_not_installed_is_told_which_are(tmp_path: Path) -> None:
    made = hookline(tmp_path, "new", "bot", "cafe", "--adapter", "pigeon")

    assert made.returncode == 2
    assert "adapter `pigeon`: not installed; there are discord, github, line, slack" in made.stderr

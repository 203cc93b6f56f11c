"""The command line as people and scripts use it: real processes, whole outputs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hookline.control.sockets import name_of
from tests.commands import hookline

BROKEN = """version: 1
bots:
  shop:
    adapter: line
    line:
      channel_secret: ${SECRET}
      access_token: my-real-token
    routes:
      - name: hours
        keywrod: 幾點
        reply: 每天 10:00–20:00
"""
GOOD = BROKEN.replace("my-real-token", "${TOKEN}").replace("keywrod", "keyword")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "bot.yaml").write_text(GOOD, "utf-8")
    return tmp_path


def test_check_says_all_that_is_wrong_with_places_and_hints_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BROKEN, "utf-8")

    result = hookline(tmp_path, "check", environment={"SECRET": "x"})

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "bot.yaml:7:21: `access_token` holds a secret in plain text\n"
        "          access_token: •••\n"
        "                        ^\n"
        "hint: a secret is `${VAR}` or `{file: /run/secrets/name}`, never written in the file\n"
        "\n"
        "bot.yaml:10:9: unknown key `keywrod` in route `hours`\n"
        "            keywrod: 幾點\n"
        "            ^\n"
        "hint: did you mean `keyword`?\n"
        "\n"
        "2 errors\n"
    )


def test_check_gives_the_same_as_a_list(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BROKEN, "utf-8")

    result = hookline(tmp_path, "check", "--format", "json", environment={"SECRET": "x"})

    found = json.loads(result.stdout)
    assert result.returncode == 1
    assert [(item["file"], item["line"], item["column"]) for item in found] == [
        ("bot.yaml", 7, 21),
        ("bot.yaml", 10, 9),
    ]
    assert "my-real-token" not in result.stdout + result.stderr


def test_check_of_a_good_file(shop: Path) -> None:
    result = hookline(shop, "check", environment={"SECRET": "x", "TOKEN": "y"})

    assert (result.returncode, result.stdout, result.stderr) == (0, "fine: 1 bot, 1 route\n", "")


def test_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    result = hookline(tmp_path, "-c", "nowhere.yaml", "check")

    assert result.returncode == 1
    assert result.stderr.startswith("nowhere.yaml:1:1: can't read the file: No such file or directory")


def test_run_with_a_wrong_config_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BROKEN, "utf-8")

    result = hookline(tmp_path, "run", "--port", "0", environment={"SECRET": "x"})

    assert result.returncode == 1
    assert "bot.yaml:10:9: unknown key `keywrod`" in result.stderr
    assert not (tmp_path / "hookline.db").exists()


def test_chat_prints_one_json_line_for_each_text(shop: Path) -> None:
    result = hookline(shop, "chat", "--bot", "shop", "--say", "你們幾點開", "--say", "?", "--json")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert lines[0]["event"]["text"] == "你們幾點開"
    assert (lines[0]["route"], lines[0]["via"]) == ("hours", "reply")
    assert lines[0]["messages"] == [{"type": "text", "text": "每天 10:00–20:00"}]
    assert (lines[1]["route"], lines[1]["messages"], lines[1]["via"]) == (None, [], None)


def test_chat_sends_files_between_texts(shop: Path) -> None:
    (shop / "offer.pdf").write_bytes(b"%PDF")

    result = hookline(shop, "chat", "--bot", "shop", "--say", "/file offer.pdf", "--say", "/image", "--say", "/imagine")

    events = [json.loads(line)["event"] for line in result.stdout.splitlines()]
    assert [event["type"] for event in events] == ["message.file", "message.image", "message.text"]


def test_chat_says_which_file_it_cannot_send(shop: Path) -> None:
    result = hookline(shop, "chat", "--bot", "shop", "--say", "/image cat.jpg")

    assert (result.returncode, result.stderr) == (1, "Error: can't read `cat.jpg`: No such file or directory\n")


def test_streams_that_are_closed_are_not_missed(shop: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m hookline chat --say 幾點 <&- 2>&-"
    result = subprocess.run(["sh", "-c", command], cwd=shop, capture_output=True, text=True, timeout=60)

    assert (result.returncode, json.loads(result.stdout)["route"]) == (0, "hours")


def test_chat_knows_only_bots_that_there_are(shop: Path) -> None:
    result = hookline(shop, "chat", "--bot", "shap", "--say", "hi")

    assert result.returncode == 2
    assert "there is no bot `shap`; did you mean `shop`?" in result.stderr


def test_dev_says_the_lines_of_standard_input_and_exits(shop: Path) -> None:
    result = hookline(shop, "dev", stdin="幾點\n/bot x\n")

    assert result.returncode == 0
    assert result.stdout.splitlines()[1:] == [
        "mei> 幾點",
        "  每天 10:00–20:00",
        "mei> /bot x",
        "there is no bot x; there is: shop",
    ]


def test_dev_has_a_conversation_of_its_own(shop: Path) -> None:
    result = hookline(shop, "dev")

    assert result.returncode == 0
    assert "mei> 幾點\n  每天 10:00–20:00\n" in result.stdout


def test_dev_chat_explain_and_routes_leave_nothing_beside_the_config(shop: Path) -> None:
    for arguments in (["dev"], ["chat", "--say", "hi"], ["explain", "shop", "hi"], ["routes"]):
        assert hookline(shop, *arguments).returncode == 0

    assert [path.name for path in shop.iterdir()] == ["bot.yaml"]


def test_explain_says_why(shop: Path) -> None:
    result = hookline(shop, "explain", "shop", "menu", "--json")

    assert json.loads(result.stdout) == {
        "route": None,
        "denied": None,
        "answer": [],
        "overlap": None,
        "terms": [],
        "captures": {},
        "paused": None,
        "understood": None,
        "tried": [{"route": "hours", "place": "bot.yaml:9:9", "won": False, "why": "no keyword of (幾點)"}],
    }


BURST = """
version: 1
bots:
  shop:
    adapter: line
    routes:
      - {name: ask, exact: ask, reply: well, overlap: merge, window: 2.5}
      - {name: buy, postback: buy, reply: bought, overlap: reject, busy: 請稍候}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "查詢",
            [
                "the answer can't be sent, so `on_error:` is answered: `messages[0].text`: "
                "may not be empty in a `text` message"
            ],
        ),
        ("查詢 hi", []),
        (
            "地圖 台北101大樓地下一樓美食街入口處旁邊",
            [
                "the answer is mended before it is sent: `messages[0].template.actions[0].label`: "
                "22 characters, at most 20"
            ],
        ),
    ],
)
def test_explain_says_what_becomes_of_the_answer(tmp_path: Path, text: str, said: Sequence[str]) -> None:
    action = "{type: uri, label: '{match.text}', uri: 'https://maps.example/?q={match.rest}'}"
    card = f"{{type: template, altText: a, template: {{type: buttons, text: go, actions: [{action}]}}}}"
    (tmp_path / "bot.yaml").write_text(
        "version: 1\nbots:\n  shop:\n    adapter: line\n    routes:\n"
        "      - {name: ask, prefix: 查詢, reply: '{match.rest}'}\n"
        f"      - {{name: map, prefix: 地圖, reply: {card}}}\n",
        "utf-8",
    )

    found = hookline(tmp_path, "explain", "shop", text, "--json")

    assert json.loads(found.stdout)["answer"] == said


def test_explain_leaves_out_what_is_switched_off_and_says_so(shop: Path) -> None:
    hookline(shop, "db", "upgrade")
    for switch in (["routes", "disable", "shop", "hours"], ["bots", "pause", "shop"]):
        assert hookline(shop, *switch).returncode == 0

    explained = json.loads(hookline(shop, "explain", "shop", "幾點", "--json").stdout)
    shown = hookline(shop, "explain", "shop", "幾點").stdout

    by = name_of(os.geteuid())
    assert explained["tried"][0]["why"] == f"it is switched off, by {by}"
    assert explained["paused"] == f"bot `shop` is paused, by {by}: events wait"
    assert shown.splitlines()[0] == explained["paused"]


def test_routes_and_explain_show_what_becomes_of_bursts(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BURST, "utf-8")
    routes, why, found = (
        hookline(tmp_path, *arguments, environment={"COLUMNS": "200"}).stdout
        for arguments in (["routes"], ["explain", "shop", "ask"], ["explain", "shop", "ask", "--json"])
    )

    assert "reply well; overlap merge, window 2.5 s" in routes
    assert "reply bought; overlap reject, says busy" in routes
    assert "replies; overlap merge, window 2.5 s" in why
    assert json.loads(found)["overlap"] == "overlap merge, window 2.5 s"


def test_unknown_command_has_a_hint(tmp_path: Path) -> None:
    result = hookline(tmp_path, "chekc")

    assert (result.returncode, "did you mean `check`?" in result.stderr) == (2, True)


def test_new_plugin_has_tests_that_pass_at_once(tmp_path: Path) -> None:
    written = hookline(tmp_path, "new", "plugin", "opening-hours")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "hookline-opening-hours",
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert written.returncode == 0
    assert (tested.returncode, "2 passed" in tested.stdout) == (0, True), tested.stdout + tested.stderr


def test_new_plugin_overwrites_nothing(tmp_path: Path) -> None:
    hookline(tmp_path, "new", "plugin", "hours")
    again = hookline(tmp_path, "new", "plugin", "hours")

    assert (again.returncode, "is there already; nothing was written" in again.stderr) == (1, True)


def test_db_upgrade_makes_the_store(shop: Path) -> None:
    result = hookline(shop, "db", "upgrade")

    assert (result.returncode, (shop / "hookline.db").exists()) == (0, True)


def test_schema_is_json(tmp_path: Path) -> None:
    result = hookline(tmp_path, "schema")

    assert json.loads(result.stdout)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_plugins_lists_what_is_installed(shop: Path) -> None:
    result = hookline(shop, "plugins")

    assert result.returncode == 0
    assert "tickets" in result.stdout


ESCAPES = """version: 1
bots:
  shop:
    adapter: line
    routes:
      - {name: one, keyword: "a\\e[2Jb", reply: "\\e[31mred"}
"""


@pytest.mark.parametrize("command", [("routes",), ("check",)])
def test_no_text_of_a_file_commands_the_terminal(tmp_path: Path, command: Sequence[str]) -> None:
    (tmp_path / "bot.yaml").write_text(ESCAPES.replace("line\n", '"li\\e[31mne"\n') if "check" in command else ESCAPES)
    done = hookline(tmp_path, *command)

    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b[" in done.stdout + done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_full_disk_is_said_without_a_traceback(shop: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hookline", "schema"], cwd=shop, stdout=full, stderr=subprocess.PIPE, timeout=60
        )

    assert (done.returncode, done.stderr) == (1, b"hookline: No space left on device\n")


def test_state_that_cannot_be_read_is_said_without_a_traceback(shop: Path) -> None:
    (shop / ".hookline").write_text("a file where the versions would be")
    done = hookline(shop, "config", "diff")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr

"""What becomes of a text for somebody who is in a flow, as `hookline explain` tells it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hookline.testing import ManualClock, running_bot
from tests.commands import hookline

BOT = """
version: 1
bots:
  clinic:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
    flows:
      booking:
        steps:
          - {ask: day, type: date, say: 哪一天？}
          - {ask: time, choices: [早上, 下午]}
          - {ask: name, when: {person: {name: null}}, remember: true}
          - confirm: 好嗎？
          - reply: 完成
    routes:
      - {name: book, exact: 預約, begin: booking}
      - {name: hours, keyword: 幾點, reply: 九點}
      - {name: other, otherwise: true, reply: 不懂}
"""
NOON = 1_796_097_600_000  # 2026-12-01 12:00 in Taipei
AT = ("--at", "2026-12-01T12:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("明天下午", [], ["asked day", "A4: it is an answer", "asks `name` (bot.yaml:13:"]),
        ("幾點？", ["--knows", "day=明天"], ["A5+N1: a route answers", "route `hours` answers", "asks `time`"]),
        ("隨便", ["--knows", "day=明天"], ["A6: it is no answer", "asks `time` (bot.yaml:12:", "retry"]),
        ("取消", [], ["W1: it is a word that ends the flow", "`booking` ends: cancelled"]),
        ("早上", ["--asks", "time"], ["V2: another question comes first", "asks `day`"]),
        (
            "好",
            ["--knows", "day=明天", "--knows", "time=下午", "--person", '{"name": "Mei"}'],
            ["asked confirm", "says '完成'", "`booking` ends: done", "time=下午"],
        ),
    ],
    ids=["an answer", "a route", "no answer", "a word", "a question that isn't next", "the last"],
)
def test_flow_decides_before_the_routes(folder: Path, text: str, options: list[str], told: list[str]) -> None:
    printed = hookline(folder, "explain", "clinic", text, "--in", "booking", *options, *AT).stdout

    for line in told:
        assert line in printed


def test_json_has_the_rule_and_what_is_known_then(folder: Path) -> None:
    done = hookline(folder, "explain", "clinic", "明天", "--in", "booking", *AT, "--json")

    flow = json.loads(done.stdout)["flow"]
    assert (flow["rule"], flow["asks"], flow["known"]) == ("A4", "day", {"day": "2026-12-02"})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--in", "bookin"], "there is no flow `bookin`; did you mean `booking`?"),
        (["--in", "booking", "--knows", "dya=1"], "flow `booking` asks for no `dya`; did you mean `day`?"),
        (["--in", "booking", "--knows", "day=x"], "`x` is no answer to `day`, which is a date"),
        (["--in", "booking", "--knows", "day"], "`day` is no NAME=VALUE"),
        (["--in", "booking", "--asks", "z"], "asks for no `z`; it has `day`, `time`, `name`, `confirm`"),
        (["--asks", "day"], "--knows, --asks and --offers are of a flow: say --in FLOW"),
        (["--past", "1"], "with --past there is an event already"),
    ],
)
def test_wrong_option_is_told(folder: Path, options: list[str], error: str) -> None:
    done = hookline(folder, "explain", "clinic", "x", *options)

    assert done.returncode == 2
    assert error in done.stderr


async def test_past_event_is_explained_with_what_was_known_then(folder: Path) -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        for text in ("預約", "明天", "隨便", "下午"):
            taken = await bot.says(text)
        await bot.says("王小美")
        store = bot.playground.host.configuration.store
        (folder / "bot.yaml").write_text(f"store: '{store}'\n{BOT}", "utf-8")
        event = taken.happened.id if taken.happened is not None else ""
        asked = await asyncio.to_thread(hookline, folder, "explain", "clinic", "--past", event)
        unknown = await asyncio.to_thread(hookline, folder, "explain", "clinic", "--past", "99")

    assert "in flow booking, asked time\nA4: it is an answer\n" in asked.stdout
    assert "known then: day=2026-12-02, time=下午" in asked.stdout
    assert "the store has no event `99` of bot `clinic`" in unknown.stderr

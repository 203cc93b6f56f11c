"""What people at a terminal see of cooldowns, access, choices and quiet hours: real processes, whole outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.testing.events import user_id
from tests.commands import hookline

BOT = f"""version: 1
lists: {{blocked: [{user_id("tom")}, tom]}}
bots:
  shop:
    adapter: line
    deny: {{users: lists.blocked}}
    routes:
      - {{name: often, keyword: hi, cooldown: 90m, reply: {{any: [one, two, three]}}}}
      - {{name: staff, keyword: hi, allow: {{users: ann}}, reply: a}}
      - {{name: all, otherwise: true, reply: ok}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    return tmp_path


def test_explain_says_how_many_replies_there_are_and_how_long_the_route_rests_then(shop: Path) -> None:
    result = hookline(shop, "explain", "shop", "hi")

    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "route why where",
        "✓ often replies with one of 3, with keyword='hi'; then rests for 90m bot.yaml:8:10",
    ]


def test_explain_says_who_answers_while_a_route_rests(shop: Path) -> None:
    arguments = ("explain", "shop", "hi", "--resting", "often", "--at", "2026-11-24T09:30+00:00", "--json")
    tried = json.loads(hookline(shop, *arguments).stdout)["tried"]

    assert [(one["route"], one["why"]) for one in tried] == [
        ("often", "it rests in this conversation until 2026-11-24 11:00:00 UTC"),
        ("staff", "allow doesn't list mei"),
        ("all", None),
    ]


def test_explain_knows_the_routes_that_can_rest(shop: Path) -> None:
    result = hookline(shop, "explain", "shop", "hi", "--resting", "all")

    assert result.returncode == 2
    told = "`all` is no route with `cooldown:` or `at_most:`; those of `shop` are often"
    assert told in " ".join(result.stderr.split())


def test_explain_says_whom_the_bot_does_not_listen_to(shop: Path) -> None:
    assert (
        hookline(shop, "explain", "shop", "hi", "--user", "tom").stdout == "denied before any route: deny lists tom\n"
    )
    assert json.loads(hookline(shop, "explain", "shop", "hi", "--user", "tom", "--json").stdout)["denied"] == (
        "deny lists tom"
    )


def test_routes_show_whom_a_route_is_for_and_that_it_takes_one_of_several(shop: Path) -> None:
    shown = " ".join(hookline(shop, "routes").stdout.split())

    assert "allow ann" in shown
    assert "reply one or 2 more, at random" in shown


TIMES = """version: 1
bots:
  shop:
    adapter: line
    timezone: %s
    routes:
      - {name: open, otherwise: true, when: {time: '09:00-18:00'}, reply: a}
      - {name: closed, otherwise: true, reply: b}
"""


@pytest.mark.parametrize(
    ("timezone", "at", "route", "moment", "is_own"),
    [
        ("Asia/Taipei", "2026-11-24T09:30", "open", "2026-11-24 09:30:00+08:00", True),
        ("Asia/Taipei", "2026-11-24T08:59", "closed", "2026-11-24 08:59:00+08:00", True),
        ("Asia/Taipei", "2026-11-24 17:59:59", "open", "2026-11-24 17:59:59+08:00", True),
        ("Asia/Taipei", "2026-11-24", "closed", "2026-11-24 00:00:00+08:00", True),
        ("America/New_York", "2026-07-01T09:30", "open", "2026-07-01 09:30:00-04:00", True),
        ("America/New_York", "2026-12-01T09:30", "open", "2026-12-01 09:30:00-05:00", True),
        ("Asia/Kathmandu", "2026-11-24T09:30", "open", "2026-11-24 09:30:00+05:45", True),
        ("UTC", "2026-11-24T09:30", "open", "2026-11-24 09:30:00+00:00", True),
        ("Asia/Taipei", "2026-11-24T09:30Z", "open", "2026-11-24 09:30:00+00:00", False),
        ("Asia/Taipei", "2026-11-24T00:30+00:00", "closed", "2026-11-24 00:30:00+00:00", False),
        ("Asia/Taipei", "2026-11-24T09:30-05:00", "closed", "2026-11-24 09:30:00-05:00", False),
    ],
)
def test_time_without_an_offset_is_the_bots_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timezone: str, at: str, route: str, moment: str, is_own: bool
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")  # where whoever asks may sit
    (tmp_path / "bot.yaml").write_text(TIMES % timezone, "utf-8")

    said = hookline(tmp_path, "explain", "shop", "hi", "--at", at).stdout.splitlines()

    whose = f"{timezone}, the bot's time zone" if is_own else "as it was given"
    assert said[0] == f"at {moment} ({whose})"
    assert next(line.split()[1] for line in said if line.startswith("✓")) == route


def test_json_says_the_time_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(TIMES % "Asia/Taipei", "utf-8")

    said = json.loads(hookline(tmp_path, "explain", "shop", "hi", "--at", "2026-11-24T09:30", "--json").stdout)

    assert (said["at"], said["route"]) == ("2026-11-24T09:30:00+08:00", "open")

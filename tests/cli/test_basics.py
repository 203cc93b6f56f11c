"""What people at a terminal see of cooldowns, access, choices and quiet hours: real processes, whole outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.testing.events import user_id
from tests.cli.test_commands import hookline

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
    assert "`all` is no route with a `cooldown:`; those of `shop` are often" in " ".join(result.stderr.split())


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

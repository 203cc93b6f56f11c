"""`hookline explain` of what isn't a text: an event with fields, a tap, the platform's own object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import hookline

BOTS = """
version: 1
bots:
  gh:
    adapter: github
    github: {webhook_secret: '${A}', token: '${B}'}
    routes:
      - {name: seven, on: issues.opened, when: {event: {issue.number: 7}}, reply: lucky}
      - {name: opened, on: issues.opened, reply: thanks}
  tg:
    adapter: telegram
    telegram: {token: '${A}', secret_token: '${B}'}
    routes: [{name: buy, postback: {action: buy}, reply: bought}, {name: hi, keyword: hi, reply: hi}]
"""


@pytest.mark.parametrize(
    ("arguments", "route"),
    [
        (["gh", "--event", "issues.opened", "--field", "issue.number=7"], "seven"),
        (["gh", "--event", "issues.opened", "--field", "issue.number=8"], "opened"),
        (["gh", "--event", "issues.closed"], None),
        (["tg", "--tap", "action=buy&item=3"], "buy"),
        (["tg", "--raw", "update.json"], "hi"),
        (["tg", "hi"], "hi"),
    ],
)
def test_event_is_explained(arguments: list[str], route: str | None, tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BOTS, "utf-8")
    message = {"message_id": 1, "date": 1, "text": "hi", "chat": {"id": 5, "type": "private"}, "from": {"id": 5}}
    (tmp_path / "update.json").write_text(json.dumps({"update_id": 1, "message": message}))

    told = hookline(tmp_path, "explain", *arguments, "--json")

    assert (told.stderr, json.loads(told.stdout)["route"]) == ("", route)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tg"], "say one of TEXT, --event, --tap and --raw"),
        (["tg", "hi", "--tap", "x"], "say one of TEXT, --event, --tap and --raw"),
        (["tg", "hi", "--field", "a=b"], "--field says what an --event holds"),
        (["tg", "--event", "x", "--field", "a"], "`a` is no NAME=VALUE"),
        (["tg", "--event", "x", "--field", "a=1", "--field", "a.b=2"], "`a.b` leads into what is a value"),
        (["tg", "--raw", "list.json"], "must be a JSON object"),
        (["tg", "--raw", "odd.json"], "not JSON"),
        (["tg", "--raw", "empty.json"], "Telegram sends no such thing: no `update_id`"),
    ],
)
def test_what_can_not_be_explained_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BOTS, "utf-8")
    for name, text in (("list", "[]"), ("odd", "{"), ("empty", "{}")):
        (tmp_path / f"{name}.json").write_text(text)

    told = hookline(tmp_path, "explain", *arguments)

    assert told.returncode in (1, 2)
    assert said in told.stderr

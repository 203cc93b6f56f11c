"""What `chat` and `dev` say of a plugin whose handler fails, and which secrets it gets there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.commands import hookline

PLUGIN = """
import os
from hookline import hookimpl
from pydantic import BaseModel, SecretStr

class Settings(BaseModel):
    key: SecretStr

async def price(context):
    return str({"tea": 30}[context.event.text])

async def key(context):
    found = context.settings.key.get_secret_value()
    return " ".join(found)

async def leak(context):
    raise ValueError(f"no such key:\\n  {context.settings.key.get_secret_value()}")

@hookimpl
def hookline_settings():
    return Settings

@hookimpl
def hookline_handlers():
    return {"price": price, "key": key, "leak": leak}
"""
BOT = """version: 1
bots:
  shop:
    adapter: line
    plugins: {prices: {key: '${PRICES_KEY}'}}
    routes:
      - {name: key, exact: key, run: prices.key}
      - {name: leak, exact: leak, run: prices.leak}
      - {name: price, otherwise: true, run: prices.price}
"""
LINE = PLUGIN.splitlines().index('    return str({"tea": 30}[context.event.text])') + 1


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    (tmp_path / "prices.py").write_text(PLUGIN, "utf-8")
    information = tmp_path / "hookline_prices-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: hookline-prices\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[hookline]\nprices = prices\n")
    return tmp_path


def said(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> str:
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    result = hookline(folder, *arguments, stdin=stdin, environment={"COLUMNS": "60", "PYTHONPATH": path, **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_line_of_chat_has_the_error_and_where_it_is(shop: Path) -> None:
    failed, fine = (json.loads(line) for line in said(shop, "chat", "--say", "cake", "--say", "tea").splitlines())

    assert failed["messages"] == []
    assert failed["error"] == {
        "type": "KeyError",
        "message": "'cake'",
        "handler": "prices.price",
        "where": f"{shop}/prices.py:{LINE}",
    }
    assert "error" not in fine


def test_error_is_one_line_for_a_person_with_the_plugins_own_line(shop: Path) -> None:
    lines = said(shop, "dev", stdin="cake\nleak\n", PRICES_KEY="k3y-of-mine").splitlines()

    assert lines == [
        "A conversation with `shop` on the simulated LINE platform:",
        "mei> cake",
        f"  failed: KeyError: 'cake' at prices.py:{LINE}",
        "mei> leak",
        f"  failed: ValueError: no such key: ••• at prices.py:{LINE + 7}",
    ]


def test_secret_that_is_set_is_what_a_plugin_gets_and_one_that_is_not_is_made_up(shop: Path) -> None:
    is_set = json.loads(said(shop, "chat", "--say", "key", PRICES_KEY="abc"))
    is_unset = json.loads(said(shop, "chat", "--say", "key"))
    (shop / ".env").write_text("PRICES_KEY=def\n")
    in_file = json.loads(said(shop, "chat", "--say", "key"))

    assert is_set["messages"][0]["text"] == "a b c"
    assert is_unset["messages"][0]["text"] == " ".join("simulated-secret")
    assert in_file["messages"][0]["text"] == "d e f"

"""What an owner asks of the past, of a bot that isn't on LINE: what was not understood, and what would go elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hookline.adapters.adapter import AdapterKind, Services
from hookline.adapters.http import HttpClient
from hookline.plugins.platforms import AdapterRegistry
from hookline.testing.adapter_contract import made_up
from tests.commands import hookline
from tests.store.worlds import finish_of, lease, open_store

BOT = """
version: 1
store: 'sqlite:///{folder}/past.db'
bots:
  one:
    adapter: {adapter}
    {adapter}: {settings}
    intents:
      hours: {{examples: [when do you open, are you open today, opening hours please, how late are you open, open now]}}
    understanding: {{classifier: ngrams}}
    routes:
      - {{name: hours, intent: hours, reply: at ten}}
      {route}
      - {{name: other, otherwise: true, reply: what}}
"""
SETTINGS = {
    "telegram": "{token: '1:a', secret_token: b}",
    "slack": "{signing_secret: aaaaaaaa, bot_token: xoxb-1}",
}


ENVIRONMENT = {"telegram": {"A": "1:a", "B": "b" * 32}, "slack": {"A": "xoxb-1", "B": "b" * 32}}


async def fill(kind: AdapterKind, store_url: str, texts: list[str]) -> None:
    """Have *texts* answered by the route `other`."""
    assert kind.simulate is not None
    platform = kind.simulate(None)
    platform.url = "http://127.0.0.1:9"
    settings = platform.settings("one", made_up(kind, {}))
    adapter = kind.build("one", settings, Services(HttpClient({})))
    async with open_store(store_url) as store:
        for text in texts:
            request = platform.request("one", platform.text("one", text))
            await store.inbox.accept(adapter.receive(request))
            (row,) = await lease(store)
            await store.outcomes.finish(finish_of(row, outcome="answered", route="other"))


def written(folder: Path, adapter: str, route: str = "") -> None:
    text = BOT.format(folder=folder, adapter=adapter, settings=SETTINGS[adapter], route=route)
    for name, value in (("'1:a'", "'${A}'"), ("b}", "'${B}'}"), ("aaaaaaaa", "'${B}'"), ("xoxb-1", "'${A}'")):
        text = text.replace(f": {name}", f": {value}")
    (folder / "bot.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize("adapter", ["telegram", "slack"])
def test_what_was_not_understood_is_listed(adapter: str, tmp_path: Path) -> None:
    written(tmp_path, adapter)
    kind = AdapterRegistry.discover().load(adapter)
    asyncio.run(fill(kind, f"sqlite:///{tmp_path}/past.db", ["is there parking?", "is there parking"]))

    told = hookline(tmp_path, "intents", "review", "--json", environment=ENVIRONMENT[adapter])

    assert told.stderr == ""
    assert [group["messages"] for group in json.loads(told.stdout)] == [2]


@pytest.mark.parametrize("adapter", ["telegram", "slack"])
def test_what_would_go_elsewhere_now_is_told(adapter: str, tmp_path: Path) -> None:
    written(tmp_path, adapter, "- {name: parking, keyword: parking, reply: behind the house}")
    kind = AdapterRegistry.discover().load(adapter)
    asyncio.run(fill(kind, f"sqlite:///{tmp_path}/past.db", ["is there parking?", "what else"]))

    told = hookline(tmp_path, "check", "--against-history", "10", environment=ENVIRONMENT[adapter])

    assert "one: other → parking: 1 event" in told.stdout

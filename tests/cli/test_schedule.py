"""`hookline schedule` and `hookline handoff` as an operator uses them, with and without a host that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hookline.store.people.history import EventFilter
from tests.cli.test_dead import Shop
from tests.commands import hookline
from tests.store.worlds import open_store
from tests.support import SMALL_BOT, open_host

STAFF = "C" + "5" * 32
CHAT = "U" + "a" * 32
EXTRA = f"""    budget: 9
    timezone: Asia/Taipei
    handoff: {{tell: {STAFF}}}
    schedule:
      - {{name: lunch, at: '11:30', to: {CHAT}, reply: lunch is ready}}
      - {{name: notice, to: {CHAT}, reply: a notice}}
    routes:
"""
CONFIG = SMALL_BOT.replace("bots:", "store: '${STORE}'\nbots:").replace("    routes:\n", EXTRA)


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    shop = Shop(tmp_path, store_url)
    (tmp_path / "bot.yaml").write_text(CONFIG, "utf-8")

    async def opened() -> None:
        async with open_store(store_url):
            pass

    asyncio.run(opened())
    return shop


def test_list_says_what_happens_when_and_to_whom(shop: Shop) -> None:
    lunch, notice = json.loads(shop.hookline("schedule", "list", "--json")[1])

    assert (lunch["name"], lunch["when"], lunch["does"]) == ("lunch", "11:30 (Asia/Taipei)", "reply lunch is ready")
    assert (lunch["next"][11:], lunch["to"], lunch["is_planted"]) == ("11:30:00+08:00", "1 chat", False)
    assert (notice["when"], notice["next"]) == (None, None)
    assert "by hand" in shop.hookline("schedule", "list")[1]


def test_entry_that_is_run_by_hand_waits_for_a_host(shop: Shop) -> None:
    status, output, errors = shop.hookline("schedule", "run", "shop", "notice", "--yes")

    assert (status, output) == (0, "notice of shop happens now\n")
    assert ("no host runs" in errors) == shop.url.startswith("sqlite")
    assert shop.hookline("schedule", "run", "shop", "none", "--yes")[::2] == (
        1,
        "Error: bot shop has no entry none in its schedule: it has lunch, notice\n",
    )


def test_chat_is_handed_over_and_taken_back_by_hand(shop: Shop) -> None:
    assert shop.hookline("handoff", "list")[1] == "the bots have all chats\n"
    assert shop.hookline("handoff", "begin", "shop", CHAT, "--why", "a complaint")[0] == 0
    assert shop.hookline("handoff", "end", "shop", CHAT)[1] == f"{CHAT} of shop is taken back, in its turn\n"


async def test_running_host_lets_them_happen_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    text = CONFIG.replace("${STORE}", url)
    async with open_host(tmp_path, text) as host:
        await host.start()
        (tmp_path / "bot.yaml").write_text(text, "utf-8")

        async def said(*arguments: str) -> str:
            return (await asyncio.to_thread(hookline, tmp_path, *arguments, environment={"STORE": url})).stdout

        async def outcomes(count: int) -> Mapping[str, str | None]:
            async with asyncio.timeout(60):
                while True:
                    found = {one.route or "": one.outcome for one in await host.store.history.list(EventFilter(), 9)}
                    if len(found) == count and None not in found.values():
                        return found
                    await asyncio.sleep(0.01)

        assert await said("schedule", "run", "shop", "notice", "--yes") == "notice of shop happens now\n"
        assert await outcomes(1) == {"schedule:notice": "handled"}
        assert "in its turn" in await said("handoff", "begin", "shop", CHAT, "--why", "a complaint")
        assert await outcomes(2) == {"schedule:notice": "handled", "handoff": "handled"}
        (handed,) = json.loads(await said("handoff", "list", "--json"))
        assert (handed["conversation"], handed["why"]) == (CHAT, "a complaint")
        assert json.loads(await said("schedule", "list", "--json"))[0]["is_planted"]


def test_list_needs_no_store_that_is_there(tmp_path: Path) -> None:
    text = CONFIG.replace("${STORE}", f"sqlite:///{tmp_path / 'none.db'}")
    (tmp_path / "bot.yaml").write_text(text, "utf-8")

    assert "11:30 (Asia/Taipei)" in hookline(tmp_path, "schedule", "list").stdout
    assert not (tmp_path / "none.db").exists()

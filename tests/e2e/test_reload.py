"""Reloading: what changes is swapped between two events, what is wrong changes nothing, nothing is lost meanwhile."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import threading
import time
from itertools import permutations
from pathlib import Path

import pytest
import structlog

from hookline.clock import SystemClock
from hookline.config.configuration import Configuration
from hookline.config.history.files import ConfigurationFiles
from hookline.config.yaml.disk import Disk
from hookline.events import Event
from hookline.host.host import Host
from hookline.host.reloading import Renewal
from hookline.plugins.registry import PluginRegistry
from hookline.store.people.history import EventFilter
from hookline.store.people.standing import FlowFilter
from hookline.telling.moving import lines
from tests.e2e.living import HEAD, NAMES, Living, bot, living
from tests.support import BIGRAMS, Sleeping, configured, make_event, signed

ONE = HEAD + bot("shop", "{name: all, otherwise: true, reply: 'one {event.text}'}")
TWO = ONE.replace("one", "two")
CAFE = bot("cafe", "{name: all, otherwise: true, reply: 'cafe {event.text}'}")
TICKETS = bot("shop", "{name: take, keyword: 取號, run: tickets.take}", "    plugins: {tickets: }\n")


async def outcomes(place: Living) -> list[tuple[str, str | None]]:
    events = await place.host.store.history.list(EventFilter(), 1000)
    return [(event.status, event.outcome) for event in events]


async def test_changed_reply_is_given_from_the_next_event_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        before = await place.says("shop", "hi")
        reloaded = await place.reload(TWO)
        after = await place.says("shop", "hi")

        assert (before, reloaded, after) == (["one hi"], (True, []), ["two hi"])


@pytest.mark.parametrize(
    ("broken", "place_of_it"),
    [
        (ONE.replace("reply:", "replly:"), "7:38: unknown key `replly` in route `all`"),
        ("version: 1\nbots: {", "3:1: not YAML: "),
        (ONE + "store: sqlite:///other.db\n", "8:8: `store` is another one now"),
        (ONE.replace("otherwise: true", "run: nothing.there"), "7:"),
        ("", "1:1: "),
    ],
)
async def test_broken_file_changes_nothing_and_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, place_of_it: str
) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        is_good, problems = await place.reload(broken)
        readiness = await place.host.health.readiness()

        assert not is_good
        assert problems[0].startswith(place_of_it)
        assert await place.says("shop", "hi") == ["one hi"]
        assert (readiness[0], "degraded" in readiness[1]) == (True, True)


async def test_bot_that_was_changed_is_gone_without_the_garbage_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is spared what was there at the start (`gc.freeze`), and stops every request while it looks."""
    async with living(tmp_path, ONE, monkeypatch) as place:
        await place.says("shop", "hi")
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await place.reload(TWO)
            await place.says("shop", "hi")
            gc.collect()
            left = [type(each) for each in gc.garbage if type(each).__module__.startswith("hookline.")]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    assert left == []


async def test_mended_file_ends_the_degradation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        await place.reload("version: 1\n")
        await place.reload(TWO)

        assert "degraded" not in (await place.host.health.readiness())[1]
        assert await place.says("shop", "hi") == ["two hi"]


async def test_configuration_that_cannot_be_kept_serves_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        state = tmp_path / ".hookline"
        shutil.rmtree(state / "versions")
        (state / "versions").write_text("in the way", "utf-8")
        with structlog.testing.capture_logs() as logs:
            reloaded = await place.reload(TWO)

        assert reloaded == (True, [])
        assert await place.says("shop", "hi") == ["two hi"]
        folders = [line["folder"] for line in logs if line["event"] == "config.not_kept"]
        assert folders == [str(state)]


async def test_missing_file_is_a_broken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        place.path.unlink()
        reloaded = await place.host.reload("test")

        assert [problem.message for problem in reloaded.problems] == ["can't read the file: No such file or directory"]
        assert await place.says("shop", "hi") == ["one hi"]


async def test_file_that_does_not_come_is_named_and_holds_up_neither_the_bots_nor_the_next_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeping = Sleeping()
    waiting = ONE.replace("reply: 'one {event.text}'", "reply: {json: slow.json}")
    async with living(tmp_path, ONE, monkeypatch, disk=Disk(0.2, sleeping)) as place:
        reloaded = await place.reload(waiting)
        assert await place.says("shop", "hi") == ["one hi"]
        again = await place.reload(TWO)
        sleeping.awake.set()

        assert reloaded == (False, ["7:52: can't read `slow.json`: it couldn't be read within 0.2 seconds"])
        assert again == (True, [])
        assert await place.says("shop", "hi") == ["two hi"]


class Keeping(ConfigurationFiles):
    """Keep good versions where nothing comes back from."""

    def keep(self, why: str) -> int:
        """Wait."""
        return threading.Event().wait(30)


async def test_folder_of_good_versions_that_does_not_answer_holds_up_no_reload(tmp_path: Path) -> None:
    configuration = configured(tmp_path)
    registry = PluginRegistry.discover()
    registry.add(BIGRAMS)
    source = Keeping([tmp_path / "bot.yaml"], registry, SystemClock(), is_simulated=True)
    host = await Host.open(configuration, renewal=Renewal(source, patience=0.05))
    try:
        with structlog.testing.capture_logs() as logs:
            results = [await host.reload("test") for _ in range(2)]
    finally:
        await host.close(1.0)

    assert [result.is_good for result in results] == [True, True]
    assert [line["reason"] for line in logs if "reason" in line] == ["it took more than 0.05 seconds"] * 2


class Failing(ConfigurationFiles):
    """Fail at a reload as a defect would."""

    def load(self) -> Configuration:
        """Raise."""
        raise RuntimeError("defect")


async def test_reload_that_fails_ends_neither_the_host_nor_the_next_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = configured(tmp_path)
    source = Failing([tmp_path / "bot.yaml"], PluginRegistry.discover(), SystemClock())
    host = await Host.open(configuration, renewal=Renewal(source))
    try:
        results = [await host.reload("test") for _ in range(2)]
    finally:
        await host.close(1.0)

    said = [problem.message for result in results for problem in result.problems]
    assert said == ["reloading failed: RuntimeError; the log says why"] * 2


async def test_added_bot_answers_and_removed_one_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        await place.reload(ONE + CAFE)
        added = await place.says("cafe", "hi")
        await place.reload(HEAD + CAFE)
        statuses = await place.line.deliver("shop", [place.line.text("shop", "hi")])

        assert (added, statuses) == (["cafe hi"], [401])
        assert await place.says("cafe", "hi") == ["cafe hi"]


async def test_what_a_removed_bot_leaves_while_it_runs_is_told_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, ONE + CAFE, monkeypatch) as place:
        await place.reload(HEAD + CAFE)
        await place.host.store.inbox.accept([make_event("late", bot="shop")])
        async with asyncio.timeout(10):
            while place.host.health.orphaned != {"shop"}:
                await asyncio.sleep(0.05)

        assert (await place.host.health.readiness())[1]["orphaned_bots"] == ["shop"]


async def test_event_of_a_removed_bot_waits_until_the_bot_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, ONE + CAFE, monkeypatch) as place:
        await place.pause("shop")
        await place.line.deliver("shop", [place.line.text("shop", "hi")])
        await place.reload(HEAD + CAFE)
        await place.resume("shop")
        waiting = await outcomes(place)
        orphaned = place.host.health.orphaned
        await place.reload(TWO + CAFE)
        await place.host.settle()

        assert (waiting, set(orphaned)) == ([("waiting", None)], {"shop"})
        assert [sent.messages[0]["text"] for sent in place.line.sent] == ["two hi"]


async def test_conversation_keeps_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, HEAD + TICKETS, monkeypatch) as place:
        first = await place.says("shop", "取號", user="mei")
        await place.reload(HEAD + TICKETS.replace("keyword: 取號", "keyword: [取號, ticket]"))
        second = await place.says("shop", "ticket", user="ann")
        again = await place.says("shop", "ticket", user="mei")

        assert [text[0] != "" for text in (first, second, again)] == [True] * 3
        assert first != second
        assert "1" in again[0]


async def test_reload_tells_who_was_asked_what_is_gone_and_asks_what_comes_first_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = "    flows:\n      book:\n        steps: [{ask: ASKED}, {ask: name}, {reply: done}]\n"
    text = HEAD + bot("shop", "{name: book, keyword: book, begin: book}", steps)
    async with living(tmp_path, text.replace("ASKED", "day"), monkeypatch) as place:
        await place.says("shop", "book")
        place.write(text.replace("ASKED", "slot"))
        reloaded = await place.host.reload("test")
        place.write(text.replace("ASKED", "slot").replace("done", "all done"))
        again = await place.host.reload("test")

        assert [*lines(reloaded.moved)] == [
            "shop: 1 flow of `book` is open; 1 at `day`, which is gone: `slot` is asked next"
        ]
        assert again.moved == reloaded.moved
        await place.says("shop", "tomorrow")
        assert [one.asked for one in await place.host.store.standing_flows.list(FlowFilter(), 9)] == ["slot"]


async def test_plugin_that_is_not_loaded_takes_new_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        place.write(HEAD + TICKETS)
        reloaded = await place.host.reload("test")

        assert (reloaded.restarts, len(place.restarts)) == (True, 1)
        assert reloaded.why == "test: plugin `tickets` isn't loaded yet"
        assert await place.says("shop", "hi") == ["one hi"]


async def test_new_processes_are_not_asked_for_when_they_would_have_another_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        is_good, problems = await place.reload(HEAD + TICKETS + "store: sqlite:///other.db\n")

        assert (is_good, len(place.restarts)) == (False, 0)
        assert problems[0].startswith("9:8: `store` is another one now")


async def test_plugin_that_cannot_be_imported_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        is_good, problems = await place.reload(HEAD + TICKETS.replace("tickets", "tickest"))

        assert (is_good, len(place.restarts)) == (False, 0)
        assert problems[0] == "6:15: plugin `tickest` is not installed"


async def test_running_event_ends_with_the_bot_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [make_event(f"text {number}", user=f"user {number}") for number in range(200)]
    async with living(tmp_path, ONE, monkeypatch) as place:

        async def flow() -> None:
            for event in many:
                await place.host.worker.accept([event])
                await asyncio.sleep(0.002)

        flowing = asyncio.create_task(flow())
        for number in range(6):
            await place.reload(ONE if number % 2 else TWO)
        await flowing
        await place.host.settle()
        texts = [str(message["text"]) for sent in place.line.sent for message in sent.messages]

        assert sorted(text.split(" ", 1)[1] for text in texts) == sorted(str(event.text) for event in many)
        assert {text.split()[0] for text in texts} == {"one", "two"}


async def test_order_within_a_conversation_holds_through_reloads_and_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:

        async def flow() -> None:
            for number in range(150):
                await place.host.worker.accept([make_event(f"{number}", user="mei")])
                await asyncio.sleep(0.002)

        flowing = asyncio.create_task(flow())
        for number in range(5):
            await place.pause("shop")
            await asyncio.sleep(0.01)
            await place.reload(ONE if number % 2 else TWO)
            await place.resume("shop")
            await asyncio.sleep(0.02)
        await flowing
        await place.host.settle()
        texts = [str(message["text"]).split()[1] for sent in place.line.sent for message in sent.messages]

        assert texts == [str(number) for number in range(150)]


async def test_no_event_waits_long_for_a_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload of fifty bots runs beside the event loop; the bound is generous, since the machine is not ours alone."""
    others = "".join(
        bot(f"bot{number}", "\n".join(f"{{name: r{index}, keyword: word{index}, reply: hi}}" for index in range(20)))
        .replace(f"BOT{number}_TOKEN", "BAR_TOKEN")
        .replace(f"BOT{number}", "BAR")
        for number in range(50)
    )
    async with living(tmp_path, ONE + others, monkeypatch) as place:
        waits: list[float] = []
        stop = asyncio.Event()

        async def watch() -> None:
            while not stop.is_set():
                begun_at = time.perf_counter()
                await asyncio.sleep(0.001)
                waits.append(time.perf_counter() - begun_at)

        watching = asyncio.create_task(watch())
        reloaded = await place.reload(TWO + others)
        stop.set()
        await watching

        assert reloaded == (True, [])
        assert max(waits) < 0.5


async def test_bot_with_new_intents_is_swapped_once_they_are_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = (
        "    plugins: {bigrams: }\n    understanding: {classifier: bigrams}\n"
        "    intents:\n      hours: {examples: [你們幾點開門, 今天有營業嗎, 幾點關門]}\n"
    )
    routes = "{name: hours, intent: hours, reply: 十點}"
    menu = "      menu: {examples: [有什麼好吃的, 推薦什麼菜, 菜單給我看]}\n"
    async with living(tmp_path, HEAD + bot("shop", routes, extra), monkeypatch) as place:
        both = f"{routes}\n{{name: menu, intent: menu, reply: 牛肉麵}}"
        reloaded = await place.reload(HEAD + bot("shop", both, extra + menu))

        assert reloaded == (True, [])
        assert await place.says("shop", "推薦什麼菜") == ["牛肉麵"]
        assert await place.says("shop", "你們幾點開門") == ["十點"]


async def test_good_versions_are_kept_and_broken_ones_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE, monkeypatch) as place:
        await place.reload(TWO)
        await place.reload("version: 1\n")
        await place.reload(TWO)
        versions = place.source.versions.all()

        assert [(version.number, version.why) for version in versions] == [(2, "test"), (1, "start")]
        assert all("secret-of-shop" not in path.read_text() for path in (tmp_path / ".hookline").rglob("*.json"))


async def test_status_says_what_a_person_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE + CAFE, monkeypatch) as place:
        await place.says("shop", "hi")
        await place.pause("cafe")
        await place.line.deliver("cafe", [place.line.text("cafe", "hi")])
        await place.reload("version: 1\n")
        status = json.loads(json.dumps(await place.host.status()))
        by_name = {each["name"]: each for each in status["bots"]}

        assert status["configuration"]["degraded"] is True
        assert status["configuration"]["problems"][0]["message"] == "`bots` is missing in the file"
        assert (by_name["shop"]["secret"]["number"], by_name["shop"]["paused"], by_name["shop"]["waiting"]) == (
            1,
            False,
            0,
        )
        assert (by_name["cafe"]["paused"], by_name["cafe"]["waiting"]) == (True, 1)
        assert status["configuration"]["last_reload"]["good"] is False


async def test_signature_of_one_bot_is_refused_on_the_path_of_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = bot("bar", "{name: all, otherwise: true, reply: 'bar {event.text}'}")
    async with living(tmp_path, ONE + CAFE + bar, monkeypatch) as place:
        statuses = {}
        for signer, path in permutations(NAMES, 2):
            body, headers = signed({"destination": "U", "events": [place.line.text(path, "hi")]}, f"secret-of-{signer}")
            assert place.line._session is not None
            async with place.line._session.post(place.line.webhooks[path], data=body, headers=headers) as response:
                statuses[signer, path] = response.status

        assert set(statuses.values()) == {401}
        assert await outcomes(place) == []


async def test_same_event_id_in_two_bots_is_two_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(tmp_path, ONE + CAFE, monkeypatch) as place:
        shop, cafe = (_event(place, name) for name in ("shop", "cafe"))
        await place.host.worker.accept([shop, cafe])
        await place.host.worker.accept([shop, cafe])
        await place.host.settle()

        assert shop.id == cafe.id
        assert len(await outcomes(place)) == 2


def _event(place: Living, name: str) -> Event:
    return make_event("hi", bot=name, webhookEventId="01J8Z00000000000000000SAME")

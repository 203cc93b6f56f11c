"""`hookline dead` as an operator uses it: real processes, whole outputs, on both stores."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hookline.store.people.letters import LetterFilter
from hookline.store.store import Store
from tests.commands import hookline
from tests.e2e.test_control import controlled, ended
from tests.store.test_letters import bury_delivery, bury_event, bury_many
from tests.store.worlds import lease, lease_deliveries, open_store
from tests.support import NOW, SMALL_BOT

SECRET = "a secret of mine"
CONFIG = SMALL_BOT.replace("bots:", "store: '${STORE}'\nbots:")


class Shop:
    """Hold a folder with a configuration, whose store has dead letters."""

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "bot.yaml").write_text(CONFIG, "utf-8")
        self.folder = folder
        self.url = url

    def hookline(self, *arguments: str) -> tuple[int, str, str]:
        result = self.run(*arguments)
        return result.returncode, result.stdout, result.stderr

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"STORE": self.url, "TZ": "UTC", "COLUMNS": "140"}
        return hookline(self.folder, *arguments, environment=environment)

    def fill(self, *each: Callable[[Store], Awaitable[None]]) -> None:
        async def fill() -> None:
            async with open_store(self.url) as store:
                for one in each:
                    await one(store)

        asyncio.run(fill())

    def errors(self) -> list[str]:
        async def read() -> list[str]:
            async with open_store(self.url) as store:
                return [letter.error for letter in await store.letters.list(LetterFilter(), 1000)]

        return asyncio.run(read())


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    """Return a shop with three dead letters: one of them a delivery that may have arrived."""
    return filled(Shop(tmp_path, store_url))


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Shop:
    """Return such a shop, where the store makes no difference."""
    return filled(Shop(tmp_path, f"sqlite:///{tmp_path / 'test.db'}"))


def filled(shop: Shop) -> Shop:
    shop.fill(
        lambda store: bury_event(store, SECRET, error="ValueError: \x1b[31mred"),
        lambda store: bury_event(store, bot="other", error="KeyError: 7"),
        lambda store: bury_delivery(store, "uncertain", messages=[{"type": "text", "text": SECRET}]),
    )
    return shop


def test_list_shows_each_letter_on_a_line_and_no_text(shop: Shop) -> None:
    status, output, errors = shop.hookline("dead", "list")

    assert (status, errors) == (0, "")
    assert [line.split() for line in output.splitlines()] == [
        ["id", "died", "what", "bot", "conversation", "route", "tries", "error"],
        ["3", "2027-01-15", "08:00:00", "reply", "shop", "U1", "menu", "0", "uncertain:", "400", "no"],
        ["2", "2027-01-15", "08:00:00", "message.text", "other", *_person("KeyError: 7")],
        ["1", "2027-01-15", "08:00:00", "message.text", "shop", *_person("ValueError: \\x1b[31mred")],
    ]


def test_list_of_nothing_says_so(sqlite_shop: Shop) -> None:
    assert sqlite_shop.hookline("dead", "list", "--bot", "none") == (
        0,
        "no dead letters (bot none)\n",
        "bot.yaml has no bot `none`\n",
    )


def test_list_says_how_many_there_are_beyond_its_limit(sqlite_shop: Shop) -> None:
    assert sqlite_shop.run("dead", "list", "--limit", "2").stdout.endswith("the newest 2 of 3 dead letters\n")


def test_list_gives_json(shop: Shop) -> None:
    found = json.loads(shop.run("dead", "list", "--json", "--origin", "event", "--bot", "shop").stdout)

    assert [(one["id"], one["error"], one["created_at"]) for one in found] == [(1, "ValueError: \x1b[31mred", NOW)]


def test_show_tells_all_but_what_was_written(sqlite_shop: Shop) -> None:
    status, output, _ = sqlite_shop.hookline("dead", "show", "3")
    event_id = json.loads(sqlite_shop.run("dead", "show", "3", "--json").stdout)["event_id"]

    assert status == 0
    assert output == (
        "dead letter 3: delivery of bot shop (reply, uncertain)\n"
        "  died          2027-01-15 08:00:00+00:00, after 0 tries\n"
        f"  event         {event_id}\n"
        "  conversation  U1\n"
        "  route         menu\n"
        "  error         uncertain: 400 no\n"
        "  uncertain     it may have arrived: only `replay --uncertain` sends it again\n"
        "  reply         uncertain: 400 no\n"
        "\n"
        "reply of 1 message(s), for event row 3\n"
    )


@pytest.mark.parametrize("number", ["1", "3"])
def test_text_is_shown_only_when_that_is_asked_for(shop: Shop, number: str) -> None:
    outputs = [shop.run("dead", "show", number, *more).stdout for more in ([], ["--json"], ["--body"])]

    assert [SECRET in output for output in outputs] == [False, False, True]
    assert "\x1b" not in "".join(outputs)


def test_letter_that_is_none_is_an_error(sqlite_shop: Shop) -> None:
    assert sqlite_shop.hookline("dead", "show", "77") == (1, "", "Error: there is no dead letter 77\n")


def test_replay_says_what_it_did_and_what_it_left_out(shop: Shop) -> None:
    status, output, errors = shop.hookline("dead", "replay", "--bot", "shop", "--yes")

    assert (status, output) == (0, "replayed 1 dead letter (bot shop)\n")
    assert errors.splitlines()[0] == "left out: 1 delivery that may have arrived; see --uncertain"
    assert shop.errors() == ["uncertain: 400 no", "KeyError: 7"]


def test_replayed_letters_wait_for_a_host(shop: Shop) -> None:
    shop.hookline("dead", "replay", "--all", "--uncertain", "--yes")

    async def waiting() -> tuple[int, int]:
        async with open_store(shop.url) as store:
            return len(await lease(store)), len(await lease_deliveries(store))

    assert (shop.errors(), asyncio.run(waiting())) == ([], (2, 1))


def test_dry_run_only_counts(sqlite_shop: Shop) -> None:
    replay = sqlite_shop.hookline("dead", "replay", "--all", "--dry-run")
    drop = sqlite_shop.hookline("dead", "drop", "--error", "keyerror", "--dry-run")

    assert replay == (
        0,
        "would replay 2 dead letters\n",
        "left out: 1 delivery that may have arrived; see --uncertain\n",
    )
    assert drop == (0, "would drop 1 dead letter (error contains keyerror)\n", "")
    assert len(sqlite_shop.errors()) == 3


def test_without_a_terminal_yes_must_be_said(sqlite_shop: Shop) -> None:
    status, output, errors = sqlite_shop.hookline("dead", "drop", "--all")

    assert (status, output) == (2, "")
    assert errors.splitlines()[-1] == (
        "Error: drop 3 dead letters: 2 events, 1 delivery? "
        "There is no terminal to answer at: say --yes, or --dry-run to only count"
    )
    assert len(sqlite_shop.errors()) == 3


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--yes"], "say which dead letters: IDS, filters, or --all"),
        (["--all", "--bot", "shop"], "--all means all of them; leave it out, or the rest"),
        (["--since", "never"], "Invalid value for '--since': `never` is neither an age, as in 30m, 2h or 3d, nor a"),
        (["x"], "Invalid value for '[IDS]...': `x` is no id: an id is a number, as in `hookline dead list`"),
    ],
)
def test_unclear_choice_is_refused(sqlite_shop: Shop, arguments: list[str], error: str) -> None:
    status, _, errors = sqlite_shop.hookline("dead", "drop", *arguments)

    assert (status, errors.splitlines()[-1].startswith(f"Error: {error}")) == (2, True)
    assert len(sqlite_shop.errors()) == 3


def test_ids_that_are_no_letters_are_named_and_the_others_are_dropped(sqlite_shop: Shop) -> None:
    assert sqlite_shop.hookline("dead", "drop", "1", "77", "--yes") == (
        0,
        "dropped 1 dead letter\n",
        "there is no dead letter 77\n",
    )


def test_ids_none_of_which_is_a_letter_are_an_error(sqlite_shop: Shop) -> None:
    one = sqlite_shop.hookline("dead", "replay", "99", "--yes")
    two = sqlite_shop.hookline("dead", "drop", "1", "98", "--bot", "other", "--yes")

    assert one == (1, "", "Error: there is no dead letter 99\n")
    assert two == (
        1,
        "",
        "bot.yaml has no bot `other`\nError: there are no dead letters 1, 98 (bot other)\n",
    )


def test_letters_of_a_bot_that_was_removed_are_listed(sqlite_shop: Shop) -> None:
    status, output, errors = sqlite_shop.hookline("dead", "list", "--bot", "other")

    assert (status, len(output.splitlines()), errors) == (0, 2, "bot.yaml has no bot `other`\n")


def test_many_letters_are_dropped_in_turns(tmp_path: Path, store_url: str) -> None:
    shop = Shop(tmp_path, store_url)
    shop.fill(lambda store: bury_many(store, 450))

    assert shop.hookline("dead", "drop", "--error", "error 1", "--yes")[:2] == (
        0,
        "dropped 225 dead letters (error contains error 1)\n",
    )
    assert set(shop.errors()) == {"error 0"}


async def test_running_host_replays_at_once(tmp_path: Path) -> None:
    async with controlled(tmp_path, dead=2) as (host, _):
        result = await asyncio.to_thread(hookline, tmp_path, "dead", "replay", "--error", "error 1", "--yes")

        assert (result.returncode, result.stdout, result.stderr) == (
            0,
            "replayed 1 dead letter (error contains error 1)\n",
            "",
        )
        assert await ended(host) == ["unrouted", "buried"]


async def test_host_that_does_not_answer_is_named(tmp_path: Path) -> None:
    async with controlled(tmp_path, dead=1) as (_, path):
        path.unlink()
        result = await asyncio.to_thread(hookline, tmp_path, "dead", "drop", "--all", "--yes")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"hookline: a host holds {tmp_path / 'hookline.db'} and doesn't answer at {path}. "
        "If it has just started or is stopping, try again; else stop it first\n"
    )


def test_missing_store_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    shop = Shop(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")

    assert shop.hookline("dead", "list") == (
        1,
        "",
        f"hookline: there is no store {tmp_path / 'none.db'} yet: `hookline run` makes it\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["bot.yaml"]


def test_unset_variable_in_the_store_is_an_error_and_no_other_store_is_looked_at(tmp_path: Path) -> None:
    Shop(tmp_path, "")
    result = hookline(tmp_path, "dead", "list")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "bot.yaml:3:8: variable `STORE` is not set\n"
        "    store: '${STORE}'\n"
        "           ^\n"
        "hint: set it in the environment or in a `.env` file beside this one\n"
        "\n"
        "1 error\n"
    )


def _person(error: str) -> list[str]:
    return ["Ufa89c88f35c87fefe51950632b6f358d", "menu", "4", *error.split()]

"""`hookline db` as an operator uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text

from hookline.cli.commands import db
from hookline.mailbox.box import File
from hookline.mailbox.posted import Posted
from hookline.store.database import tables
from hookline.store.people.history import EventFilter
from hookline.store.people.letters import LetterFilter
from hookline.telling.settings import Settings
from tests.cli.test_dead import Shop, filled
from tests.postgres import PostgresServer
from tests.store.worlds import open_store


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop on SQLite with three events and three dead letters."""
    return filled(Shop(tmp_path, f"sqlite:///{tmp_path / 'test.db'}"))


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    return postgres.create()


def test_upgrade_makes_the_store(tmp_path: Path, store_url: str) -> None:
    shop = Shop(tmp_path, store_url)
    place = store_url.removeprefix("sqlite:///")

    assert shop.hookline("db", "upgrade") == (0, f"{place}: schema {tables.HEAD}\n", "")
    assert shop.hookline("dead", "list")[1] == "no dead letters\n"


def run_here(shop: Shop, *arguments: str) -> Result:
    """Run a command in this process."""
    settings = Settings((shop.folder / "bot.yaml",))
    return CliRunner().invoke(db.command, arguments, obj=settings, env={"STORE": shop.url})


async def test_upgrade_says_that_nothing_is_to_do_while_a_host_runs(tmp_path: Path, store_url: str) -> None:
    shop = Shop(tmp_path, store_url)
    async with open_store(store_url):
        result = await asyncio.to_thread(run_here, shop, "upgrade")

    assert (result.exit_code, result.output) == (0, f"{store_url.removeprefix('sqlite:///')}: schema {tables.HEAD}\n")


async def test_upgrade_says_that_a_store_is_newer(tmp_path: Path, store_url: str) -> None:
    shop = Shop(tmp_path, store_url)
    async with open_store(store_url) as store:
        await store._database.run(_become_newer)
        result = await asyncio.to_thread(run_here, shop, "upgrade")

    assert (result.exit_code, result.output) == (
        0,
        f"{store_url.removeprefix('sqlite:///')}: schema 9999, newer than this hookline, which can still run on it\n",
    )


def test_copy_to_a_malformed_address_is_one_line_without_its_password(tmp_path: Path) -> None:
    shop = Shop(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    result = run_here(shop, "copy", "--to", "postgresql://me:hid/den@127.0.0.1:notaport/x", "--yes")

    assert (result.exit_code, result.output) == (1, "Error: --to: a port must be a number from 1 to 65535\n")


def test_copy_moves_the_host_to_postgresql(shop: Shop, target: str) -> None:
    status, output, _ = shop.hookline("db", "copy", "--to", target, "--yes")

    async def copied() -> tuple[int, int]:
        async with open_store(target) as store:
            return len(await store.history.list(EventFilter(), 10)), len(await store.letters.list(LetterFilter(), 10))

    assert (status, asyncio.run(copied())) == (0, (3, 3))
    assert [line.split() for line in output.splitlines()[:11]] == [
        ["table", "rows"],
        ["inbox", "3"],
        ["outbox", "1"],
        ["conversations", "0"],
        ["plugin_state", "0"],
        ["dead_letters", "3"],
        ["switches", "0"],
        ["audit", "0"],
        ["cooldowns", "0"],
        ["flows", "0"],
        ["timers", "0"],
    ]
    assert output.splitlines()[11] == (
        f"copied and compared. Now set `store:` to {target} and start the host; "
        f"{shop.folder / 'test.db'} was left as it is: don't run a host on it any more"
    )


def test_second_copy_is_refused(shop: Shop, target: str) -> None:
    shop.hookline("db", "copy", "--to", target, "--yes")

    assert shop.hookline("db", "copy", "--to", target, "--yes") == (
        1,
        "",
        "hookline: the target isn't empty: there are rows in `inbox`. Copy into a database of its own\n",
    )


async def test_copy_is_refused_while_a_host_runs(shop: Shop) -> None:
    async with open_store(shop.url):
        result = await asyncio.to_thread(shop.hookline, "db", "copy", "--to", "postgresql://nobody@127.0.0.1:9/x")

    assert result == (
        1,
        "",
        f"hookline: a host writes to {shop.folder / 'test.db'}: stop it first, so that nothing comes after the copy\n",
    )


def test_copy_is_refused_while_mailboxes_hold_what_was_answered(shop: Shop) -> None:
    folder = shop.folder / "test.db-mailboxes"
    folder.mkdir()
    file = File(folder)
    file.insert([Posted("shop", 1, 1, 1, None, b"{}")])
    file.close()

    status, _, errors = shop.hookline("db", "copy", "--to", "postgresql://nobody@127.0.0.1:9/x", "--yes")

    assert status == 1
    assert errors.startswith(f"hookline: {folder} holds requests that were answered and are not in the store: start")


def test_copy_asks_and_shows_no_password(shop: Shop) -> None:
    url = "postgresql://me:hidden@127.0.0.1:9/x?password=hidden&a=b"
    status, output, errors = shop.hookline("db", "copy", "--to", url)

    assert (status, output) == (2, "")
    assert errors.splitlines()[-1] == (
        f"Error: copy 7 rows of {shop.folder / 'test.db'} to postgresql://me@127.0.0.1:9/x?password=•••&a=b? "
        "There is no terminal to answer at: say --yes"
    )


def test_copy_goes_from_sqlite_to_postgresql_only(shop: Shop, target: str) -> None:
    to_sqlite = shop.hookline("db", "copy", "--to", "sqlite:///other.db")
    shop.url = target
    from_postgres = shop.hookline("db", "copy", "--to", target)

    assert to_sqlite[2].splitlines()[-1] == "Error: --to must be PostgreSQL: postgresql://user@host/database"
    assert from_postgres[2].splitlines()[-1] == (
        "Error: `store:` is PostgreSQL already; only a SQLite file can be copied"
    )


def _become_newer(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

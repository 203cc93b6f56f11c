"""`hookline test save`: past events become a conversation, without those who had it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from hookline.testing import Exchange, ManualClock, RunningBot, running_bot
from hookline.testing.events import group_id, user_id
from tests.commands import hookline

BOT = """
version: 1
bots:
  clinic:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
    call_names: [clinic]
    flows:
      booking:
        remind: {after: 15m, reply: still there?}
        steps:
          - {ask: day, type: date, say: which day?}
          - {ask: phone, type: phone, say: your number?}
          - {ask: mail, type: email, say: your address?}
          - confirm: "{flow.phone} {flow.mail}?"
          - reply: done, {flow.phone}; else call 02-1234-5678
    routes:
      - {name: book, exact: book, begin: booking}
      - {name: menu, exact: menu, reply: {text: two, buttons: [{label: A, postback: do=a}]}}
      - {name: a, postback: do=a, reply: you took A}
      - {name: hi, on: follow, reply: welcome}
      - {name: other, otherwise: true, reply: what?}
"""
NOON = 1_796_097_600_000  # 2026-12-01 12:00 in Taipei
HEAD = """\
bot: clinic
tests:
  # from the store: ids, telephone numbers and e-mail addresses are made up, names and places are not
  - name: 'past conversation: {name}'
    at: 2026-12-01 12:00:00
    steps:
"""


async def kept(folder: Path, play: Callable[[RunningBot], Awaitable[object]], *arguments: str) -> CompletedProcess[str]:
    """Return what `test save` says of what *play* has left in a store; what it writes stands in saved.yaml."""
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        await play(bot)
        store = bot.playground.host.configuration.store
        (folder / "bot.yaml").write_text(f"store: '{store}'\n{BOT}", "utf-8")
        done = await asyncio.to_thread(hookline, folder, "test", "save", "clinic", *arguments)
    if done.returncode == 0 and "--to" not in arguments:
        (folder / "saved.yaml").write_text(done.stdout, "utf-8")
    return done


def tapped(exchange: Exchange, label: str) -> str:
    """Return the data of the button *label* below an answer."""
    (found,) = [
        item["action"]["data"]
        for message in exchange.messages
        for item in message.get("quickReply", {}).get("items", [])
        if item["action"].get("label") == label
    ]
    return str(found)


async def book(bot: RunningBot) -> None:
    """Book with one's own number and address, after a long pause."""
    clock = bot.clock
    assert clock is not None
    await bot.says("book", "wang")
    await bot.says("明天", "wang")
    await bot.playground.passes(clock, 1200)
    await bot.says("0912-345-678", "wang")
    asked = await bot.says("Wang.XM@gmail.com", "wang")
    await bot.taps(tapped(asked, "Yes"), "wang")


async def test_conversation_is_saved_without_its_person_and_goes_the_same_way_again(tmp_path: Path) -> None:
    saved = await kept(tmp_path, book, "--chat", user_id("wang"), "--since", "2026-11-01T00:00")
    played = hookline(tmp_path, "test", "saved.yaml")

    assert (saved.stderr, played.returncode) == ("", 0), played.stdout
    assert saved.stdout == HEAD.format(name="book") + (
        "      - says: book\n        hears: which day?\n"
        "      - says: 明天\n        hears: your number?\n"
        "      - waits: 15m\n        pushed: still there?\n"
        "      - waits: 5m\n"
        "      - says: 0912-000-001\n        hears: your address?\n"
        "      - says: person1@example.com\n        hears: 0912000001 person1@example.com?\n"
        "      - taps: Yes\n        hears: done, 0912000001; else call 02-1234-5678\n"
    )


async def test_whoever_comes_second_is_ann_and_groups_have_no_id(tmp_path: Path) -> None:
    async def play(bot: RunningBot) -> None:
        await bot.says("hi", "wang", "family", mention=True)
        await bot.says(f"ask {user_id('wang')}", "li", "family")
        await bot.sends("message.sticker", "li", "family")
        await bot.sends("unsend", "li", "family", unsend={"messageId": "1"})

    saved = await kept(tmp_path, play, "--chat", group_id("family"))
    played = hookline(tmp_path, "test", "saved.yaml")

    assert played.returncode == 0, played.stdout
    assert saved.stdout == HEAD.format(name="hi") + (
        "      - says: hi\n        in: group\n        mention: true\n        hears: what?\n"
        f"      - says: ask {user_id('mei')}\n        as: ann\n        in: group\n        hears: nothing\n"
        "      - sends: {message.sticker: {message: {packageId: '446', stickerId: '1988'}}}\n"
        "        as: ann\n        in: group\n        hears: nothing\n"
        "      # `unsend` happened here, which no step can say\n"
    )


async def test_single_events_are_saved_and_a_button_by_its_label_where_it_was_sent(tmp_path: Path) -> None:
    async def play(bot: RunningBot) -> None:
        await bot.sends("follow", "wang")
        await bot.says("menu", "wang")
        await bot.taps("do=a", "wang")
        await bot.uploads(b"x", "file", "wang", name="Wang Xiaoming.pdf")

    with_menu = await kept(tmp_path, play, "3", "2", "4")
    without = await kept(tmp_path, play, "3", "1", "--name", "two")

    assert "- says: menu\n        hears: two\n      - taps: A\n        hears: you took A\n" in with_menu.stdout
    assert "- sends: {file: {name: file.pdf}}\n" in with_menu.stdout
    assert "- follows: true\n        hears: welcome\n      - sends: {postback: {data: do=a}}\n" in without.stdout


async def test_file_is_added_to_and_never_overwritten(tmp_path: Path) -> None:
    arguments = ("--chat", user_id("wang"), "--to", "tests/all.yaml", "--name", "books")
    first = await kept(tmp_path, book, *arguments)
    again = await kept(tmp_path, book, *arguments)
    third = await kept(tmp_path, book, *arguments[:-1], "again")

    assert (first.returncode, first.stdout) == (0, "saved 6 steps as `books` in tests/all.yaml\n")
    assert (again.returncode, again.stderr.splitlines()[0]) == (
        1, "hookline: tests/all.yaml:4:11: there is a conversation `books` already",
    )  # fmt: skip
    assert third.returncode == 0
    assert hookline(tmp_path, "test").stdout.splitlines()[:2] == ["ok    books", "ok    again"]


def blanked(folder: Path, statement: str) -> None:
    path = (folder / "bot.yaml").read_text("utf-8").partition("sqlite:///")[2].partition("'")[0]
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


async def test_what_is_not_kept_any_more_is_said(tmp_path: Path) -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        asked = await bot.says("menu", "wang")
        await bot.says("book", "wang")
        await bot.says("book", "wang")
        store = bot.playground.host.configuration.store
        (tmp_path / "bot.yaml").write_text(f"store: '{store}'\n{BOT}", "utf-8")
        blanked(tmp_path, "UPDATE inbox SET body = CAST('{}' AS BLOB) WHERE seq = 1")
        blanked(tmp_path, "UPDATE outbox SET body = CAST('[]' AS BLOB) WHERE seq < 3")
        one = await asyncio.to_thread(hookline, tmp_path, "test", "save", "clinic", "1")
        both = await asyncio.to_thread(hookline, tmp_path, "test", "save", "clinic", "1", "2")

    assert asked.texts == ["two"]
    assert (one.returncode, one.stderr) == (
        1,
        "hookline: nothing of 1 event can be saved: event 1 (message.text): what it said isn't kept any more\n",
    )
    assert both.stdout == HEAD.format(name="book") + (
        "      # event 1 (message.text): what it said isn't kept any more\n"
        "      # what was answered isn't kept any more\n"
        "      - says: book\n"
    )


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ("outcome = 'merged', joined = 2", "this came in a burst: it was run together with event 2, while a test"),
        ("outcome = 'standby'", "nothing was answered then, since somebody else had the chat"),
        ("status = 1", "it hasn't been answered yet"),
    ],
)
async def test_what_a_test_cannot_come_to_is_not_wanted(changes: str, note: str, tmp_path: Path) -> None:
    async def play(bot: RunningBot) -> None:
        await bot.says("menu", "wang")
        store = bot.playground.host.configuration.store
        (tmp_path / "bot.yaml").write_text(f"store: '{store}'\n{BOT}", "utf-8")
        blanked(tmp_path, f"UPDATE inbox SET {changes}")

    saved = await kept(tmp_path, play, "1")

    assert f"      # {note}" in saved.stdout
    assert saved.stdout.endswith("      - says: menu\n")


async def test_tap_on_a_question_that_is_not_among_them_is_a_comment(tmp_path: Path) -> None:
    saved = await kept(tmp_path, book, "6", "1")

    assert (
        "      # a button was tapped here that was sent before what is saved, or isn't kept any more\n" in saved.stdout
    )
    assert "~" not in saved.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "say which events, by their ids, or a chat: --chat CHAT --since 1h"),
        (["1", "--chat", "U1"], "say which events, by their ids, or a chat: --chat CHAT --since 1h"),
        (["1", "--since", "1h"], "--since goes with --chat"),
        (["--chat", "U1", "--since", "soon"], "`soon` is neither an age"),
        (["99"], "bot clinic has no event 99, or has forgotten it"),
        (["--chat", "U1", "--since", "1h"], "bot clinic has no events of the chat U1 in that time"),
        (["1", "--to", "."], "can't read the file: it is a folder"),
        (["1", "--to", "bot.yaml"], "the file holds no conversations"),
    ],
)
async def test_wrong_option_is_told(arguments: list[str], error: str, tmp_path: Path) -> None:
    done = await kept(tmp_path, lambda bot: bot.says("hi"), *arguments)

    assert done.returncode in (1, 2)
    assert error in done.stderr


def test_json_is_still_that_of_playing(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    (tmp_path / "save.yaml").write_text("tests: [{name: a, steps: [{says: hi}]}]\n", "utf-8")

    assert json.loads(hookline(tmp_path, "test", "save.yaml", "--json").stdout)["tests"][0]["failed"] is False

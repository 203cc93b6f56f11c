"""What people send is saved before it is answered: whole, once, and under names that are safe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from hookline.pace import Pace
from hookline.testing import Exchange, ManualClock, RunningBot, running_bot
from tests.store.worlds import errors_of

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_deadline=5.0, handler_retries=(0.0, 0.0, 0.0), delivery_retries=(0.0,))
NOON = 1_796_040_000_000  # 30 November 2026, 12:00 UTC
FOLDER = {"kept/.keep": ""}


def saving(
    save: str, answer: str = "reply: '{match.file_name}'", *, more: str = "", **options: Any
) -> AbstractAsyncContextManager[RunningBot]:
    """Run a bot with a route that saves what is sent, as *save* says, and one for the rest."""
    text = f"""
version: 1
bots:
  bot:
    adapter: line
    plugins: {{trial: {{fails: 2}}}}
    on_error: 出了點問題
    routes:
      - {{name: keep, save: {save}, {answer}{more}}}
      - {{name: rest, otherwise: true, reply: 其他}}
"""
    return running_bot(text, folder=TRIAL, files=FOLDER, **{"pace": QUICK, **options})


def kept(bot: RunningBot) -> dict[str, bytes]:
    """Return what is in the folder, by name."""
    return {path.name: path.read_bytes() for path in (bot.folder / "kept").iterdir() if path.name != ".keep"}


def said(exchange: Exchange) -> tuple[str | None, list[str]]:
    return exchange.route, exchange.texts


@pytest.fixture
def marks() -> dict[str, Any]:
    sys.path.insert(0, str(TRIAL / "src"))
    from trial import MARKS

    MARKS["runs"].clear()
    found: dict[str, Any] = MARKS
    return found


@pytest.mark.parametrize("save", ["kept/", "kept", "./kept", "{to: kept}", "{to: ./kept/../kept//}"])
async def test_folder_is_beside_the_file_that_names_it(save: str) -> None:
    async with saving(save, clock=ManualClock(NOON)) as bot:
        exchange = await bot.uploads(b"\xff\xd8\xffpicture")

        name = f"2026-11-30T12-00-00+00-00-{exchange.event['message']['id']}.jpg"
        assert said(exchange) == ("keep", [name])
        assert kept(bot) == {name: b"\xff\xd8\xffpicture"}


async def test_reply_says_where_and_what_was_saved() -> None:
    answer = "reply: '{match.file}|{match.file_name}|{match.file_size}|{match.file_type}|{match.sent_name|none}'"
    async with saving("{to: kept, name: '{match.sent_name|photo}'}", answer) as bot:
        file = await bot.uploads(b"%PDF-1.7", "file", name="報價 單.pdf")
        image = await bot.uploads(b"x")

        names = [f"報價 單-{file.event['message']['id']}.pdf", f"photo-{image.event['message']['id']}.jpg"]
        folder = bot.folder / "kept"
        assert file.texts == [f"{folder / names[0]}|{names[0]}|8|application/pdf|報價 單"]
        assert image.texts == [f"{folder / names[1]}|{names[1]}|1|image/jpeg|none"]
        assert set(kept(bot)) == set(names)


@pytest.mark.parametrize("preparing", [0, 1])
@pytest.mark.parametrize(
    ("kind", "suffix"), [("image", ".jpg"), ("video", ".mp4"), ("audio", ".m4a"), ("file", ".bin")]
)
async def test_every_kind_is_saved_once_it_is_ready(kind: str, suffix: str, preparing: int) -> None:
    async with saving("kept") as bot:
        await bot.uploads(b"content", kind, preparing=preparing)

        assert [(Path(name).suffix, data) for name, data in kept(bot).items()] == [(suffix, b"content")]


async def test_route_without_an_answer_only_saves() -> None:
    async with saving("kept", "on: message.image") as bot:
        exchange = await bot.uploads(b"x")

        assert (said(exchange), exchange.outcome) == (("keep", []), "handled")
        assert list(kept(bot).values()) == [b"x"]


async def test_name_may_have_what_the_event_says() -> None:
    async with saving("{to: kept, name: '{event.file_name}-{event.file_size}-{event.raw.source.type}'}") as bot:
        exchange = await bot.uploads(b"content", "file", name="a.txt")

        assert exchange.texts == [f"a.txt-7-user-{exchange.event['message']['id']}.txt"]


async def test_what_is_sent_in_standby_is_saved_where_a_route_hears_it() -> None:
    async with saving("kept", "when: {standby: true}") as bot:
        standby = await bot.uploads(b"x", mode="standby")
        active = await bot.uploads(b"y")

        assert [(one.route, one.outcome) for one in (standby, active)] == [("keep", "handled"), ("rest", "answered")]
        assert list(kept(bot).values()) == [b"x"]


async def test_handler_finds_the_file_in_its_match() -> None:
    async with saving("kept", "run: trial.matched") as bot:
        exchange = await bot.uploads(b"x")

        (path,) = (bot.folder / "kept").glob("*.jpg")
        assert exchange.texts == [f"{path} {path.name} 1 image/jpeg"]


async def test_handler_that_fails_runs_again_and_there_is_one_file(marks: dict[str, Any]) -> None:
    async with saving("kept", "run: trial.flaky") as bot:
        exchange = await bot.uploads(b"x")

        assert exchange.texts == ["attempt 3, state 1"]
        assert list(kept(bot).values()) == [b"x"]


async def test_two_events_with_one_name_are_two_files() -> None:
    async with saving("{to: kept, name: photo}") as bot:
        names = [(await bot.uploads(data)).texts[0] for data in (b"first", b"second")]

        assert kept(bot) == dict(zip(names, (b"first", b"second"), strict=True))


@pytest.mark.parametrize(
    ("sent_name", "name"),
    [
        ("../../../etc/passwd.txt", "etc-passwd-{id}.txt"),
        ("..\\..\\boot.txt", "boot-{id}.txt"),
        ("/etc/passwd.txt", "etc-passwd-{id}.txt"),
        ("con.txt", "con-{id}.txt"),
        ("con", "con-{id}"),
        ("🍜🍜.txt", "🍜🍜-{id}.txt"),
        (f"{'長' * 300}.txt", f"{'長' * 59}-{{id}}.txt"),
        (f"{'a' * 300}.txt", f"{'a' * 177}-{{id}}.txt"),
        ("a\nb.txt", "a b-{id}.txt"),
        ("\0.txt", "{id}.txt"),
        ("..", "{id}"),
        (".txt", "txt-{id}"),
        ("a.txt\0", "a.txt-{id}"),
        ("a.tar.GZ", "a.tar-{id}.gz"),
    ],
)
async def test_name_of_a_file_leads_nowhere_else(sent_name: str, name: str) -> None:
    async with saving("{to: kept, name: '{match.sent_name}'}") as bot:
        exchange = await bot.uploads(b"x", "file", name=sent_name)

        assert list(kept(bot)) == [name.format(id=exchange.event["message"]["id"])]


@pytest.mark.parametrize("name", ["{sender.name}", "{event.user}", "{event.time}", "{state.a|x}", "{event.id}", "a b"])
async def test_name_takes_placeholders(name: str) -> None:
    async with saving(f"{{to: kept, name: '{name}'}}") as bot:
        exchange = await bot.uploads(b"x", user="mei/../x")

        (found,) = kept(bot)
        assert found == exchange.texts[0]
        assert "/" not in found


@pytest.mark.parametrize(
    ("upload", "answered"),
    [
        ({"kind": "image"}, "keep"),
        ({"kind": "image", "content": b"\x89PNG"}, "keep"),
        ({"kind": "video"}, "rest"),
        ({"kind": "audio"}, "rest"),
        ({"kind": "file", "name": "a.pdf"}, "keep"),
        ({"kind": "file", "name": "a.PDF"}, "keep"),
        ({"kind": "file", "name": "a.csv"}, "keep"),
        ({"kind": "file", "name": "a.doc"}, "rest"),
        ({"kind": "file", "name": "pdf"}, "rest"),
        ({"kind": "file", "name": "a.pdf.exe"}, "rest"),
    ],
    ids=str,
)
async def test_other_types_are_for_the_routes_below(upload: Mapping[str, Any], answered: str) -> None:
    async with saving("{to: kept, types: [image, application/pdf, text/*]}") as bot:
        exchange = await bot.uploads(**{"content": b"x", **upload})

        assert exchange.route == answered
        assert len(kept(bot)) == (answered == "keep")


async def test_image_of_another_type_is_a_failure_when_that_turns_out() -> None:
    async with saving("{to: kept, types: image/jpeg}") as bot:
        right, wrong = await bot.uploads(b"\xff\xd8\xff"), await bot.uploads(b"\x89PNG")

        assert right.outcome == "answered"
        assert (wrong.outcome, wrong.texts) == ("buried", ["出了點問題"])
        assert await errors_of(bot.playground.host.store) == [
            "ContentError: this image is image/png, and `save` takes image/jpeg"
        ]
        assert list(kept(bot).values()) == [b"\xff\xd8\xff"]


@pytest.mark.parametrize("size", [0, 999, 1000])
@pytest.mark.parametrize("kind", ["image", "file"])
async def test_file_up_to_the_limit_is_saved(kind: str, size: int) -> None:
    async with saving("{to: kept, at_most: 1kB}") as bot:
        assert (await bot.uploads(b"x" * size, kind)).route == "keep"
        assert list(kept(bot).values()) == [b"x" * size]


async def test_file_whose_size_is_known_to_be_too_much_is_for_the_routes_below() -> None:
    async with saving("{to: kept, at_most: 1kB}") as bot:
        assert said(await bot.uploads(b"x" * 1001, "file")) == ("rest", ["其他"])
        assert kept(bot) == {}


async def test_image_that_turns_out_too_large_fails_once() -> None:
    async with saving("{to: kept, at_most: 1kB}") as bot:
        exchange = await bot.uploads(b"x" * 1001)

        message_id = exchange.event["message"]["id"]
        assert (exchange.route, exchange.outcome, exchange.texts) == ("keep", "buried", ["出了點問題"])
        assert await errors_of(bot.playground.host.store) == [
            f"ContentError: message {message_id}: its content has 1001 bytes, at most 1000 are taken; "
            "`at_most` sets the limit"
        ]
        assert [path for path, _ in bot.line.requests if path.endswith("/content")] == [
            f"/v2/bot/message/{message_id}/content"
        ]
        assert kept(bot) == {}


async def test_content_that_line_does_not_keep_is_for_the_routes_below() -> None:
    provider = {"type": "external", "originalContentUrl": "https://shop.example/a.jpg"}
    async with saving("kept") as bot:
        exchange = await bot.sends("message", message={"id": "1", "type": "image", "contentProvider": provider})

        assert exchange.route == "rest"


async def test_content_that_is_gone_fails_once() -> None:
    async with saving("kept") as bot:
        raw = bot.line.upload("bot", b"x")
        bot.line.uploads[raw["message"]["id"]].is_gone = True

        exchange = await bot.playground.send("bot", raw)

        assert (exchange.outcome, exchange.texts) == ("buried", ["出了點問題"])
        assert len([path for path, _ in bot.line.requests if path.endswith("/content")]) == 1


async def test_folder_that_is_gone_fails_like_a_handler_and_is_tried_again() -> None:
    async with saving("kept") as bot:
        (bot.folder / "kept" / ".keep").unlink()
        (bot.folder / "kept").rmdir()

        exchange = await bot.uploads(b"x")

        assert exchange.outcome == "buried"
        (error,) = await errors_of(bot.playground.host.store)
        assert error.startswith(f"SaveError: can't write {bot.folder / 'kept'}/")
        assert error.endswith("No such file or directory")
        assert len([path for path, _ in bot.line.requests if path.endswith("/content")]) == 4


async def test_retries_of_the_route_count_for_what_it_saves() -> None:
    async with saving("kept", more=", retries: []") as bot:
        (bot.folder / "kept" / ".keep").unlink()
        (bot.folder / "kept").rmdir()

        await bot.uploads(b"x")

        assert len([path for path, _ in bot.line.requests if path.endswith("/content")]) == 1


async def test_saving_has_the_time_of_a_handler() -> None:
    async with saving("kept", more=", deadline: 0.3, retries: []") as bot:
        exchange = await bot.uploads(b"x", "video", preparing=10**9)

        assert exchange.outcome == "buried"
        assert await errors_of(bot.playground.host.store) == [
            "HandlerTimeoutError: `save` of route `keep` took over 0.3 seconds"
        ]
        assert kept(bot) == {}


async def test_file_is_saved_behind_a_url() -> None:
    memory = MemoryFileSystem()
    memory.store.clear()
    async with saving("'memory://photos/'", "reply: '{match.file}'") as bot:
        exchange = await bot.uploads(b"x")

    assert [f"memory://{name.lstrip('/')}" for name in memory.find("/")] == exchange.texts
    memory.store.clear()


async def test_texts_and_stickers_are_for_the_routes_below() -> None:
    async with saving("kept", more=", on: [message, follow]") as bot:
        answers = [
            await bot.says("hi"),
            await bot.sends("message", message={"id": "1", "type": "sticker", "packageId": "1", "stickerId": "1"}),
        ]

        assert [answer.route for answer in answers] == ["rest", "rest"]


async def test_in_groups_nobody_can_call_the_bot_with_an_image() -> None:
    async with saving("kept") as bot:
        assert (await bot.uploads(b"x", group="family")).route is None
    async with saving("kept", more=", when: {mentioned: false}") as bot:
        assert (await bot.uploads(b"x", group="family")).route == "keep"


async def test_path_of_a_file_is_sent_too(tmp_path: Path) -> None:
    (tmp_path / "cat.webp").write_bytes(b"RIFF")
    async with saving("kept") as bot:
        exchange = await bot.uploads(tmp_path / "cat.webp")

        assert [Path(name).suffix for name in exchange.texts] == [".webp"]

"""`/save` in a chat: what was played becomes a conversation that `hookline test` plays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookline.cli.terminal.talk import Scene, UnsavedError
from hookline.config.loading import load
from hookline.pace import IMPATIENT
from hookline.plugins.registry import PluginRegistry
from hookline.testing.buttons import buttons_of
from hookline.testing.clock import ManualClock
from hookline.testing.playground import Playground
from hookline.testing.scripts import read_script
from tests.commands import hookline

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
BEGIN = 1_796_000_000_000
BOT = """version: 1
bots:
  shop:
    adapter: line
    timezone: Asia/Taipei
    flows:
      order:
        remind: {after: 15m, reply: still there?}
        steps: [{ask: drink, choices: [tea, milk], say: which?}, {reply: done}]
    routes:
      - {name: order, exact: order, begin: order}
      - {name: menu, exact: menu, reply: {text: two, buttons: [{label: A, postback: do=a}, {label: B, say: order}]}}
      - {name: a, postback: do=a, reply: you took A}
      - {name: hi, on: follow, reply: welcome}
      - {name: file, on: [message.image, message.file], reply: thanks}
      - {name: picture, exact: picture, reply: {type: sticker, packageId: '446', stickerId: '1988'}}
      - {name: name, exact: me, reply: '{sender.name}'}
      - {name: said, exact: nothing, reply: nothing}
      - {name: rest, otherwise: true, reply: well}
"""
PLAYED = {
    "booking": ["我要預約明天下午", "/2", "0912-345-678", "/1"],
    "order": ["我要點餐", "/1", "大杯", "2", "不用了", "自取", "02-2345-6789", "/1", "/follow"],
    "rollcall": ["點名", "/group G", "球隊 點名", "/as bob", "/1", "/as eve", "/2", "/as mei", "球隊 截止"],
    "quiz": ["抽獎", "/1", "/1", "抽獎", "/as bob", "抽獎", "雪山", "/sticker"],
}


@asynccontextmanager
async def playing(folder: Path) -> AsyncIterator[tuple[Scene, ManualClock]]:
    (folder / "bot.yaml").write_text(BOT, "utf-8")
    clock = ManualClock(BEGIN)
    configuration = load([folder / "bot.yaml"], PluginRegistry.discover(), is_simulated=True)
    playground = await Playground.open(configuration, clock, IMPATIENT)
    try:
        yield Scene(playground, "shop", "mei", None), clock
    finally:
        await playground.close()


async def saved(folder: Path, lines: Sequence[str]) -> str:
    """Return what is written of *lines*, and make sure that it can be played."""
    async with playing(folder) as (scene, _):
        for line in lines:
            exchange = await scene.play(line)
            scene.buttons = [] if exchange is None else buttons_of(scene.playground.platform("shop"), exchange.messages)
        scene.save(f"{folder / 'saved.yaml'} all")
    played = hookline(folder, "test", "saved.yaml")
    assert played.returncode == 0, played.stdout + played.stderr
    return (folder / "saved.yaml").read_text("utf-8").partition("  steps:\n")[2].replace("      ", "")


@pytest.mark.parametrize("example", PLAYED)
def test_example_that_was_played_goes_the_same_way_again(example: str, tmp_path: Path) -> None:
    lines = [
        *PLAYED[example],
        "/save tests/it.yaml as it was played",
        "/new",
        PLAYED[example][0],
        "/save tests/it.yaml b",
    ]
    chat = hookline(tmp_path, "-c", str(EXAMPLES / f"{example}.yaml"), "dev", stdin="\n".join(lines))

    played = hookline(tmp_path, "-c", str(EXAMPLES / f"{example}.yaml"), "test")

    assert "saved 1 step as `b`: `hookline test tests/it.yaml` plays them" in chat.stdout, chat.stdout
    assert (played.returncode, played.stdout.splitlines()[:2]) == (0, ["ok    as it was played", "ok    b"]), (
        played.stdout
    )
    assert "~" not in (tmp_path / "tests" / "it.yaml").read_text("utf-8")


def test_page_shows_what_is_written(tmp_path: Path) -> None:
    page = (EXAMPLES.parents[1] / "docs" / "flows.md").read_text("utf-8")
    typed, shown = re.findall(r"^```console\n\$ hookline chat.*?\n(.*?)^```\n\n```yaml\n(.*?)^```", page, re.M | re.S)[
        0
    ]
    lines = typed.replace("mei> ", "")
    hookline(tmp_path, "-c", str(EXAMPLES / "booking.yaml"), "dev", stdin=lines)

    written = (tmp_path / "tests" / "clinic.yaml").read_text("utf-8")
    day = re.compile(r"at: .*|\d+月\d+日（.）")
    assert day.sub("", written) == day.sub("", shown)


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        (["menu", "/1"], "- says: menu\n  hears: two\n- taps: A\n  hears: you took A\n"),
        (["menu", "/2"], "- says: menu\n  hears: two\n- taps: B\n  hears: which?\n"),
        (["/tap do=a"], "- sends: {postback: {data: do=a}}\n  hears: you took A\n"),
        (["/follow", "/unfollow"], "- follows: true\n  hears: welcome\n- leaves: true\n  hears: nothing\n"),
        (["/image"], "- sends: {image: {name: dot.png}}\n  hears: thanks\n"),
        (["/sticker"], "- sends: message.sticker\n  hears: well\n"),
        (["nothing"], "- says: nothing\n  hears:\n    - nothing\n"),
        (["picture"], "- says: picture\n  hears: {json: {type: sticker}}\n"),
        (['/event beacon {"beacon": {"hwid": "5"}}'], "- sends: {beacon: {beacon: {hwid: '5'}}}\n  hears: nothing\n"),
    ],
)
async def test_what_is_done_becomes_a_step(lines: list[str], written: str, tmp_path: Path) -> None:
    assert await saved(tmp_path, lines) == written


async def test_whoever_acts_in_a_group_is_named(tmp_path: Path) -> None:
    async with playing(tmp_path) as (scene, _):
        await scene.play("me")
        scene.user, scene.group = "bob", "family"
        await scene.play("/@ me")
        scene.save(f"{tmp_path / 'saved.yaml'} all")

    text = (tmp_path / "saved.yaml").read_text("utf-8")
    assert "      - says: me\n        hears: mei\n" in text
    assert "      - says: me\n        as: bob\n        in: family\n        mention: true\n" in text
    assert hookline(tmp_path, "test", "saved.yaml").returncode == 0


async def test_time_that_passes_is_kept_where_it_is_long(tmp_path: Path) -> None:
    async with playing(tmp_path) as (scene, clock):
        await scene.play("order")
        clock.advance(59)
        await scene.play("hm")
        await scene.playground.passes(clock, 3600)
        await scene.play("tea")
        clock.advance(90)
        await scene.play("menu")
        scene.save(f"{tmp_path / 'saved.yaml'} all")

    text = (tmp_path / "saved.yaml").read_text("utf-8")
    assert "    at: 2026-11-30 09:33:20\n" not in text
    assert "      - waits: 1h\n        pushed: still there?\n      - says: tea\n" in text
    assert "      - waits: 90s\n      - says: menu\n" in text
    assert hookline(tmp_path, "test", "saved.yaml").returncode == 0


async def test_new_scene_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    async with playing(tmp_path) as (scene, _):
        await scene.play("order")
        await scene.begin_anew()
        said = await scene.play("tea")
        scene.save(f"{tmp_path / 'saved.yaml'} all")

    assert (said.texts if said else None, scene.buttons) == (["well"], [])
    (case,) = read_script(tmp_path / "saved.yaml").cases
    assert [step.value for step in case.steps] == ["tea"]


async def test_what_is_there_stays_byte_for_byte(tmp_path: Path) -> None:
    before = (
        '# mine\nbot:   shop\r\ntests:   # all\n- name: "one"   # 1\n  steps: [{says: hi}]\n  # the end\n\n# below\n'
    )
    path = tmp_path / "mine.yaml"
    path.write_bytes(before.encode())
    async with playing(tmp_path) as (scene, _):
        await scene.play("me")
        scene.save(f"{path} two")

    after = path.read_bytes().decode()
    begun, end = before.split("\n\n# below")
    assert after.startswith(begun)
    assert after.endswith(f"\n\n# below{end}")
    assert [case.name for case in read_script(path).cases] == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "bot: cafe\ntests: [{name: a, steps: [{says: hi}]}]\n",
            "1:6: these are conversations with `cafe`, not with `shop`",
        ),
        ("bot: shop\ntests:\n  - name: new\n    steps: [{says: hi}]\n", "3:11: there is a conversation `new` already"),
        (BOT, "1:1: the file holds no conversations"),
        ("hello\n", "1:1: the file must be a mapping"),
        ("tests: [\n", "2:1: "),
        ("tests: []\n", "1:1: `tests` is written in brackets"),
        (b"\xff\xfe", "1:1: the file is not UTF-8"),
    ],
)
async def test_file_of_something_else_is_left_alone(content: str | bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "there.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    async with playing(tmp_path) as (scene, _):
        await scene.play("me")
        with pytest.raises(UnsavedError) as caught:
            scene.save(f"{path} new")

    assert str(caught.value).startswith(f"{path}:{said}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("rest", ["", "one.yaml", "'a b.yaml'", "  "])
async def test_file_and_name_are_asked_for(rest: str, tmp_path: Path) -> None:
    async with playing(tmp_path) as (scene, _):
        with pytest.raises(UnsavedError) as caught:
            scene.save(rest)

    wanted = "say where, and as what: /save FILE NAME, as in /save tests/booking.yaml books a table"
    assert str(caught.value) == wanted


@pytest.mark.parametrize("name", ["", "/dev/full", "taken/file.yaml", "x" * 300, "a\0b"])
async def test_place_that_takes_no_file_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    async with playing(tmp_path) as (scene, _):
        await scene.play("me")
        with pytest.raises(UnsavedError, match=r"can't (read|write) the file"):
            scene.save(f"'{tmp_path / name}' a")


async def test_nothing_is_saved_of_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path) as (scene, _):
        with pytest.raises(UnsavedError, match="nothing has been played with `shop` yet"):
            scene.save(f"{tmp_path / 'a.yaml'} a")

    assert not (tmp_path / "a.yaml").exists()

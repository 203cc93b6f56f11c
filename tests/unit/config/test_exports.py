"""Check that what LINE's Flex simulator exports becomes a message, and that files can stand for parts of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hookline.adapters.line.messages.exports import MAX_ALT_TEXT, exported
from hookline.routing.actions import Respond
from tests.support import configured, findings
from tests.unit.config.broken import ENVIRONMENT, HEAD, error, found_in, warning
from tests.unit.line.samples import BUBBLE, RICH, box


def bubble(*texts: str, **blocks: Any) -> dict[str, Any]:
    contents = [{"type": "text", "text": one} for one in texts]
    return {"type": "bubble", "body": box(*contents), **blocks}


ALT_TEXTS: list[tuple[Mapping[str, Any], str | None]] = [
    (bubble("牛肉麵", "180"), "牛肉麵"),
    (bubble("  牛肉麵\n"), "牛肉麵"),
    (bubble(" ", "牛肉麵"), "牛肉麵"),
    (bubble("body", header=box({"type": "text", "text": "header"})), "header"),
    (bubble(footer=box({"type": "text", "text": "footer"})), "footer"),
    (bubble("first", hero={"type": "image", "url": "https://x/a"}), "first"),
    ({"type": "bubble", "hero": box({"type": "text", "text": "hero"}), "body": box()}, "hero"),
    ({"type": "bubble", "body": box(box(box({"type": "text", "text": "deep"})))}, "deep"),
    (RICH, "永康小店"),
    ({"type": "bubble", "body": box({"type": "text", "contents": [{"type": "span", "text": "span"}]})}, "span"),
    ({"type": "carousel", "contents": [bubble(), bubble("second")]}, "second"),
    (bubble("a" * MAX_ALT_TEXT), "a" * MAX_ALT_TEXT),
    (bubble("a" * (MAX_ALT_TEXT + 1)), "a" * (MAX_ALT_TEXT - 1) + "…"),
    (bubble("a" * (MAX_ALT_TEXT - 5) + "{sender.name}"), "a" * (MAX_ALT_TEXT - 5) + "…"),
    (bubble("{sender.name}您好" + "a" * MAX_ALT_TEXT), "{sender.name}您好" + "a" * (MAX_ALT_TEXT - 16) + "…"),
    (bubble(), None),
    (BUBBLE, None),
    ({"type": "bubble"}, None),
    ({"type": "carousel", "contents": 7}, None),
]


@pytest.mark.parametrize(("export", "alt_text"), ALT_TEXTS)
def test_first_text_that_is_read_is_the_alt_text(export: Mapping[str, Any], alt_text: str | None) -> None:
    found = exported(export)

    assert found is not None
    assert found.message == {"type": "flex", "contents": export, **({"altText": alt_text} if alt_text else {})}


@pytest.mark.parametrize("body", [{}, {"type": "flex"}, {"type": "box"}, {"type": None}, {"type": ["bubble"]}])
def test_what_is_no_container_is_no_export(body: Mapping[str, Any]) -> None:
    assert exported(body) is None


MENU, SIDE = bubble("牛肉麵"), bubble("小菜")
FLEX = {"type": "flex", "altText": "牛肉麵", "contents": MENU}
FILES = {"menu.json": MENU, "side.json": SIDE, "both.json": [MENU, SIDE], "whole.json": FLEX, "buttons.json": [1]}
QUICK = {"items": [{"type": "action", "action": {"type": "camera", "label": "照相"}}]}


@pytest.mark.parametrize(
    ("reply", "sent"),
    [
        ("{json: menu.json}", [FLEX]),
        ("[{json: menu.json}, 好]", [FLEX, {"type": "text", "text": "好"}]),
        ("{json: menu.json, altText: 菜單}", [{**FLEX, "altText": "菜單"}]),
        ("{json: menu.json, quickReply: {json: quick.json}}", [{**FLEX, "quickReply": QUICK}]),
        ("{json: menu.json, sender: {name: 小店}}", [{**FLEX, "sender": {"name": "小店"}}]),
        ("{json: menu.json, unchecked: true}", [{**FLEX, "unchecked": True}]),
        ("{json: whole.json}", [FLEX]),
        ("{json: whole.json, unchecked: true}", [{**FLEX, "unchecked": True}]),
        ("{json: both.json}", [FLEX, {"type": "flex", "altText": "小菜", "contents": SIDE}]),
        (
            "{json: both.json, altText: 菜單}",
            [{"type": "flex", "altText": "菜單", "contents": one} for one in (MENU, SIDE)],
        ),
        ("{type: flex, altText: 菜單, contents: {json: menu.json}}", [{**FLEX, "altText": "菜單"}]),
        ("{type: text, text: a, quickReply: {json: quick.json}}", [{"type": "text", "text": "a", "quickReply": QUICK}]),
        (
            "{type: flex, altText: 菜單, contents: {type: carousel, contents: [{json: menu.json}, {json: side.json}]}}",
            [{"type": "flex", "altText": "菜單", "contents": {"type": "carousel", "contents": [MENU, SIDE]}}],
        ),
    ],
)
def test_files_are_put_together(reply: str, sent: list[Any], tmp_path: Path) -> None:
    _write(tmp_path, FILES | {"quick.json": QUICK})

    (answer,) = configured(tmp_path, route(reply), ENVIRONMENT).bots["shop"].routes

    assert isinstance(answer.action, Respond)
    assert [message.body for message in answer.action.choices[0].in_language(None)] == sent


def route(reply: str) -> str:
    return f"{HEAD}    routes:\n      - {{name: a, keyword: a, reply: {reply}}}\n"


def test_mistake_in_an_export_is_found_at_its_place_there(tmp_path: Path) -> None:
    text = '{"type": "bubble",\n "body": {"type": "box", "layout": "vertcal",\n "contents": []}}'
    (tmp_path / "menu.json").write_text(text)

    found = findings(tmp_path, route("{json: menu.json, altText: 菜單}"), ENVIRONMENT)

    assert [str(one).removeprefix(f"{tmp_path}/") for one in found] == [
        "menu.json:2:36: line would refuse `contents.body.layout`: unknown value `vertcal`"
    ]


def test_mistake_in_a_part_is_found_at_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "menu.json").write_text('{"type": "bubble",\n "boddy": {}}')
    reply = "{type: flex, altText: '', contents: {type: carousel, contents: [{json: menu.json}]}}"

    found = findings(tmp_path, route(reply), ENVIRONMENT)

    assert [str(one).removeprefix(f"{tmp_path}/") for one in found] == [
        "bot.yaml:7:60: line would refuse `altText`: may not be empty in a `flex` message",
        "menu.json:2:2: line would refuse `contents.contents[0].boddy`: unknown key in an item of `contents`",
    ]


def test_placeholder_of_an_export_is_found_once_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "menu.json").write_text(json.dumps(bubble("{sender.nme}您好")))

    found = findings(tmp_path, route("{json: menu.json}"), ENVIRONMENT)

    assert [(one.place.file, one.message) for one in found] == [
        (str(tmp_path / "menu.json"), "unknown name in `{sender.nme}`")
    ]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("{json: picture.json}", error(7, 38, "line would refuse `altText`: is missing in a `flex` message")),
        ("{json: menu.json, contents: {}}", error(7, 56, "unknown key `contents` beside `json:`")),
        (
            "{json: menu.json, alttext: a}",
            warning(7, 56, "line would ignore `alttext`: unknown key in a `flex` message", "did you mean `altText`?"),
        ),
        (
            "{json: menu.json, altText: }",
            warning(
                7,
                56,
                "nothing stands behind `altText`, so the message goes out without it",
                "write its value, or leave the key out",
            ),
        ),
        ("{json: whole.json, altText: a}", error(7, 57, "unknown key `altText` beside `json:`")),
        (
            "{type: flex, altText: a, contents: {json: none.json}}",
            error(7, 80, "can't read `none.json`: No such file or directory", "it is looked for in FOLDER"),
        ),
        (
            "{json: menu.json, quickReply: {json: none.json}}",
            error(7, 75, "can't read `none.json`: No such file or directory", "it is looked for in FOLDER"),
        ),
        (
            "{json: menu.json, unchecked: 'yes'}",
            error(7, 67, "expected true or false, unquoted, for `unchecked`"),
        ),
        ("{type: text, text: a, unchecked: 1}", error(7, 71, "expected true or false, unquoted, for `unchecked`")),
    ],
)
def test_mistake_around_a_file_is_found_at_its_place(reply: str, expected: Any, tmp_path: Path) -> None:
    _write(tmp_path, FILES | {"picture.json": bubble()})

    found = found_in(tmp_path, route(reply))

    assert len(found) == 1
    assert expected.fits(found[0]), found


def _write(folder: Path, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")

"""Tell what may be new on the platform from what is wrong, and what a value of another shape means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hookline.adapters.flaws import judged, mended, where
from hookline.adapters.line.messages.chats import check_in_chat
from hookline.adapters.line.messages.check import MAX_FLAWS, check_messages
from tests.unit.line.samples import (
    ACTION,
    BUBBLE,
    BUY,
    EVERYONE,
    LAUGH,
    URL,
    body,
    box,
    buttons,
    columns,
    flex,
    imagemap,
    quick_reply,
    template,
    text,
    v2,
)

NEW = {
    "message": ({"type": "hologram", "model": URL}, "type"),
    "message that resembles another": ({"type": "textV3", "text": ""}, "type"),
    "template": (template("survey", questions=[]), "template.type"),
    "action without a label": (buttons({"type": "share", "to": "friends"}), "template.actions[0].type"),
    "action of a quick reply": (quick_reply({"type": "contact"}), "quickReply.items[0].action.type"),
    "action of an imagemap": (imagemap(actions=[{"type": "call"}]), "actions[0].type"),
    "container": (flex({"type": "grid", "contents": []}), "contents.type"),
    "component": (body({"type": "chart", "data": [1]}), "contents.body.contents[0].type"),
    "key of a bubble": (flex({**BUBBLE, "aside": box()}), "contents.aside"),
    "key of a component": (body({"type": "text", "text": "t", "shadow": "sm"}), "contents.body.contents[0].shadow"),
    "value of a component": (
        body({"type": "button", "style": "outline", "action": BUY}),
        "contents.body.contents[0].style",
    ),
    "size of a bubble": (flex({**BUBBLE, "size": "tera"}), "contents.size"),
    "size of a text": (body({"type": "text", "text": "t", "size": "6xl"}), "contents.body.contents[0].size"),
    "word for a size of a text": (
        body({"type": "text", "text": "t", "size": "huge"}),
        "contents.body.contents[0].size",
    ),
    "word for a margin": (body({"type": "separator", "margin": "mega"}), "contents.body.contents[0].margin"),
    "mode of a picker": (
        quick_reply({**BUY, "type": "datetimepicker", "mode": "month"}),
        "quickReply.items[0].action.mode",
    ),
    "form of a picture": (buttons(imageAspectRatio="portrait"), "template.imageAspectRatio"),
    "substitution": (v2("{a}", a={"type": "sticker"}), "substitution.a.type"),
    "mentionee": (v2("{a}", a={"type": "mention", "mentionee": {"type": "role"}}), "substitution.a.mentionee.type"),
}
WRONG = {
    "no type": ({"text": "hi"}, "type"),
    "empty type": ({"type": ""}, "type"),
    "type that is a number": ({"type": 7}, "type"),
    "component that is no message": ({"type": "button", "action": BUY}, "type"),
    "container that is no message": (BUBBLE, "type"),
    "message where a component belongs": (body({"type": "sticker"}), "contents.body.contents[0].type"),
    "component where a box belongs": (flex({**BUBBLE, "header": {"type": "icon", "url": URL}}), "contents.header.type"),
    "action that is no message": (ACTION, "type"),
    "template that is no message": ({"type": "buttons", "text": "t"}, "type"),
    "text that is too long": (text("a" * 5_001), "text"),
    "text that is empty": (text(""), "text"),
    "picture without https": (
        {"type": "image", "originalContentUrl": "http://x/a", "previewImageUrl": URL},
        "originalContentUrl",
    ),
    "too many columns": (template("carousel", columns=columns(11)), "template.columns"),
    "size that is none": (body({"type": "text", "text": "t", "size": "-1px"}), "contents.body.contents[0].size"),
    "colour that is none": (body({"type": "text", "text": "t", "color": "red"}), "contents.body.contents[0].color"),
    "value that is no text": (body({"type": "text", "text": "t", "align": 1}), "contents.body.contents[0].align"),
    "missing key": ({"type": "sticker", "packageId": "1"}, "stickerId"),
    "area outside the picture": (
        imagemap(actions=[{"type": "message", "text": "t", "area": {"x": 0, "y": 0, "width": 1041, "height": 1}}]),
        "actions[0].area.width",
    ),
}


@pytest.mark.parametrize(("message", "path"), NEW.values(), ids=NEW)
def test_what_is_not_known_is_let_pass_by_who_lets_it(message: Mapping[str, Any], path: str) -> None:
    found = check_messages([message])

    assert [where(flaw.path[1:]) for flaw in found if flaw.stops(lets_unknown=False)] == [path]
    assert [flaw for flaw in found if flaw.stops(lets_unknown=True)] == []


@pytest.mark.parametrize(("message", "path"), WRONG.values(), ids=WRONG)
def test_what_is_known_to_be_wrong_is_never_let_pass(message: Mapping[str, Any], path: str) -> None:
    found = [where(flaw.path[1:]) for flaw in check_messages([message]) if flaw.stops(lets_unknown=True)]

    assert found == [path]


TRACKED = {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL, "trackingId": "t"}
SOMEONE = {"type": "mention", "mentionee": {"type": "user", "userId": "U1"}}
SPOT = {"type": "location", "title": "t", "address": "a", "latitude": 1, "longitude": 1}
MEANT = [
    ({**SPOT, "latitude": "25.0330", "longitude": "-121"}, 25.033, "latitude"),
    ({**SPOT, "latitude": "25", "longitude": "-121"}, -121, "longitude"),
    ({**SPOT, "longitude": "1e-05"}, 1e-05, "longitude"),
    (
        {**SPOT, "latitude": "0.30000000000000004"},
        0.30000000000000004,
        "latitude",
    ),
    ({"type": "audio", "originalContentUrl": URL, "duration": " 60000 "}, 60_000, "duration"),
    ({"type": "audio", "originalContentUrl": URL, "duration": "60.0"}, 60, "duration"),
    ({"type": "sticker", "packageId": 446, "stickerId": "1988"}, "446", "packageId"),
    (body({"type": "text", "text": "t", "wrap": "true"}), True, "contents.body.contents[0].wrap"),
    (body({"type": "text", "text": "t", "wrap": "False"}), False, "contents.body.contents[0].wrap"),
    (body({"type": "text", "text": "t", "flex": "2"}), 2, "contents.body.contents[0].flex"),
    (text(5), "5", "text"),
]
MEANINGLESS = [
    ({"type": "audio", "originalContentUrl": URL, "duration": "soon"}, "duration"),
    ({"type": "audio", "originalContentUrl": URL, "duration": "1.5"}, "duration"),
    ({"type": "audio", "originalContentUrl": URL, "duration": "1_000"}, "duration"),
    ({"type": "audio", "originalContentUrl": URL, "duration": "٣"}, "duration"),
    ({"type": "audio", "originalContentUrl": URL, "duration": True}, "duration"),
    ({**SPOT, "latitude": "NaN"}, "latitude"),
    ({**SPOT, "latitude": "25,03"}, "latitude"),
    ({**SPOT, "latitude": "1e999"}, "latitude"),
    (body({"type": "text", "text": "t", "wrap": "yes"}), "contents.body.contents[0].wrap"),
    (body({"type": "text", "text": "t", "wrap": 1}), "contents.body.contents[0].wrap"),
    (text(10.5), "text"),
    (text(True), "text"),
    (text({}), "text"),
]


@pytest.mark.parametrize(("message", "meant", "path"), MEANT, ids=[f"{path} {meant!r}" for _, meant, path in MEANT])
def test_value_that_means_one_of_the_right_shape_is_mended(message: Any, meant: object, path: str) -> None:
    found = {where(flaw.path[1:]): flaw.instead for flaw in check_messages([message])}

    again = check_messages(mended([message], check_messages([message])))
    assert (found[path], type(found[path])) == (meant, type(meant))
    assert again == []


@pytest.mark.parametrize(("message", "path"), MEANINGLESS)
def test_value_that_means_nothing_stays_wrong(message: Mapping[str, Any], path: str) -> None:
    found = [(where(flaw.path[1:]), flaw.instead) for flaw in check_messages([message])]

    assert found == [(path, None)]


def test_mending_changes_nothing_that_was_given() -> None:
    message = body({"type": "image", "url": "https://example.com/圖"})

    (after,) = mended([message], check_messages([message]))

    assert after["contents"]["body"]["contents"][0]["url"] == "https://example.com/%E5%9C%96"
    assert message == body({"type": "image", "url": "https://example.com/圖"})


def test_message_that_asks_for_it_is_left_alone_and_only_that() -> None:
    many = {"type": "flex", "unchecked": True, **{f"key{number}": 1 for number in range(2 * MAX_FLAWS)}}
    messages = [text(""), many, {**text("hi"), "unchecked": False}, {**text(""), "unchecked": False}]

    found = judged(messages, check_messages)

    assert [where(flaw.path) for flaw in found] == ["[0].text", "[3].text"]


@pytest.mark.parametrize(
    ("chat", "message", "path"),
    [
        ("user", v2("{a} {b}", a=LAUGH, b=EVERYONE), ["substitution.b.type"]),
        ("user", v2("{u}", u=SOMEONE), ["substitution.u.type"]),
        ("user", v2("{a}{b}", a=EVERYONE, b=EVERYONE), ["substitution.a.type", "substitution.b.type"]),
        ("user", v2("{a}", a=LAUGH), []),
        ("user", {"type": "textV2", "text": "hi", "substitution": None}, []),
        ("user", {"type": "textV2", "text": "hi", "substitution": [1]}, []),
        ("user", {**text("{a}"), "substitution": {"a": EVERYONE}}, []),
        ("group", v2("{a}", a=EVERYONE), []),
        ("room", v2("{a}", a=EVERYONE), []),
        ("group", TRACKED, ["trackingId"]),
        ("room", TRACKED, ["trackingId"]),
        ("user", TRACKED, []),
        ("user", {}, []),
    ],
)
def test_what_works_in_some_chats_only_is_ignored_in_others(chat: str, message: Any, path: list[str]) -> None:
    found = check_in_chat(chat, [text("hi"), message])

    assert [where(flaw.path) for flaw in found] == [f"[1].{one}" for one in path]
    assert not any(flaw.is_refused for flaw in found)

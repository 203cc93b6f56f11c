"""Know what LINE refuses: https://developers.line.biz/en/reference/messaging-api/#message-objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line.limits import check_message, units

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast is not the fact

URL = "https://example.com/a.png"
ACTION = {"type": "message", "label": "ok", "text": "ok"}
BUBBLE = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}


def paths(body: Mapping[str, Any]) -> list[str]:
    """Return where LINE would find fault with *body*."""
    return [path for path, _ in check_message(body)]


def text(value: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **fields}


def quick_reply(*actions: Mapping[str, Any]) -> dict[str, Any]:
    return text("hi", quickReply={"items": [{"type": "action", "action": action} for action in actions]})


def template(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "template", "altText": "a", "template": {"type": kind, **fields}}


def flex(contents: object, alt: str = "a") -> dict[str, Any]:
    return {"type": "flex", "altText": alt, "contents": contents}


def padded(size: int) -> dict[str, Any]:
    return {**BUBBLE, "action": {"type": "uri", "uri": "x" * size}}


@pytest.mark.parametrize(
    ("value", "count"),
    [("", 0), ("a", 1), ("菜", 1), ("🍎", 2), ("e\u0301", 2), ("👨‍👩‍👧", 8), ("\ud83c", 1), ("\0", 1)],
)
def test_units_are_those_of_utf_16(value: str, count: int) -> None:
    assert units(value) == count


@pytest.mark.parametrize(
    "body",
    [
        text("hi"),
        text("菜" * 5_000),
        text("🍎" * 2_500),
        text("hi", quoteToken="q", emojis=[], new={"field": 1}),
        {"type": "textV2", "text": "hi {x}", "substitution": {"x": {"type": "mention"}}},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "image", "originalContentUrl": URL, "previewImageUrl": URL},
        {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL},
        {"type": "audio", "originalContentUrl": URL, "duration": 60_000},
        {"type": "location", "title": "t" * 100, "address": "a" * 100, "latitude": 0, "longitude": 0},
        {"type": "coupon", "couponId": "c"},
        {"type": "imagemap", "altText": "a", "baseUrl": URL, "baseSize": {"width": 1040, "height": 1}, "actions": [{}]},
        template("buttons", text="t" * 160, actions=[ACTION] * 4),
        template("buttons", title="t" * 40, text="t" * 60, actions=[ACTION]),
        template("confirm", text="t" * 240, actions=[ACTION, ACTION]),
        template("carousel", columns=[{"text": "t", "actions": [ACTION]}] * 10),
        template("sparkle", new=True),
        flex(BUBBLE, "a" * 1_500),
        flex({"type": "carousel", "contents": [BUBBLE] * 12}),
        quick_reply(*[ACTION] * 13),
        quick_reply({"type": "postback", "label": "l" * 20, "data": "d" * 300, "displayText": "t" * 300}),
        quick_reply({"type": "uri", "label": "l", "uri": "https://" + "x" * 992}),
        quick_reply({"type": "camera", "label": "l"}),
        text("hi", sender={"name": "n" * 20, "iconUrl": URL}),
        {"type": "hologram", "depth": 3},
    ],
)
def test_what_line_takes_is_taken(body: Mapping[str, Any]) -> None:
    assert check_message(body) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "type"),
        ({"type": ""}, "type"),
        ({"type": 7}, "type"),
        ({"type": None, "text": "hi"}, "type"),
        ({"type": "text"}, "text"),
        (text(""), "text"),
        (text("a" * 5_001), "text"),
        (text("🍎" * 2_500 + "a"), "text"),
        ({"type": "textV2", "text": "a" * 5_001}, "text"),
        ({"type": "sticker", "packageId": "446"}, "stickerId"),
        ({"type": "image", "originalContentUrl": URL}, "previewImageUrl"),
        ({"type": "image", "originalContentUrl": "http://x/a.png", "previewImageUrl": URL}, "originalContentUrl"),
        ({"type": "video", "originalContentUrl": URL, "previewImageUrl": URL + "a" * 2_000}, "previewImageUrl"),
        ({"type": "audio", "originalContentUrl": URL}, "duration"),
        ({"type": "location", "title": "t", "address": "a", "latitude": 1}, "longitude"),
        ({"type": "location", "title": "t" * 101, "address": "a", "latitude": 1, "longitude": 1}, "title"),
        ({"type": "location", "title": "t", "address": "a" * 101, "latitude": 1, "longitude": 1}, "address"),
        ({"type": "coupon"}, "couponId"),
        (template("buttons", text="t" * 161, actions=[ACTION]), "template.text"),
        (template("buttons", title="t", text="t" * 61, actions=[ACTION]), "template.text"),
        (template("buttons", thumbnailImageUrl=URL, text="t" * 61, actions=[ACTION]), "template.text"),
        (template("buttons", title="t" * 41, text="t", actions=[ACTION]), "template.title"),
        (template("buttons", text="t", actions=[ACTION] * 5), "template.actions"),
        (template("buttons", text="t", actions=[]), "template.actions"),
        (template("buttons", text="t"), "template.actions"),
        (template("buttons", text="t", actions=[{"label": "l"}]), "template.actions[0]"),
        (template("buttons", text="t", actions=[ACTION, {**ACTION, "label": "l" * 21}]), "template.actions[1].label"),
        (template("confirm", text="t" * 241, actions=[ACTION, ACTION]), "template.text"),
        (template("confirm", text="t", actions=[ACTION]), "template.actions"),
        (template("confirm", text="t", actions=[ACTION] * 3), "template.actions"),
        (template("carousel", columns=[{}] * 11), "template.columns"),
        (template("image_carousel", columns=[]), "template.columns"),
        ({"type": "template", "template": {"type": "sparkle"}}, "altText"),
        (flex(BUBBLE, "a" * 1_501), "altText"),
        (flex(BUBBLE, ""), "altText"),
        (flex(None), "contents"),
        (flex({"type": "box"}), "contents.type"),
        (flex({"type": "carousel", "contents": [BUBBLE] * 13}), "contents.contents"),
        (flex({"type": "carousel", "contents": []}), "contents.contents"),
        (flex(padded(31_000)), "contents"),
        (flex({"type": "carousel", "contents": [padded(26_000)] * 2}), "contents"),
        (quick_reply(*[ACTION] * 14), "quickReply.items"),
        (text("hi", quickReply={"items": []}), "quickReply.items"),
        (text("hi", quickReply={}), "quickReply.items"),
        (text("hi", quickReply=7), "quickReply.items"),
        (quick_reply({**ACTION, "label": "l" * 21}), "quickReply.items[0].action.label"),
        (quick_reply({"label": "l"}), "quickReply.items[0].action"),
        (quick_reply({"type": "postback", "data": "d" * 301}), "quickReply.items[0].action.data"),
        (quick_reply({"type": "uri", "uri": "https://" + "x" * 993}), "quickReply.items[0].action.uri"),
        (text("hi", sender={"name": "n" * 21}), "sender.name"),
    ],
)
def test_what_line_refuses_is_named_by_its_place(body: Mapping[str, Any], where: str) -> None:
    assert where in paths(body)


def test_every_problem_of_a_message_is_named() -> None:
    body = {**flex({"type": "box"}, ""), "sender": {"name": "n" * 21}}

    assert paths(body) == ["altText", "sender.name", "contents.type"]


def test_reason_says_how_long_it_is_and_may_be() -> None:
    assert check_message(text("a" * 5_001)) == [("text", "5001 characters, at most 5000")]


# https://developers.line.biz/en/docs/messaging-api/text-character-count/: these count grapheme clusters
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(quick_reply({**ACTION, "label": "🍎" * 20}), id="label of a quick reply"),
        pytest.param(quick_reply({**ACTION, "text": "🍎" * 300}), id="text of a message action"),
        pytest.param(template("buttons", text="🍎" * 160, actions=[ACTION]), id="text of buttons"),
        pytest.param(template("buttons", title="🍎" * 40, text="t", actions=[ACTION]), id="title of buttons"),
        pytest.param(template("confirm", text="🍎" * 240, actions=[ACTION, ACTION]), id="text of confirm"),
    ],
)
def test_an_emoji_is_one_character_where_line_counts_grapheme_clusters(body: Mapping[str, Any]) -> None:
    assert check_message(body) == []


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "items", "action", "actions", "contents", "columns", "label", "name"]), inner
        )
    ),
    max_leaves=12,
)


@relaxed
@given(
    st.sampled_from(["text", "textV2", "image", "location", "template", "flex", "imagemap", "hologram"]),
    st.dictionaries(
        st.sampled_from(["text", "altText", "template", "contents", "quickReply", "sender", "originalContentUrl"]),
        _values,
    ),
)
def test_any_message_object_can_be_checked(kind: str, fields: dict[str, Any]) -> None:
    problems = check_message({**fields, "type": kind})

    assert all(isinstance(path, str) and reason for path, reason in problems)

"""What LINE's events say by name, of values of any type."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hookline.adapters.fields import OWN_FIELDS, RawPath, walk
from hookline.adapters.line.fields import FIELDS, POSTBACK_PARAMS, QUOTING
from hookline.adapters.line.parse import EVENTS
from hookline.events import Event
from tests.support import make_event
from tests.unit.line.odd_events import odd_event

ROOT = Path(__file__).parents[3]
TEXT = {"type": "text", "id": "1", "text": "hi"}


def message(kind: str, **fields: Any) -> Event:
    return make_event(None, message={"type": kind, "id": "1", **fields})


def other(kind: str, **fields: Any) -> Event:
    return make_event(None, kind=kind, **fields)


def said(event: Event) -> Mapping[str, object]:
    """Return all that *event* says, but what every event does."""
    each = {name: field.value(event) for name, field in FIELDS.items() if field.types != frozenset("*")}
    return {name: value for name, value in each.items() if value is not None}


MENTIONS = {
    "mentionees": [
        {"type": "user", "index": 0, "length": 5, "userId": "Ubot", "isSelf": True},
        {"type": "user", "index": 7, "length": 4, "userId": "U1"},
        {"type": "user", "index": 12, "length": 3},
        {"type": "all", "index": 16, "length": 4},
    ]
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (message("text", text="hi", quoteToken="q", quotedMessageId="7"), {"quote_token": "q", "quoted_message": "7"}),
        (
            message("text", text="@shop🍎@Amy @美美 @All", mention=MENTIONS),
            {"mentioned_names": ["Amy", "美美", "All"], "mentioned_ids": ["U1"]},
        ),
        (
            message("image", contentProvider={"type": "line"}, imageSet={"id": "s", "index": 1, "total": 2}),
            {"content_provider": "line", "image_set": "s", "image_number": 1, "image_count": 2},
        ),
        (
            message("video", duration=60000, contentProvider={"type": "external", "originalContentUrl": "https://a/b"}),
            {"content_provider": "external", "content_url": "https://a/b", "duration": 60000},
        ),
        (message("audio", duration=0), {"duration": 0}),
        (message("file", fileName="a.pdf", fileSize=2138), {"file_name": "a.pdf", "file_size": 2138}),
        (
            message("location", title="店", address="台北", latitude=25.03, longitude=121),
            {"title": "店", "address": "台北", "latitude": 25.03, "longitude": 121},
        ),
        (
            message(
                "sticker",
                packageId="446",
                stickerId="1988",
                stickerResourceType="MESSAGE",
                keywords=["love", "愛"],
                text="hi",
            ),
            {
                "sticker_package": "446",
                "sticker_id": "1988",
                "sticker_kind": "MESSAGE",
                "sticker_keywords": ["love", "愛"],
                "sticker_text": "hi",
            },
        ),
        (other("messageEdited", message={**TEXT, "quoteToken": "q"}), {"quote_token": "q"}),
        (other("follow", follow={"isUnblocked": False}), {"unblocked": False}),
        (
            other("memberJoined", joined={"members": [{"type": "user", "userId": "U1"}, {"userId": "U2"}]}),
            {"joined_names": ["U1", "U2"], "joined_ids": ["U1", "U2"]},
        ),
        (other("memberLeft", left={"members": [{"type": "user", "userId": "U1"}]}), {"left_ids": ["U1"]}),
        (
            other("postback", postback={"data": "x", "params": {"datetime": "2026-12-24T18:30"}}),
            {"picked_datetime": "2026-12-24T18:30"},
        ),
        (
            other("postback", postback={"data": "x", "params": {"newRichMenuAliasId": "b", "status": "SUCCESS"}}),
            {"menu_alias": "b", "menu_status": "SUCCESS"},
        ),
        (other("postback", postback={"data": "x", "params": {"date": "2026-12-24"}}), {"picked_date": "2026-12-24"}),
        (other("videoPlayComplete", videoPlayComplete={"trackingId": "t"}), {"tracking_id": "t"}),
        (
            other("beacon", beacon={"type": "stay", "hwid": "d41d8cd98f", "dm": "00ff"}),
            {"beacon_type": "stay", "beacon_hwid": "d41d8cd98f", "beacon_message": "00ff"},
        ),
        (
            other("accountLink", link={"result": "failed", "nonce": "n"}),
            {"link_result": "failed", "link_nonce": "n"},
        ),
        (
            other("membership", membership={"type": "renewed", "membershipId": 3189}),
            {"membership_type": "renewed", "membership_id": 3189},
        ),
        (other("delivery", delivery={"data": "tag"}), {"delivery_data": "tag"}),
    ],
)
def test_event_says_what_it_has(event: Event, expected: Mapping[str, object]) -> None:
    assert said(event) == expected


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("mode", other("follow"), "active"),
        ("redelivered", other("follow"), False),
        ("redelivered", other("follow", deliveryContext={"isRedelivery": True}), True),
        ("redelivered", other("follow", deliveryContext=None), None),
        ("duration", message("audio", duration="60"), None),
        ("duration", message("audio", duration=True), None),
        ("duration", message("audio", duration=float("inf")), None),
        ("unblocked", other("follow", follow={"isUnblocked": "false"}), None),
        ("unblocked", other("follow", follow=[]), None),
        ("file_name", message("file", fileName=""), None),
        ("file_name", message("file", fileName=["a"]), None),
        ("sticker_keywords", message("sticker", keywords="love"), None),
        ("sticker_keywords", message("sticker", keywords=["love", 1, None, ""]), ["love"]),
        ("sticker_keywords", message("sticker", keywords=[]), None),
        ("beacon_type", message("text", text="a", beacon={"type": "enter"}), None),
        ("sticker_text", message("text", text="a"), None),
        ("joined_ids", other("memberJoined", joined={"members": [{"userId": 1}, "U2", None]}), None),
    ],
)
def test_what_is_missing_or_of_another_type_is_not_said(name: str, event: Event, expected: object) -> None:
    assert FIELDS[name].value(event) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("message.mention.mentionees.1.userId", "U1"),
        ("message.mention.mentionees.9.userId", None),
        ("message.mention.mentionees.-1.userId", None),
        ("message.mention.mentionees.²", None),
        ("message.mention.mentionees." + "9" * 5000, None),
        ("message.mention.userId", None),
        ("message.text.0", None),
        ("message", {"type": "text", "id": "1", "text": "hi", "mention": MENTIONS}),
        ("message.id", "1"),
        ("mode", "active"),
        ("nothing", None),
    ],
)
def test_raw_path_is_followed_as_far_as_it_goes(path: str, expected: object) -> None:
    assert RawPath.of(path)(message("text", text="hi", mention=MENTIONS)) == expected


def test_one_who_joined_is_the_events_user() -> None:
    members = [{"type": "user", "userId": "U1"}]

    assert other("memberJoined", user=None, group="g", joined={"members": members}).user == "U1"
    assert other("memberJoined", user=None, group="g", joined={"members": members * 2}).user is None
    assert other("memberJoined", user=None, group="g", joined={"members": [7]}).user is None
    assert other("memberLeft", user=None, group="g", left={"members": members}).user is None


def test_standby_has_no_token() -> None:
    assert other("follow", mode="standby").ways == ()
    assert other("follow").ways[0].to == "token"


def test_declaration_is_in_itself_right() -> None:
    kinds = {kind for field in FIELDS.values() for kind in field.types} - {"*"}

    assert kinds <= EVENTS.keys()
    assert not FIELDS.keys() & OWN_FIELDS.keys()
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in FIELDS)
    assert all(field.doc.endswith(".") for field in FIELDS.values())
    assert QUOTING.field in FIELDS
    paths = {field.read.steps[-1] for field in FIELDS.values() if isinstance(field.read, RawPath)}
    assert paths >= POSTBACK_PARAMS


def test_every_name_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "config.md").read_text("utf-8").partition("## What an event says")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(\w+)`", text))

    assert sorted((FIELDS.keys() | OWN_FIELDS.keys()) - told) == []


def test_no_event_is_an_error() -> None:
    chance = random.Random(23)
    paths = [field.read.steps for field in FIELDS.values() if isinstance(field.read, RawPath)]
    for _ in range(10_000):
        event = odd_event(chance)
        values = [field.value(event) for field in (*FIELDS.values(), *OWN_FIELDS.values())]

        assert all(isinstance(value, str | int | float | bool | list | None) for value in values)
        assert all(walk(event.raw, path) is None or path[0] in event.raw for path in paths)

"""Read what LINE sends, and whatever else is signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line import parse
from hookline.errors import NotAWebhookError
from hookline.events import Attachment, Chat, Event
from hookline.testing import events
from tests.support import NOW

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast is not the fact

MEI = events.user_id("mei")
FAMILY = events.group_id("family")
ROOM = "R" + "0" * 32


def read(raw: Mapping[str, Any], received_at: int = NOW) -> Event:
    """Return *raw* as an event of the bot `shop`."""
    return parse.read("shop", raw, received_at)


def text_event(text: str, *mentionees: object) -> dict[str, Any]:
    """Return a raw text event that mentions *mentionees*."""
    message = {**events.text_message(text), "mention": {"mentionees": list(mentionees)}}
    return events.event("message", now=NOW, message=message, reply_token="token")


def me(index: object, length: object, **fields: Any) -> dict[str, Any]:
    """Return a mention of the bot itself."""
    return {"index": index, "length": length, "type": "user", "isSelf": True, **fields}


# Bodies


def test_empty_list_of_events_is_a_webhook() -> None:
    assert parse.load(b'{"destination":"U","events":[]}') == []


def test_white_space_and_the_order_of_properties_do_not_matter() -> None:
    body = b'\r\n{ "events" : [ { "b" : 1 , "a" : 2 } ] ,\t"destination" : "U" }\n'

    assert parse.load(body) == [{"a": 2, "b": 1}]


def test_destination_may_be_missing() -> None:
    assert parse.load(b'{"events":[{}]}') == [{}]


@pytest.mark.parametrize("depth", [1, 60])
def test_nesting_up_to_the_limit_is_read(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth

    assert len(parse.load(b'{"events":[{"a":' + nested + b"}]}")) == 1


@pytest.mark.parametrize("depth", [62, 1_000, 100_000])
def test_nesting_over_the_limit_is_no_webhook(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth

    with pytest.raises(NotAWebhookError, match="nested deeper than 64"):
        parse.load(b'{"events":[{"a":' + nested + b"}]}")


@pytest.mark.parametrize("text", ["[" * 5_000, '\\"[' * 200, "\\", "[\\", '"' + "{" * 100, "菜" * 90 + "[{" * 99])
def test_brackets_in_a_text_are_no_nesting(text: str) -> None:
    body = json.dumps({"events": [{"a": text, "b": [1]}]}).encode()

    assert parse.load(body) == [{"a": text, "b": [1]}]


def test_many_shallow_objects_are_no_nesting() -> None:
    body = json.dumps({"events": [{"a": [{}, {}]} for _ in range(1_000)]}).encode()

    assert len(parse.load(body)) == 1_000


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes_are_a_webhook_or_refused(body: bytes) -> None:
    try:
        found = parse.load(body)
    except NotAWebhookError:
        return
    assert isinstance(found, list)


# Identity


def test_id_is_the_webhook_event_id() -> None:
    raw = events.event("follow", now=NOW)

    assert read(raw).id == raw["webhookEventId"]


@pytest.mark.parametrize("given_id", [None, "", 7, [], {}])
def test_missing_or_odd_id_becomes_a_hash(given_id: object) -> None:
    event = read({**events.event("follow", now=NOW), "webhookEventId": given_id})

    assert len(event.id) == 64


def test_hash_is_the_same_for_a_redelivery() -> None:
    raw = {**events.event("follow", now=NOW), "webhookEventId": None}

    again = {**raw, "deliveryContext": {"isRedelivery": True}}

    assert read(raw).id == read(again).id


def test_hash_does_not_depend_on_the_order_of_properties() -> None:
    raw = {**events.event("follow", now=NOW), "webhookEventId": None}

    turned = dict(reversed(raw.items()))

    assert read(raw).id == read(turned).id


def test_hash_differs_for_another_event() -> None:
    raw = {**events.event("follow", now=NOW), "webhookEventId": None}

    assert read(raw).id != read({**raw, "timestamp": NOW + 1}).id


# Types


@pytest.mark.parametrize("kind", [*parse.EVENTS, "sparkle", "message.hologram"])
def test_type_is_the_raw_type_dotted_for_messages(kind: str) -> None:
    outer, _, inner = kind.partition(".")
    raw = events.event(outer, now=NOW, message={"id": "1", "type": inner})

    assert read(raw).type == kind


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({}, "unknown"),
        ({"type": None}, "unknown"),
        ({"type": 7}, "unknown"),
        ({"type": ""}, "unknown"),
        ({"type": "message"}, "message.unknown"),
        ({"type": "message", "message": []}, "message.unknown"),
        ({"type": "message", "message": {"type": 7}}, "message.unknown"),
    ],
)
def test_missing_type_is_unknown(raw: Mapping[str, Any], kind: str) -> None:
    assert read(raw).type == kind


def test_raw_object_is_kept_untouched() -> None:
    raw = events.event("sparkle", now=NOW, sparkle={"new": [1, None, {"a": "b"}]})

    assert read(raw).raw is raw


# Sources


@pytest.mark.parametrize(
    ("source", "chat", "user"),
    [
        ({"type": "user", "userId": MEI}, Chat("user", MEI), MEI),
        ({"type": "group", "groupId": FAMILY, "userId": MEI}, Chat("group", FAMILY), MEI),
        ({"type": "group", "groupId": FAMILY}, Chat("group", FAMILY), None),
        ({"type": "room", "roomId": ROOM, "userId": MEI}, Chat("room", ROOM), MEI),
        ({"type": "room", "roomId": ROOM}, Chat("room", ROOM), None),
    ],
)
def test_chat_is_where_it_happened_and_user_who_did_it(source: Mapping[str, str], chat: Chat, user: str | None) -> None:
    event = read({**events.event("message", now=NOW), "source": source})

    assert (event.chat, event.user, event.conversation) == (chat, user, chat.id)


@pytest.mark.parametrize(
    "source", [None, {}, [], "U1", {"type": "user"}, {"type": "galaxy", "galaxyId": "G"}, {"type": 7, "userId": 7}]
)
def test_event_without_a_source_is_its_own_conversation(source: object) -> None:
    event = read({**events.event("accountLink", now=NOW), "source": source})

    assert (event.chat, event.user) == (Chat("none", ""), None)
    assert event.conversation == f"event:{event.id}"


# Texts and other contents


def test_text_is_what_was_typed() -> None:
    assert read(text_event(" 菜單\0\ud83c ")).text == " 菜單\0\ud83c "


def test_edited_message_has_its_new_text() -> None:
    raw = events.event("messageEdited", now=NOW, message=events.text_message("新"))

    assert (read(raw).text, read(raw).type) == ("新", "messageEdited")


@pytest.mark.parametrize("kind", ["sticker", "file", "hologram"])
def test_text_of_anything_but_a_text_message_is_not_typed_text(kind: str) -> None:
    raw = events.event("message", now=NOW, message={"id": "1", "type": kind, "text": "hi"})

    assert read(raw).text is None


@pytest.mark.parametrize("text", ["", None, 7, ["hi"]])
def test_empty_or_odd_text_is_none(text: object) -> None:
    raw = events.event("message", now=NOW, message={"id": "1", "type": "text", "text": text})

    assert read(raw).text is None


def test_message_id_is_the_message_s_own() -> None:
    raw = text_event("hi")

    assert read(raw).message_id == raw["message"]["id"]


def test_message_id_of_an_unsend_is_that_of_the_message_taken_back() -> None:
    assert read(events.event("unsend", now=NOW, unsend={"messageId": "325708"})).message_id == "325708"


def test_postback_is_its_data() -> None:
    assert read(events.event("postback", now=NOW, postback={"data": "a=1"})).postback == "a=1"


def test_postback_data_of_another_event_is_none() -> None:
    assert read(events.event("follow", now=NOW, postback={"data": "a=1"})).postback is None


def test_reply_token_may_be_missing() -> None:
    assert read(events.event("unfollow", now=NOW)).ways == ()


@pytest.mark.parametrize(("mode", "is_standby"), [("standby", True), ("active", False), ("new", False), (None, False)])
def test_only_standby_is_standby(mode: object, is_standby: bool) -> None:
    assert read({**events.event("follow", now=NOW), "mode": mode}).is_standby is is_standby


@pytest.mark.parametrize(
    ("context", "is_redelivery"),
    [
        ({"isRedelivery": True}, True),
        ({"isRedelivery": False}, False),
        ({"isRedelivery": 1}, False),
        ({}, False),
        (7, False),
    ],
)
def test_redelivery_is_only_what_says_so(context: object, is_redelivery: bool) -> None:
    assert read({**events.event("follow", now=NOW), "deliveryContext": context}).is_redelivery is is_redelivery


@pytest.mark.parametrize("timestamp", [None, 0, -1, 10**15, 10**400, "1", 1.5, float("inf"), float("nan"), []])
def test_odd_timestamp_becomes_the_time_of_receipt(timestamp: object) -> None:
    assert read({**events.event("follow", now=NOW), "timestamp": timestamp}, NOW + 7).timestamp == NOW + 7


# Mentions


@pytest.mark.parametrize(
    ("text", "index", "length", "called"),
    [
        ("@bot hi", 0, 4, "@bot"),
        ("hi @bot", 3, 4, "@bot"),
        ("🍎@bot hi", 2, 4, "@bot"),
        ("👨‍👩‍👧 @小店🍜 菜單", 9, 5, "@小店🍜"),
        ("@🍎🍎", 0, 5, "@🍎🍎"),
        ("e\u0301@bot", 2, 4, "@bot"),
        ("@bot", 0, 4_000, "@bot"),
        ("@bot", 0, 10**30, "@bot"),
        ("@bot", 9, 4, ""),
    ],
)
def test_mention_is_counted_in_utf_16_units(text: str, index: int, length: int, called: str) -> None:
    ((start, end),) = read(text_event(text, me(index, length))).calls

    assert text[start:end] == called


def test_every_mention_of_the_bot_is_a_call() -> None:
    assert read(text_event("@bot @bot", me(0, 4), me(5, 4))).calls == ((0, 4), (5, 9))


@pytest.mark.parametrize(
    "other",
    [
        {"index": 0, "length": 4, "type": "all"},
        {"index": 0, "length": 4, "type": "user", "userId": MEI},
        {"index": 0, "length": 4, "type": "user", "userId": MEI, "isSelf": False},
        {"index": 0, "length": 4, "type": "user", "isSelf": "true"},
        {"index": 0, "length": 4, "type": "user", "isSelf": 1},
        None,
        7,
        "bot",
        [],
    ],
)
def test_mention_of_somebody_else_is_no_call(other: object) -> None:
    assert read(text_event("@All hi", other)).calls == ()


@pytest.mark.parametrize(
    ("index", "length"), [(None, None), (-1, 4), (0, 0), (0, -1), ("0", "4"), (0.0, 4.0), ([], {})]
)
def test_mention_of_the_bot_without_a_place_is_a_call_all_the_same(index: object, length: object) -> None:
    assert read(text_event("@bot hi", me(index, length))).calls == ((0, 0),)


@pytest.mark.parametrize("mention", [None, [], 7, {}, {"mentionees": None}, {"mentionees": {}}, {"mentionees": "x"}])
def test_odd_mention_is_no_call(mention: object) -> None:
    raw = events.event("message", now=NOW, message={"id": "1", "type": "text", "text": "hi", "mention": mention})

    assert read(raw).calls == ()


# What was taken back


def test_redacted_message_keeps_ids_and_loses_what_was_written() -> None:
    raw = text_event("secret", me(0, 4))

    redacted = parse.redact(raw)

    assert redacted["message"] == {"id": raw["message"]["id"], "type": "text", "text": ""}
    assert {**redacted, "message": None} == {**raw, "message": None}


@pytest.mark.parametrize("kind", ["image", "file", "location", "sticker"])
def test_redacted_message_of_any_type_keeps_only_id_and_type(kind: str) -> None:
    raw = events.event("message", now=NOW, message={"id": "1", "type": kind, "fileName": "secret", "address": "secret"})

    assert parse.redact(raw)["message"] == {"id": "1", "type": kind}


def test_redacted_event_is_the_same_event() -> None:
    raw = text_event("secret")

    before, after = read(raw), read(parse.redact(raw))

    assert (after.id, after.type, after.conversation, after.message_id) == (
        before.id,
        before.type,
        before.conversation,
        before.message_id,
    )


# Anything at all

_NAMES = [
    "type", "mode", "timestamp", "source", "webhookEventId", "deliveryContext", "isRedelivery", "message", "id", "text",
    "mention", "mentionees", "index", "length", "isSelf", "userId", "groupId", "roomId", "replyToken", "unsend",
    "messageId", "postback", "data",
]  # fmt: skip
_WORDS = ["message", "text", "user", "group", "room", "unsend", "postback", "messageEdited", "standby", "sticker"]
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()), max_size=8)
    | st.sampled_from(_WORDS)
)
_names = st.sampled_from(_NAMES) | st.text(max_size=4)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=25,
)
objects = st.dictionaries(_names, _values, max_size=10)


@relaxed
@given(objects)
def test_any_object_is_an_event(raw: dict[str, Any]) -> None:
    event = read(raw)

    assert event.id
    assert event.type
    assert event.conversation
    assert event.time.year >= 1970
    assert all(0 <= start <= end <= len(event.text or "") for start, end in event.calls)


@relaxed
@given(objects)
def test_any_object_is_the_same_event_after_it_was_stored(raw: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(raw))

    assert read(stored) == read(raw)


@relaxed
@given(objects)
def test_any_object_can_be_redacted_and_read_again(raw: dict[str, Any]) -> None:
    assert read(parse.redact(raw)).conversation


# Files


@pytest.mark.parametrize(
    ("message", "attachment"),
    [
        ({"type": "image", "contentProvider": {"type": "line"}}, Attachment("image")),
        ({"type": "image"}, Attachment("image")),
        ({"type": "video", "duration": 5, "contentProvider": {"type": "line"}}, Attachment("video")),
        ({"type": "audio"}, Attachment("audio")),
        ({"type": "file", "fileName": "a.pdf", "fileSize": 12}, Attachment("file", "a.pdf", 12)),
        ({"type": "file", "fileName": "", "fileSize": 0}, Attachment("file", None, 0)),
        ({"type": "file", "fileName": 7, "fileSize": "12"}, Attachment("file")),
        ({"type": "file", "fileSize": True}, Attachment("file")),
        ({"type": "file", "fileSize": -1}, Attachment("file")),
        (
            {"type": "video", "contentProvider": {"type": "external", "originalContentUrl": "https://a.example/v"}},
            Attachment("video", url="https://a.example/v"),
        ),
        ({"type": "image", "contentProvider": {"type": "external"}}, Attachment("image", url="")),
        ({"type": "image", "contentProvider": "line"}, Attachment("image")),
        ({"type": "text", "text": "hi", "fileName": "a"}, None),
        ({"type": "sticker"}, None),
        ({"type": "hologram", "fileName": "a"}, None),
        ({}, None),
    ],
)
def test_attachment_is_what_the_event_says_of_a_file(message: dict[str, Any], attachment: Attachment | None) -> None:
    assert read(events.event("message", now=NOW, message=message)).attachment == attachment


def test_other_events_have_no_attachment() -> None:
    raw = events.event("postback", now=NOW, message={"type": "image"}, postback={"data": "x"})

    assert read(raw).attachment is None

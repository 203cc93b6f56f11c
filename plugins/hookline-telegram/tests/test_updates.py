"""What updates become: https://core.telegram.org/bots/api#update"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline import Chat, Event, NotAWebhookError, Request, Services, Way
from hookline.adapters.http import HttpClient
from hookline_telegram.adapter import TELEGRAM, TelegramSettings
from hookline_telegram.parse import EVENTS, MEDIA, SERVICES, UPDATES

OWN = 123456
SETTINGS = TelegramSettings.model_validate({"token": f"{OWN}:ABC", "secret_token": "s", "username": "@Shop_Bot"})
ADAPTER = TELEGRAM.build("shop", SETTINGS, Services(HttpClient({})))
NOW = 1_800_000_000_000
DATE = 1_790_000_000

MEI = {"id": 42, "is_bot": False, "first_name": "Mei", "last_name": "Lin", "username": "mei", "language_code": "zh"}
ALONE = {"id": 42, "type": "private", "first_name": "Mei"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Noodles", "is_forum": True}
CHANNEL = {"id": -1002, "type": "channel", "title": "News"}
ME = {"id": OWN, "is_bot": True, "first_name": "Shop", "username": "Shop_Bot"}
MEMBER = {"user": ME, "status": "member"}


def message(chat: Mapping[str, Any] = ALONE, **fields: Any) -> dict[str, Any]:
    return {"message_id": 7, "from": MEI, "chat": chat, "date": DATE, **fields}


def update(kind: str = "message", **body: Any) -> dict[str, Any]:
    return {"update_id": 900, kind: body}


def written(text: str, *entities: Mapping[str, Any], chat: Mapping[str, Any] = GROUP, **more: Any) -> dict[str, Any]:
    return update(**message(chat, text=text, entities=list(entities), **more))


def marked(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def read(raw: Mapping[str, Any]) -> Event:
    return ADAPTER.read(raw, NOW)


def received(raw: Mapping[str, Any]) -> list[Event]:
    return list(ADAPTER.receive(Request(json.dumps(raw).encode(), received_at=NOW)))


def field(raw: Mapping[str, Any], name: str) -> object:
    return TELEGRAM.fields[name].value(read(raw))


FILE = {"file_id": "F", "file_unique_id": "U", "file_size": 1000}
CONTENTS: dict[str, list[dict[str, Any]]] = {
    "message.text": [{"text": "hi"}],
    "message.image": [
        {"photo": [{**FILE, "file_id": "S", "width": 90}, {**FILE, "width": 1280}], "caption": "menu"},
        {"live_photo": FILE, "photo": [FILE]},
    ],
    "message.video": [{"video": {**FILE, "mime_type": "video/mp4"}}, {"video_note": FILE}],
    "message.audio": [{"audio": {**FILE, "title": "song"}}, {"voice": {**FILE, "mime_type": "audio/ogg"}}],
    "message.file": [{"document": {**FILE, "file_name": "a.pdf"}}, {"animation": FILE, "document": FILE}],
    "message.sticker": [{"sticker": {**FILE, "emoji": "👍"}}],
    "message.location": [
        {"location": {"latitude": 25.03, "longitude": 121.56}},
        {"venue": {"title": "101"}, "location": {"latitude": 25.03, "longitude": 121.56}},
    ],
    "message.contact": [{"contact": {"phone_number": "+886912345678", "first_name": "Mei", "user_id": 42}}],
    "message.other": [{"dice": {"emoji": "🎲", "value": 6}}, {"poll": {"id": "1"}}, {"story": {"id": 1}}, {}],
}
OTHERS: dict[str, dict[str, Any]] = {
    "edited_message": message(text="hello", edit_date=DATE + 60),
    "channel_post": {"message_id": 7, "sender_chat": CHANNEL, "chat": CHANNEL, "date": DATE, "text": "news"},
    "edited_channel_post": {"message_id": 7, "sender_chat": CHANNEL, "chat": CHANNEL, "date": DATE, "text": "news!"},
    "callback_query": {"id": "77", "from": MEI, "chat_instance": "1", "game_short_name": "chess"},
    "my_chat_member": {"chat": GROUP, "from": MEI, "date": DATE, "new_chat_member": MEMBER},
    "chat_member": {"chat": GROUP, "from": MEI, "date": DATE, "new_chat_member": {"user": MEI, "status": "left"}},
    "chat_join_request": {"chat": GROUP, "from": MEI, "user_chat_id": 42, "date": DATE, "bio": "cook"},
    "message_reaction": {
        "chat": GROUP,
        "message_id": 7,
        "user": MEI,
        "date": DATE,
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    },
    "message_reaction_count": {"chat": CHANNEL, "message_id": 7, "date": DATE, "reactions": []},
    "chat_boost": {"chat": CHANNEL, "boost": {"boost_id": "1"}},
    "removed_chat_boost": {"chat": CHANNEL, "boost_id": "1", "remove_date": DATE},
    "inline_query": {"id": "5", "from": MEI, "query": "noodles", "offset": "", "chat_type": "sender"},
    "chosen_inline_result": {"result_id": "1", "from": MEI, "query": "noodles"},
    "shipping_query": {"id": "6", "from": MEI, "invoice_payload": "order=1"},
    "pre_checkout_query": {"id": "6", "from": MEI, "currency": "XTR", "total_amount": 5, "invoice_payload": "order=1"},
    "purchased_paid_media": {"from": MEI, "paid_media_payload": "1"},
    "poll": {"id": "1", "question": "?", "options": [], "is_closed": True},
    "poll_answer": {"poll_id": "1", "user": MEI, "option_ids": [0]},
    "business_connection": {"id": "B", "user": MEI, "user_chat_id": 42, "date": DATE, "is_enabled": True},
    "business_message": message(text="hi", business_connection_id="B"),
    "edited_business_message": message(text="hi!", business_connection_id="B", edit_date=DATE + 1),
    "deleted_business_messages": {"business_connection_id": "B", "chat": ALONE, "message_ids": [7]},
    "guest_message": message(GROUP, text="hi", guest_query_id="G"),
    "managed_bot": {"user": MEI, "bot": ME},
}
TAPPED = {"id": "77", "from": MEI, "message": {**message(GROUP), "from": ME}, "data": "action=buy"}
SAMPLES: list[tuple[str, dict[str, Any]]] = [
    *((kind, update(**message(**content))) for kind, contents in CONTENTS.items() for content in contents),
    *((kind, update(kind, **body)) for kind, body in OTHERS.items()),
    *((name, update(**message(GROUP, **{name: {}}))) for name in SERVICES),
    ("postback", update("callback_query", **TAPPED)),
    ("message.text", update("callback_query", **{**TAPPED, "data": "say=menu"})),
    ("postback", update("callback_query", **{**TAPPED, "data": ""})),
    ("brand_new_update", update("brand_new_update", what="ever", chat=GROUP)),
    ("unknown", {"update_id": 900}),
    ("unknown", {"update_id": 900, "message": ["odd"]}),
]


@pytest.mark.parametrize(("kind", "raw"), SAMPLES, ids=[kind for kind, _ in SAMPLES])
def test_every_type_is_read_and_read_back_the_same(kind: str, raw: dict[str, Any]) -> None:
    [event] = received(raw)

    assert (event.type, event.id, event.raw, event.received_at) == (kind, "900", raw, NOW)
    assert read(json.loads(json.dumps(event.raw))) == event
    assert ADAPTER.read(ADAPTER.redact(event.raw), NOW).id == "900"


def test_samples_are_of_every_type() -> None:
    assert {kind for kind, _ in SAMPLES} >= EVENTS.keys()


def test_every_update_that_telegram_has_is_asked_for() -> None:
    assert UPDATES.keys() - {"message"} == OTHERS.keys()


SILENT = {kind: raw for kind, raw in SAMPLES if EVENTS.get(kind) is not True}


@pytest.mark.parametrize("raw", SILENT.values(), ids=SILENT)
def test_what_the_table_calls_silent_or_does_not_know_has_no_way(raw: dict[str, Any]) -> None:
    assert read(raw).ways == ()


@pytest.mark.parametrize("kind", sorted(MEDIA))
def test_files_say_what_is_known_of_them(kind: str) -> None:
    for content in CONTENTS[kind]:
        attachment = read(update(**message(**content))).attachment

        assert attachment is not None
        assert (attachment.kind, attachment.size) == (kind.removeprefix("message."), 1000)
        assert field(update(**message(**content)), "file_id") == "F"


def test_message_alone_with_the_bot() -> None:
    assert read(update(**message(text="hi"))) == Event(
        bot="shop",
        id="900",
        type="message.text",
        conversation="42",
        chat=Chat("user", "42"),
        user="42",
        text="hi",
        timestamp=DATE * 1000,
        raw=update(**message(text="hi")),
        ways=(Way("send", "42"),),
        message_id="7",
        received_at=NOW,
    )


def test_caption_is_what_was_written() -> None:
    [photo, _] = CONTENTS["message.image"]

    assert read(update(**message(**photo))).text == "menu"


def test_each_message_of_an_album_is_an_event_that_says_which() -> None:
    raws = [{**update(**message(photo=[FILE], media_group_id="A")), "update_id": number} for number in (1, 2)]

    assert [event.id for raw in raws for event in received(raw)] == ["1", "2"]
    assert [field(raw, "album") for raw in raws] == ["A", "A"]


def test_edit_happened_when_it_was_edited() -> None:
    event = read(update("edited_message", **OTHERS["edited_message"]))

    assert (event.timestamp, event.message_id, event.text) == ((DATE + 60) * 1000, "7", "hello")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"message_thread_id": 17, "is_topic_message": True}, "-1001:17"),
        ({"message_thread_id": 17}, "-1001"),  # a chain of replies: nothing can be sent to it
        ({"message_thread_id": "17", "is_topic_message": True}, "-1001"),
        ({"is_topic_message": True}, "-1001"),
        ({"direct_messages_topic": {"topic_id": 4200, "user": MEI}}, "-1001:d4200"),
    ],
)
def test_topic_is_a_conversation_of_its_own(fields: dict[str, Any], place: str) -> None:
    event = read(update(**message(GROUP, text="hi", **fields)))

    assert (event.conversation, event.ways, event.chat.id) == (place, (Way("send", place),), "-1001")
    assert ADAPTER.push_way(place) == Way("send", place)


@pytest.mark.parametrize(("chat", "kind"), [(ALONE, "user"), (GROUP, "group"), (CHANNEL, "room"), ({"id": 1}, "none")])
def test_chats_are_told_apart(chat: dict[str, Any], kind: str) -> None:
    assert read(update(**message(chat))).chat.kind == kind


async def test_anonymous_admin_is_the_group() -> None:
    stand_in = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    raw = update(**message(GROUP, **{"from": stand_in}, sender_chat=GROUP, author_signature="chef", text="hi"))

    assert read(raw).user == "-1001"
    assert (await ADAPTER.api.sender(read(raw))).name == "Noodles"
    assert field(raw, "signature") == "chef"


@pytest.mark.parametrize(
    ("kind", "body", "user"),
    [
        ("channel_post", OTHERS["channel_post"], "-1002"),
        ("message_reaction", OTHERS["message_reaction"], "42"),
        ("message_reaction", {"chat": GROUP, "actor_chat": CHANNEL, "message_id": 7}, "-1002"),
        ("poll_answer", {"poll_id": "1", "voter_chat": CHANNEL}, "-1002"),
        ("poll_answer", OTHERS["poll_answer"], "42"),
        ("inline_query", OTHERS["inline_query"], "42"),
        ("poll", OTHERS["poll"], None),
    ],
)
def test_whoever_did_it_is_the_user(kind: str, body: dict[str, Any], user: str | None) -> None:
    assert read(update(kind, **body)).user == user


async def test_sender_is_told_by_the_event_itself() -> None:
    sender = await ADAPTER.api.sender(read(update("callback_query", **TAPPED)))

    assert (sender.id, sender.name, sender.language) == ("42", "Mei Lin", "zh")
    assert field(update("callback_query", **TAPPED), "username") == "mei"


@pytest.mark.parametrize("kind", ["message", "edited_message", "channel_post", "business_message"])
def test_own_messages_are_no_events(kind: str) -> None:
    assert received(update(kind, **{**message(CHANNEL, text="hi"), "from": ME})) == []


@pytest.mark.parametrize(
    ("text", "entity", "heard", "calls"),
    [
        ("@shop_bot menu", marked("mention", 0, 9), "@shop_bot menu", ((0, 9),)),
        ("menu @Shop_Bot", marked("mention", 5, 9), "menu @Shop_Bot", ((5, 14),)),
        ("👨‍👩‍👧🍜 @shop_bot", marked("mention", 11, 9), "👨‍👩‍👧🍜 @shop_bot", ((7, 16),)),
        ("𠮷𠮷 Shop 菜單", marked("text_mention", 5, 4, user=ME), "𠮷𠮷 Shop 菜單", ((3, 7),)),
        ("Mei 菜單", marked("text_mention", 0, 3, user=MEI), "Mei 菜單", ()),
        ("@shop_bots", marked("mention", 0, 10), "@shop_bots", ()),
        ("mail@shop_bot", marked("email", 0, 13), "mail@shop_bot", ()),
        ("/menu 牛肉", marked("bot_command", 0, 5), "/menu 牛肉", ((0, 0),)),
        ("/menu@SHOP_bot 牛肉", marked("bot_command", 0, 14), "/menu 牛肉", ((0, 0),)),
        ("/menu@other_bot 牛肉", marked("bot_command", 0, 15), "/menu@other_bot 牛肉", ()),
        ("say /menu@shop_bot", marked("bot_command", 4, 14), "say /menu@shop_bot", ()),
        ("hi", marked("mention", 10**30, 10**30), "hi", ()),
        ("hi", marked("mention", -1, 2), "hi", ()),
        ("🍜", marked("mention", 1, 1), "🍜", ()),
        ("\ud83d x", marked("mention", 0, 3), "\ud83d x", ()),
    ],
)
def test_where_the_bot_is_called(text: str, entity: dict[str, Any], heard: str, calls: tuple[object, ...]) -> None:
    event = read(written(text, entity))

    assert (event.text, event.calls) == (heard, calls)


def test_bot_is_called_in_a_caption() -> None:
    raw = update(**message(GROUP, photo=[FILE], caption="@shop_bot", caption_entities=[marked("mention", 0, 9)]))

    assert read(raw).calls == ((0, 9),)


def test_another_bots_command_is_kept_but_is_no_text_for_keywords() -> None:
    raw = written("/menu@other_bot", marked("bot_command", 0, 15))

    assert (read(raw).type, read(raw).text, read(raw).calls) == ("message.other", "/menu@other_bot", ())
    assert field(raw, "command") is None


def test_bot_that_does_not_know_its_name_hears_every_command() -> None:
    nameless = TELEGRAM.build("shop", SETTINGS.model_copy(update={"username": None}), Services(HttpClient({})))

    event = nameless.read(written("/menu@shop_bot", marked("bot_command", 0, 14)), NOW)

    assert (event.type, event.calls) == ("message.text", ())


def test_command_and_its_arguments_have_names() -> None:
    raw = written("/start@shop_bot ref=7 now", marked("bot_command", 0, 15))

    assert (field(raw, "command"), field(raw, "arguments")) == ("start", "ref=7 now")
    assert field(written("hi there"), "arguments") is None


def test_reply_to_the_bot_calls_it() -> None:
    raw = written("yes", reply_to_message={"message_id": 3, "from": ME, "chat": GROUP})

    assert (read(raw).quoted, read(raw).calls) == ("3", ((0, 0),))


def test_reply_to_somebody_else_does_not() -> None:
    raw = written("yes", reply_to_message={"message_id": 3, "from": MEI, "chat": GROUP})

    assert (read(raw).quoted, read(raw).calls) == ("3", ())


def test_message_in_a_topic_that_the_bot_has_opened_does_not_quote_it() -> None:
    opened = {"message_id": 3, "from": ME, "chat": GROUP, "forum_topic_created": {"name": "Orders"}}

    event = read(written("hi", reply_to_message=opened))

    assert (event.quoted, event.calls) == (None, ())


def test_place_is_what_was_picked() -> None:
    assert read(update(**message(**CONTENTS["message.location"][1]))).picked == "25.03,121.56"
    assert read(update(**message(location={"latitude": "x"}))).picked is None


def test_own_number_is_picked_and_that_of_another_is_not() -> None:
    [own] = CONTENTS["message.contact"]
    other = {"contact": {**own["contact"], "user_id": 43}}

    assert [read(update(**message(**one))).picked for one in (own, other)] == ["+886912345678", None]
    assert field(update(**message(**other)), "phone") == "+886912345678"


def test_tap_is_owed_an_answer_and_calls_the_bot() -> None:
    event = read(update("callback_query", **TAPPED))

    assert (event.postback, event.calls, event.text) == ("action=buy", ((0, 0),), None)
    assert event.ways == (Way("callback", "77 -1001", uses=1, is_owed=True), Way("send", "-1001"))
    assert event.timestamp == NOW


def test_button_lets_a_person_say_something() -> None:
    event = read(update("callback_query", **{**TAPPED, "data": "say=菜單"}))

    assert (event.text, event.postback, event.ways[0].is_owed) == ("菜單", None, True)


def test_tap_in_a_topic_is_answered_there() -> None:
    tapped = {**TAPPED, "message": {**message(GROUP), "message_thread_id": 17, "is_topic_message": True}}

    assert [way.to for way in read(update("callback_query", **tapped)).ways] == ["77 -1001:17", "-1001:17"]


@pytest.mark.parametrize("query", [{"inline_message_id": "I"}, {"message": message(business_connection_id="B")}])
def test_tap_outside_of_the_bots_chats_is_acknowledged_only(query: dict[str, Any]) -> None:
    ways = read(update("callback_query", id="77", **{"from": MEI}, data="x", **query)).ways

    assert ways == (Way("callback", "77", uses=1, is_owed=True),)


def test_whoever_asks_to_join_is_answered_alone_and_for_five_minutes() -> None:
    event = read(update("chat_join_request", **OTHERS["chat_join_request"]))

    assert (event.conversation, event.chat.id) == ("42", "-1001")
    assert event.ways == (Way("send", "42", until=DATE * 1000 + 300_000),)


@pytest.mark.parametrize(
    ("status", "is_answered"),
    [("member", True), ("administrator", True), ("restricted", True), ("left", False), ("kicked", False)],
)
def test_bot_that_was_put_out_says_nothing(status: str, is_answered: bool) -> None:
    raw = update("my_chat_member", chat=GROUP, date=DATE, new_chat_member={"user": ME, "status": status})

    assert bool(read(raw).ways) == is_answered
    assert field(raw, "status") == status


def test_bots_own_leaving_is_not_answered() -> None:
    assert read(update(**message(GROUP, left_chat_member=ME))).ways == ()
    assert read(update(**message(GROUP, left_chat_member=MEI))).ways == (Way("send", "-1001"),)


def test_business_chat_is_not_the_bots_chat_of_the_same_number() -> None:
    event = read(update("business_message", **OTHERS["business_message"]))

    assert (event.conversation, event.ways, ADAPTER.push_way(event.conversation)) == ("B 42", (), None)


async def test_members_are_told_with_their_names() -> None:
    raw = update(**message(GROUP, new_chat_members=[{"id": 8, "first_name": "Ann"}, {"id": 9, "first_name": "Bo"}]))

    assert field(raw, "members") == ["8", "9"]
    assert (await ADAPTER.api.sender(replace(read(raw), user="9"))).name == "Bo"


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("chat_title", update("callback_query", **TAPPED), "Noodles"),
        ("chat_title", update("my_chat_member", **OTHERS["my_chat_member"]), "Noodles"),
        ("caption", update(**message(**CONTENTS["message.image"][0])), "menu"),
        ("topic", update(**message(GROUP, message_thread_id=17, text="hi")), "17"),
        ("sticker_emoji", update(**message(**CONTENTS["message.sticker"][0])), "👍"),
        ("latitude", update(**message(**CONTENTS["message.location"][0])), 25.03),
        ("longitude", update(**message(**CONTENTS["message.location"][0])), 121.56),
        ("emoji", update("message_reaction", **OTHERS["message_reaction"]), "👍"),
        ("emoji", update("message_reaction", chat=GROUP, new_reaction=[]), None),
        ("query", update("inline_query", **OTHERS["inline_query"]), "noodles"),
        ("username", {"update_id": 900}, None),
    ],
)
def test_fields_of_events(name: str, raw: dict[str, Any], value: object) -> None:
    assert field(raw, name) == value


def test_redacted_message_keeps_its_ids_and_loses_its_words() -> None:
    raw = update(**message(GROUP, text="secret", caption="secret", message_thread_id=17, is_topic_message=True))

    redacted = ADAPTER.redact(raw)

    assert "secret" not in json.dumps(redacted)
    assert read(redacted).conversation == "-1001:17"


@pytest.mark.parametrize("to", ["42", "-1001", "-1001:17", "-1001:d42", "@noodles"])
def test_what_can_be_pushed_to(to: str) -> None:
    assert ADAPTER.push_way(to) == Way("send", to)


@pytest.mark.parametrize("to", ["", "mei", "-", "4 2", "42:", "42:x", "@a", "https://t.me/noodles", "４２", "42\n"])
def test_what_can_not_be_pushed_to(to: str) -> None:
    assert ADAPTER.push_way(to) is None


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Draw one of the samples in which some values are others, at any depth."""
    _, raw = draw(st.sampled_from(SAMPLES))
    document = json.loads(json.dumps(raw))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.booleans()):
                place[key] = draw(ODD)
                break
            place = place[key]
    return document


@given(mutated())
def test_no_update_however_odd_raises_anything_else(document: Any) -> None:
    try:
        events = received(document)
    except NotAWebhookError:
        return
    for event in events:
        assert read(event.raw) == event
        assert event.ways == () or all(len(way.to) < 2048 for way in event.ways)
        ADAPTER.read(ADAPTER.redact(event.raw), NOW)
        for one in TELEGRAM.fields.values():
            one.value(event)


@given(st.binary(max_size=200))
def test_no_body_raises_anything_else(body: bytes) -> None:
    with suppress(NotAWebhookError):
        ADAPTER.receive(Request(body))

"""How the nine neutral words look on Telegram, and what it would refuse: https://core.telegram.org/bots/api#sendmessage"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline import Button, Card, Location, Media, Neutral, Quick
from hookline.adapters.flaws import PartialText
from hookline.adapters.mending import mend
from hookline_telegram.messages import METHODS, check, render

URL = "https://noodles.example/menu"


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"method": "sendMessage", "text": words, **more}


def keyboard(*buttons: Mapping[str, Any]) -> dict[str, Any]:
    return {"keyboard": [[one] for one in buttons], "one_time_keyboard": True, "resize_keyboard": True}


def inline(*buttons: object) -> dict[str, Any]:
    return {"inline_keyboard": [[one] for one in buttons]}


PHOTO = {"method": "sendPhoto", "photo": f"{URL}.png"}
PDF = {"method": "sendDocument", "document": f"{URL}.pdf"}
PLACE = {"latitude": 25.03, "longitude": 121.56}
BUTTONS = [Button("Buy", postback="action=buy"), Button("Site", url=URL), Button("Menu", say="menu")]
BUY, SITE = {"text": "Buy", "callback_data": "action=buy"}, {"text": "Site", "url": URL}
MENU = {"text": "Menu", "callback_data": "say=menu"}
RENDERED: dict[str, tuple[Neutral, Sequence[Mapping[str, Any]]]] = {
    "text": (Neutral("hi"), [text("hi")]),
    "image": (Neutral(image=f"{URL}.png"), [PHOTO]),
    "image with a text": (Neutral("menu", image=f"{URL}.png"), [{**PHOTO, "caption": "menu"}]),
    "video": (Neutral(video=Media(f"{URL}.mp4", seconds=3)), [{"method": "sendVideo", "video": f"{URL}.mp4"}]),
    "audio": (Neutral(audio=f"{URL}.mp3"), [{"method": "sendAudio", "audio": f"{URL}.mp3"}]),
    "file": (Neutral(file=Media(f"{URL}.pdf", name="Menu")), [{**PDF, "caption": "Menu"}]),
    "file with a text": (
        Neutral("Here it is", file=Media(f"{URL}.PDF?v=1", name="Menu")),
        [{"method": "sendDocument", "document": f"{URL}.PDF?v=1", "caption": "Menu\nHere it is"}],
    ),
    "file by its id": (Neutral(file="BQACAgQ"), [{"method": "sendDocument", "document": "BQACAgQ"}]),
    "location": (Neutral(location=Location(25.03, 121.56)), [{"method": "sendLocation", **PLACE}]),
    "location with a title": (
        Neutral("come", location=Location(25.03, 121.56, "101")),
        [{"method": "sendVenue", **PLACE, "title": "101", "address": "101"}, text("come")],
    ),
    "buttons": (Neutral("Well?", buttons=BUTTONS), [text("Well?", reply_markup=inline(BUY, SITE, MENU))]),
    "buttons alone": (Neutral(buttons=BUTTONS[:1]), [text("⋯", reply_markup=inline(BUY))]),
    "buttons below a picture": (
        Neutral(image=f"{URL}.png", buttons=BUTTONS[:1]),
        [{**PHOTO, "reply_markup": inline(BUY)}],
    ),
    "quick": (
        Neutral("Well?", quick=["yes", Quick("no")]),
        [text("Well?", reply_markup=keyboard({"text": "yes"}, {"text": "no"}))],
    ),
    "quick for a place and a contact": (
        Neutral("Where?", quick=[Quick("Here", pick="place"), Quick("Call me", pick="contact")]),
        [
            text(
                "Where?",
                reply_markup=keyboard(
                    {"text": "Here", "request_location": True}, {"text": "Call me", "request_contact": True}
                ),
            )
        ],
    ),
    "quick with data": (
        Neutral("Well?", quick=[Quick("yes", postback="yes=1"), Quick("Menu", say="menu")]),
        [text("Well?", reply_markup=inline({"text": "yes", "callback_data": "yes=1"}, MENU))],
    ),
    "quick beside buttons": (
        Neutral("Well?", buttons=BUTTONS[:1], quick=["no"]),
        [text("Well?", reply_markup=inline(BUY, {"text": "no", "callback_data": "say=no"}))],
    ),
    "nothing": (Neutral(), []),
}
LOSSY: dict[str, tuple[Neutral, Sequence[Mapping[str, Any]], list[str]]] = {
    "card": (Neutral(card=Card("Beef", "180")), [text("Beef\n180")], ["card becomes text"]),
    "card with a picture": (
        Neutral("Today", card=Card("Beef", "180", f"{URL}.png")),
        [{**PHOTO, "caption": "Today\nBeef\n180"}],
        ["card becomes picture and caption"],
    ),
    "file that Telegram doesn't fetch": (
        Neutral(file=Media(f"{URL}.docx", name="Menu")),
        [text(f"Menu: {URL}.docx")],
        ["file becomes a link: Telegram fetches only .pdf and .zip by their address"],
    ),
    "quick for a date": (
        Neutral("When?", quick=[Quick("Date", pick="date")]),
        [text("When?", reply_markup=keyboard({"text": "Date"}))],
        ["quick asks in words only: Telegram has nothing to pick a date with"],
    ),
    "quick for a place beside buttons": (
        Neutral("Well?", buttons=BUTTONS[:1], quick=[Quick("Here", pick="place")]),
        [text("Well?", reply_markup=inline(BUY))],
        ["quick leaves `pick: place` out: it can't stand beside buttons"],
    ),
}


@pytest.mark.parametrize(("neutral", "messages"), RENDERED.values(), ids=RENDERED)
def test_words_as_they_are_meant(neutral: Neutral, messages: Sequence[Mapping[str, Any]]) -> None:
    found = render(neutral)

    assert (found.messages, found.losses) == (messages, [])
    assert check(found.messages) == []


@pytest.mark.parametrize(("neutral", "messages", "losses"), LOSSY.values(), ids=LOSSY)
def test_words_of_which_something_is_lost(
    neutral: Neutral, messages: Sequence[Mapping[str, Any]], losses: list[str]
) -> None:
    found = render(neutral)

    assert found.messages == messages
    assert [f"{loss.word} {loss.reason}" for loss in found.losses] == losses


@pytest.mark.parametrize(
    ("message", "flaws"),
    [
        ({"text": "hi"}, []),
        (text("x" * 4096), []),
        (text("🍜" * 2048), []),
        (text("🍜" * 2049), ["`text` 4098 characters, at most 4096"]),
        (text("x" * 4097), ["`text` 4097 characters, at most 4096"]),
        (text("<b>" * 4097, parse_mode="HTML"), []),
        (text(""), ["`text` `text` is empty"]),
        (text(PartialText("", "", is_whole=True)), []),
        ({"method": "sendMessage"}, ["`` `text` is empty"]),
        ({"method": "sendPhoto"}, ["`` `photo` is empty"]),
        ({**PHOTO, "caption": "x" * 1025}, ["`caption` 1025 characters, at most 1024"]),
        ({"method": "sendDice"}, []),
        ({"method": "getMe"}, ["`method` there is no such method that sends"]),
        ({"method": 7}, ["`method` there is no such method that sends"]),
        (text("a", reply_markup=inline({"text": "b", "callback_data": "x" * 64})), []),
        (
            text("a", reply_markup=inline({"text": "b", "callback_data": "菜" * 22})),
            ["`reply_markup.inline_keyboard.0.0.callback_data` what comes back from a button has 66 bytes, at most 64"],
        ),
        (
            text("a", reply_markup=inline({"text": "", "callback_data": ""})),
            [
                "`reply_markup.inline_keyboard.0.0.text` a button needs a label",
                "`reply_markup.inline_keyboard.0.0.callback_data` what comes back from a button is empty",
            ],
        ),
        (
            text("a", reply_markup=inline({"text": "call", "url": "tel:+886"})),
            ["`reply_markup.inline_keyboard.0.0.url` a button's address begins with https://, http:// or tg://"],
        ),
        (
            text("a", reply_markup=inline({"text": "open", "url": PartialText("", "https://a/")})),
            [],
        ),
        (
            text("a", reply_markup={"inline_keyboard": [["odd"]]}),
            ["`reply_markup.inline_keyboard.0.0` expected an object"],
        ),
        (text("a", reply_markup=7), []),
        (text("a", reply_markup={"inline_keyboard": 7}), []),
        (text("a", reply_markup={"inline_keyboard": [7, None]}), []),
    ],
)
def test_what_telegram_would_refuse(message: Mapping[str, Any], flaws: list[str]) -> None:
    assert [f"`{'.'.join(map(str, one.path[1:]))}` {one.reason}" for one in check([message])] == flaws


def mended(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    found = mend([message], check, lets_unknown=False)
    return None if found.flaws else found.messages


def test_long_text_goes_out_in_several_and_buttons_below_the_last() -> None:
    markup = inline(BUY)

    messages = mended(text("word " * 999 + "word", reply_markup=markup, disable_notification=True))

    assert messages is not None
    assert [len(one["text"]) <= 4096 for one in messages] == [True, True]
    assert " ".join(one["text"] for one in messages) == "word " * 999 + "word"
    assert [one.get("reply_markup") for one in messages] == [None, markup]
    assert all(one["disable_notification"] for one in messages)


def test_text_is_never_cut_within_a_character() -> None:
    messages = mended(text("x" + "🍜" * 3000))

    assert messages is not None
    assert "".join(one["text"] for one in messages) == "x" + "🍜" * 3000


def test_long_caption_becomes_a_text_behind_its_picture() -> None:
    assert mended({**PHOTO, "caption": "x" * 1025, "reply_markup": inline(BUY)}) == [
        PHOTO,
        text("x" * 1025, reply_markup=inline(BUY)),
    ]


@pytest.mark.parametrize(
    "message",
    [
        text("x" * 5 * 4097),
        text("x" * 4097, entities=[]),
        {"method": "editMessageText", "text": "x" * 4097},
        {**PHOTO, "caption": "x" * 1025, "caption_entities": []},
    ],
)
def test_what_would_mean_something_else_is_not_mended(message: Mapping[str, Any]) -> None:
    assert mended(message) is None


def test_empty_text_is_left_out() -> None:
    assert mended(text("")) == []


def test_every_method_is_known_by_a_name_of_telegram() -> None:
    assert all(name.startswith(("send", "copy", "forward", "edit", "delete", "set", "pin", "stop")) for name in METHODS)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "url", "callback_data", "inline_keyboard"]), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ["method", "text", "caption", "photo", "reply_markup", "parse_mode", "entities"]


@given(st.dictionaries(st.sampled_from(KEYS), ODD | st.sampled_from([*METHODS])))
def test_no_message_however_odd_raises(message: Mapping[str, Any]) -> None:
    for flaw in check([message]):
        assert flaw.path[0] == 0

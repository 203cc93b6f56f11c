"""What becomes of neutral messages, and what Discord would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from hookline import Button, Card, Location, Media, Neutral, Quick
from hookline.adapters.flaws import PartialText, mended, where
from hookline.adapters.simulated import Button as Shown
from hookline_discord.messages import check, render
from hookline_discord.simulated import SimulatedDiscord

URL = "https://example.com/a"
Object = dict[str, Any]
FILLED = PartialText("", "")
"""Is what is known of a text that is one placeholder."""


def row(*buttons: Object) -> list[Object]:
    return [{"type": 1, "components": list(buttons)}]


def button(label: str = "Go", custom_id: str = "go", style: int = 1, **more: Any) -> Object:
    return {"type": 2, "style": style, "label": label, "custom_id": custom_id, **more}


MAP = "https://www.google.com/maps/search/?api=1&query=25.033000%2C121.565000"
RENDERED: list[tuple[Neutral, Object, list[str]]] = [
    (Neutral("hi"), {"content": "hi"}, []),
    (Neutral(image=URL), {"embeds": [{"image": {"url": URL}}]}, []),
    (Neutral("x", image=URL), {"content": "x", "embeds": [{"image": {"url": URL}}]}, []),
    (Neutral(image=Media(URL, "a")), {"embeds": [{"image": {"url": URL}, "description": "a"}]}, []),
    (Neutral(video=URL), {"content": URL}, ["video"]),
    (Neutral("hear", audio=Media(URL, "song")), {"content": f"hear\nsong: {URL}"}, ["audio"]),
    (Neutral(file=URL, alt="menu"), {"content": f"menu: {URL}"}, ["file"]),
    (Neutral(location=Location(25.033, 121.565, "101")), {"content": f"101: {MAP}"}, ["location"]),
    (Neutral(location=Location(25.033, 121.565)), {"content": MAP}, ["location"]),
    (
        Neutral("new", card=Card("Noodles", "180", URL)),
        {"content": "new", "embeds": [{"title": "Noodles", "description": "180", "image": {"url": URL}}]},
        [],
    ),
    (Neutral(card=Card("Noodles")), {"embeds": [{"title": "Noodles"}]}, []),
    (
        Neutral("?", buttons=[Button("Buy", "a=1"), Button("Site", url=URL), Button("Menu", say="menu"), Button("B")]),
        {
            "content": "?",
            "components": row(
                button("Buy", "a=1"),
                {"type": 2, "style": 5, "label": "Site", "url": URL},
                button("Menu", "say=menu"),
                button("B", "say=B"),
            ),
        },
        [],
    ),
    (
        Neutral("?", quick=["yes", Quick("no", postback="n=1"), Quick("day", pick="date")]),
        {"content": "?", "components": row(button("yes", "say=yes", 2), button("no", "n=1", 2))},
        ["quick", "quick"],
    ),
    (Neutral(buttons=[Button("B")], alt="choose"), {"content": "choose", "components": row(button("B", "say=B"))}, []),
    (Neutral(buttons=[Button("B")]), {"components": row(button("B", "say=B"))}, []),
]  # fmt: skip


@pytest.mark.parametrize(("neutral", "message", "lost"), RENDERED)
def test_each_word_is_rendered(neutral: Neutral, message: Object, lost: list[str]) -> None:
    found = render(neutral)

    assert list(found.messages) == [message]
    assert [loss.word for loss in found.losses] == lost
    assert check(found.messages) == []


def test_empty_message_is_none() -> None:
    assert list(render(Neutral(card=Card())).messages) == []


def test_buttons_stand_in_rows_of_five() -> None:
    (message,) = render(Neutral("?", buttons=[Button(str(number)) for number in range(12)])).messages

    assert [len(one["components"]) for one in message["components"]] == [5, 5, 2]


FIRST = "components[0].components[0]"
BAD: list[tuple[Object, str, str]] = [
    ({}, "", "it says nothing"),
    ({"type": "flex", "altText": "x"}, "", "it says nothing"),
    ({"content": "x", "contnet": "x"}, "contnet", "Discord has no such key"),
    ({"content": 5}, "content", "expected a text"),
    ({"content": "x" * 10_001}, "content", "10001 characters, at most 2000"),
    ({"embeds": {"title": "x"}}, "embeds", "expected a list"),
    ({"embeds": [5]}, "embeds[0]", "expected an object"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "11 embeds, at most 10"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds[0].title", "257 characters, at most 256"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds[0].description", "4097 characters, at most 4096"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "6002 characters in all embeds, at most 6000"),
    ({"embeds": [{"image": {"url": "a.png"}}]}, "embeds[0].image.url", "an address begins with"),
    ({"components": 5}, "components", "expected a list"),
    ({"components": row(button()) * 6}, "components", "6 rows, at most 5"),
    ({"components": [button()]}, "components[0]", "expected a row"),
    ({"components": row()}, "components[0].components", "0 in a row, from 1 to 5"),
    ({"components": row(*[button(custom_id=str(n)) for n in range(6)])}, "components[0].components", "6 in a row"),
    ({"components": row(button("x" * 81))}, "components[0].components[0].label", "81 characters, at most 80"),
    ({"components": row(button(""))}, "components[0].components[0].label", "a button needs a label"),
    ({"components": row(button(custom_id="x" * 101))}, "components[0].components[0].custom_id", "101 characters"),
    ({"components": row(button(custom_id=""))}, "components[0].components[0].custom_id", "is empty"),
    ({"components": row(button(), button())}, "components[0].components[1].custom_id", "another in this message"),
    ({"components": row({"type": 2, "style": 5, "label": "x", "url": "tel:1"})}, f"{FIRST}.url", "begins"),
    ({"components": row({"type": 2, "style": 5, "label": "x", "url": ""})}, f"{FIRST}.url", "empty"),
    ({"components": [{"type": 1, "components": [5]}]}, "components[0].components[0]", "expected an object"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "place", "reason"), BAD)
def test_what_discord_would_refuse_is_found(message: Object, place: str, reason: str) -> None:
    found = [(where(flaw.path[1:]), flaw.reason) for flaw in check([message])]

    assert any(path == place and reason in why for path, why in found), found


@pytest.mark.parametrize(
    "message",
    [
        {"content": "hi", "flags": 64, "allowed_mentions": {"parse": []}, "tts": True},
        {"content": FILLED},
        {"type": "text", "text": FILLED},
        {"flags": 1 << 15, "components": [{"type": 17, "components": [{"type": 10, "content": "x"}]}]},
        {"components": row({"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a"}]})},
        {"components": row({"type": 2, "style": 6, "sku_id": "1"})},
        {"components": row(button(FILLED, FILLED))},
        {"embeds": [{"image": {"url": FILLED}}, {"fields": [{"name": "a", "value": "b"}]}]},
        {"poll": {"question": {"text": "?"}}},
    ],
)
def test_what_discord_takes_is_let_through(message: Object) -> None:
    assert check([message]) == []


def test_long_text_is_split_and_what_can_be_tapped_stands_below_the_end() -> None:
    words = " ".join(["noodles"] * 400)
    long = [{"content": words, "components": row(button()), "flags": 4}]
    split = mended(long, check(long))

    assert [len(message["content"]) <= 2000 for message in split] == [True, True]
    assert " ".join(message["content"] for message in split) == words
    assert [message.get("components") for message in split] == [None, row(button())]
    assert [message["flags"] for message in split] == [4, 4]


def test_what_is_one_placeholder_is_there() -> None:
    messages = render(Neutral(FILLED, card=Card(FILLED, "", FILLED))).messages

    assert messages == [{"content": "", "embeds": [{"title": "", "image": {"url": ""}}]}]
    assert check(messages) == []


def test_labels_with_placeholders_are_not_taken_for_the_same() -> None:
    partial = PartialText("Take ", "Take ")
    quick = [FILLED, FILLED, partial, partial]
    messages = render(Neutral("?", buttons=[Button("", say=FILLED), Button("")], quick=quick)).messages

    assert check(messages) == []
    assert messages[0]["components"][0]["components"][0]["label"] == "⋯"


@pytest.mark.parametrize("message", [{"type": "text", "text": ""}, {"content": ""}])
def test_empty_text_is_left_out(message: Object) -> None:
    messages = [message, {"content": "hi"}]

    assert mended(messages, check(messages)) == [{"content": "hi"}]


def test_message_is_drawn_for_a_terminal() -> None:
    (message,) = render(
        Neutral("new\nhere", card=Card("Noodles", "180", URL), buttons=[Button("Buy", "a=1"), Button("Site", url=URL)])
    ).messages
    drawn = SimulatedDiscord().draw(message)

    assert list(drawn.lines) == ["new", "here", "Noodles", "180", f"[image] {URL}"]
    assert list(drawn.buttons) == [Shown("Buy", data="a=1"), Shown("Site", url=URL)]

"""What is meant becomes Slack's messages, and what Slack would refuse in them is found before."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline import Button, Card, Location, Media, Neutral, Quick
from hookline.adapters.flaws import PartialText
from hookline.adapters.mending import mend
from hookline.adapters.rendering import rendered
from hookline_slack.adapter import SLACK
from hookline_slack.messages import check, render
from hookline_slack.simulated import SimulatedSlack
from hookline_slack.texts import escaped, parts_of

URL = "https://example.com/a.png"


def only(neutral: Neutral) -> Mapping[str, Any]:
    (message,) = render(neutral).messages
    assert check([message]) == []
    return message


def losses(neutral: Neutral) -> list[str]:
    return [loss.word for loss in render(neutral).losses]


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(label: str, name: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": name, **more}


def actions(*elements: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


IMAGE = {"type": "image", "image_url": URL, "alt_text": "A menu"}


@pytest.mark.parametrize(
    ("neutral", "message"),
    [
        (Neutral("a < b & c"), {"text": "a &lt; b &amp; c"}),
        (Neutral(image=URL, alt="A menu"), {"text": "A menu", "blocks": [IMAGE]}),
        (Neutral("Look", image=URL, alt="A menu"), {"text": "Look", "blocks": [section("Look"), IMAGE]}),
        (Neutral(image=Media(URL)), {"text": "⋯", "blocks": [{**IMAGE, "alt_text": "⋯"}]}),
        (Neutral(video=Media(URL, "Trailer")), {"text": f"<{URL}|Trailer>"}),
        (Neutral(audio=URL), {"text": URL}),
        (Neutral(file=Media("https://e.example/a?b=1&c=2")), {"text": "https://e.example/a?b=1&amp;c=2"}),
        (Neutral("There", file=URL), {"text": f"There\n{URL}"}),
        (Neutral(location=Location(25.03, 121.5, "Shop", "1 Road")), {"text": "Shop 1 Road (25.03, 121.5)"}),
        (
            Neutral(card=Card("Noodles", "180 <NT$>", URL), alt="A menu"),
            {
                "text": "Noodles\n180 &lt;NT$&gt;",
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "Noodles"}},
                    section("180 &lt;NT$&gt;"),
                    IMAGE,
                ],
            },
        ),
        (
            Neutral("Well?", buttons=[Button("Buy", "buy=1"), Button("Site", url=URL), Button("Menu", say="menu")]),
            {
                "text": "Well?",
                "blocks": [
                    section("Well?"),
                    actions(
                        button("Buy", "button.0", value="buy=1"),
                        button("Site", "opened.button.1", url=URL),
                        button("Menu", "button.2", value="say=menu"),
                    ),
                ],
            },
        ),
        (
            Neutral("Well?", quick=["Yes", Quick("No", postback="no")]),
            {
                "text": "Well?",
                "blocks": [
                    section("Well?"),
                    actions(button("Yes", "quick.0", value="say=Yes"), button("No", "quick.1", value="no")),
                ],
            },
        ),
        (
            Neutral("When?", quick=[Quick("Day", pick="date", postback="day"), Quick("Hour", pick="time")]),
            {
                "text": "When?",
                "blocks": [
                    section("When?"),
                    actions(
                        {
                            "type": "datepicker",
                            "action_id": "day",
                            "placeholder": {"type": "plain_text", "text": "Day"},
                        },
                        {
                            "type": "timepicker",
                            "action_id": "pick=time",
                            "placeholder": {"type": "plain_text", "text": "Hour"},
                        },
                    ),
                ],
            },
        ),
        (
            Neutral("When?", quick=[Quick("Moment", pick="datetime")]),
            {
                "text": "When?",
                "blocks": [
                    section("When?"),
                    {**section("Moment"), "accessory": {"type": "datetimepicker", "action_id": "pick=datetime"}},
                ],
            },
        ),
    ],
)
def test_word_is_rendered(neutral: Neutral, message: Mapping[str, Any]) -> None:
    assert only(neutral) == message


@pytest.mark.parametrize(
    ("neutral", "words"),
    [
        (Neutral("Hi"), []),
        (Neutral(image=URL), []),
        (Neutral(video=URL), ["video"]),
        (Neutral(audio=URL), ["audio"]),
        (Neutral(file=URL), ["file"]),
        (Neutral(location=Location(1, 2)), ["location"]),
        (Neutral(card=Card("a")), []),
        (Neutral("Hi", buttons=[Button("a", "b")]), []),
        (Neutral("Hi", quick=["a", "b"]), ["quick"]),
        (Neutral("Hi", quick=[Quick("a", pick="date", since="2026-01-01")]), ["quick"]),
        (Neutral("Hi", quick=[Quick("a", pick="place"), Quick("b", pick="picture")]), ["quick", "quick"]),
        (Neutral("Hi", quick=[Quick("a", pick="contact")]), ["quick"]),
    ],
)
def test_what_is_lost_is_told(neutral: Neutral, words: list[str]) -> None:
    assert losses(neutral) == words


def test_what_cannot_be_asked_for_leaves_the_text_alone() -> None:
    assert only(Neutral("Where?", quick=[Quick("Here", pick="place")])) == {"text": "Where?"}


def test_many_buttons_stand_in_several_blocks() -> None:
    message = only(Neutral("Hi", buttons=[Button(f"b{number}", "x") for number in range(60)]))

    assert [len(block.get("elements", ())) for block in message["blocks"]] == [0, 25, 25, 10]


def test_pickers_with_the_same_id_stand_apart() -> None:
    message = only(Neutral("Hi", quick=[Quick("a", pick="date"), Quick("b", pick="date")]))

    assert [len(block.get("elements", ())) for block in message["blocks"]] == [0, 1, 1]


def test_long_title_of_a_card_stands_in_bold() -> None:
    assert only(Neutral(card=Card("t" * 151)))["text"] == f"*{'t' * 151}*"


def test_raw_message_goes_out_as_it_is_written() -> None:
    own = {"text": "<@U1>", "response_type": "ephemeral", "blocks": [{"type": "divider"}]}

    assert rendered(SLACK, {"text": "Hi", "slack": own}).messages == [own]


def make_section(**more: Any) -> dict[str, Any]:
    return {"text": "x", "blocks": [{**section("x"), **more}]}


def make_button(**more: Any) -> dict[str, Any]:
    return {"text": "x", "blocks": [actions({**button("a", "b", value="v"), **more})]}


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({}, ()),
        ({"text": ""}, ("text",)),
        ({"text": 7}, ("text",)),
        ({"text": "x", "blocks": {}}, ("blocks",)),
        ({"text": "x", "blocks": [7]}, ("blocks", 0)),
        ({"text": "x", "blocks": [{}]}, ("blocks", 0)),
        ({"text": "x", "blocks": [{"type": "buttons"}]}, ("blocks", 0, "type")),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, ("blocks",)),
        ({"text": "x" * 40_001, "blocks": [{"type": "divider"}]}, ("text",)),
        ({"text": "x" * 20_001}, ("text",)),
        (
            {"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            ("blocks", 0, "text", "text"),
        ),
        ({"text": "x", "blocks": [{"type": "section"}]}, ("blocks", 0)),
        ({"text": "x", "blocks": [section("")]}, ("blocks", 0, "text", "text")),
        ({"text": "x", "blocks": [section("x" * 3001)]}, ("blocks", 0, "text", "text")),
        (make_section(accessory=7), ("blocks", 0, "accessory")),
        ({"text": "x", "blocks": [{"type": "image", "alt_text": "x"}]}, ("blocks", 0)),
        ({"text": "x", "blocks": [{"type": "image", "image_url": URL}]}, ("blocks", 0)),
        ({"text": "x", "blocks": [{**IMAGE, "image_url": "a.png"}]}, ("blocks", 0, "image_url")),
        ({"text": "x", "blocks": [{**IMAGE, "image_url": f"{URL}{'x' * 3000}"}]}, ("blocks", 0, "image_url")),
        ({"text": "x", "blocks": [{**IMAGE, "alt_text": "x" * 2001}]}, ("blocks", 0, "alt_text")),
        ({"text": "x", "blocks": [{"type": "actions"}]}, ("blocks", 0)),
        ({"text": "x", "blocks": [actions()]}, ("blocks", 0, "elements")),
        ({"text": "x", "blocks": [actions(*(button("a", f"{n}") for n in range(26)))]}, ("blocks", 0, "elements")),
        (
            {"text": "x", "blocks": [actions(button("a", "b"), button("c", "b"))]},
            ("blocks", 0, "elements", 1, "action_id"),
        ),
        (make_button(text=None), ("blocks", 0, "elements", 0, "text")),
        (make_button(text={"type": "plain_text", "text": ""}), ("blocks", 0, "elements", 0, "text")),
        (
            make_button(text={"type": "plain_text", "text": "x" * 76}),
            ("blocks", 0, "elements", 0, "text", "text"),
        ),
        (make_button(value="x" * 2001), ("blocks", 0, "elements", 0, "value")),
        (make_button(action_id="x" * 256), ("blocks", 0, "elements", 0, "action_id")),
        (make_button(url=f"{URL}{'x' * 3000}"), ("blocks", 0, "elements", 0, "url")),
        (make_button(url="javascript:x"), ("blocks", 0, "elements", 0, "url")),
        (
            {"text": "x", "blocks": [actions({"type": "datepicker", "placeholder": {"text": "x" * 151}})]},
            ("blocks", 0, "elements", 0, "placeholder", "text"),
        ),
    ],
)
def test_what_slack_would_refuse_is_found(message: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
    assert (0, *path) in [flaw.path for flaw in check([message])]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "x"},
        {"text": "x" * 4000},
        {"type": "text", "text": PartialText("", "", is_whole=True)},
        {"blocks": [{"type": "divider"}]},
        {"attachments": [{}]},
        {"text": "x", "blocks": [section(PartialText("", ""))]},
        make_button(url=PartialText("", ""), text={"type": "plain_text", "text": PartialText("", "")}),
        make_button(value="x" * 2000, action_id="x" * 255, text={"type": "plain_text", "text": "x" * 75}),
        {"text": "x", "blocks": [{"type": "rich_text", "elements": []}] * 50},
        {"text": "x", "blocks": [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": ""}]},
    ],
)
def test_what_slack_takes_is_left_alone(message: Mapping[str, Any]) -> None:
    assert check([message]) == []


def mended(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    found = mend(messages, check, lets_unknown=False)
    assert found.flaws == []
    return found.messages


def test_long_text_becomes_several_messages() -> None:
    text = "word " * 1500

    sent = mended([{"text": text, "unfurl_links": False}])

    assert len(sent) == 2
    assert " ".join(message["text"] for message in sent) == text
    assert all(message["unfurl_links"] is False for message in sent)


def test_long_text_above_buttons_becomes_several_blocks_of_one_message() -> None:
    (message,) = mended(render(Neutral("word " * 1000, buttons=[Button("a", "b")])).messages)

    assert [block["type"] for block in message["blocks"]] == ["section", "section", "actions"]


def test_empty_text_is_left_out() -> None:
    assert mended([{"text": ""}, {"text": "x"}]) == [{"text": "x"}]


@pytest.mark.parametrize("text", ["&" * 900, "a&<>" * 700, "& " * 1500])
def test_text_is_never_cut_within_a_sign(text: str) -> None:
    parts = list(parts_of(escaped(text), 1000))

    assert all(len(part) <= 1000 for part in parts)
    assert all(part.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0 for part in parts)


def test_text_with_placeholders_stays_one() -> None:
    found = escaped(PartialText("a & ", "a & "))

    assert isinstance(found, PartialText)
    assert (found, found.start) == ("a &amp; ", "a & ")


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["section", "actions", "image", "button", "", "x" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "blocks", "elements", "accessory", "value", "url", "action_id", "fields"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments"]), JSON))
def test_whatever_is_written_is_judged_without_an_exception(message: Mapping[str, Any]) -> None:
    mend([message], check, lets_unknown=False)
    SimulatedSlack().draw(message)

"""How messages become Markdown, and what GitHub would refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hookline.adapters.flaws import PartialText
from hookline.adapters.mending import mend
from hookline.adapters.rendering import rendered
from hookline.neutral import neutral_of
from hookline_github.adapter import GITHUB
from hookline_github.messages import MAX_BODY, MAX_TEXT, check, render
from hookline_github.parse import marker

WEB, POSTBACK, SAY = (
    {"label": "Web", "url": "https://x"},
    {"label": "One", "postback": "a=1"},
    {"label": "No", "say": "no!"},
)


@pytest.mark.parametrize(
    ("message", "body", "lost"),
    [
        ({"text": "**Hi** 菜單"}, "**Hi** 菜單", []),
        ({"image": "https://x/y.png"}, "![](https://x/y.png)", []),
        ({"image": "https://x/y.png", "alt": "Menu"}, "![Menu](https://x/y.png)", []),
        ({"image": "https://x/a (1).png", "alt": "[Menu]"}, "![\\[Menu\\]](https://x/a%20%281%29.png)", []),
        ({"video": "https://x/y.mp4"}, "https://x/y.mp4", ["video"]),
        ({"audio": {"url": "https://x/y.mp3", "name": "Hi"}}, "[Hi](https://x/y.mp3)", ["audio"]),
        ({"file": {"url": "https://x/y.pdf", "name": "Menu"}}, "[Menu](https://x/y.pdf)", ["file"]),
        ({"location": {"latitude": 25, "longitude": 121.5, "title": "Shop"}}, "Shop (25, 121.5)", ["location"]),
        ({"card": {"title": "Noodles", "text": "180"}}, "**Noodles**\n\n180", []),
        ({"card": {"title": "A", "image": "https://x/y.png"}}, "**A**\n\n![A](https://x/y.png)", []),
        ({"text": "Go", "buttons": [WEB]}, "Go\n\n- [Web](https://x)", []),
        ({"text": "Go", "buttons": [WEB, POSTBACK, SAY]}, "Go\n\n- [Web](https://x)\n- One\n- No: `no!`", ["buttons"]),
        ({"text": "Well?", "quick": ["Yes", "No"]}, "Well?", ["quick"]),
        ({"text": "Look", "image": "https://x/y.png"}, "Look\n\n![](https://x/y.png)", []),
    ],
)
def test_each_word_becomes_markdown(message: Mapping[str, Any], body: str, lost: Sequence[str]) -> None:
    found = render(neutral_of(message))

    assert (found.messages, [loss.word for loss in found.losses]) == ([{"body": body}], lost)


def test_quick_answers_alone_are_nothing() -> None:
    assert render(neutral_of({"quick": ["Yes"]})).messages == []


def test_a_raw_comment_goes_out_as_it_is() -> None:
    raw = {"body": "| a |\n|---|"}

    assert rendered(GITHUB, {"text": "a", "github": raw}).messages == [raw]


def test_what_is_rendered_has_no_flaw() -> None:
    assert check([{"body": "Hi"}, {"body": "x" * MAX_TEXT}]) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({}, "`body` is empty"),
        ({"body": ""}, "`body` is empty"),
        ({"body": " \n"}, "`body` is empty"),
        ({"body": None}, "`body` is empty"),
        ({"body": 7}, "expected a text"),
        ({"body": ["a"]}, "expected a text"),
        ({"body": "Hi", "labels": []}, "a comment has only a `body`"),
        ({"body": "x" * (MAX_TEXT + 1)}, f"{MAX_TEXT + 1} characters, at most {MAX_TEXT}"),
    ],
)
def test_what_github_refuses_is_found(message: Mapping[str, Any], reason: str) -> None:
    assert [flaw.reason for flaw in check([message])] == [reason]


def test_a_text_with_placeholders_may_be_anything() -> None:
    assert check([{"body": PartialText("", "", is_whole=True)}]) == []


def test_an_empty_text_is_left_out() -> None:
    assert mend([{"type": "text", "text": ""}, {"body": "Hi"}], check, lets_unknown=False).messages == [{"body": "Hi"}]


def test_a_long_text_becomes_several_comments() -> None:
    text = "\n".join(f"line {number}" for number in range(15_000))

    mended = mend([{"body": text}], check, lets_unknown=False)

    assert mended.flaws == []
    assert "\n".join(message["body"] for message in mended.messages) == text
    assert all(len(message["body"]) <= MAX_TEXT for message in mended.messages)


@pytest.mark.parametrize("body", ["x" * MAX_TEXT * 6, "```\n" + "x\n" * MAX_TEXT + "```"], ids=["too long", "code"])
def test_what_cannot_be_split_is_refused(body: str) -> None:
    assert mend([{"body": body}], check, lets_unknown=False).flaws != []


def test_the_marker_of_the_longest_name_fits() -> None:
    assert MAX_TEXT + len(f"\n\n{marker('x' * 64)}") <= MAX_BODY

"""What is meant in words, as LINE's own message objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hookline.adapters.line.messages.check import check_messages
from hookline.adapters.line.messages.rendering import render
from hookline.neutral import neutral_of

A = "https://x.example/a"


def bubble(alt: str, **parts: Any) -> Mapping[str, Any]:
    return {"type": "flex", "altText": alt, "contents": {"type": "bubble", **parts}}


def box(*contents: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "box", "layout": "vertical", "spacing": "md", "contents": [*contents]}


def said(text: str) -> Mapping[str, Any]:
    return {"type": "text", "text": text}


TAPPED = {"type": "button", "action": {"type": "postback", "label": "Buy", "data": "a=1", "displayText": "Buy"}}
LINES = [{"type": "text", "text": "Tea", "wrap": True, "weight": "bold", "size": "lg"}]
PLACE = {"latitude": 25.0, "longitude": 121.5}


@pytest.mark.parametrize(
    ("body", "messages", "lost"),
    [
        ({"text": "hi"}, [said("hi")], []),
        ({"text": 7}, [said("7")], []),
        ({"image": A}, [{"type": "image", "originalContentUrl": A, "previewImageUrl": A}], []),
        (
            {"video": {"url": A, "preview": f"{A}.png"}},
            [{"type": "video", "originalContentUrl": A, "previewImageUrl": f"{A}.png"}],
            [],
        ),
        ({"video": A}, [said(A)], ["video"]),
        ({"audio": {"url": A, "seconds": 1.5}}, [{"type": "audio", "originalContentUrl": A, "duration": 1500}], []),
        ({"audio": A}, [said(A)], ["audio"]),
        ({"file": {"url": A, "name": "menu.pdf"}}, [said(f"menu.pdf: {A}")], ["file"]),
        (
            {"location": {**PLACE, "title": "Shop", "address": "Taipei"}},
            [{"type": "location", "title": "Shop", "address": "Taipei", **PLACE}],
            [],
        ),
        ({"location": PLACE}, [{"type": "location", "title": "25, 121.5", "address": "25, 121.5", **PLACE}], []),
        ({"card": {"title": "Tea"}}, [bubble("Tea", body=box(*LINES))], []),
        (
            {"text": "Tea?", "buttons": [{"label": "Buy", "postback": "a=1"}]},
            [bubble("Tea?", body=box({"type": "text", "text": "Tea?", "wrap": True}), footer=box(TAPPED))],
            [],
        ),
        (
            {"text": "Look:", "card": {"title": "Tea"}, "alt": "tea", "buttons": [{"label": "Buy", "postback": "a=1"}]},
            [said("Look:"), bubble("tea", body=box(*LINES), footer=box(TAPPED))],
            [],
        ),
        (
            {"text": "hi", "quick": ["yes", {"label": "when", "pick": "date", "from": "2026-01-01"}]},
            [
                {
                    **said("hi"),
                    "quickReply": {
                        "items": [
                            {"type": "action", "action": {"type": "message", "label": "yes", "text": "yes"}},
                            {
                                "type": "action",
                                "action": {
                                    "type": "datetimepicker",
                                    "label": "when",
                                    "data": "pick=date",
                                    "mode": "date",
                                    "min": "2026-01-01",
                                },
                            },
                        ]
                    },
                }
            ],
            [],
        ),
        (
            {"text": "hi", "quick": ["yes", {"label": "who", "pick": "contact"}]},
            [
                {
                    **said("hi"),
                    "quickReply": {
                        "items": [{"type": "action", "action": {"type": "message", "label": "yes", "text": "yes"}}]
                    },
                }
            ],
            ["quick"],
        ),
    ],
)
def test_words_become_what_line_takes(
    body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], lost: Sequence[str]
) -> None:
    found = render(neutral_of(body))

    assert (found.messages, [loss.word for loss in found.losses]) == (messages, lost)
    assert list(check_messages(found.messages)) == []

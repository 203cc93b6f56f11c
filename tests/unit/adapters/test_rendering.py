"""Words that mean the same on any platform: what may stand there, and what becomes of them where nothing else is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hookline import Button, Card, Location, Media, Neutral, Quick
from hookline.adapters.adapter import AdapterKind
from hookline.adapters.rendering import as_text, check_neutral, rendered
from hookline.neutral import Loss, Rendered, neutral_of
from tests.unit.doors.pigeon import PIGEON

EVERYTHING: Mapping[str, Any] = {
    "text": "hello",
    "image": "https://x.example/a.png",
    "video": {"url": "https://x.example/a.mp4", "preview": "https://x.example/a.png"},
    "audio": {"url": "https://x.example/a.m4a", "seconds": 3.5},
    "file": {"url": "https://x.example/a.pdf", "name": "menu.pdf"},
    "location": {"latitude": 25.03, "longitude": 121.56, "title": "101", "address": "Taipei"},
    "card": {"title": "Noodles", "text": "180", "image": "https://x.example/n.png"},
    "buttons": [
        {"label": "Order", "postback": "action=buy"},
        {"label": "Site", "url": "https://x.example"},
        {"label": "Menu", "say": "menu"},
    ],
    "quick": ["yes please", {"label": "when?", "pick": "date", "from": "2026-01-01", "to": "2026-12-31"}],
    "alt": "all of it",
    "pigeon": {"coo": 1},
}


@pytest.mark.parametrize("platforms", [None, ["pigeon", "line"]])
def test_whatever_is_a_word_is_fine(platforms: Sequence[str] | None) -> None:
    assert list(check_neutral(EVERYTHING, platforms)) == []


@pytest.mark.parametrize(
    ("body", "where", "reason"),
    [
        ({"texts": "hi"}, "texts", "there is no such word"),
        ({"alt": "hi"}, "", "it says nothing: expected one of text, image, "),
        ({"text": ["hi"]}, "text", "expected a text"),
        ({"text": True}, "text", "expected a text"),
        ({"text": "hi", "alt": {}}, "alt", "expected a text"),
        ({"image": ""}, "image", "expected a URL"),
        ({"image": 7}, "image", "expected a URL, or an object with `url`"),
        ({"video": {"preview": "https://x.example"}}, "video", "`url` is missing"),
        ({"file": {"url": "https://x.example", "size": 3}}, "file.size", "there is no such key here"),
        ({"location": "Taipei"}, "location", "expected `latitude` and `longitude`"),
        ({"location": {"latitude": 25}}, "location", "`longitude` is missing"),
        ({"location": {"latitude": "north", "longitude": 1}}, "location.latitude", "expected a number"),
        ({"location": {"latitude": 1, "longitude": 181}}, "location.longitude", "expected a number"),
        ({"location": {"latitude": True, "longitude": 1}}, "location.latitude", "expected a number"),
        ({"card": "Noodles"}, "card", "expected `title`, `text` or `image`"),
        ({"card": {"titel": "Noodles"}}, "card.titel", "there is no such key here"),
        ({"text": "a", "buttons": "Order"}, "buttons.0", "expected an object with `label`"),
        ({"text": "a", "buttons": [{"say": "x"}]}, "buttons.0", "`label` is missing"),
        ({"text": "a", "buttons": [{"label": "x"}]}, "buttons.0", "expected one of `postback`, `url` and `say`"),
        ({"text": "a", "buttons": [{"label": "x", "say": "x", "url": "y"}]}, "buttons.0", "expected one of "),
        (
            {"text": "a", "buttons": [{"label": "x", "postback": "say=x"}]},
            "buttons.0.postback",
            "nothing may begin with `say=` but what is said by a tap",
        ),
        ({"text": "a", "quick": [["x"]]}, "quick.0", "expected a text, or an object with `label`"),
        ({"text": "a", "quick": [{}]}, "quick.0", "`label` is missing"),
        ({"text": "a", "quick": {"label": "x", "pick": "day"}}, "quick.0.pick", "there is no such thing to pick"),
        ({"text": "a", "quick": [{"label": "x", "postback": "say="}]}, "quick.0.postback", "nothing may begin with"),
        ({"text": "a", "pigeon": "coo"}, "pigeon", "expected an object of that platform, or a list of them"),
        ({"text": "a", "pidgeon": {"coo": 1}}, "pidgeon", "there is no such word"),
    ],
)
def test_what_is_no_word_is_found_where_it_stands(body: Mapping[str, Any], where: str, reason: str) -> None:
    flaws = list(check_neutral(body, ["pigeon", "line"]))

    assert [".".join(map(str, flaw.path)) for flaw in flaws] == [where]
    assert flaws[0].reason.startswith(reason)


def test_what_is_written_in_python_and_in_yaml_is_one_thing() -> None:
    neutral = Neutral(
        text="hello",
        image="https://x.example/a.png",
        video=Media("https://x.example/a.mp4", preview="https://x.example/a.png"),
        audio=Media("https://x.example/a.m4a", seconds=3.5),
        file=Media("https://x.example/a.pdf", "menu.pdf"),
        location=Location(25.03, 121.56, "101", "Taipei"),
        card=Card("Noodles", "180", "https://x.example/n.png"),
        buttons=[
            Button("Order", postback="action=buy"),
            Button("Site", url="https://x.example"),
            Button("Menu", say="menu"),
        ],
        quick=["yes please", Quick("when?", pick="date", since="2026-01-01", until="2026-12-31")],
        alt="all of it",
        raw={"pigeon": {"coo": 1}},
    )

    assert neutral.body() == EVERYTHING
    assert neutral_of(neutral.body()).body() == {
        **EVERYTHING,
        "image": {"url": EVERYTHING["image"]},
        "quick": [{"label": "yes please"}, EVERYTHING["quick"][1]],
    }


def test_platform_that_has_only_texts_writes_everything_out() -> None:
    found = as_text(neutral_of(EVERYTHING))

    assert [message["text"].splitlines() for message in found.messages] == [
        [
            "hello",
            "Noodles",
            "180",
            "https://x.example/n.png",
            "all of it: https://x.example/a.png",
            "all of it: https://x.example/a.mp4",
            "all of it: https://x.example/a.m4a",
            "menu.pdf: https://x.example/a.pdf",
            "101 Taipei (25.03, 121.56)",
            "• Order",
            "Site: https://x.example",
            "• Menu",
        ]
    ]
    assert {loss.word for loss in found.losses} == {*EVERYTHING} - {"text", "alt", "pigeon"}


COO = AdapterKind(
    name="coo",
    settings=PIGEON.settings,
    door=PIGEON.door,
    build=PIGEON.build,
    events={},
    check_messages=PIGEON.check_messages,
    render=lambda neutral: Rendered([{"coo": neutral.text}], [Loss("alt", "is not said")] if neutral.alt else []),
)


@pytest.mark.parametrize(
    ("body", "messages", "lost"),
    [
        ({"text": "hi"}, [{"coo": "hi"}], []),
        ({"type": "text", "text": "hi"}, [{"coo": "hi"}], []),
        ({"type": "sticker", "id": 7}, [{"type": "sticker", "id": 7}], []),
        ({"text": "hi", "alt": "x"}, [{"coo": "hi"}], ["alt"]),
        ({"text": "hi", "coo": {"own": 1}}, [{"own": 1}], []),
        ({"text": "hi", "coo": [{"own": 1}, {"own": 2}]}, [{"own": 1}, {"own": 2}], []),
        ({"text": "hi", "line": {"type": "sticker"}}, [{"coo": "hi"}], []),
        ({"line": {"type": "sticker"}}, [], ["line"]),
    ],
)
def test_platform_sends_its_own_object_or_what_it_renders(
    body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], lost: Sequence[str]
) -> None:
    found = rendered(COO, body)

    assert (found.messages, [loss.word for loss in found.losses]) == (messages, lost)

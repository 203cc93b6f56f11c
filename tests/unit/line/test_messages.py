"""Know what LINE refuses: https://developers.line.biz/en/reference/messaging-api/#message-objects."""

from __future__ import annotations

import copy
import importlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.flaws import PartialText, where
from hookline.adapters.line.messages.check import MAX_FLAWS, check_messages
from hookline.adapters.line.messages.measures import units
from tests.unit.line.samples import (
    ACTION,
    AREA,
    BAD,
    BUBBLE,
    BUY,
    GOOD,
    IGNORED,
    URL,
    body,
    box,
    buttons,
    columns,
    flex,
    imagemap,
    quick_reply,
    template,
    text,
)

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast is not the fact

ROOT = Path(__file__).parents[3]


def partial(value: str) -> PartialText:
    """Return what is certain of *value*, whose only placeholder is written as ``…``."""
    return PartialText(value.replace("…", ""), value.partition("…")[0], is_whole=value == "…")


@pytest.mark.parametrize(
    ("value", "count"),
    [("", 0), ("a", 1), ("菜", 1), ("🍎", 2), ("e\u0301", 2), ("👨‍👩‍👧", 8), ("\ud83c", 1), ("\0", 1)],
)
def test_units_are_those_of_utf_16(value: str, count: int) -> None:
    assert units(value) == count


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
def test_what_line_takes_is_taken(message: Mapping[str, Any]) -> None:
    assert [flaw for flaw in check_messages([message]) if not flaw.is_tacit] == []


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD.keys())
def test_what_is_taken_the_sdk_takes_too(message: Mapping[str, Any]) -> None:
    models = importlib.import_module("linebot.v3.messaging.models")

    again = models.Message.from_dict(copy.deepcopy(message)).to_dict()

    assert _without_defaults(again) == _without_defaults(message)


def _without_defaults(value: Any) -> Any:
    """Return *value* without nulls and what the SDK's models fill in by themselves in an image of a Flex Message."""
    if isinstance(value, dict):
        is_default = {"size": "md", "animated": False}
        kept = {key: item for key, item in value.items() if item is not None and is_default.get(key, ...) != item}
        return {key: _without_defaults(item) for key, item in kept.items()}
    return [_without_defaults(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("message", "path", "reason"), BAD, ids=[f"{path}: {reason}"[:70] for _, path, reason in BAD])
def test_what_line_refuses_is_named_by_its_place(message: Mapping[str, Any], path: str, reason: str) -> None:
    found = [(where(flaw.path[1:]), flaw.reason) for flaw in check_messages([message]) if flaw.is_refused]

    assert (path, reason) in found


@pytest.mark.parametrize(("message", "path", "reason"), IGNORED)
def test_what_line_ignores_is_not_refused(message: Mapping[str, Any], path: str, reason: str) -> None:
    found = [(where(flaw.path[1:]), flaw.reason, flaw.is_refused) for flaw in check_messages([message])]

    assert found == [(path, reason, False)]


def test_every_problem_of_every_message_is_named() -> None:
    bad = {**flex(box(), ""), "sender": {"name": "n" * 21}}

    found = [where(flaw.path) for flaw in check_messages([text("hi"), bad, text("")])]

    assert found == ["[1].altText", "[1].contents.type", "[1].sender.name", "[2].text"]


def test_quick_replies_of_any_but_the_last_message_are_not_seen() -> None:
    (flaw,) = check_messages([quick_reply(ACTION), text("hi")])

    assert (flaw.path, flaw.reason, flaw.is_refused) == (
        (0, "quickReply"),
        "only the last message's quick replies are shown",
        False,
    )


@pytest.mark.parametrize(
    "message",
    [
        text(partial("…" + "a" * 5_000)),
        text(partial("…")),
        text(partial("… $"), emojis=[{"index": 30, "productId": "p", "emojiId": "e"}]),
        {"type": "image", "originalContentUrl": partial("…/a.png"), "previewImageUrl": partial("https://…")},
        {"type": "image", "originalContentUrl": partial("http…/a.png"), "previewImageUrl": URL},
        buttons({**BUY, "label": partial("…" + "l" * 20)}, title=partial("…"), text="t" * 60),
        template("carousel", columns=[*columns(1, title=partial("…")), *columns(1, title="t")]),
        body(
            {"type": "text", "text": partial("…"), "color": partial("#…"), "size": partial("…"), "align": partial("…")}
        ),
        flex({"type": "carousel", "contents": [BUBBLE, {**BUBBLE, "size": partial("…")}]}),
        {"type": "audio", "originalContentUrl": URL, "duration": partial("…")},
        {"type": "location", "title": "t", "address": "a", "latitude": partial("…"), "longitude": partial("…")},
        body({"type": "text", "text": "t", "flex": partial("…"), "maxLines": partial("…"), "wrap": partial("…")}),
        body({"type": "image", "url": URL, "animated": partial("…")}),
        imagemap(actions=[{"type": "message", "text": "t", "area": {**AREA, "x": partial("…"), "width": 1040}}]),
        imagemap(baseSize={"width": 1040, "height": partial("…")}, actions=[]),
        text(partial("$…"), emojis=[{"index": partial("…"), "productId": "p", "emojiId": "e"}]),
        quick_reply({"type": "uri", "label": "l", "uri": partial("https://example.com/菜單?q=…")}),
        quick_reply({**BUY, "type": "datetimepicker", "mode": partial("…"), "min": "12:00"}),
        quick_reply({**BUY, "type": "datetimepicker", "mode": "time", "min": partial("…:00"), "max": "12:00"}),
    ],
)
def test_what_a_placeholder_may_make_right_is_right(message: Mapping[str, Any]) -> None:
    assert [flaw for flaw in check_messages([message]) if not flaw.is_tacit] == []


@pytest.mark.parametrize(
    ("message", "path", "reason"),
    [
        (text(partial("…" + "a" * 5_001)), "text", "at least 5001 characters, at most 5000"),
        ({"type": partial("…")}, "type", "may not hold a placeholder: what it is has to be known beforehand"),
        (
            {"type": "audio", "originalContentUrl": partial("http://…"), "duration": 1},
            "originalContentUrl",
            "must begin with `https://`, found `http://`",
        ),
        (
            {"type": "audio", "originalContentUrl": URL, "duration": partial("…0")},
            "duration",
            "expected a whole number, found a text with a placeholder",
        ),
        (
            text(partial("a…"), emojis=[{"index": 0, "productId": "p", "emojiId": "e"}]),
            "emojis[0].index",
            "there is no `$` at 0 of the text",
        ),
    ],
)
def test_what_no_placeholder_can_make_right_is_wrong(message: Mapping[str, Any], path: str, reason: str) -> None:
    assert [(where(flaw.path[1:]), flaw.reason) for flaw in check_messages([message])] == [(path, reason)]


def test_no_more_is_found_than_a_person_reads() -> None:
    many = {**flex({"type": "bubble"}), **{f"key{number}": 1 for number in range(100_000)}}

    assert len(check_messages([many])) == MAX_FLAWS


def test_message_that_is_nested_very_deep_is_wrong() -> None:
    deep: dict[str, Any] = box()
    for _ in range(5_000):
        deep = box(deep)

    assert [flaw.reason for flaw in check_messages([flex({"type": "bubble", "body": deep})])] == [
        "nested deeper than 50"
    ]


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from _places(item, (*path, key))


def _replaced(value: Any, path: tuple[str | int, ...], item: Any) -> Any:
    """Return a copy of *value* with *item* at *path*."""
    if not path:
        return item
    copied = copy.copy(value)
    copied[path[0]] = _replaced(value[path[0]], path[1:], item)
    return copied


_odd: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["", "\ud83d", "\0", "a" * 10_000, "#", "1e999", "{x}", float("inf"), -1, None, True, [], {}])
    | st.builds(pow, st.just(10), st.just(5_000))
    | st.integers()
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "items", "action", "contents", "columns", "label", "x"]), inner)
    ),
    max_leaves=8,
)


@relaxed
@given(st.data())
def test_any_message_object_can_be_checked(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(sorted(GOOD)))
    broken: Any = GOOD[message]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([place for place in _places(broken) if place]))
        broken = _replaced(broken, place, data.draw(_odd))
    started = time.monotonic()

    found = check_messages([broken])

    assert all(flaw.path[0] == 0 and flaw.reason for flaw in found)
    assert time.monotonic() - started < 5


def test_examples_of_the_repository_are_taken() -> None:
    assert check_messages([json.loads((ROOT / "config/flex/menu.json").read_text("utf-8"))]) == []

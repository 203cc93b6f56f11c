"""Hold what `check` lets pass against LINE's own description of its messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line.adapter import LINE
from hookline.adapters.line.messages.check import check_messages
from hookline.adapters.rendering import rendered
from hookline.config.configuration import BotConfiguration
from hookline.config.loading import load
from hookline.messages import as_sent
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond
from hookline.routing.templates import MessageTemplate
from tests.unit.line.openapi import objections
from tests.unit.line.samples import BUBBLE, BUY, GOOD, URL, body, buttons, flex, quick_reply, template, text, v2

EXAMPLES = sorted((Path(__file__).parents[3] / "config" / "examples").glob("*.yaml"))
VALUES = ["", "a", "#0a7d33", "12px", URL, "bubble", "text", 0, 1, -1, 1.5, True, None, [], {}, ["a"], {"type": "text"}]
WRONG = [
    {},
    {"type": "hologram"},
    {"type": "text"},
    {"type": "text", "text": 1},
    {"type": "text", "text": "a", "note": "b"},
    {"type": "sticker", "packageId": "1"},
    {"type": "image", "originalContentUrl": "https://x/圖", "previewImageUrl": URL},
    {"type": "audio", "originalContentUrl": URL, "duration": "1"},
    text("a", quickReply={"items": [1]}),
    text("a", sender={"name": "n" * 21}),
    v2("{a}", a={"type": "mention", "mentionee": {"type": "user"}}),
    template("sparkle"),
    buttons({"type": "share", "label": "l"}),
    buttons({**BUY, "dta": "d"}),
    quick_reply(*[BUY] * 14),
    flex({"type": "box", "layout": "vertical", "contents": []}),
    flex({**BUBBLE, "size": "huge"}),
    flex({**BUBBLE, "boddy": {}}),
    flex({"type": "carousel", "contents": [{"type": "carousel", "contents": []}]}),
    body({"type": "chart"}),
    body({"type": "text", "text": "t", "wrap": "true"}),
    body({"type": "image", "url": "https://x/a b"}),
    body({"type": "text", "contents": [BUY]}),
]


@pytest.mark.parametrize("message", GOOD.values(), ids=GOOD)
def test_sample_of_what_line_takes_is_valid(message: Mapping[str, Any]) -> None:
    assert objections([_without_null(message)]) == []


@pytest.mark.parametrize("message", WRONG, ids=repr)
def test_description_is_no_rubber_stamp(message: Mapping[str, Any]) -> None:
    assert objections([message]) != []


@pytest.mark.parametrize("count", [0, 6])
def test_one_to_five_messages_are_a_call(count: int) -> None:
    assert objections([text("a")] * count) != []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_messages_of_the_examples_are_valid(path: Path) -> None:
    configuration = load([path], PluginRegistry.discover(), environment={}, is_simulated=True)

    bots = [bot for bot in configuration.bots.values() if bot.adapter is LINE]
    bodies = [one.body for bot in bots for one in _messages(bot)]
    messages = [as_sent(one) for body in bodies for one in rendered(LINE, body).messages]

    assert [problem for message in messages for problem in objections([message])] == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(data=st.data())
def test_what_check_lets_pass_is_valid(data: st.DataObject) -> None:
    changed: Any = data.draw(st.sampled_from([*GOOD.values()]))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from([place for place in _places(changed) if place]))
        changed = _replaced(changed, place, data.draw(st.sampled_from(VALUES)))

    if check_messages([changed]) == []:
        assert objections([_without_null(changed)]) == []


def _messages(bot: BotConfiguration) -> Iterator[MessageTemplate]:
    for route in bot.routes:
        if isinstance(route.action, Respond):
            yield from (one for choice in route.action.messages for one in choice)
    for wording in (bot.on_error, bot.per_user.reply if bot.per_user else None):
        yield from wording.in_language(None) if wording is not None else ()


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from _places(item, (*path, key))


def _replaced(value: Any, path: tuple[str | int, ...], item: Any) -> Any:
    if not path:
        return item
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _replaced(value[path[0]], path[1:], item)
    return copied


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value

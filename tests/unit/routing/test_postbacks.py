"""What is read of a postback's data, and what a route captures of it."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookline.events import Event
from hookline.routing.postbacks import MAX_DATA, fields_of
from hookline.routing.router import Hit
from tests.support import findings, make_event
from tests.unit.routing.worlds import bot_yaml, router

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{"action": "buy"}', {"action": "buy"}),
        (' {"action":"買","item":"茶&餅"} ', {"action": "買", "item": "茶&餅"}),
        ('{"n": 3, "price": 10.50, "e": 1e3, "big": 12345678901234567890123}', None),
        ('{"yes": true, "no": false, "none": null}', {"yes": "true", "no": "false", "none": ""}),
        ('{"item": {"id": 7, "size": "M"}}', {"item.id": "7", "item.size": "M"}),
        ('{"items": ["a", {"id": 1}]}', {"items.0": "a", "items.1.id": "1"}),
        ('{"empty": {}, "none": [], "a": ""}', {"a": ""}),
        ('{"a": 1, "a": 2}', {"a": "2"}),
        ('{"": 1, "b=c": "d&e"}', {"": "1", "b=c": "d&e"}),
        ("{}", {}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ("action=buy&item=3", {"action": "buy", "item": "3"}),
        ("action=buy&note=", {"action": "buy", "note": ""}),
        ("a=%E8%8C%B6+x", {"a": "茶 x"}),
        ('{"a": 1', {'{"a": 1': ""}),
        ('{"a=b": 1', {'{"a': 'b": 1'}),
        ("", {}),
        (f"a={'x' * MAX_DATA}", {}),
        (json.dumps({"a": "x" * MAX_DATA}), {}),
    ],
)
def test_fields_are_those_of_a_json_object_or_of_a_query_string(data: str, expected: Mapping[str, str] | None) -> None:
    numbers = {"n": "3", "price": "10.50", "e": "1e3", "big": "12345678901234567890123"}

    assert fields_of(data) == (numbers if expected is None else expected)


@pytest.mark.parametrize(
    ("route", "data", "params", "expected"),
    [
        ("{action: pick}", "action=pick&id=1", {"date": "2026-12-24"}, {"id": "1", "date": "2026-12-24"}),
        ("{action: pick}", '{"action":"pick","id":1}', {"time": "18:30"}, {"id": "1", "time": "18:30"}),
        ("{action: pick}", "action=pick&date=mine", {"date": "2026-12-24"}, {"date": "mine"}),
        ("{action: pick, date: mine}", "action=pick&date=mine", {"date": "2026-12-24"}, {}),
        ("action=pick", "action=pick", {"datetime": "2026-12-24T18:30"}, {"datetime": "2026-12-24T18:30"}),
        ("pick", "pick", {}, {}),
        ("{item.id: 7}", '{"item": {"id": 7, "size": "M"}}', {}, {"item.size": "M"}),
        ("{ok: true}", '{"ok": true, "n": 1.0}', {}, {"n": "1.0"}),
        (
            "{to: b}",
            "to=b",
            {"newRichMenuAliasId": "b", "status": "SUCCESS"},
            {"newRichMenuAliasId": "b", "status": "SUCCESS"},
        ),
        ("'{\"a\":1}'", '{"a":1}', {"status": "FAILED"}, {"status": "FAILED"}),
    ],
)
def test_captures_are_the_other_fields_and_what_was_picked(
    route: str, data: str, params: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    hit = answered(route, tapped(data, params=params))

    assert hit is not None
    assert hit.match.captures == expected


@pytest.mark.parametrize(
    ("route", "data"),
    [
        ("{action: buy}", "buy"),
        ("{action: buy}", '["action", "buy"]'),
        ("{action: buy}", '"action=buy"'),
        ("{action: buy}", '{"action": "buy"'),
        ("{action: buy}", '{"action": {"type": "buy"}}'),
        ("{action: buy}", '{"action": ["buy"]}'),
        ("{action: buy}", "Action=buy"),
        ("{n: 1}", '{"n": 1.0}'),
        ("{date: 2026-12-24}", "action=pick"),
        ("action=buy", '{"action": "buy"}'),
        ("'{\"a\":1}'", '{"a": 1}'),
    ],
)
def test_other_data_does_not_fit(route: str, data: str) -> None:
    assert answered(route, tapped(data, params={"date": "2026-12-24"})) is None


@pytest.mark.parametrize(
    "params", [None, [], "date", 1, {"date": 1}, {"date": {"x": "y"}}, {"date": ""}, {"date": None}]
)
def test_params_that_are_none_are_left_out(params: object) -> None:
    assert tapped("x=1", params=params).postback_params == {}


def test_nested_fields_are_shown_by_their_path() -> None:
    reply = "- {name: it, postback: {action: buy}, reply: '{match.item.id}/{match.date}'}"
    hit = router(reply).route(tapped('{"action":"buy","item":{"id":7}}', params={"date": "2026-12-24"}), NOW)

    assert hit is not None
    assert hit.match.captures == {"item.id": "7", "date": "2026-12-24"}


def test_whole_data_is_known_to_bring_what_is_picked(tmp_path: Path) -> None:
    routes = "- {name: it, postback: pick, reply: '{match.date} {match.dat}'}"

    (found,) = findings(tmp_path, bot_yaml(routes))

    assert found.message == "unknown name in `{match.dat}`"
    assert found.hint == "did you mean `date`?"


def test_data_that_fields_of_json_take_never_gets_further(tmp_path: Path) -> None:
    routes = """
    - {name: buy, postback: {action: buy}, reply: a}
    - {name: tea, postback: '{"action": "buy", "item": "tea"}', reply: b}
    """

    (found,) = findings(tmp_path, bot_yaml(routes))

    assert "route `tea` can never win: `buy`" in found.message


def test_no_data_is_an_error() -> None:
    chance = random.Random(26)
    for _ in range(10_000):
        data = _data(chance)
        fields = fields_of(data)

        assert all(isinstance(name, str) and isinstance(value, str) for name, value in fields.items())
        assert answered("{action: buy}", tapped(data)) is None or fields["action"] == "buy"


def tapped(data: str, **fields: Any) -> Event:
    return make_event(None, kind="postback", postback={"data": data, **fields})


def answered(route: str, event: Event) -> Hit | None:
    return router(f"- {{name: it, postback: {route}, reply: ok}}").route(event, NOW)


def _data(chance: random.Random) -> str:
    """Return data that is JSON, a query string, a piece of either, or neither."""
    value = _value(chance, 4)
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    match chance.randrange(5):
        case 0:
            return text
        case 1:
            return text[: chance.randrange(len(text) + 1)]
        case 2:
            return "&".join(f"{_word(chance)}={_word(chance)}" for _ in range(chance.randrange(5)))
        case 3:
            return "".join(chance.choice('{}[]",:=&%;+\\\ud800\x00茶a1') for _ in range(chance.randrange(40)))
    return chance.choice(["[", '{"a":', "{", '{"action":[']) * chance.randrange(1, 400)


def _value(chance: random.Random, depth: int) -> object:
    match chance.randrange(8 if depth else 6):
        case 0:
            return _word(chance)
        case 1:
            return chance.choice([0, -1, 10**30, 1.5, float("inf"), float("nan")])
        case 2:
            return chance.choice([True, False, None])
        case 6:
            return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {_word(chance): _value(chance, depth - 1) if depth else "buy" for _ in range(chance.randrange(4))}


def _word(chance: random.Random) -> str:
    return chance.choice(["action", "buy", "a.b", "", "茶", chance.choice(string.printable)])

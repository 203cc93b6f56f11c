"""Check what lists, access, limits, cooldowns, choices, ages and quiet hours mean once they are read."""

from __future__ import annotations

import math
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hookline.config.configuration import BotConfiguration
from hookline.config.loading import load
from hookline.durations import shown
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond
from hookline.routing.conditions.access import Access, Listed
from hookline.routing.conditions.conditions import Admitted, Groups, Users
from hookline.routing.conditions.hours import Window
from hookline.routing.conditions.quiet import WHOLE_DAY, Quiet
from hookline.routing.routes import Route
from tests.support import configured
from tests.unit.config.broken import HEAD, ROUTES, bot, route, top


def shop(folder: Path, text: str) -> BotConfiguration:
    return configured(folder, text).bots["shop"]


def only_route(folder: Path, *lines: str) -> Route:
    return shop(folder, route("keyword: a", *lines)).routes[0]


def choices(found: Route) -> list[list[object]]:
    assert isinstance(found.action, Respond)
    return [[message.body["text"] for message in messages] for messages in found.action.messages]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30", 30), ("30s", 30), ("0.5", 0.5), ("1.5m", 90), ("10m", 600), ("6h", 21600), ("1d", 86400), ("'2 h'", 7200)],
)
def test_length_of_time_has_a_unit_or_is_seconds(written: str, seconds: float, tmp_path: Path) -> None:
    assert only_route(tmp_path, f"cooldown: {written}", "reply: b").cooldown == seconds


@pytest.mark.parametrize("written", ["30s", "90s", "10m", "36h", "2d", "never"])
def test_length_of_time_is_shown_as_it_would_be_written(written: str, tmp_path: Path) -> None:
    stale_after = only_route(tmp_path, f"stale_after: {written}", "reply: b").stale_after

    assert stale_after is not None
    assert shown(stale_after) == written


def test_made_up_length_of_time_is_no_mistake(tmp_path: Path) -> None:
    text = route("keyword: a", "cooldown: ${UNSET}", "stale_after: ${UNSET}", "reply: b")

    assert configured(tmp_path, text, is_simulated=True).bots["shop"].routes[0].name == "hours"


def test_bot_without_any_of_it_is_open_to_all_at_any_time(tmp_path: Path) -> None:
    plain = shop(tmp_path, HEAD + ROUTES)

    assert plain.access == Access()
    assert (plain.per_user, plain.stale_after, plain.quiet) == (None, math.inf, None)
    assert (plain.routes[0].cooldown, plain.routes[0].stale_after) == (None, None)


def test_route_overrides_the_age_of_its_bot(tmp_path: Path) -> None:
    text = bot(
        "stale_after: 2h",
        "routes:",
        "  - {name: a, keyword: a, reply: b, stale_after: 10m}",
        "  - {name: c, keyword: c, reply: b, stale_after: never}",
    )
    found = shop(tmp_path, text)

    assert found.stale_after == 7200
    assert [one.stale_after for one in found.routes] == [600, math.inf]


def test_list_stands_for_its_ids_wherever_ids_stand(tmp_path: Path) -> None:
    text = bot(
        "lists: {staff: [U1, U2], branches: C1}",
        "allow: {users: [lists.staff, U3], groups: lists.branches}",
        "deny: {users: U9}",
        "routes:",
        "  - {name: a, keyword: a, when: {users: lists.staff, groups: [lists.branches, C2]}, reply: b}",
        "  - {name: c, keyword: c, allow: {users: lists.staff}, reply: b}",
    )
    found = shop(tmp_path, text)

    assert found.access == Access(Listed(frozenset(["U1", "U2", "U3"]), frozenset(["C1"])), Listed(frozenset(["U9"])))
    assert found.routes[0].when.each == (Users(frozenset(["U1", "U2"])), Groups(frozenset(["C1", "C2"])))
    assert found.routes[1].when.each == (Admitted(Access(Listed(frozenset(["U1", "U2"])))),)


def test_own_list_of_a_bot_takes_the_place_of_the_file_s(tmp_path: Path) -> None:
    pack = "packs:\n  a:\n    routes:\n      - {name: b, keyword: c, allow: {users: lists.staff}, reply: d}\n"
    text = bot("lists: {staff: U2}", "routes:", "  - include: a").replace("bots:", "lists: {staff: U1}\nbots:") + pack
    second = text.replace(
        "packs:", HEAD.partition("bots:\n")[2].replace("shop", "cafe") + "    routes:\n      - include: a\npacks:"
    )
    bots = configured(tmp_path, second).bots

    assert bots["shop"].routes[0].when.each == (Admitted(Access(Listed(frozenset(["U2"])))),)
    assert bots["cafe"].routes[0].when.each == (Admitted(Access(Listed(frozenset(["U1"])))),)


def test_lists_of_several_files_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(bot("allow: {users: [lists.staff, lists.vips]}") + "lists: {staff: U1}\n")
    (tmp_path / "b.yaml").write_text("version: 1\nlists: {vips: U2}\n")
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    found = load(paths, PluginRegistry.discover(), environment={"SECRET": "s", "TOKEN": "t"}).bots["shop"]

    assert found.access.allowed == Listed(frozenset(["U1", "U2"]))


def test_second_list_of_one_name_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(top("lists: {staff: U1}"))
    (tmp_path / "b.yaml").write_text("version: 1\nlists: {staff: U1}\n")
    with pytest.raises(ConfigError) as caught:
        load(
            [tmp_path / "a.yaml", tmp_path / "b.yaml"],
            PluginRegistry.discover(),
            environment={"SECRET": "s", "TOKEN": "t"},
        )

    (found,) = caught.value.findings
    assert (found.place.line, found.place.column, found.message) == (2, 9, "a second list `staff`")
    assert found.hint == f"the first is at {tmp_path / 'a.yaml'}:8:9"


def test_limit_per_person(tmp_path: Path) -> None:
    found = shop(tmp_path, bot("limits:", "  running: 5", "  per_user: {messages: 20, within: 1m, reply: [a, b]}"))

    assert found.per_user is not None
    assert (found.running, found.per_user.messages, found.per_user.within) == (5, 20, 60)
    assert found.per_user.reply is not None
    assert [message.body["text"] for message in found.per_user.reply.in_language(None)] == ["a", "b"]


@pytest.mark.parametrize(
    "lines", [["reply: {any: [1, [no, 0123]]}"], ["reply:", "  any:", "    - 1", "    - [no, 0123]"]]
)
def test_choices_are_texts_as_they_are_written(lines: list[str], tmp_path: Path) -> None:
    assert choices(only_route(tmp_path, *lines)) == [["1"], ["no", "0123"]]


def test_choices_are_message_objects_and_files_too(tmp_path: Path) -> None:
    (tmp_path / "two.json").write_text('[{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]')
    found = only_route(tmp_path, "reply: {any: [{type: text, text: '${SECRET}'}, {json: two.json}]}")

    assert choices(found) == [["test-secret"], ["x", "y"]]


def test_message_object_with_a_field_named_any_is_no_choice(tmp_path: Path) -> None:
    found = only_route(tmp_path, "reply: {type: text, text: a, any: [1, '2']}")

    assert isinstance(found.action, Respond)
    body = {"type": "text", "text": "a", "any": [1, "2"]}
    assert [message.body for message in found.action.choices[0].in_language(None)] == [body]


def test_quiet_hours_are_in_the_zone_of_the_bot_unless_they_name_one(tmp_path: Path) -> None:
    night = (Window(time(22), time(8)),)
    own = shop(tmp_path, bot("timezone: Asia/Taipei", "quiet: {time: 22:00-08:00}"))
    other = shop(tmp_path, bot("timezone: Asia/Taipei", "quiet: {time: 22:00-08:00, timezone: Asia/Tokyo, days: fri}"))
    weekend = shop(tmp_path, bot("quiet: {days: [sat, sun]}"))

    assert own.quiet == Quiet(night, ZoneInfo("Asia/Taipei"))
    assert other.quiet == Quiet(night, ZoneInfo("Asia/Tokyo"), frozenset(["fri"]))
    assert weekend.quiet == Quiet((WHOLE_DAY,), ZoneInfo("UTC"), frozenset(["sat", "sun"]))

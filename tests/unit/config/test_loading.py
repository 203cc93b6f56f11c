"""Check that a good bot.yaml means what it says: values, variables, several files, packs, plugins, secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hookline.adapters.line.adapter import LineSettings
from hookline.config.configuration import BotConfiguration, Configuration
from hookline.config.loading import load
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Handle, Respond
from hookline.routing.conditions.hours import Hours, Window
from hookline.routing.routes import Route
from tests.support import configured, findings
from tests.unit.config.broken import HEAD, LINE, ROUTES, bot, line, route, top

ENVIRONMENT = {"SECRET": "one-secret", "TOKEN": "one-token"}


# Values


@pytest.mark.parametrize(
    "text", ["no", "22:22", "0123", "10.50", "1e3", "~", "1", "true", "null", "1_000", "2024-01-01"]
)
def test_text_is_kept_as_it_is_written(text: str, tmp_path: Path) -> None:
    shop = _shop(tmp_path, route(f"keyword: {text}", f"reply: {text}"))

    assert shop.routes[0].keywords == (text,)
    assert _reply(shop) == [{"type": "text", "text": text}]


def test_settings_and_captured_fields_are_text(tmp_path: Path) -> None:
    shop = _shop(tmp_path, bot("settings: {phone: 0912, open: yes}", "call_names: [1, no]"))

    assert shop.settings == {"phone": "0912", "open": "yes"}
    assert shop.call_names == ("1", "no")


def test_postback_fields_are_text(tmp_path: Path) -> None:
    postback = _shop(tmp_path, route("postback: {item: 007, big: true}", "reply: b")).routes[0].postback

    assert postback is not None
    assert postback.fields == {"item": "007", "big": "true"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("-1", -1),
        ("25.0330", 25.033),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("'1'", "1"),
        ('"true"', "true"),
        ("no", "no"),
        ("0123", "0123"),
        ("22:22", "22:22"),
        ("+1", "+1"),
        ("0x1F", "0x1F"),
        (".5", ".5"),
        ("NaN", "NaN"),
        ("True", "True"),
        ("2024-01-01", "2024-01-01"),
        ("[1, a]", [1, "a"]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_message_objects_hold_what_json_would(written: str, meant: object, tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", f"reply: {{type: text, text: a, extra: {written}}}"))

    extra = _reply(shop)[0]["extra"]
    assert extra == meant
    assert type(extra) is type(meant)


def test_state_condition_holds_what_json_would(tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", "when: {state: {step: 2, done: false, name: 'no'}}", "reply: b"))

    assert shop.routes[0].when.state == {"step": 2, "done": False, "name": "no"}


def test_pasted_surrogate_pairs_are_one_character(tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", r'reply: {"type": "text", "text": "hi \ud83d\ude0a\uD83C\uDF4E!"}'))

    assert _reply(shop) == [{"type": "text", "text": "hi 😊🍎!"}]


def test_surrogate_pairs_shift_no_place(tmp_path: Path) -> None:
    found = findings(tmp_path, route("keyword: a", r'reply: {"type": "text", "text": "\ud83d\ude0a{sender.nme}"}'))
    other = findings(tmp_path, route("keyword: a", r'when: {"state": {"a": "\ud83d\ude0a"}, chats: user}', "reply: b"))

    assert [(one.place.line, one.place.column) for one in (*found, *other)] == [(9, 41), (9, 48)]


def test_escapes_in_single_quotes_stay(tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", r"reply: '\ud83d\ude0a \d'"))

    assert _reply(shop) == [{"type": "text", "text": r"\ud83d\ude0a \d"}]


def test_block_text_keeps_its_lines(tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", "reply: |-", "  one", "  two: {x}"))

    assert _reply(shop) == [{"type": "text", "text": "one\ntwo: {x}"}]


def test_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + ROUTES).encode())

    assert list(_load(path).bots) == ["shop"]


def test_file_of_exactly_one_mebibyte_is_read(tmp_path: Path) -> None:
    text = HEAD + ROUTES
    padding = "#" * ((1 << 20) - len(text.encode()))

    assert list(configured(tmp_path, text + padding).bots) == ["shop"]


def test_one_and_a_list_of_one_are_the_same(tmp_path: Path) -> None:
    one = _shop(tmp_path, route("on: message", "keyword: a", "when: {chat: user}", "reply: b"))
    listed = _shop(tmp_path, route("on: [message]", "keyword: [a]", "when: {chat: [user]}", "reply: [b]"))

    assert _reply(one) == _reply(listed)
    assert _matchers(one.routes[0]) == _matchers(listed.routes[0])


def test_event_type_has_a_default_by_matcher(tmp_path: Path) -> None:
    text = bot(
        "routes:",
        "  - {name: a, keyword: a, reply: x}",
        "  - {name: b, postback: b, reply: x}",
        "  - {name: c, otherwise: true, reply: x}",
    )

    routes = _shop(tmp_path, text).routes

    assert [set(one.on) for one in routes] == [{"message.text"}, {"postback"}, {"message"}]


def test_times_and_days_are_read(tmp_path: Path) -> None:
    shop = _shop(
        tmp_path,
        route("keyword: a", "when: {days: [mon, sun], time: ['9:00-12:30', '22:00-24:00']}", "reply: b"),
    )

    windows = (Window(time(9), time(12, 30)), Window(time(22), time.max))
    assert shop.routes[0].when.each == (Hours(frozenset(["mon", "sun"]), windows, ZoneInfo("UTC")),)


def test_time_zone_comes_from_the_bot_unless_the_route_has_one(tmp_path: Path) -> None:
    text = bot(
        "timezone: Asia/Taipei",
        "routes:",
        "  - {name: a, keyword: a, when: {time: '9:00-10:00'}, reply: x}",
        "  - {name: b, keyword: b, when: {time: '9:00-10:00', timezone: Asia/Tokyo}, reply: x}",
    )

    routes = _shop(tmp_path, text).routes

    assert [one.when.timezone.key for one in routes] == ["Asia/Taipei", "Asia/Tokyo"]


def test_store_is_a_file_beside_the_configuration(tmp_path: Path) -> None:
    assert configured(tmp_path, top()).store == f"sqlite:///{tmp_path}/hookline.db"
    assert configured(tmp_path, top("store: sqlite:///data/a.db")).store == f"sqlite:///{tmp_path}/data/a.db"
    assert configured(tmp_path, top("store: sqlite:////var/a.db")).store == "sqlite:////var/a.db"


def test_bodies_are_kept_no_longer_than_ids(tmp_path: Path) -> None:
    configuration = configured(tmp_path, top("retention: {ids_days: 3}"))

    assert (configuration.ids_days, configuration.bodies_days) == (3, 3)


# Variables


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${SET}", "x"),
        ("a${SET}b${SET}", "axbx"),
        ("${SET:-d}", "x"),
        ("${SET-d}", "x"),
        ("${SET:?m}", "x"),
        ("${SET?m}", "x"),
        ("${SET:+o}", "o"),
        ("${SET+o}", "o"),
        ("${UNSET:-d}", "d"),
        ("${UNSET-d}", "d"),
        ("a${UNSET:-}", "a"),
        ("a${UNSET:+o}", "a"),
        ("a${UNSET+o}", "a"),
        ("${EMPTY:-d}", "d"),
        ("a${EMPTY-d}", "a"),
        ("a${EMPTY?m}", "a"),
        ("a${EMPTY:+o}", "a"),
        ("${EMPTY+o}", "o"),
        ("${UNSET:-${SET}}", "x"),
        ("${UNSET:-a${UNSET:-b${SET}c}d}", "abxcd"),
        ("${SET:-${UNSET}}", "x"),
        ("${SET:+${SET}${SET}}", "xx"),
        ("${UNSET:-a:b-c?d}", "a:b-c?d"),
        ("$$", "$"),
        ("$${SET}", "${SET}"),
        ("$$$${SET}", "$${SET}"),
        ("$$${SET}", "$x"),
        ("$5.00", "$5.00"),
        ("US$ 5, $SET, 5$", "US$ 5, $SET, 5$"),
        ("${UNSET:-$5}", "$5"),
        ("${DOLLAR}", "${SET} $$"),
        ("{sender.name|${SET}}", "{sender.name|x}"),
    ],
)
def test_variable_is_filled_as_compose_does(written: str, meant: str, tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "SET": "x", "EMPTY": "", "DOLLAR": "${SET} $$"}

    shop = _shop(tmp_path, route("keyword: a", f"reply: '{written}'"), environment)

    assert _reply(shop) == [{"type": "text", "text": meant}]


def test_variable_with_a_default_needs_nothing_that_is_only_in_the_default(tmp_path: Path) -> None:
    shop = _shop(tmp_path, bot("timezone: ${ZONE:-${OTHER}}"), {**ENVIRONMENT, "ZONE": "Asia/Taipei"})

    assert shop.name == "shop"


def test_variable_can_never_become_yaml(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "WORDS": "[a, b]", "HASH": "a # b: c"}

    shop = _shop(tmp_path, route("keyword: ${WORDS}", "reply: ${HASH}"), environment)

    assert shop.routes[0].keywords == ("[a, b]",)
    assert _reply(shop) == [{"type": "text", "text": "a # b: c"}]


def test_variable_in_a_key_stays(tmp_path: Path) -> None:
    shop = _shop(tmp_path, route("keyword: a", "reply: {type: text, text: a, '${SET}': b}"))

    assert "${SET}" in _reply(shop)[0]


@pytest.mark.parametrize("value", ["true", "false"])
def test_variable_may_be_a_bool(value: str, tmp_path: Path) -> None:
    shop = _shop(tmp_path, bot("push_fallback: ${PUSH}"), {**ENVIRONMENT, "PUSH": value})

    assert shop.push_fallback is (value == "true")


def test_variable_may_be_a_number(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "DAYS": "7"}

    assert configured(tmp_path, top("retention: {ids_days: '${DAYS}'}"), environment).ids_days == 7


def test_variable_has_one_type_in_a_message_with_a_default_and_without(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "CODE": "12345"}
    with_default = _shop(tmp_path, route("keyword: a", "reply:", "  type: text", "  text: ${CODE:-12345}"), environment)
    without = _shop(tmp_path, route("keyword: a", "reply:", "  type: text", "  text: ${CODE}"), environment)

    assert _reply(with_default) == _reply(without)


def test_env_file_beside_the_configuration_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ours\nGREETING=from .env\nexport OTHER='quoted'\n")

    shop = _shop(tmp_path, route("keyword: a", "reply: '${GREETING} ${OTHER}'"))

    assert _reply(shop) == [{"type": "text", "text": "from .env quoted"}]


def test_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GREETING=from .env\n")

    shop = _shop(tmp_path, route("keyword: a", "reply: ${GREETING}"), {**ENVIRONMENT, "GREETING": "from outside"})

    assert _reply(shop) == [{"type": "text", "text": "from outside"}]


# Several files


def test_bots_of_all_files_are_loaded(tmp_path: Path) -> None:
    configuration = _load(
        _write(tmp_path / "a.yaml", _named("shop")),
        _write(tmp_path / "b.yaml", _named("cafe")),
    )

    assert list(configuration.bots) == ["shop", "cafe"]
    assert {bot.name for bot in configuration.bots.values()} == {"shop", "cafe"}


def test_second_bot_of_a_name_is_an_error_with_both_places(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a.yaml", _named("shop")), _write(tmp_path / "b.yaml", "# second\n" + _named("shop"))

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [(str(one), one.hint) for one in caught.value.findings] == [
        (f"{b}:4:3: a second bot `shop`", f"the first is at {a}:3:3")
    ]


def test_second_pack_of_a_name_is_an_error_with_both_places(tmp_path: Path) -> None:
    a = _write(tmp_path / "a.yaml", bot("routes:", "  - include: manners") + MANNERS)
    b = _write(tmp_path / "b.yaml", "version: 1\n" + MANNERS)

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [(str(one), one.hint) for one in caught.value.findings] == [
        (f"{b}:3:3: a second pack `manners`", f"the first is at {a}:9:3")
    ]


def test_store_that_differs_is_an_error(tmp_path: Path) -> None:
    a = _write(tmp_path / "a.yaml", _named("shop") + "store: sqlite:///a.db\n")
    b = _write(tmp_path / "b.yaml", _named("cafe") + "store: sqlite:///b.db\n")

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [str(one) for one in caught.value.findings] == [f"{b}:8:8: `store` differs from {a}:8"]


def test_store_may_stand_in_any_one_of_the_files(tmp_path: Path) -> None:
    a = _write(tmp_path / "a.yaml", _named("shop"))
    b = _write(tmp_path / "b" / "b.yaml", _named("cafe") + "store: sqlite:///b.db\n")

    assert _load(a, b).store == f"sqlite:///{tmp_path}/b/b.db"


def test_relative_paths_count_from_their_own_file(tmp_path: Path) -> None:
    routes = "    routes:\n      - {name: hi, keyword: hi, reply: {json: menu.json}}\n"
    for folder in ("a", "b"):
        _write(tmp_path / folder / "menu.json", json.dumps({"type": "text", "text": f"menu of {folder}"}))
    a = _write(tmp_path / "a" / "bot.yaml", HEAD + routes)
    b = _write(tmp_path / "b" / "bot.yaml", HEAD.replace("shop", "cafe") + routes)

    bots = _load(a, b).bots

    assert [_reply(one)[0]["text"] for one in bots.values()] == ["menu of a", "menu of b"]


def test_paths_of_a_pack_count_from_the_file_of_the_pack(tmp_path: Path) -> None:
    _write(tmp_path / "shared" / "thanks.json", '{"type": "text", "text": "shared"}')
    pack = "packs:\n  manners:\n    routes:\n      - {name: thanks, exact: thanks, reply: {json: thanks.json}}\n"
    a = _write(tmp_path / "bot.yaml", bot("routes:", "  - include: manners"))
    b = _write(tmp_path / "shared" / "packs.yaml", "version: 1\n" + pack)

    assert _reply(_load(a, b).bots["shop"]) == [{"type": "text", "text": "shared"}]


def test_env_file_of_each_file_counts_for_that_file(tmp_path: Path) -> None:
    routes = "    routes:\n      - {name: hi, keyword: hi, reply: '${GREETING}'}\n"
    a = _write(tmp_path / "a" / "bot.yaml", HEAD + routes)
    b = _write(tmp_path / "b" / "bot.yaml", HEAD.replace("shop", "cafe") + routes)
    _write(tmp_path / "a" / ".env", "GREETING=from a\n")
    _write(tmp_path / "b" / ".env", "GREETING=from b\n")

    bots = _load(a, b).bots

    assert [_reply(one)[0]["text"] for one in bots.values()] == ["from a", "from b"]


def test_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    a = _write(tmp_path / "a.yaml", _named("shop") + "stroe: x\n")
    b = _write(tmp_path / "b.yaml", _named("cafe") + "stroe: x\n")

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [str(one) for one in caught.value.findings] == [
        f"{a}:8:1: unknown key `stroe` in the file",
        f"{b}:8:1: unknown key `stroe` in the file",
    ]


def test_mistakes_are_reported_beside_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    text = bot(
        "timezone: Taipei", "routes:", "  - include: manners", "  - {name: a, keyword: a, reply: '{sender.nme}'}"
    )
    a, b = _write(tmp_path / "a.yaml", text), _write(tmp_path / "b.yaml", "version: 1\npacks: *x\n")

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [str(one) for one in caught.value.findings] == [
        f"{a}:6:15: `timezone`: `Taipei` is not a time zone",
        f"{a}:9:38: unknown name in `{{sender.nme}}`",
        f"{b}:2:8: aliases (`*name`) are not supported",
    ]


def test_files_without_a_bot_are_an_error(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a.yaml", "version: 1\n"), _write(tmp_path / "b.yaml", "version: 1\n")

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [str(one) for one in caught.value.findings] == [f"{a}:1:1: `bots` is missing in the files"]


def test_bots_of_a_wrong_type_in_a_second_file_are_said_to_be_that(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a.yaml", _named("shop")), _write(tmp_path / "b.yaml", "version: 1\nbots: [cafe]\n")

    with pytest.raises(ConfigError) as caught:
        _load(a, b)

    assert [str(one) for one in caught.value.findings] == [f"{b}:2:7: `bots`: expected a mapping of keys and values"]


# Packs and plugins

MANNERS = """\
packs:
  manners:
    routes:
      - {name: thanks, exact: thanks, reply: welcome}
      - {name: hello, exact: hello, reply: hello}
      - {name: bye, exact: bye, reply: bye}
"""


def test_included_routes_stand_where_they_are_included(tmp_path: Path) -> None:
    text = bot(
        "routes:",
        "  - {name: first, exact: a, reply: b}",
        "  - include: manners",
        "  - {name: last, otherwise: true, reply: b}",
    )

    shop = _shop(tmp_path, text + MANNERS)

    assert _names(shop) == ["first", "manners.thanks", "manners.hello", "manners.bye", "last"]


def test_override_replaces_a_route_whole_at_the_packs_place(tmp_path: Path) -> None:
    text = bot(
        "routes:",
        "  - {name: manners.hello, override: true, keyword: hey, reply: hey}",
        "  - include: manners",
        "  - {name: last, otherwise: true, reply: b}",
    )

    shop = _shop(tmp_path, text + MANNERS)

    assert _names(shop) == ["manners.thanks", "manners.hello", "manners.bye", "last"]
    assert (shop.routes[1].keywords, shop.routes[1].exacts) == (("hey",), ())


def test_override_is_for_one_bot_only(tmp_path: Path) -> None:
    shop = bot(
        "routes:",
        "  - include: manners",
        "  - {name: manners.hello, override: true, exact: hey, reply: hey}",
    )
    cafe = f"  cafe:\n    adapter: line\n{LINE}    routes:\n      - include: manners\n"

    bots = configured(tmp_path, shop + cafe + MANNERS, ENVIRONMENT).bots

    assert [bots[name].routes[1].exacts for name in ("shop", "cafe")] == [("hey",), ("hello",)]


def test_route_that_is_not_enabled_is_gone(tmp_path: Path) -> None:
    text = bot(
        "routes:",
        "  - include: manners",
        "  - {name: manners.hello, enabled: false}",
        "  - {name: own, enabled: false, exact: a, reply: b}",
    )

    assert _names(_shop(tmp_path, text + MANNERS)) == ["manners.thanks", "manners.bye"]


def test_include_that_is_not_enabled_is_gone(tmp_path: Path) -> None:
    text = bot("routes:", "  - {include: manners, enabled: false}", "  - {name: own, exact: a, reply: b}")

    assert _names(_shop(tmp_path, text + MANNERS)) == ["own"]


def test_bots_that_share_a_pack_differ_by_their_settings(tmp_path: Path) -> None:
    pack = "packs:\n  contact:\n    routes:\n      - {name: phone, exact: phone, reply: 'call {settings.phone}'}\n"
    shop = bot("settings: {phone: 02-1}", "routes:", "  - include: contact")
    cafe = f"  cafe:\n    adapter: line\n{LINE}    settings: {{phone: 02-2}}\n    routes:\n      - include: contact\n"

    bots = configured(tmp_path, shop + cafe + pack, ENVIRONMENT).bots

    assert [bots[name].settings["phone"] for name in ("shop", "cafe")] == ["02-1", "02-2"]
    assert _reply(bots["shop"]) == _reply(bots["cafe"]) == [{"type": "text", "text": "call {settings.phone}"}]


def test_setting_that_one_of_two_bots_lacks_is_an_error(tmp_path: Path) -> None:
    pack = "packs:\n  contact:\n    routes:\n      - {name: phone, exact: phone, reply: 'call {settings.phone}'}\n"
    shop = bot("settings: {phone: 02-1}", "routes:", "  - include: contact")
    cafe = f"  cafe:\n    adapter: line\n{LINE}    routes:\n      - include: contact\n"

    found = findings(tmp_path, shop + cafe + pack, ENVIRONMENT)

    assert [one.message for one in found] == ["unknown name in `{settings.phone}`"]


def test_pack_of_a_plugin_has_the_plugins_name(tmp_path: Path) -> None:
    shop = _shop(tmp_path, bot("plugins: {tickets: {}}", "routes:", "  - include: tickets"))

    assert _names(shop) == [f"tickets.{name}" for name in ("take", "position", "cancel", "next", "reset")]
    assert shop.routes[0].action == Handle("tickets", "take")
    assert shop.routes[0].place == "hookline-tickets/routes.yaml:3:5"


def test_plugin_may_be_used_without_its_pack(tmp_path: Path) -> None:
    text = bot("plugins:", "  tickets:", "routes:", "  - {name: number, keyword: number, run: tickets.take}")

    shop = _shop(tmp_path, text)

    assert _names(shop) == ["number"]


def test_settings_of_a_plugin_are_the_plugins_own_model(tmp_path: Path) -> None:
    text = bot("plugins:", "  tickets:", "    staff: ['${STAFF}', 0123]", "    notify_at: 3")

    settings: Any = _shop(tmp_path, text, {**ENVIRONMENT, "STAFF": "U1"}).plugins["tickets"].settings

    assert (settings.staff, settings.notify_at, settings.language) == (["U1", "0123"], 3, "zh-Hant")


def test_two_bots_have_their_own_settings_of_one_plugin(tmp_path: Path) -> None:
    shop = bot("plugins: {tickets: {notify_at: 3}}")
    cafe = f"  cafe:\n    adapter: line\n{LINE}    plugins: {{tickets: {{notify_at: 4}}}}\n{ROUTES}"

    bots = configured(tmp_path, shop + cafe, ENVIRONMENT).bots

    uses: list[Any] = [bots[name].plugins["tickets"] for name in ("shop", "cafe")]
    assert [use.settings.notify_at for use in uses] == [3, 4]
    assert uses[0].plugin is uses[1].plugin


# Secrets


def test_secrets_come_from_variables(tmp_path: Path) -> None:
    settings = _line_settings(_shop(tmp_path, top()))

    assert [one.get_secret_value() for one in settings.channel_secret] == ["one-secret"]
    assert settings.access_token.get_secret_value() == "one-token"


def test_secrets_come_from_files_beside_the_configuration(tmp_path: Path) -> None:
    _write(tmp_path / "secrets" / "channel", "from-a-file\n")
    text = line("channel_secret: {file: secrets/channel}", "access_token: {file: '${FOLDER}/channel'}")

    settings = _line_settings(_shop(tmp_path, text, {"FOLDER": str(tmp_path / "secrets")}))

    assert [one.get_secret_value() for one in settings.channel_secret] == ["from-a-file"]
    assert settings.access_token.get_secret_value() == "from-a-file"


def test_secrets_are_rotated_in_a_list_newest_first(tmp_path: Path) -> None:
    _write(tmp_path / "old", "old-secret")
    text = line("channel_secret:", "  - ${SECRET}", "  - {file: old}", "access_token: ${TOKEN}")

    settings = _line_settings(_shop(tmp_path, text))

    assert [one.get_secret_value() for one in settings.channel_secret] == ["one-secret", "old-secret"]


def test_secret_from_a_variable_is_not_filled_again(tmp_path: Path) -> None:
    settings = _line_settings(_shop(tmp_path, top(), {"SECRET": "a${TOKEN}$$b", "TOKEN": "one-token"}))

    assert settings.channel_secret[0].get_secret_value() == "a${TOKEN}$$b"


# Simulated


def test_simulated_needs_no_secret(tmp_path: Path) -> None:
    configuration = configured(tmp_path, top(), {"NOTHING": ""}, is_simulated=True)

    settings = _line_settings(configuration.bots["shop"])
    assert settings.access_token.get_secret_value()


def test_simulated_needs_no_secret_file(tmp_path: Path) -> None:
    text = line("channel_secret: {file: /run/secrets/nope}", "access_token: {file: /run/secrets/nope}")

    assert list(configured(tmp_path, text, is_simulated=True).bots) == ["shop"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me@h1:1,h2:65535,h3/x",
        "postgresql:///x?host=/run/postgresql&port=5433",
        "postgres://[::1]:5432/x",
        "postgresql://me:a%2Fb%3Ac@%2Frun%2Fpostgresql/x?sslmode=require",
        "postgresql://",
    ],
)
def test_addresses_of_postgresql_are_taken(url: str, tmp_path: Path) -> None:
    text = top("store: '${URL}'", "listen_url: '${URL}'")

    assert configured(tmp_path, text, {**ENVIRONMENT, "URL": url}).store == url


def test_password_with_a_slash_is_named_as_the_cause_and_not_shown(tmp_path: Path) -> None:
    text = top("store: postgresql://me:${PW}@host/x")

    (found,) = findings(tmp_path, text, {**ENVIRONMENT, "PW": "ab/cd"})

    assert found.message == "`store`: a port must be a number from 1 to 65535"
    assert "ab" not in str(found)


def test_simulated_needs_no_line_section(tmp_path: Path) -> None:
    assert list(configured(tmp_path, top().replace(LINE, ""), is_simulated=True).bots) == ["shop"]


@pytest.mark.parametrize(
    "text",
    [
        route("keyword: a", "reply: call ${PHONE}"),
        bot("timezone: ${ZONE}"),
        bot("push_fallback: ${PUSH}"),
        bot("plugins: {tickets: {notify_at: '${PLACES}'}}"),
        top("store: ${STORE}"),
        route("keyword: ${WORD}", "when: {time: '${HOURS}', timezone: '${ZONE}', days: '${DAYS}'}", "reply: b"),
        route("keyword: a", "when: {mentioned: '${M}', users: '${U}', state: {a: '${S}'}}", "run: echo.say").replace(
            "    routes:", "    plugins: {echo: {}}\n    routes:"
        ),
        line("channel_secret: ${SECRET}", "access_token: ${TOKEN}", "api_base: ${PROXY}"),
    ],
    ids=["text", "time zone", "bool", "plugin's number", "store", "times", "conditions", "address"],
)
def test_simulated_needs_nothing_set(text: str, tmp_path: Path) -> None:
    found = findings(tmp_path, text, {"NOTHING": ""}, is_simulated=True)

    assert [str(one) for one in found] == []


def test_simulated_still_takes_what_is_set(tmp_path: Path) -> None:
    text = route("keyword: a", "reply: call ${PHONE} ${FAX:-none}")

    shop = configured(tmp_path, text, {"PHONE": "02-1"}, is_simulated=True).bots["shop"]

    assert _reply(shop) == [{"type": "text", "text": "call 02-1 none"}]


def test_root_bot_yaml_is_fine_in_simulated_mode() -> None:
    root = Path(__file__).parents[3] / "bot.yaml"

    configuration = load([root], PluginRegistry.discover(), environment={}, is_simulated=True, is_thorough=True)

    assert [str(one) for one in configuration.warnings] == []


def _shop(folder: Path, text: str, environment: Mapping[str, str] = ENVIRONMENT) -> BotConfiguration:
    return configured(folder, text, environment).bots["shop"]


def _load(*paths: Path) -> Configuration:
    return load(paths, PluginRegistry.discover(), environment=ENVIRONMENT)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _named(name: str) -> str:
    return HEAD.replace("shop", name) + ROUTES


def _reply(bot: BotConfiguration, index: int = 0) -> list[Mapping[str, Any]]:
    action = bot.routes[index].action
    assert isinstance(action, Respond)
    return [message.body for message in action.choices[0].in_language(None)]


def _names(bot: BotConfiguration) -> list[str]:
    return [one.name for one in bot.routes]


def _matchers(one: Route) -> tuple[object, ...]:
    return (one.on, one.keywords, one.when)


def _line_settings(bot: BotConfiguration) -> LineSettings:
    settings = bot.adapter_settings
    assert isinstance(settings, LineSettings)
    return settings

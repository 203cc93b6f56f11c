"""Check that mistakes in lists, access, limits, cooldowns, choices, ages and quiet hours are found at their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import NO_TYPE, ROUTES, Case, bot, case, differences, error, found_in, route, top, warning

TIME = "expected a length of time up to 366 days, as in 30s, 10m, 6h or 1d"
DECLARE = "declare it under `lists:`, of the bot or of the file"

ACCESS = [
    case(
        "misspelt list",
        bot("lists: {staff: [U1]}", "allow: {users: [U2, lists.stff]}"),
        error(7, 25, "`users`: bot `shop` has no list `stff`", "did you mean `lists.staff`?"),
    ),
    case(
        "list far from any",
        bot("lists: {staff: U1, branches: C1}", "deny: {groups: lists.everybody}"),
        error(7, 20, "`groups`: bot `shop` has no list `everybody`", "known are lists.branches, lists.staff"),
    ),
    case(
        "list where there are none",
        route("keyword: a", "when: {users: lists.staff}", "reply: b"),
        error(9, 23, "`users`: bot `shop` has no list `staff`", DECLARE),
    ),
    case(
        "name of a list without the mark",
        bot("lists: {staff: [U1]}", "deny: {users: staff}"),
        error(7, 19, "`users`: `staff` is the name of a list", "write `lists.staff`"),
    ),
    case(
        "list in a list",
        bot("lists: {all: [lists.staff, U2], staff: U1}"),
        error(6, 19, "`all`: a list holds ids, not other lists", "write the ids here"),
    ),
    case(
        "list in a list of the file",
        top("lists:", "  all: [U1, lists.staff]"),
        error(9, 13, "`all`: a list holds ids, not other lists", "write the ids here"),
    ),
    case(
        "nothing behind allow, so that it would be open to all",
        bot("allow:", "deny: # lists.staff"),
        error(6, 11, "`allow` is empty", "say what it is to be, or leave it out"),
        error(7, 10, "`deny` is empty", "say what it is to be, or leave it out"),
    ),
    case(
        "nothing behind a route's condition",
        route("keyword: a", "when:", "reply: b"),
        error(9, 14, "`when` is empty", "say what it is to be, or leave it out"),
    ),
    case("empty list", top("lists: {staff: []}"), error(8, 16, "`staff`: may not be empty")),
    case(
        "empty list that is named",
        bot("lists: {staff: []}", "allow: {users: lists.staff}"),
        error(6, 20, "`staff`: may not be empty"),
    ),
    case(
        "list that isn't one",
        bot("lists: {staff: {a: b}}", "allow: {users: lists.staff}"),
        error(
            6,
            20,
            "`staff`: expected text",
            "a value that begins with `{` needs quotes: put the whole value in single quotes: '…'",
        ),
    ),
    case(
        "allow for nobody",
        bot("allow: {}"),
        error(6, 5, "`allow` lists nobody", "write `users:` or `groups:` below it"),
    ),
    case(
        "deny for nobody, in a route",
        route("keyword: a", "deny: {users: []}", "reply: b"),
        error(9, 23, "`users`: may not be empty"),
    ),
    case(
        "unknown key in allow",
        route("keyword: a", "allow: {user: U1}", "reply: b"),
        error(9, 17, "unknown key `user` in `allow`", "did you mean `users`?"),
    ),
    case(
        "pack that nobody includes may name any list, but not say nonsense",
        top(
            "packs:",
            "  a:",
            "    routes:",
            "      - {name: b, keyword: c, allow: {users: lists.d}, deny: {}, reply: e}",
        ),
        warning(9, 3, "pack `a` is included by no bot"),
        error(11, 56, "`deny` lists nobody", "write `users:` or `groups:` below it"),
    ),
    case(
        "list that one of two bots lacks",
        bot("lists: {staff: U1}", "routes:", "  - include: a")
        + '  cafe:\n    adapter: line\n    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}\n'
        + "    routes:\n      - include: a\n"
        + "packs:\n  a:\n    routes:\n      - {name: b, keyword: c, allow: {users: lists.staff}, reply: d}\n",
        error(17, 46, "`users`: bot `cafe` has no list `staff`", DECLARE),
    ),
]
LIMITS = [
    case(
        "too few messages",
        bot("limits: {per_user: {messages: 0, within: 1m}}"),
        error(6, 35, "`messages`: expected greater than or equal to 1"),
    ),
    case(
        "limit without a time",
        bot("limits:", "  per_user: {messages: 20, reply: 慢一點}"),
        error(7, 7, "`within` is missing in `per_user`"),
    ),
    case(
        "misspelt key of a limit",
        bot("limits: {per_user: {messages: 20, witin: 1m, within: 1m}}"),
        error(6, 39, "unknown key `witin` in `per_user`", "did you mean `within`?"),
    ),
    case(
        "placeholder without a value where no route has matched",
        bot("limits: {per_user: {messages: 20, within: 1m, reply: '{match.text}'}}"),
        error(6, 58, "unknown name in `{match.text}`", "`match` has no names here"),
    ),
    case(
        "limit per person of the whole host",
        top("limits: {per_user: {messages: 20, within: 1m}}"),
        error(8, 10, "unknown key `per_user` in `limits`", "known are `running`"),
    ),
]
TIMES = [
    case(
        "cooldown in words", route("keyword: a", "cooldown: an hour", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")
    ),
    case("cooldown of nothing", route("keyword: a", "cooldown: 0s", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")),
    case("cooldown for ever", route("keyword: a", "cooldown: never", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")),
    case("cooldown of years", route("keyword: a", "cooldown: 367d", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")),
    case("negative cooldown", route("keyword: a", "cooldown: -5", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")),
    case("two units", route("keyword: a", "cooldown: 1h30m", "reply: b"), error(9, 19, f"`cooldown`: {TIME}")),
    case("age in words", bot("stale_after: soon"), error(6, 18, f"`stale_after`: {TIME}; or never")),
    case(
        "age of a route",
        route("keyword: a", "stale_after: [2h]", "reply: b"),
        error(9, 22, f"`stale_after`: {TIME}; or never"),
    ),
    case(
        "quiet without a time",
        bot("quiet: {timezone: Asia/Taipei}"),
        error(6, 5, "`quiet` says no time", "write it as in `quiet: {time: '22:00-08:00'}`"),
    ),
    case(
        "quiet all day",
        bot("quiet: {time: 00:00-24:00}"),
        error(6, 5, "`quiet` never ends, so nothing would ever be pushed", "leave a time of day out"),
    ),
    case(
        "quiet all day in two parts",
        bot("quiet:", "  time: [08:00-20:00, 20:00-08:00]"),
        error(6, 5, "`quiet` never ends, so nothing would ever be pushed", "leave a time of day out"),
    ),
    case(
        "wrong time and zone of quiet",
        bot("quiet: {time: at night, timezone: Taipei}"),
        error(6, 19, "`time`: `at night` is not a time of day", "write it as in 09:00-18:00"),
        error(6, 39, "`timezone`: `Taipei` is not a time zone", "write it as in Asia/Taipei"),
    ),
    case(
        "wrong day of quiet",
        bot("quiet: {days: [sat, sunday]}"),
        error(6, 25, "`days`: expected `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`", "did you mean `sun`?"),
    ),
]
CHOICES = [
    case("one of one", route("keyword: a", "reply: {any: [b]}"), error(9, 22, "`any`: expected at least 2")),
    case("any that is no list", route("keyword: a", "reply: {any: b}"), error(9, 22, "`any`: expected a list")),
    case(
        "key beside any",
        route("keyword: a", "reply: {any: [b, c], anny: d}"),
        error(9, 30, "unknown key `anny` in `reply`", "did you mean `any`?"),
    ),
    case(
        "unknown placeholder deep in a choice",
        route("keyword: a", "reply:", "  any:", "    - b", "    - [c, '{sender.nam}']"),
        error(12, 19, "unknown name in `{sender.nam}`", "did you mean `name`?"),
    ),
    case(
        "unknown capture in an object of a choice",
        route("keyword: a", "reply: {any: [b, {type: text, text: '{match.number}'}]}"),
        error(9, 45, "unknown name in `{match.number}`", "known here: keyword, text"),
    ),
    case(
        "message of a choice that LINE refuses",
        route("keyword: a", "reply: {any: [b, {type: text, text: ''}]}"),
        error(9, 45, "line would refuse `text`: may not be empty in a `text` message"),
    ),
    case(
        "too many messages in one choice",
        route("keyword: a", "reply: {any: [b, [1, 2, 3, 4, 5, 6]]}"),
        error(9, 26, "6 messages in one reply, at most 5"),
    ),
    case(
        "object without a type in a choice",
        route("keyword: a", "reply: {any: [b, {words: c}]}"),
        error(9, 26, "a message object needs a `type`", NO_TYPE),
    ),
    case(
        "lists in lists of a choice",
        route("keyword: a", "reply: {any: [b, [[c]]]}"),
        error(9, 27, "`any`: expected text, a message object with a `type`, `json: FILE`, or a list of these"),
    ),
    case(
        "misspelt any",
        route("keyword: a", "reply: {ani: [b, c]}"),
        error(
            9,
            16,
            "a message object needs a `type`",
            NO_TYPE,
        ),
    ),
]


@pytest.mark.parametrize("broken", [*ACCESS, *LIMITS, *TIMES, *CHOICES], ids=str)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


def test_a_required_key_that_is_wrong_hides_no_other_mistake(tmp_path: Path) -> None:
    text = bot("limits: {per_user: {messages: none, within: 1m}}", "deny: {users: lists.x}")

    assert [(one.line, one.column) for one in found_in(tmp_path, text)] == [(6, 35), (7, 19)]


def test_overlap_is_not_reported_where_the_earlier_route_rests(tmp_path: Path) -> None:
    rested = route("keyword: a", "reply: b", "cooldown: 1h") + "      - {name: later, keyword: a, reply: c}\n"
    awake = rested.replace("        cooldown: 1h\n", "")

    assert found_in(tmp_path, rested) == []
    assert [one.message.partition(":")[0] for one in found_in(tmp_path, awake)] == ["route `later` can never win"]


def test_overlap_is_not_reported_where_the_earlier_route_is_for_some_only(tmp_path: Path) -> None:
    text = route("keyword: a", "reply: b", "allow: {users: U1}") + ROUTES.partition("\n")[2].replace("hi", "a", 2)

    assert found_in(tmp_path, text) == []

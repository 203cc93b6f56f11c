"""What `check` says of the names of what events say."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from hookline.adapters.line.fields import FIELDS
from hookline.adapters.line.parse import EVENTS
from hookline.config.keys.schema import schema
from hookline.plugins.registry import PluginRegistry
from tests.support import findings
from tests.unit.config.broken import ANY, Case, bot, case, differences, error, found_in, route, warning

CONDITIONS = [
    case(
        "misspelt name",
        route("on: beacon", "when: {event: {becon_type: enter}}", "reply: b"),
        error(9, 24, "`event`: line has no `becon_type`", "did you mean `beacon_type`?"),
    ),
    case(
        "name far from any",
        route("on: follow", "when: {event: {weather: sunny}}", "reply: b"),
        error(
            9,
            24,
            "`event`: line has no `weather`",
            "known here are mode, redelivered, unblocked; a path into its raw object has a dot, or begins with `raw.`",
        ),
    ),
    case(
        "what has a matcher of its own",
        route("on: '*'", "when: {event: {type: follow}}", "run: a.b").replace("run: a.b", "reply: b"),
        error(
            9,
            24,
            "`event`: `type` can be shown, not asked for here",
            "`{event.type}` shows it in a reply; to ask for it, write `on: TYPE`",
        ),
    ),
    case(
        "what nothing asks for",
        route("on: '*'", "when: {event: {message_id: '7'}}", "reply: b"),
        error(
            9,
            24,
            "`event`: `message_id` can be shown, not asked for here",
            "`{event.message_id}` shows it in a reply",
        ),
    ),
    case(
        "empty step of a path",
        route("on: follow", "when: {event: {a..b: x}}", "reply: b"),
        error(9, 24, "`event`: line has no `a..b`", ANY),
    ),
    case(
        "name of other events",
        route("on: [follow, join]", "when: {event: {beacon_type: enter}}", "reply: b"),
        warning(
            9,
            24,
            "`event`: none of the events of this route has `beacon_type`, so it can never win",
            "it is said by `beacon`: say so under `on:`",
        ),
    ),
    case(
        "name of other events, by the matcher's own type",
        route("keyword: a", "when: {event: {sticker_keywords: love}}", "reply: b"),
        warning(
            9,
            24,
            "`event`: none of the events of this route has `sticker_keywords`, so it can never win",
            "it is said by `message.sticker`: say so under `on:`",
        ),
    ),
    case(
        "names of people",
        route("on: memberJoined", "when: {event: {joined_names: Amy}}", "reply: b"),
        error(
            9,
            24,
            "`event`: `joined_names` can be shown, not asked for here",
            "`{event.joined_names}` shows it in a reply",
        ),
    ),
    case(
        "number that is none",
        route("on: message.file", "when: {event: {file_size: [10, big]}}", "reply: b"),
        error(9, 40, "`file_size`: expected a number, found `big`"),
    ),
    case(
        "bool that is none",
        route("on: follow", "when: {event: {unblocked: yes}}", "reply: b"),
        error(9, 35, "`unblocked`: expected true or false, found `yes`"),
    ),
    case(
        "misspelt value",
        route("on: membership", "when: {event: {membership_type: join}}", "reply: b"),
        warning(9, 41, "`membership_type`: line sends no `join` that hookline knows of", "did you mean `joined`?"),
    ),
    case(
        "value far from any",
        route("on: beacon", "when: {event: {beacon.type: leave}}", "reply: b"),
        warning(9, 37, "`beacon.type`: line sends no `leave` that hookline knows of", "known are enter, banner, stay"),
    ),
    case(
        "misspelt path",
        route("on: message.sticker", "when: {event: {message.stickerld: 1}}", "reply: b"),
        warning(
            9,
            24,
            "`event`: hookline knows of no `message.stickerld` in events of line",
            "did you mean `message.stickerId`?",
        ),
    ),
    case(
        "no value",
        route("on: follow", "when: {event: {unblocked: []}}", "reply: b"),
        error(9, 35, "`unblocked`: may not be empty"),
    ),
]
REPLIES = [
    case(
        "misspelt placeholder",
        route("on: beacon", "when: {event: {beacon_type: enter}}", "reply: '{event.beacon_hwit}'"),
        error(10, 16, "unknown name in `{event.beacon_hwit}`", "did you mean `beacon_hwid`?"),
    ),
    case(
        "placeholder of other events",
        route("keyword: a", "reply: '{event.file_name}'"),
        warning(
            9,
            16,
            "`{event.file_name}` is always empty here: none of the events of this route has it",
            "it is said by `message.file`",
        ),
    ),
    case("item of what is no list", route("on: follow", "reply: '{event.unblocked.0}'"), error(9, 16, ANY, ANY)),
    case("item without a number", route("on: memberJoined", "reply: '{event.joined_ids.x}'"), error(9, 16, ANY, ANY)),
    case("raw without a path", route("on: follow", "reply: '{event.raw}'"), error(9, 16, ANY, ANY)),
    case("raw with an empty step", route("on: follow", "reply: '{event.raw.a..b}'"), error(9, 16, ANY, ANY)),
]


@pytest.mark.parametrize("broken", [*CONDITIONS, *REPLIES], ids=str)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("on: beacon", "when: {event: {beacon_type: enter}}", "reply: '{event.beacon_hwid|?}'"),
        ("on: beacon", "reply: 'You {event.beacon_type}'"),
        ("on: beacon", "reply: 'You {event.raw.beacon.type}'"),
        ("on: membership", "when: {event: {membership.type: left}}", "reply: bye"),
        ("on: '*'", "when: {event: {file_name: a}}", "reply: '{event.file_name}{event.beacon_type}'"),
        (
            "on: message.poll",
            "when: {event: {message.poll.id: 7, file_name: x}}",
            "reply: '{event.raw.message.poll.id}'",
        ),
        ("on: memberJoined", "reply: '{event.joined_ids.0} {event.joined_names.12} {event.joined_names}'"),
        ("on: [follow, memberJoined]", "reply: '{event.unblocked}{event.joined_names}'"),
        ("on: follow", "when: {event: {raw.timestamp: 1, raw.follow.isUnblocked: true}}", "reply: b"),
    ],
)
def test_what_is_right_is_no_mistake(lines: tuple[str, ...], tmp_path: Path) -> None:
    found = found_in(tmp_path, route(*lines))

    assert [one.message for one in found if "event type" not in one.message] == []


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("beacon.typ", "beacon.type"),
        ("beacon.Type", "beacon.type"),
        ("message.stickerID", "message.stickerId"),
        ("message.keyword", "message.keywords"),
        ("Message.text", "message"),
        ("postback.params.newRichMenuAliasID", "postback.params.newRichMenuAliasId"),
        ("message.text", None),
        ("message.emojis.0.emojiId", None),
        ("message.mention.mentionees.0.userId", None),
        ("postback.data", None),
        ("module.type", None),
        ("chatControl.expireAt", None),
        ("source.userId", None),
        ("things.result.code", None),
        ("message.markAsReadToken", None),
        ("joined.members.0.userId", None),
    ],
)
def test_path_that_is_nearly_a_known_one_is_doubted(path: str, near: str | None, tmp_path: Path) -> None:
    found = found_in(tmp_path, route("on: '*'", f"when: {{event: {{{path}: x}}}}", "reply: b"))

    assert [one.hint for one in found if "knows of no" in one.message] == (
        [] if near is None else [f"did you mean `{near}`?"]
    )


@pytest.mark.parametrize(
    ("routes", "warned"),
    [
        (["{name: a, on: membership, reply: thanks}"], ["a"]),
        (["{name: a, on: [follow, beacon], reply: hello}"], ["a"]),
        (["{name: a, on: beacon, when: {days: mon}, reply: hello}"], ["a"]),
        (["{name: a, on: beacon, when: {event: {beacon_hwid: x}}, reply: hello}"], ["a"]),
        (
            [
                "{name: a, on: membership, when: {event: {membership_type: joined}}, reply: thanks}",
                "{name: b, on: membership, reply: bye}",
            ],
            [],
        ),
        (["{name: a, on: beacon, run: echo.say}"], []),
        (["{name: a, on: beacon, run: echo.say, cooldown: 1m}", "{name: b, on: beacon, reply: hello}"], []),
        (["{name: a, on: '*', reply: hello}"], []),
        (["{name: a, on: beacon, when: {event: {beacon_type: [enter, banner, stay]}}, reply: hello}"], []),
        (["{name: a, on: membership, reply: '{event.membership_type}'}"], []),
    ],
)
def test_reply_that_is_the_same_whatever_happened_is_a_warning(
    routes: list[str], warned: list[str], tmp_path: Path
) -> None:
    text = bot("plugins: {echo: {}}", "routes:", *(f"  - {one}" for one in routes))

    found = [one.message for one in found_in(tmp_path, text)]

    assert [message.partition("`")[2].partition("`")[0] for message in found] == warned
    assert all("answers alike whether" in message for message in found)


def test_hint_says_how_to_ask(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, route("on: membership", "reply: thanks"))

    assert found.hint == ("ask for one, as in `when: {event: {membership_type: joined}}`, or list those that it is for")


@pytest.mark.parametrize(
    ("earlier", "later", "is_lost"),
    [
        ("event: {beacon_type: enter}", "event: {beacon_type: enter}", True),
        ("event: {beacon_type: [enter, stay]}", "event: {beacon_type: ENTER}", True),
        ("event: {beacon_type: enter}", "event: {beacon_type: [enter, stay]}", False),
        ("event: {beacon_type: enter}", "event: {beacon_hwid: x}", False),
        ("event: {beacon_type: enter}", "chat: user, event: {beacon_type: enter}", True),
        ("chat: user, event: {beacon_type: enter}", "event: {beacon_type: enter}", False),
        ("event: {beacon.dm: a}", "event: {beacon.dm: a, beacon_type: enter}", True),
        ("standby: true", "event: {beacon_type: enter}", False),
        ("event: {beacon_type: enter}", "standby: true, event: {beacon_type: enter}", False),
        ("standby: true", "standby: true, event: {beacon_type: enter}", True),
    ],
)
def test_route_that_can_never_win_is_found(earlier: str, later: str, is_lost: bool, tmp_path: Path) -> None:
    routes = [
        f"  - {{name: {name}, on: beacon, when: {{{when}}}, run: echo.say}}"
        for name, when in (("a", earlier), ("b", later))
    ]

    found = [one.message for one in found_in(tmp_path, bot("plugins: {echo: {}}", "routes:", *routes))]

    assert [message for message in found if "`b` can never win" in message] == found
    assert bool(found) is is_lost


def test_schema_offers_every_name_that_can_be_asked_for() -> None:
    asked = schema(PluginRegistry().platforms.every())["definitions"]["RouteWhenSpec"]["properties"]["event"][
        "properties"
    ]

    assert asked.keys() == {name for name, field in FIELDS.items() if field.kind != "names"}
    assert (
        asked["beacon_type"]["description"]
        == "What the person does there; stay comes every ten seconds. Said by beacon."
    )
    assert {"enum": ["enter", "banner", "stay"]} in [
        one for item in asked["beacon_type"]["anyOf"] for one in item.get("anyOf", [])
    ]


def test_no_name_is_an_error_of_its_own(tmp_path: Path) -> None:
    chance = random.Random(22)
    known = [*EVENTS, *FIELDS, "raw", "message", "message.sticker", "beacon.type", "*"]
    for _ in range(300):
        names = [_odd_name(chance, known) for _ in range(6)]
        on, asked, values, shown, *_ = names
        text = route(
            f"on: {json.dumps(on)}",
            f"when: {{event: {{{json.dumps(asked)}: {json.dumps(values)}}}}}",
            f"reply: {json.dumps('{event.' + shown + '}')}",
        )

        assert all(one.place.line for one in findings(tmp_path, text))


def _odd_name(chance: random.Random, known: list[str]) -> str:
    """Return a known name, one that is changed a little, or none at all."""
    name = chance.choice(known)
    for _ in range(chance.choice([0, 0, 1, 2, 8])):
        place = chance.randrange(len(name) + 1)
        name = name[:place] + chance.choice(["", ".", "x", "_", "茶", " ", "{", "'", "0", "\u200b"]) + name[place + 1 :]
    return name

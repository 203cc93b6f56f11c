"""Check what `check` says of messages that may be new on the platform, and of keys with nothing behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.routing.actions import Respond
from tests.support import configured
from tests.unit.config.broken import ENVIRONMENT, Expected, bot, differences, error, found_in, route, warning

BUTTON = "{type: button, action: {type: message, label: a, text: a}, style: outline}"


def bubble(component: str, more: str = "") -> str:
    box = f"{{type: box, layout: vertical, contents: [{component}]}}"
    return f"{{type: flex, altText: a, contents: {{type: bubble, body: {box}{more}}}}}"


NEW = {
    "type": ("{type: hologram, model: x}", 9, "`type`: unknown type `hologram`", "known are `audio`, `coupon`…"),
    "near type": ("{type: texts, text: x}", 9, "`type`: unknown type `texts`", "did you mean `text`?"),
    "component": (
        bubble("{type: chart}"),
        9,
        "`contents.body.contents[0].type`: unknown type `chart`",
        "known are `box`…",
    ),
    "key": (
        bubble("{type: separator}", ", aside: 1"),
        9,
        "`contents.aside`: unknown key in a `bubble` container",
        "…",
    ),
    "value": (
        bubble(BUTTON),
        9,
        "`contents.body.contents[0].style`: unknown value `outline`",
        "…",
    ),
    "action": (
        "{type: text, text: a, quickReply: {items: [{type: action, action: {type: contact}}]}}",
        9,
        "`quickReply.items[0].action.type`: unknown type `contact`",
        "…",
    ),
}


def lenient(text: str) -> str:
    return text.replace("    routes:", "    messages: {unknown: warn}\n    routes:")


@pytest.mark.parametrize(("reply", "line", "reason", "hint"), NEW.values(), ids=NEW)
def test_what_is_not_known_is_an_error_unless_the_bot_says_otherwise(
    reply: str, line: int, reason: str, hint: str, tmp_path: Path
) -> None:
    text = route("keyword: a", f"reply: {reply}")

    (refused,), (warned,) = found_in(tmp_path, text), found_in(tmp_path, lenient(text))

    assert error(line, refused.column, f"line would refuse {reason}", hint).fits(refused)
    assert warning(line + 1, refused.column, f"line may refuse {reason}", hint).fits(warned)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("{type: text, text: ''}", "`text`: may not be empty in a `text` message"),
        ("{type: button}", "`type`: unknown type `button`"),
        ("{type: sticker, packageId: '1'}", "`stickerId`: is missing in a `sticker` message"),
        ("{type: sticker, packageId: 1, stickerId: '1'}", "`packageId`: expected text, found 1"),
        ("{type: sticker, packageId: '1', stickerId: '1', sender: {name: LINE}}", "`sender.name`…"),
        ("{type: text, text: a, quickReply: {items: []}}", "`quickReply.items`: 0 items, expected 1 to 13"),
    ],
)
def test_what_is_known_to_be_wrong_stays_an_error(reply: str, reason: str, tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, lenient(route("keyword: a", f"reply: {reply}")))

    assert error(10, found.column, f"line would refuse {reason}", "…").fits(found)


@pytest.mark.parametrize(
    "reply",
    [
        "{type: hologram, unchecked: true}",
        "{type: text, text: '', unchecked: true}",
        "[{type: text, text: a}, {type: flex, contents: {type: x}, unchecked: true}]",
        "{json: new.json}",
        "{json: old.json, unchecked: true}",
        "{any: [{type: hologram, unchecked: true}, b]}",
    ],
)
def test_message_that_asks_for_it_is_not_looked_at(reply: str, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps([{"type": "hologram", "unchecked": True}]))
    (tmp_path / "old.json").write_text(json.dumps({"type": "text", "text": ""}))

    assert found_in(tmp_path, route("keyword: a", f"reply: {reply}")) == []


def test_messages_beside_one_that_asks_for_it_are_looked_at(tmp_path: Path) -> None:
    text = route("keyword: a", "reply: [{type: hologram, unchecked: true}, {type: text, text: '', unchecked: false}]")

    assert found_in(tmp_path, text) == [error(9, 71, "line would refuse `text`: may not be empty in a `text` message")]


def test_one_file_can_be_looked_at_for_one_route_and_left_alone_for_another(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text('{"type": "hologram"}')
    routes = [
        f"  - {{name: {name}, keyword: {name}, reply: {{json: new.json{more}}}}}"
        for name, more in [("a", ", unchecked: true"), ("b", ""), ("c", ", unchecked: true")]
    ]

    (found,) = found_in(tmp_path, bot("routes:", *routes))

    assert (found.severity, found.message) == ("error", "line would refuse `type`: unknown type `hologram`")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("messages: {unknown: maybe}",), error(6, 25, "`unknown`: expected `refuse` or `warn`")),
        (("messages: {unkown: warn}",), error(6, 16, "unknown key `unkown`…", "did you mean `unknown`?")),
        (("messages: warn",), error(6, 15, "…")),
    ],
)
def test_mistake_in_the_policy_is_found_at_its_place(
    lines: tuple[str, ...], expected: Expected, tmp_path: Path
) -> None:
    found = found_in(tmp_path, bot(*lines))

    assert differences([expected], found) == []


EMPTY = {
    "title": (
        "type: template",
        "altText: a",
        "template:",
        "  type: buttons",
        "  text: t",
        "  title:",
        "  actions:",
        "    - {type: message, label: l, text: t}",
    ),
    "sender": ("type: text", "text: a", "sender:"),
    "quick replies": ("type: text", "text: a", "quickReply:"),
    "colour": (
        "type: flex",
        "altText: a",
        "contents:",
        "  type: bubble",
        "  body:",
        "    type: box",
        "    layout: vertical",
        "    contents: [{type: text, text: a, color: }]",
    ),
    "unknown key": ("type: text", "text: a", "note:"),
    "name of a sender": ("type: text", "text: a", "sender:", "  name:", "  iconUrl: https://x/a"),
    "label": (
        "type: imagemap",
        "altText: a",
        "baseUrl: https://x/a",
        "baseSize: {width: 1040, height: 10}",
        "actions:",
        "  - {type: message, text: t, label: , area: {x: 0, y: 0, width: 1, height: 1}}",
    ),
    "two": ("type: text", "text: a", "sender:", "quickReply:"),
    "tracking id": ("type: video", "originalContentUrl: https://x/a", "previewImageUrl: https://x/b", "trackingId:"),
    "quote": ("type: sticker", "packageId: '1'", "stickerId: '2'", "quoteToken:"),
}


@pytest.mark.parametrize("lines", EMPTY.values(), ids=EMPTY)
def test_key_with_nothing_behind_it_is_told_and_left_out(lines: tuple[str, ...], tmp_path: Path) -> None:
    text = route("keyword: a", "reply:", *(f"  {line}" for line in lines))

    found = found_in(tmp_path, text)
    (answer,) = configured(tmp_path, text, ENVIRONMENT).bots["shop"].routes

    assert found != []
    assert {one.severity for one in found} == {"warning"}
    assert all(one.message.startswith("nothing stands behind `") for one in found)
    assert isinstance(answer.action, Respond)
    assert "null" not in json.dumps(answer.action.choices[0].in_language(None)[0].body)


def test_key_with_nothing_behind_it_has_its_place(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, route("keyword: a", "reply:", *(f"  {line}" for line in EMPTY["title"])))

    reason = "nothing stands behind `template.title`, so the message goes out without it"
    assert found == warning(15, 13, reason, "write its value, or leave the key out")


def test_required_key_with_nothing_behind_it_is_missing(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("keyword: a", "reply:", "  type: text", "  text:"))

    assert [one.message for one in found] == ["line would refuse `text`: is missing in a `text` message"]


@pytest.mark.parametrize("nothing", ["null", "~"])
def test_null_that_is_written_is_meant(nothing: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, route("keyword: a", f"reply: {{type: text, text: a, sender: {nothing}}}")) == []


MENTION = "{type: textV2, text: 'hi {u}', substitution: {u: {type: mention, mentionee: {type: all}}}}"
TRACKED = "{type: video, originalContentUrl: 'https://x/a', previewImageUrl: 'https://x/b', trackingId: t}"


@pytest.mark.parametrize(
    ("chat", "reply", "reasons"),
    [
        ("user", MENTION, ["`substitution.u.type`: a mention works in groups and rooms only"]),
        ("[user]", f"[好, {MENTION}]", ["`substitution.u.type`: a mention works in groups and rooms only"]),
        ("user", f"{{any: [{MENTION}, b]}}", ["`substitution.u.type`: a mention works in groups and rooms only"]),
        ("[user, group]", MENTION, []),
        ("group", MENTION, []),
        ("[group, room]", MENTION, []),
        ("user", TRACKED, []),
        ("[group, user]", TRACKED, []),
        ("group", TRACKED, ["`trackingId`: no videoPlayComplete event comes from groups and rooms"]),
        ("[group, room]", TRACKED, ["`trackingId`: no videoPlayComplete event comes from groups and rooms"]),
        ("user", MENTION[:-1] + ", unchecked: true}", []),
    ],
)
def test_what_no_chat_of_the_route_shows_is_a_warning(
    chat: str, reply: str, reasons: list[str], tmp_path: Path
) -> None:
    found = found_in(tmp_path, route("keyword: a", f"when: {{chat: {chat}}}", f"reply: {reply}"))

    assert [one.message for one in found] == [f"line would ignore {reason}" for reason in reasons]
    assert all(one.severity == "warning" for one in found)


def test_url_that_means_one_thing_goes_out_encoded_without_a_word(tmp_path: Path) -> None:
    reply = "{type: image, originalContentUrl: 'https://x/菜單 1.png', previewImageUrl: 'https://x/{sender.name}'}"
    text = route("keyword: a", f"reply: {reply}")

    (answer,) = configured(tmp_path, text, ENVIRONMENT).bots["shop"].routes

    assert found_in(tmp_path, text) == []
    assert isinstance(answer.action, Respond)
    assert (
        answer.action.choices[0].in_language(None)[0].body["originalContentUrl"]
        == "https://x/%E8%8F%9C%E5%96%AE%201.png"
    )
    assert answer.action.choices[0].in_language(None)[0].body["previewImageUrl"] == "https://x/{sender.name}"


def test_url_that_can_mean_several_things_is_an_error(tmp_path: Path) -> None:
    reply = "{type: audio, duration: 1, originalContentUrl: 'https://x/{name}'}"

    found = found_in(tmp_path, route("keyword: a", f"reply: {reply}"))

    reason = "line would refuse `originalContentUrl`: a URL can't hold `{`"
    meant = "`{name}` would be sent as it stands, since it is no placeholder"
    assert found == [
        error(9, 63, reason, "there it is written %7B"),
        warning(9, 63, meant, "did you mean `{sender.name}`?"),
    ]


def test_unknown_key_beside_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "menu.json").write_text('{"type": "text", "text": "hi"}', "utf-8")

    found = found_in(tmp_path, route("keyword: a", "reply: {json: menu.json, jsn: 2}"))

    assert found == [error(9, 34, "unknown key `jsn` beside `json:`")]

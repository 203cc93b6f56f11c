"""Check that every mistake in a message object is found, at its place in bot.yaml or in the JSON file it is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.config.yaml.json_files import JsonFiles
from hookline.config.yaml.texts import Texts
from hookline.findings.findings import Findings
from tests.support import findings
from tests.unit.config.broken import (
    ANY,
    ENVIRONMENT,
    HEAD,
    NO_TYPE,
    Case,
    bot,
    case,
    differences,
    error,
    found_in,
    route,
    top,
    warning,
)

IN_QUOTES = "put it in quotes, if it is a text"
FLEX = ("reply:", "  - type: flex", "    altText: a", "    contents:", "      type: bubble")
REPLY = "    routes:\n      - {name: a, keyword: a, reply: {json: flex/menu.json}}\n"

MESSAGES = [
    case(
        "misspelt type",
        route("keyword: a", "reply: {type: txet, text: a}"),
        error(9, 23, "line would refuse `type`: unknown type `txet`", "did you mean `text`?"),
    ),
    case(
        "type that is far from any",
        route("keyword: a", "reply: {type: hologram}"),
        error(
            9,
            23,
            "line would refuse `type`: unknown type `hologram`",
            "known are `audio`, `coupon`, `flex`, `image`, `imagemap`, `location`, `sticker`, `template`, `text`, "
            "`textV2`, `video`",
        ),
    ),
    case(
        "type from a placeholder",
        route("keyword: a", "reply: {type: '{state.kind}', text: a}"),
        error(9, 23, "line would refuse `type`: may not hold a placeholder: what it is has to be known beforehand"),
    ),
    case(
        "no type", route("keyword: a", "reply: [{texts: a}]"), error(9, 17, "a message object needs a `type`", NO_TYPE)
    ),
    case(
        "number where a text is needed",
        route("keyword: a", "reply: {type: sticker, packageId: 446, stickerId: '1988'}"),
        error(9, 43, "line would refuse `packageId`: expected text, found 446", "write it in quotes"),
    ),
    case(
        "text where a number is needed",
        route("keyword: a", "reply: {type: audio, originalContentUrl: 'https://x/a', duration: '60'}"),
        error(9, 75, "line would refuse `duration`: expected a whole number, found `60`", "write it without quotes"),
    ),
    case(
        "numbers that JSON doesn't have",
        route("keyword: a", "reply: {type: audio, originalContentUrl: 'https://x/a', duration: .nan}"),
        error(9, 75, "line would refuse `duration`: expected a whole number, found `.nan`"),
    ),
    case(
        "numbers out of bounds, where nobody knows what they mean",
        route(
            "keyword: a",
            f"reply: {{type: new, unchecked: true, a: 1e999, b: [-1e999], c: {'9' * 301}, d: {'9' * 300}}}",
        ),
        error(9, 48, "`a`: a number out of bounds", IN_QUOTES),
        error(9, 59, "`b`: a number out of bounds", IN_QUOTES),
        error(9, 71, "`c`: a number out of bounds", IN_QUOTES),
    ),
    case(
        "keys that are no text in YAML are the text that was written",
        route("keyword: a", "reply: {type: text, text: b, 1: c, true: d}"),
        warning(9, 38, "line would ignore `1`: unknown key in a `text` message", ANY),
        warning(9, 44, "line would ignore `true`: unknown key in a `text` message", ANY),
    ),
    case(
        "keys that are lists and mappings",
        route("keyword: a", "reply: {type: text, text: b, ? [c] : d, ? {e: f} : g}"),
        error(9, 40, "a key must be plain text", ANY),
        error(9, 51, "a key must be plain text", ANY),
    ),
    case(
        "placeholder where a number is needed",
        route("keyword: a", "reply: {type: audio, originalContentUrl: 'https://x/a', duration: '{state.length}0'}"),
        error(
            9,
            75,
            "line would refuse `duration`: expected a whole number, found a text with a placeholder",
            "only a placeholder that is the whole value can bring one",
        ),
    ),
    case(
        "misspelt key of a Flex Message",
        route("keyword: a", *FLEX, "      boddy: {type: box, layout: vertical, contents: []}"),
        error(
            14, 15, "line would refuse `contents.boddy`: unknown key in a `bubble` container", "did you mean `body`?"
        ),
    ),
    case(
        "all mistakes of a message",
        route(
            "keyword: a",
            *FLEX,
            "      body:",
            "        type: box",
            "        layout: vertcal",
            "        contents:",
            "          - {type: text, text: '', color: red}",
            "          - {type: button, style: primary, action: {type: uri, uri: example.com}}",
        ),
        error(16, 25, "line would refuse `contents.body.layout`: unknown value `vertcal`", "did you mean `vertical`?"),
        error(
            18,
            40,
            "line would refuse `contents.body.contents[0].text`: may not be empty in a `text` component",
            "a gap is made by `margin` or `spacing`",
        ),
        error(
            18,
            51,
            "line would refuse `contents.body.contents[0].color`: expected a colour as in `#0a7d33` or, with its "
            "opacity, `#0a7d33cc`, found `red`",
        ),
        error(
            19,
            60,
            "line would refuse `contents.body.contents[1].action.label`: is missing in a `uri` action of a Flex "
            "Message",
        ),
        error(
            19,
            77,
            "line would refuse `contents.body.contents[1].action.uri`: must begin with `http://` or `https://` or "
            "`line:` or `tel:`, found `example.com`",
        ),
    ),
    case(
        "key that LINE ignores",
        route("keyword: a", "reply: {type: text, text: a, quickreply: {}}"),
        warning(9, 38, "line would ignore `quickreply`: unknown key in a `text` message", "did you mean `quickReply`?"),
    ),
    case(
        "quick replies that nobody sees",
        route(
            "keyword: a",
            "reply:",
            "  - type: text",
            "    text: a",
            "    quickReply: {items: [{type: action, action: {type: camera, label: a}}]}",
            "  - b",
        ),
        warning(12, 13, "line would ignore `quickReply`: only the last message's quick replies are shown"),
    ),
    case(
        "on_error",
        bot("on_error: {type: text, text: a, sender: {name: LINE}}"),
        error(6, 52, "line would refuse `sender.name`: the name of a sender may not hold the word `LINE`"),
    ),
    case(
        "pack",
        top("packs: {p: {routes: [{name: a, keyword: a, reply: {type: sticker, packageId: '1'}}]}}").replace(
            "    routes:\n", "    routes:\n      - include: p\n"
        ),
        error(9, 51, "line would refuse `stickerId`: is missing in a `sticker` message"),
    ),
    case(
        "literal braces of a placeholder count as they are sent",
        route("keyword: a", "reply: {type: textV2, text: 'hi {{sender.name}}'}"),
        error(
            9,
            37,
            "line would refuse `text`: `{sender.name}` has no `substitution`",
            "literal braces are written {{ and }}",
        ),
    ),
]

FINE = {
    "placeholders": "reply: {type: image, originalContentUrl: '{settings.url}/a', previewImageUrl: 'https://{event.id}'}",
    "number that a placeholder brings": "reply: {type: location, title: t, address: a, latitude: '{match.text}', "
    "longitude: '{settings.long|121.5}'}",
    "text that may become too long": "reply: '{sender.name}" + "a" * 5_000 + "'",
    "LINE's own braces": "reply: {type: textV2, text: '{a}', "
    "substitution: {a: {type: emoji, productId: b, emojiId: c}}}",
}

FILES: dict[str, tuple[str, str]] = {
    "misspelt key": (
        '{"type": "flex",\n  "altText": "a",\n  "contents": {"type": "bubble",\n\t"boddy": {}}}',
        "4:2: line would refuse `contents.boddy`: unknown key in a `bubble` container",
    ),
    "second of a list": (
        '[\r\n{"type": "text", "text": "好"},\r\n  {"type": "text", "text": ""}]',
        "3:28: line would refuse `text`: may not be empty in a `text` message",
    ),
    "after an odd line break": (
        '{"type": "text", "text": "a\u2028b",\n "sender": 1}',
        "3:12: line would refuse `sender`: expected an object, found 1",
    ),
    "nothing after a colon": ('{"type": "text", "text": }', "1:26: not JSON: Expecting value"),
    "nothing in it": ("", "1:1: not JSON: Expecting value"),
    "twice": ('{"type": "text",\n "text": "a", "text": "b"}', "2:15: `text` stands here twice"),
    "not a number": ('{"type": "audio",\n "duration": NaN}', "2:14: `NaN` is not JSON"),
    "number out of bounds": ('{"type": "audio", "duration": 1e999}', "1:31: a number out of bounds"),
    "number of many digits": ('{"type": "audio", "duration": ' + "9" * 5_000 + "}", "1:31: a number out of bounds"),
    "half a character": ('{"type": "text", "text": "\\ud83d"}', "1:26: half a character"),
    "deep": ('{"type": ' + "[" * 60 + "]" * 60 + "}", "1:59: nested deeper than 50"),
    "deeper than Python": ('{"type": ' + "[" * 100_000 + "]" * 100_000 + "}", "1:1: nested deeper than 50"),
    "neither object nor list": ('"text"', "1:1: a message object needs a `type`"),
    "type that is no text": ('[{"type": "text", "text": "a"}, {"type": 1}]', "1:33: a message object needs a `type`"),
    "empty list": ("\n []", "2:2: a list of messages may not be empty"),
    "unknown placeholder": ('{"type": "text", "text": "{sender.nme}"}', "1:26: unknown name in `{sender.nme}`"),
}


@pytest.mark.parametrize("broken", MESSAGES, ids=str)
def test_mistake_in_a_message_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


@pytest.mark.parametrize("reply", FINE.values(), ids=FINE.keys())
def test_what_is_not_certain_is_no_mistake(reply: str, tmp_path: Path) -> None:
    settings = "    settings: {url: 'https://x', long: 121.5}\n    routes:"
    text = route("keyword: a", reply).replace("    routes:", settings)

    assert found_in(tmp_path, text) == []


def test_address_from_an_unset_variable_is_no_mistake_while_nothing_need_be_set(tmp_path: Path) -> None:
    text = route("keyword: a", "reply: {type: image, originalContentUrl: '${CDN}/a', previewImageUrl: '${CDN}/b'}")

    assert findings(tmp_path, text, {"NOTHING": ""}, is_simulated=True) == []


@pytest.mark.parametrize(("content", "expected"), FILES.values(), ids=FILES.keys())
def test_mistake_in_a_file_is_found_at_its_place_there(content: str, expected: str, tmp_path: Path) -> None:
    found = _found_in_file(tmp_path, content)

    assert found == [expected]


def test_line_of_a_file_is_shown_with_the_mistake(tmp_path: Path) -> None:
    _write(tmp_path, '{"type": "text",\n "text": "", "quoteToken": "#1"}')

    (found,) = findings(tmp_path, HEAD + REPLY, ENVIRONMENT)

    assert found.render().removeprefix(f"{tmp_path}/") == (
        "flex/menu.json:2:10: line would refuse `text`: may not be empty in a `text` message\n"
        '     "text": "", "quoteToken": "#1"}\n'
        "             ^"
    )


def test_file_that_is_named_by_mistake_is_not_shown(tmp_path: Path) -> None:
    _write(tmp_path, "SHOP_SECRET=canary\n")

    assert "canary" not in "".join(one.render() for one in findings(tmp_path, HEAD + REPLY, ENVIRONMENT))


def test_value_of_a_variable_in_a_files_name_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "canary-folder").mkdir()
    (tmp_path / "canary-folder" / "menu.json").write_text("{}")

    (found,) = findings(
        tmp_path,
        route("keyword: a", "reply: {json: '${FOLDER}/menu.json'}"),
        {**ENVIRONMENT, "FOLDER": "canary-folder"},
    )

    assert str(found).removeprefix(f"{tmp_path}/") == "${FOLDER}/menu.json:1:1: a message object needs a `type`"


def test_mark_at_the_beginning_of_a_file_is_taken(tmp_path: Path) -> None:
    assert _found_in_file(tmp_path, '\ufeff{"type": "text", "text": "a"}') == []


def test_message_that_two_routes_share_is_reported_once(tmp_path: Path) -> None:
    _write(tmp_path, '{"type": "text", "text": ""}')

    found = findings(
        tmp_path, HEAD + REPLY + REPLY.replace("    routes:\n", "").replace("name: a", "name: b"), ENVIRONMENT
    )

    assert [one.severity for one in found].count("error") == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=_json, indent=st.sampled_from([None, 0, 3, "\t"]), is_ascii=st.booleans())
def test_every_value_of_any_json_is_at_its_place(value: Any, indent: Any, is_ascii: bool, tmp_path: Path) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    path = tmp_path / "any.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    problems = Findings()

    found = JsonFiles(Texts()).read(path, "any.json", problems)

    if found is not None:
        assert found.data == value
        lines = problems.listings["any.json"].lines
        inside = _all(value, ())
        places = {key: found.marks.value(key) for key, _ in inside if found.marks.has(key)}
        starts = {key: _rest(lines, place.line, place.column) for key, place in places.items()}
        assert {key: _first(rest) for key, rest in starts.items()} == {key: _opening(one) for key, one in inside}


def _rest(lines: Any, line: int, column: int) -> str:
    return str(lines[line - 1][column - 1 :])


def _first(rest: str) -> str:
    return rest[0]


def _opening(value: Any) -> str:
    return json.dumps(value)[0]


def _all(value: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], Any]]:
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [(path, value), *(found for key, item in inside for found in _all(item, (*path, key)))]


def _write(folder: Path, content: str) -> None:
    (folder / "flex").mkdir()
    (folder / "flex" / "menu.json").write_bytes(content.encode("utf-8"))


def _found_in_file(folder: Path, content: str) -> list[str]:
    _write(folder, content)
    found = findings(folder, HEAD + REPLY, ENVIRONMENT)
    assert all(one.place.file == str(folder / "flex" / "menu.json") for one in found)
    return [str(one).removeprefix(f"{folder}/flex/menu.json:") for one in found]

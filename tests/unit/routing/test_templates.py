"""What ``{root.name}`` becomes, and which braces are left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.routing.templates import MAX_VALUE, MessageTemplate, Values, parse

VALUES: Values = {
    "sender": {"name": "Mei", "id": "U1", "status": None},
    "match": {"number": "42", "數量": "五", "rest": ""},
    "state": {"count": 3, "is_new": True, "is_old": False, "price": 1.5, "cart": {"item": "noodles"}},
    "settings": {"shop": "小店"},
    "event": {"text": "{sender.name} {match.number}"},
}
LISTS: Values = {
    "state": {
        "items": ["tea", "milk"],
        "dishes": ["牛肉麵", "Tea"],
        "kana": ["おにぎり", "a"],
        "korean": ["김밥", "떡"],
        "empty": [],
        "one": ["x"],
        "mixed": [1, True, None, "a"],
        "nested": [["a"], {"b": "茶"}],
        "cart": {"item": "茶", "n": 2},
    },
    "match": {"item.id": "7", "item": "whole"},
}


def render(text: str, values: Values = VALUES) -> str:
    return parse(text).render(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("歡迎 {sender.name}！", "歡迎 Mei！"),
        ("{match.number}{match.number}", "4242"),
        ("{match.數量}碗", "五碗"),
        ("{state.count}", "3"),
        ("{state.price}", "1.5"),
        ("{state.is_new}/{state.is_old}", "true/false"),
        ("{state.cart.item}", "noodles"),
        ("{settings.shop|店}", "小店"),
        ("", ""),
    ],
)
def test_placeholder_becomes_its_value(text: str, expected: str) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{sender.status|朋友}", "朋友"),
        ("{match.rest|nothing}", "nothing"),
        ("{match.size|M}", "M"),
        ("{state.cart.size|M}", "M"),
        ("{state.count.size|M}", "M"),
        ("{match.size|a|b: c.d}", "a|b: c.d"),
        ("<{match.size|}>", "<>"),
        ("<{match.size}>", "<>"),
        ("<{unknown.name}>", "<>"),
        ("{state.is_old|yes}", "false"),
    ],
)
def test_default_stands_for_a_missing_or_empty_value(text: str, expected: str) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{state.items}", "tea, milk"),
        ("{state.dishes}", "牛肉麵、Tea"),
        ("{state.kana}", "おにぎり、a"),
        ("{state.korean}", "김밥, 떡"),
        ("{state.empty|none}", "none"),
        ("{state.one}", "x"),
        ("{state.mixed}", "1, true, a"),
        ("{state.nested}", '[["a"], {"b": "茶"}]'),
        ("{state.nested.1.b}", "茶"),
        ("{state.cart}", '{"item": "茶", "n": 2}'),
        ("{state.items.1}", "milk"),
        ("{state.items.2|none}", "none"),
        ("{state.items.x|none}", "none"),
        ("{state.items.1.0|none}", "none"),
        ("{match.item.id}", "7"),
        ("{match.item}", "whole"),
    ],
)
def test_lists_and_what_is_nested_are_shown_as_such(text: str, expected: str) -> None:
    assert render(text, LISTS) == expected


def test_zero_is_a_value() -> None:
    assert render("{state.count|none}", {"state": {"count": 0}}) == "0"


@pytest.mark.parametrize(
    "text",
    [
        "{user1} {emoji1}",
        "{}",
        "{{}}",
        "{ sender.name }",
        "{sender}",
        "{sender.name",
        "sender.name}",
        "{sender.name|{x}",
        "{1.5}",
        "{:.2f}",
        "{0.real}",
        "${sender}",
        "(◕‿◕){･ω･}",
        '{"type": "text", "text": "a.b", "n": {"x": [1, 2]}}',
        '{"a":{"b.c":{}}}',
        "{sender['name']}",
        "{sender.name!r}",
        "{sender.name:>10}",
        "{% if sender.name %}",
        "%(name)s %s",
    ],
)
def test_every_other_brace_is_literal(text: str) -> None:
    assert render(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{sender.name}}", "{sender.name}"),
        ("{{sender.name|x}}", "{sender.name|x}"),
        ("{{unknown.root}}", "{unknown.root}"),
        ("{{sender.name}} is {sender.name}", "{sender.name} is Mei"),
    ],
)
def test_doubled_braces_are_a_literal_placeholder(text: str, expected: str) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{sender.__class__}",
        "{sender.name.__class__}",
        "{sender.__class__.__mro__}",
        "{sender.name.upper}",
        "{state.keys}",
        "{state.__init__.__globals__}",
        "{match..number}",
        "{match.}",
    ],
)
def test_no_attribute_of_python_can_be_reached(text: str) -> None:
    assert render(f"<{text}>") == "<>"


def test_value_is_not_rendered_again() -> None:
    assert render("{event.text}") == "{sender.name} {match.number}"


def test_value_in_doubled_braces_is_not_rendered_again() -> None:
    assert render("{event.text}", {"event": {"text": "{{sender.name}}"}}) == "{{sender.name}}"


def test_long_value_is_capped() -> None:
    rendered = render("<{event.text}>", {"event": {"text": "好" * (MAX_VALUE + 1)}})

    assert rendered == "<" + "好" * MAX_VALUE + ">"


def test_placeholders_are_listed_in_order() -> None:
    template = parse("{sender.name|x} {{a.b}} {user1} {match.n}")

    assert [placeholder.source for placeholder in template.placeholders] == ["{sender.name}", "{match.n}"]


@given(st.text())
def test_text_without_braces_is_kept(text: str) -> None:
    plain = text.replace("{", "").replace("}", "")

    assert render(plain) == plain


@given(st.text(st.sampled_from("{}|.:!aA_1 sender.name"), max_size=60))
def test_any_text_renders(text: str) -> None:
    assert isinstance(render(text), str)


def test_every_string_of_a_message_is_filled() -> None:
    template = MessageTemplate(
        {
            "type": "flex",
            "altText": "{settings.shop}",
            "contents": {"body": [{"text": "{match.number}", "size": 3, "wrap": True, "url": None}]},
        }
    )

    assert template.render(VALUES) == {
        "type": "flex",
        "altText": "小店",
        "contents": {"body": [{"text": "42", "size": 3, "wrap": True, "url": None}]},
    }


@pytest.mark.parametrize(
    "body",
    [
        {"type": "textV2", "text": "hi {user1} {emoji1}", "substitution": {"user1": {"type": "mention"}}},
        {"type": "text", "text": '{"json": {"a": 1}}'},
        {"type": "x", "{sender.name}": "a name is no text", "n": [1, 2.5, None, False, "", []]},
    ],
)
def test_message_without_placeholders_goes_out_as_written(body: dict[str, Any]) -> None:
    before = json.dumps(body)

    rendered = MessageTemplate(body).render(VALUES)

    assert json.dumps(rendered) == before


def test_rendering_leaves_the_template_alone() -> None:
    template = MessageTemplate({"type": "text", "text": "{match.number}", "more": [{"text": "{sender.name}"}]})
    first = template.render({"match": {"number": "1"}, "sender": {"name": "Tom"}})

    second = template.render(VALUES)

    assert first["text"] == "1"
    assert second == {"type": "text", "text": "42", "more": [{"text": "Mei"}]}


def test_placeholders_of_a_message_are_found_at_any_depth() -> None:
    template = MessageTemplate({"type": "x", "a": [{"b": "{match.n}"}], "c": {"d": "{settings.shop|x}"}})

    assert [placeholder.source for placeholder in template.placeholders] == ["{match.n}", "{settings.shop}"]

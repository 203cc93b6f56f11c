"""Whatever a stranger writes stays one value where it is filled in: it opens, closes and adds nothing."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line.messages.filling import fill
from hookline.adapters.line.messages.texts import substitutions
from hookline.routing.templates import MAX_VALUE, MessageTemplate

KEPT = "kept to itself"
HOSTILE = (
    "{settings.token}", "{{settings.token}}", "{state.x|{settings.token}}", "{settings.token", "settings.token}",
    "{settings.token!r}", "{settings.token:>9}", "{0.__class__}", "%(token)s", "${TOKEN}", "{{", "}}", "{", "}",
    "{who}", '"', "\\", '\\"', '", "admin": "1', '"}', "null", "1e999", "-0", "[]", "{}", "&admin=1", "=", "+",
    "%26admin%3d1", "%", "%00", "#", "?", "/", "//evil.example", "..", ".", "../..", "/../../admin", "..\\..",
    "@evil.example", ":", ";", "\r\n", "\n\n", "\0", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "🍎",
    "＄", "$", "x" * 6000,
)  # fmt: skip
ANY = st.text(max_size=80) | st.lists(st.sampled_from(HOSTILE), max_size=5).map("".join)

seeded = settings(deadline=None, derandomize=True, max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def filled(body: Mapping[str, Any], value: str) -> Any:
    """Return *body* with *value* in the place of ``{match.rest}``; what is secret has no place in it."""
    values = {"match": {"rest": value}, "settings": {"token": KEPT}, "state": {"x": KEPT}}
    return MessageTemplate(body, fill=fill).render(values)


SHOWN = {"{{": "{", "}}": "}", "{who}": "<who>"}
"""What a person sees of a textV2 text, as LINE reads it from left to right."""


def said(value: str) -> str:
    """Return *value* as it can be said over the wire."""
    return value[:MAX_VALUE].encode("utf-8", "replace").decode()


def link(uri: str, value: str) -> str:
    found: str = filled({"type": "uri", "label": "go", "uri": uri}, value)["uri"]
    return found


def data(written: str, value: str) -> str:
    found: str = filled({"type": "postback", "label": "go", "data": written}, value)["data"]
    return found


@seeded
@given(ANY)
def test_nothing_that_is_filled_in_is_filled_again(value: str) -> None:
    body = {"text": "{match.rest}", "more": [{"altText": "<{match.rest}> {match.rest}"}]}

    assert filled(body, value) == {
        "text": value[:MAX_VALUE],
        "more": [{"altText": f"<{value[:MAX_VALUE]}> {value[:MAX_VALUE]}"}],
    }


@seeded
@given(ANY)
def test_value_in_a_query_is_one_field_of_the_same_url(value: str) -> None:
    found = urlsplit(link("https://shop.example/find?q={match.rest}&p=1", value))

    assert (found.scheme, found.netloc, found.path, found.fragment) == ("https", "shop.example", "/find", "")
    assert parse_qsl(found.query, keep_blank_values=True) == [("q", said(value)), ("p", "1")]


@seeded
@given(ANY)
def test_value_in_a_path_leaves_neither_its_host_nor_its_folder(value: str) -> None:
    found = urlsplit(link("https://shop.example/cards/{match.rest}/small.png", value))
    path = posixpath.normpath(found.path)

    assert (found.scheme, found.netloc, found.query, found.fragment) == ("https", "shop.example", "", "")
    assert path.startswith("/cards/")
    assert path.endswith("/small.png")


@seeded
@given(ANY)
def test_value_in_a_fragment_stays_there(value: str) -> None:
    found = urlsplit(link("https://shop.example/menu#{match.rest}", value))

    assert found[:4] == ("https", "shop.example", "/menu", "")
    assert unquote(found.fragment) == said(value)


@seeded
@given(ANY)
def test_value_in_postback_data_is_one_field(value: str) -> None:
    found = data("action=buy&item={match.rest}&size=1", value)

    assert parse_qsl(found, keep_blank_values=True, errors="surrogatepass") == [
        ("action", "buy"),
        ("item", value[:MAX_VALUE]),
        ("size", "1"),
    ]


@seeded
@given(ANY)
def test_value_in_json_is_one_value(value: str) -> None:
    quoted = json.loads(data('{"item": "{match.rest}", "size": "<{match.rest}>"}', value))
    bare = json.loads(data('{"item": {match.rest}, "size": 1}', value))

    assert quoted == {"item": value[:MAX_VALUE], "size": f"<{value[:MAX_VALUE]}>"}
    assert bare.keys() == {"item", "size"}
    assert not isinstance(bare["item"], list | dict)


@seeded
@given(ANY)
def test_value_between_braces_stands_for_no_substitution(value: str) -> None:
    mention = {"who": {"type": "mention", "mentionee": {"type": "all"}}}
    found = filled({"type": "textV2", "text": "{match.rest}{who}{match.rest}", "substitution": mention}, value)

    assert list(substitutions(found)) == []
    assert (
        re.sub(r"\{\{|\}\}|\{who\}", lambda part: SHOWN[part[0]], found["text"])
        == f"{value[:MAX_VALUE]}<who>{value[:MAX_VALUE]}"
    )

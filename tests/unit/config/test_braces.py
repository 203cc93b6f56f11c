"""Check that braces which are no placeholder are found where one was meant, and left alone where none was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import UNSET, Case, Expected, bot, case, differences, error, found_in, route, warning

SENDER = "{sender.name}"
NO_CONDITIONS = "a reply has no conditions: make it two routes, or let a plugin answer"


def literal(line: int, column: int, written: str, hint: str) -> Expected:
    """Return what is said of braces that would be sent."""
    message = f"`{written}` would be sent as it stands, since it is no placeholder"
    return warning(line, column, message, hint)


def greeting(text: str) -> str:
    """Return a file that says *text*, in line 10 from column 16 on, with a capture and a setting."""
    return bot(
        "settings: {phone: 02-1, open_days: daily}",
        "routes:",
        "  - name: a",
        r"    pattern: '訂單(?P<order_number>\d+)'",
        f"    reply: {text}",
    )


MISTAKEN = {
    "您好 {name}": ("{name}", "did you mean `{sender.name}`?"),
    "您好 {user}": ("{user}", "did you mean `{sender.name}`?"),
    "您好 {displayName}": ("{displayName}", "did you mean `{sender.name}`?"),
    "您好 {display_name}": ("{display_name}", "did you mean `{sender.name}`?"),
    "您好 {user_id}": ("{user_id}", "did you mean `{sender.id}`?"),
    "您好 {sender}": ("{sender}", "did you mean `{sender.name}`?"),
    "您好 { name }": ("{ name }", "did you mean `{sender.name}`?"),
    "您好 {{name}}": ("{{name}}", "did you mean `{sender.name}`?"),
    "您好 {{ name }}": ("{{ name }}", "did you mean `{sender.name}`?"),
    "您說 {text}": ("{text}", "did you mean `{match.text}`?"),
    "請打 {phone}": ("{phone}", "did you mean `{settings.phone}`?"),
    "營業 {openDays}": ("{openDays}", "did you mean `{settings.open_days}`?"),
    "訂單 {order_number}": ("{order_number}", "did you mean `{match.order_number}`?"),
    "訂單 {order-number}": ("{order-number}", "did you mean `{match.order_number}`?"),
    "您好 {{ sender.name }}": ("{{ sender.name }}", "write `{sender.name}`"),
    "您好 {{sender.name }}": ("{{sender.name }}", "write `{sender.name}`"),
    "您好 { sender.name }": ("{ sender.name }", "write `{sender.name}`"),
    "您好 {sender. name}": ("{sender. name}", "write `{sender.name}`"),
    "您好 {sender。name}": ("{sender。name}", "write `{sender.name}`"),
    "您好 {sender．name}": ("{sender．name}", "write `{sender.name}`"),
    "您好 ｛sender.name｝": ("｛sender.name｝", "write `{sender.name}`"),
    "您好 {sender.name｜朋友}": ("{sender.name｜朋友}", "write `{sender.name|朋友}`"),
    "您好 {{ sender.name | upper }}": ("{{ sender.name | upper }}", "write `{sender.name}`"),
    "您好 {{ user.name }}": ("{{ user.name }}", "did you mean `{sender.name}`?"),
    "您好 {{ order.total }}": (
        "{{ order.total }}",
        "a placeholder begins with one of sender, match, state, settings, event, person",
    ),
    "您好 {% if vip %}": ("{% if vip %}", NO_CONDITIONS),
}
AS_MEANT = [
    "您好 {sender.name}",
    "您好 {sender.name|朋友}",
    "您好 {sender.name|a friend}",
    "您好 {{sender.name}}",
    "您好 {{user.name}}",
    "您好 {{sender.name|朋友}}",
    "請輸入 查詢{編號}",
    "您好 {smile}",
    '\'{"name": "Mei"}\'',
    "'{name: Mei}'",
    "'{\"text\":1}'",
    "a {} b",
    "a {0} b",
    "a { b } c",
    "a { order.total } b",
    "$${name}",
    "共 {order_numbers} 張",
    "100% {off}",
]
PLACES = [
    case(
        "in a message object",
        route(
            "keyword: a",
            "reply:",
            "  type: text",
            "  text: 您好 {name}",
            "  quickReply:",
            "    items: [{type: action, action: {type: message, label: b, text: '{{ user.name }}'}}]",
        ),
        literal(11, 17, "{name}", "did you mean `{sender.name}`?"),
        literal(13, 76, "{{ user.name }}", "did you mean `{sender.name}`?"),
    ),
    case(
        "explained by what stands beside it",
        route(
            "keyword: a",
            "reply:",
            "  type: textV2",
            "  text: 您好 {user}",
            "  substitution: {user: {type: mention, mentionee: {type: all}}}",
        ),
    ),
    case(
        "when a handler fails",
        bot("on_error: 抱歉 {name}"),
        literal(6, 15, "{name}", "did you mean `{sender.name}`?"),
    ),
    case(
        "one of several answers",
        route("keyword: a", "reply: {any: [b, 'c {name}']}"),
        literal(9, 26, "{name}", "did you mean `{sender.name}`?"),
    ),
    case(
        "two in one text",
        route("keyword: a", "reply: 您好 {name}, {{ sender.id }}"),
        literal(9, 16, "{name}", "did you mean `{sender.name}`?"),
        literal(9, 16, "{{ sender.id }}", "write `{sender.id}`"),
    ),
    case(
        "behind a dollar",
        route("keyword: a", "reply: 您好 ${name}"),
        error(9, 16, "variable `name` is not set", f"{UNSET}; if a placeholder is meant, write it as in {SENDER}"),
    ),
    case(
        "behind a dollar and with a dot",
        route("keyword: a", "reply: 您好 ${sender.name}"),
        error(9, 16, "`${sender.name}` is no variable", "a placeholder has no dollar: {sender.name}"),
    ),
]


@pytest.mark.parametrize(("text", "found"), MISTAKEN.items())
def test_braces_that_are_no_placeholder_are_found(text: str, found: tuple[str, str], tmp_path: Path) -> None:
    assert found_in(tmp_path, greeting(text)) == [literal(10, 16, *found)]


@pytest.mark.parametrize("text", AS_MEANT)
def test_braces_that_mean_what_they_say_are_left_alone(text: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, greeting(text)) == []


@pytest.mark.parametrize("broken", PLACES, ids=str)
def test_braces_are_found_at_their_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


def test_braces_in_a_json_file_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "menu.json").write_text('{"type": "text", "text": "{name}"}', "utf-8")

    assert found_in(tmp_path, route("keyword: a", "reply: {json: menu.json}")) == []

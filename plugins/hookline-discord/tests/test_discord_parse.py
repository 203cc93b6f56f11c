"""What becomes an event, and how it can be answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline import Chat, Event, NotAWebhookError, Request, Services
from hookline.adapters.http import HttpClient
from hookline_discord.adapter import DISCORD, DiscordAdapter
from hookline_discord.parse import EVENTS
from hookline_discord.settings import DiscordSettings

NOW = 1_800_000_000_000
ID = str(((NOW - 1_420_070_400_000) << 22) + 5)
Object = dict[str, Any]


def adapter(**more: Any) -> DiscordAdapter:
    given = {"public_key": "ab" * 32, "application_id": "42", "bot_token": "t", **more}
    return DiscordAdapter("shop", DiscordSettings.model_validate(given), Services(HttpClient()))


def interaction(kind: int, data: Object | None = None, **more: Any) -> Object:
    """Return one that came from a channel of a server."""
    person = {"id": "7", "username": "mei", "global_name": "Mei", "avatar": "a1"}
    base: Object = {
        "id": ID,
        "application_id": "42",
        "type": kind,
        "token": "aW50-tok_en.1",
        "version": 1,
        "guild_id": "9",
        "channel_id": "8",
        "context": 0,
        "locale": "zh-TW",
        "member": {"user": person, "nick": "小美", "permissions": "2147483647"},
    }
    return {**base, **({} if data is None else {"data": data}), **more}


def received(raw: Any, **more: Any) -> Event:
    (event,) = adapter(**more).receive(Request(json.dumps(raw).encode(), (), NOW))
    return event


def command(name: str, *options: Object, **more: Any) -> Object:
    given = {"options": list(options)} if options else {}
    return interaction(2, {"id": "1", "name": name, "type": 1, **given}, **more)


def option(name: str, value: object, kind: int = 3) -> Object:
    return {"name": name, "type": kind, "value": value}


SUBCOMMAND: Object = {
    "name": "user", "type": 2, "options": [{"name": "get", "type": 1, "options": [option("who", "77", 6)]}]
}  # fmt: skip
FORM: Object = {
    "custom_id": "story",
    "components": [
        {"type": 18, "component": {"type": 3, "custom_id": "bug", "values": ["ant", "bee"]}},
        {"type": 18, "component": {"type": 4, "custom_id": "what", "value": "It broke"}},
    ],
}
OLD_FORM: Object = {
    "custom_id": "old",
    "components": [{"type": 1, "components": [{"type": 4, "custom_id": "a", "value": "x"}]}],
}
ABOUT: Object = {"id": "2", "name": "About", "type": 2, "target_id": "77", "resolved": {"users": {"77": {"id": "77"}}}}
WISE: Object = {"messages": {"66": {"id": "66", "content": "wise"}}}
KEEP: Object = {"id": "3", "name": "Keep", "type": 3, "target_id": "66", "resolved": WISE}
BUTTON: Object = {"custom_id": "action=buy", "component_type": 2}
MENU: Object = {"custom_id": "pick", "component_type": 3, "values": ["tea", "cake"]}

DOCUMENTED: list[tuple[str, Object, Object]] = [
    ("message.text", command("help"), {"text": "/help"}),
    ("message.text", command("order", option("count", 2, 4), option("size", "L")), {"text": "/order 2 L"}),
    ("message.text", command("set", option("loud", True, 5), option("by", 1.5, 10)), {"text": "/set true 1.5"}),
    ("message.text", command("permissions", SUBCOMMAND), {"text": "/permissions user get 77"}),
    ("message.text", command("say", option("text", "你好 there")), {"text": "你好 there"}),
    ("message.text", command("say"), {"text": "/say"}),
    (
        "message.text",
        interaction(3, {"custom_id": "say=菜單", "component_type": 2}),
        {"text": "菜單", "postback": None},
    ),
    ("postback", interaction(3, BUTTON, message={"id": "55"}), {"postback": "action=buy", "message_id": "55"}),
    ("postback", interaction(3, MENU), {"picked": "tea", "postback_params": {"values": "tea,cake"}}),
    ("postback", interaction(3, {"custom_id": "say="}), {"postback": "say=", "text": None}),
    ("modal", interaction(5, FORM), {"text": "It broke", "postback": None}),
    ("modal", interaction(5, OLD_FORM), {"text": "x"}),
    ("modal", interaction(5, {"custom_id": "empty", "components": []}), {"text": None}),
    ("user_command", interaction(2, ABOUT), {"text": None}),
    ("message_command", interaction(2, KEEP), {"text": None}),
    ("command.4", interaction(2, {"name": "launch", "type": 4}), {}),
    ("interaction.9", interaction(9, {"new": [1]}), {}),
    ("interaction.2", interaction(2), {}),
    ("interaction.3", interaction(3), {}),
]


@pytest.mark.parametrize(("kind", "raw", "facts"), DOCUMENTED)
def test_each_documented_interaction_is_read(kind: str, raw: Object, facts: Object) -> None:
    event = received(raw)

    assert event.type == kind
    assert {name: getattr(event, name) for name in facts} == facts
    assert adapter().read(event.raw, NOW) == event


def test_every_known_type_is_documented_here() -> None:
    assert {kind for kind, _, _ in DOCUMENTED} >= set(EVENTS)


def test_event_says_who_where_and_when() -> None:
    event = received(command("help"))

    assert (event.id, event.user, event.conversation, event.chat) == (ID, "7", "8", Chat("group", "8"))
    assert (event.timestamp, event.calls) == (NOW, ((0, 0),))


@pytest.mark.parametrize("context", [{"context": 1}, {"context": 2}, {"context": None}])
def test_chat_without_a_server_is_a_persons(context: Object) -> None:
    raw = {**command("help"), "guild_id": None, "member": None, "user": {"id": "7"}, **context}

    assert (received(raw).chat.kind, received(raw).user) == ("user", "7")


@pytest.mark.parametrize(
    ("raw", "more", "names"),
    [
        (command("help"), {}, ["original", "followup", "channel"]),
        (command("help"), {"ephemeral": True}, ["original", "followup"]),
        (command("help"), {"defer": False}, ["callback", "followup", "channel"]),
        (command("help", context=2), {}, ["original", "followup"]),
        (command("help", channel_id=None), {}, ["original", "followup"]),
        (command("help", channel_id="../users"), {}, ["original", "followup"]),
        (command("help", token=None), {}, ["channel"]),
        (command("help", token="a b"), {}, ["channel"]),
        (command("help", token="t" * 2000), {}, ["channel"]),
        (command("help", token=None, channel_id=None), {}, []),
        (command("help", application_id="../x"), {}, ["channel"]),
        (interaction(3, BUTTON), {}, ["followup", "channel"]),
        (interaction(3, BUTTON), {"defer": False}, ["followup", "channel"]),
        (interaction(5, FORM), {}, ["original", "followup", "channel"]),
        (interaction(9), {}, ["callback", "followup", "channel"]),
    ],
)
def test_ways_are_those_that_discord_leaves(raw: Object, more: Object, names: list[str]) -> None:
    assert [way.name for way in received(raw, **more).ways] == names


def test_original_is_owed_once_and_repeatable_until_shortly_before_the_token_ends() -> None:
    original, followup, channel = received(command("help")).ways

    assert (original.uses, original.is_owed, original.is_repeatable) == (1, True, True)
    assert original.until == followup.until == NOW + 15 * 60_000 - 30_000
    assert (followup.is_owed, followup.is_repeatable, channel.is_push, channel.until) == (False, False, True, None)


def test_longest_token_fits_into_an_address() -> None:
    ways = received(command("help", token="t" * 1500)).ways

    assert all(len(way.to.encode()) <= 2048 for way in ways)


def test_interaction_without_an_id_is_known_by_what_it_says() -> None:
    raw = command("help", id=None)

    assert received(raw).id == received(raw).id != received({**raw, "token": "other"}).id


@pytest.mark.parametrize("number", ["1", "abc", "9" * 30, "-5", "²"])
def test_odd_id_tells_no_time(number: str) -> None:
    assert received(command("help", id=number)).timestamp == NOW


def test_what_was_filled_in_stands_in_raw_by_name() -> None:
    assert received(command("order", option("count", 2, 4), option("size", "L"))).raw["options"] == {
        "count": 2,
        "size": "L",
    }
    assert received(interaction(5, FORM)).raw["options"] == {"bug": ["ant", "bee"], "what": "It broke"}
    assert "options" not in received(command("help")).raw


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        (command("permissions", SUBCOMMAND), "command", "permissions user get"),
        (interaction(2, ABOUT), "command", "About"),
        (interaction(3, {"custom_id": "say=hi"}), "command", None),
        (command("order", option("count", 2, 4), option("hot", True, 5)), "options", ["count=2", "hot=true"]),
        (interaction(3, BUTTON), "custom_id", "action=buy"),
        (interaction(2, ABOUT), "target", "77"),
        (interaction(2, KEEP), "target_text", "wise"),
        (command("help"), "username", "mei"),
        (command("help"), "nick", "小美"),
        (command("help"), "server", "9"),
        (command("help"), "locale", "zh-TW"),
        (command("help"), "permissions", "2147483647"),
        (command("help", channel={"id": "8", "name": "noodles"}), "channel_name", "noodles"),
    ],
)
def test_fields_tell_the_rest(raw: Object, name: str, value: object) -> None:
    assert DISCORD.fields[name].value(received(raw)) == value


async def test_sender_is_told_by_the_interaction() -> None:
    sender = await adapter().api.sender(received(command("help")))

    assert (sender.id, sender.name, sender.language) == ("7", "小美", "zh-TW")
    assert sender.picture == "https://cdn.discordapp.com/avatars/7/a1.png"


@pytest.mark.parametrize("raw", [command("order", option("size", "secret")), interaction(5, {"components": [
    {"type": 18, "component": {"custom_id": "a", "value": "secret"}}]}),
    interaction(3, MENU, message={"id": "1", "content": "secret"})])  # fmt: skip
def test_redacted_interaction_keeps_ids_alone(raw: Object) -> None:
    event = received(raw)
    redacted = adapter().redact(event.raw)

    assert "secret" not in json.dumps(redacted)
    assert "tea" not in json.dumps(redacted)
    assert adapter().read(redacted, NOW).id == event.id


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"type":"2"}', b'{"type":1e2}', b"\xff", b"NaN"])
def test_what_is_no_interaction_is_no_webhook(body: bytes) -> None:
    with pytest.raises(NotAWebhookError):
        adapter().receive(Request(body, (), NOW))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
    | st.sampled_from(["", "say=", "say=x", "1", "\ud800", "8" * 25]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all that stands in *value*."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """Return *value* with *new* at *path*."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, Mapping) else list(value)
    copied[path[0]] = replaced(copied[path[0]], path[1:], new)
    return copied


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_a_signed_body_holds_it_is_read_or_refused(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from([raw for _, raw, _ in DOCUMENTED]))
    for _ in range(data.draw(st.integers(1, 3))):
        raw = replaced(raw, data.draw(st.sampled_from(places(raw))), data.draw(JSON))
    try:
        events = adapter().receive(Request(json.dumps(raw).encode(), (), NOW))
    except NotAWebhookError:
        return

    for event in events:
        assert adapter().read(event.raw, NOW) == event
        assert isinstance(event.time.year, int)
        assert all(len(way.to.encode()) <= 2048 for way in event.ways)
        adapter().read(adapter().redact(event.raw), NOW)
        for field in DISCORD.fields.values():
            field.value(event)

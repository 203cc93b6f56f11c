"""What Slack posts becomes events, and whatever else is signed never raises."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline import Event, NotAWebhookError, Request, Services, Way
from hookline.adapters.http import HttpClient
from hookline_slack import parse
from hookline_slack.adapter import SLACK, SlackAdapter, SlackSettings
from hookline_slack.texts import read_text

T = 1_800_000_000_000
HOOK = "https://hooks.slack.com/actions/T1/1/abc"
POST = Way("post", "C024BE91L")


def make_adapter(**given: Any) -> SlackAdapter:
    chosen = SlackSettings.model_validate({"signing_secret": "s", "bot_token": "xoxb-1", **given})
    return SlackAdapter("desk", chosen, Services(HttpClient()))


def event(**fields: Any) -> dict[str, Any]:
    return {
        "token": "z",
        "team_id": "T061EG9R6",
        "api_app_id": "A0",
        "type": "event_callback",
        "event_id": "Ev0PV52K21",
        "event_time": 1_355_517_523,
        "authorizations": [{"team_id": "T061EG9R6", "user_id": "U0BOT", "is_bot": True}],
        "event": {"channel": "C024BE91L", "user": "U2147483697", "event_ts": "1355517523.000005", **fields},
    }


def message(**fields: Any) -> dict[str, Any]:
    return event(**{"type": "message", "channel_type": "channel", "ts": "1355517523.000005", "text": "Hi", **fields})


def command(**fields: str) -> dict[str, str]:
    base = {"token": "z", "team_id": "T1", "channel_id": "C024BE91L", "channel_name": "lobby", "user_id": "U21"}
    named = {"user_name": "mei", "command": "/weather", "text": "94070", "trigger_id": "1.2.abc"}
    return {**base, **named, "response_url": "https://hooks.slack.com/commands/1234/5678", **fields}


def interaction(kind: str, **fields: Any) -> dict[str, Any]:
    base = {"type": kind, "token": "z", "team": {"id": "T1"}, "user": {"id": "U21", "username": "mei"}}
    return {**base, "trigger_id": "12321423423.333649436676.d8c1", **fields}


def tapped(action: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    stamped = {"action_ts": "1548426417.840180", "block_id": "=qXel", **action}
    place = {"container": {"type": "message", "message_ts": "1548261231.000200", "channel_id": "C024BE91L"}}
    more = {"channel": {"id": "C024BE91L", "name": "lobby"}, "response_url": HOOK, "actions": [stamped]}
    return interaction("block_actions", **{**place, **more, **fields})


def body_of(raw: Mapping[str, Any]) -> bytes:
    if raw.get("type") == "event_callback":
        return json.dumps(raw).encode()
    return urlencode({"payload": json.dumps(raw)} if "type" in raw else raw).encode()


def receive(raw: Mapping[str, Any], **given: Any) -> list[Event]:
    return list(make_adapter(**given).receive(Request(body_of(raw), received_at=T)))


def read(raw: Mapping[str, Any], **given: Any) -> Event:
    (found,) = receive(raw, **given)
    return found


PICTURE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 7, "url_private": "https://files.slack.com/a"}
BEFORE = {"type": "message", "user": "U21", "ts": "1355517523.000005", "text": "before"}
VIEW = {"id": "V1", "callback_id": "order", "state": {"values": {"b": {"a": {"type": "x", "value": "two"}}}}}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "message.text": message(),
    "message.image": message(subtype="file_share", text="", files=[PICTURE]),
    "message.video": message(subtype="file_share", files=[{**PICTURE, "mimetype": "video/mp4"}]),
    "message.audio": message(subtype="file_share", files=[{**PICTURE, "mimetype": "audio/mpeg"}]),
    "message.file": message(subtype="file_share", files=[{**PICTURE, "mimetype": "application/pdf"}]),
    "message.other": message(text="", blocks=[{"type": "rich_text"}]),
    "postback": tapped({"type": "button", "action_id": "approve", "value": "click_me_123"}),
    "app_mention": event(type="app_mention", text="<@U0BOT> is it on?", ts="1515449522.000016"),
    "message_changed": message(subtype="message_changed", message={**BEFORE, "text": "after"}, previous_message=BEFORE),
    "unsend": message(subtype="message_deleted", deleted_ts=BEFORE["ts"], previous_message=BEFORE),
    "channel_join": message(subtype="channel_join", text="<@U21> has joined the channel"),
    "channel_leave": message(subtype="channel_leave"),
    "member_joined_channel": event(type="member_joined_channel", channel_type="C", team="T1", inviter="U3"),
    "member_left_channel": event(type="member_left_channel", channel_type="C"),
    "reaction_added": event(
        type="reaction_added",
        channel=None,
        reaction="thumbsup",
        item={"type": "message", "channel": "C024BE91L", "ts": "1360782400.498405"},
    ),
    "reaction_removed": event(type="reaction_removed", reaction="thumbsup"),
    "pin_added": event(type="pin_added", channel=None, channel_id="C024BE91L", item={}),
    "pin_removed": event(type="pin_removed", channel_id="C024BE91L"),
    "file_shared": event(type="file_shared", channel=None, channel_id="C024BE91L", file_id="F1", user_id="U21"),
    "link_shared": event(type="link_shared", message_ts="1.2", links=[{"domain": "example.com"}]),
    "app_home_opened": event(type="app_home_opened", channel="D123", tab="home"),
    "assistant_thread_started": event(
        type="assistant_thread_started",
        channel=None,
        user=None,
        assistant_thread={"user_id": "U21", "channel_id": "D1", "thread_ts": "1729999327.187299"},
    ),
    "team_join": event(type="team_join", channel=None, user={"id": "U21", "name": "mei"}),
    "shortcut": interaction("shortcut", callback_id="open", action_ts="1581106241.371594"),
    "message_action": interaction(
        "message_action", callback_id="c", channel={"id": "C024BE91L"}, message=BEFORE, response_url=HOOK
    ),
    "view_submission": interaction("view_submission", view=VIEW, response_urls=[]),
    "view_closed": interaction("view_closed", view=VIEW, is_cleared=False),
    "block_suggestion": interaction("block_suggestion", action_id="a", value="no", channel={"id": "C024BE91L"}),
    "channel_created": event(type="channel_created", channel={"id": "C024BE91L", "name": "fun", "creator": "U21"}),
    "channel_deleted": event(type="channel_deleted"),
    "channel_archive": event(type="channel_archive"),
    "channel_rename": event(type="channel_rename", channel={"id": "C024BE91L", "name": "new"}),
    "emoji_changed": event(type="emoji_changed", subtype="add", channel=None, user=None),
    "user_change": event(type="user_change", channel=None, user={"id": "U21"}),
    "tokens_revoked": event(type="tokens_revoked", channel=None, user=None, tokens={"bot": ["U0BOT"]}),
    "app_uninstalled": event(type="app_uninstalled", channel=None, user=None),
}


def test_every_listed_type_has_an_example() -> None:
    assert EXAMPLES.keys() == parse.EVENTS.keys()


@pytest.mark.parametrize(("kind", "raw"), EXAMPLES.items(), ids=EXAMPLES)
def test_example_is_read_as_its_type_and_again_as_the_same(kind: str, raw: Mapping[str, Any]) -> None:
    found = read(raw)

    assert found.type == kind
    assert make_adapter().read(json.loads(json.dumps(found.raw)), T) == found


@pytest.mark.parametrize(("kind", "raw"), EXAMPLES.items(), ids=EXAMPLES)
def test_example_can_be_answered_as_the_table_says(kind: str, raw: Mapping[str, Any]) -> None:
    assert bool(read(raw).ways) == SLACK.can_answer(kind)


@pytest.mark.parametrize("raw", EXAMPLES.values(), ids=EXAMPLES)
def test_redacted_example_says_no_word_and_is_still_read(raw: Mapping[str, Any]) -> None:
    adapter, found = make_adapter(), read(raw)

    again = adapter.read(adapter.redact(found.raw), T)

    assert (again.id, again.conversation, again.user) == (found.id, found.conversation, found.user)
    assert not any(
        word in json.dumps(adapter.redact(found.raw)) for word in ('"Hi"', "before", "after", "is it on", "two")
    )


@pytest.mark.parametrize("raw", EXAMPLES.values(), ids=EXAMPLES)
def test_old_verification_token_is_kept_nowhere(raw: Mapping[str, Any]) -> None:
    assert "token" not in read(raw).raw


def test_message_is_read_whole() -> None:
    found = read(message())

    assert found.id == "Ev0PV52K21"
    assert (found.conversation, found.chat.kind, found.chat.id) == ("C024BE91L", "group", "C024BE91L")
    assert (found.user, found.text, found.message_id) == ("U2147483697", "Hi", "1355517523.000005")
    assert found.timestamp == 1_355_517_523_000
    assert found.ways == (POST,)
    assert not found.ways[0].is_push


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"channel": "D1", "channel_type": "im"}, "user"),
        ({"channel": "D1", "channel_type": None}, "user"),
        ({"channel": "G1", "channel_type": "mpim"}, "group"),
        ({"channel": "G1", "channel_type": "group"}, "group"),
    ],
)
def test_only_direct_messages_are_chats_with_a_person(fields: dict[str, Any], kind: str) -> None:
    assert read(message(**fields)).chat.kind == kind


def test_message_in_a_thread_is_answered_there() -> None:
    found = read(message(thread_ts="1355517500.000001"))

    assert found.conversation == "C024BE91L:1355517500.000001"
    assert found.ways == (Way("post", "C024BE91L:1355517500.000001"),)


@pytest.mark.parametrize(
    "fields",
    [
        {"subtype": "bot_message", "bot_id": "B1", "user": None},
        {"bot_id": "B1"},
        {"user": "U0BOT"},
        {"subtype": "message_changed", "message": {**BEFORE, "bot_id": "B1"}},
        {"subtype": "message_changed", "message": {**BEFORE, "user": "U0BOT"}},
        {"subtype": "message_deleted", "previous_message": {**BEFORE, "bot_id": "B1"}},
        {"subtype": "message_replied"},
        {"type": "app_mention", "bot_id": "B1"},
        {"type": "reaction_added", "user": "U0BOT"},
    ],
)
def test_what_bots_do_brings_no_event(fields: dict[str, Any]) -> None:
    assert receive(message(**fields)) == []


def test_bot_hears_that_it_was_invited() -> None:
    assert read(event(type="member_joined_channel", user="U0BOT")).type == "member_joined_channel"


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"url_verification","challenge":"x","token":"t"}',
        b'{"type":"app_rate_limited","minute_rate_limited":1518467820,"team_id":"T1"}',
        b"ssl_check=1&token=x",
    ],
)
def test_what_tells_of_nothing_brings_no_event(body: bytes) -> None:
    assert make_adapter().receive(Request(body, received_at=T)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"type":7}',
        b'{"type":"event_callback"',
        b"payload=",
        b"payload=%7B%7D",
        b"payload=[]",
        b"text=hi",
        b"a;b",
        b"\xff",
        b"payload=" + quote('{"type":' + "[" * 99 + "]" * 99 + "}").encode(),
        b"&".join(b"a=1" for _ in range(200)),
        b'{"type":"x","n":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_webhook_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAWebhookError):
        make_adapter().receive(Request(body, received_at=T))


@pytest.mark.parametrize(
    ("written", "shown", "calls"),
    [
        ("<@U0BOT> hi", "<@U0BOT> hi", ((0, 8),)),
        ("hi <@U0BOT|desk>!", "hi <@U0BOT|desk>!", ((3, 16),)),
        ("a &lt; b &amp;&amp; <@U0BOT>", "a < b && <@U0BOT>", ((9, 17),)),
        ("&amp;lt; <@U1> <@U0BOT> <@U0BOT>", "&lt; <@U1> <@U0BOT> <@U0BOT>", ((11, 19), (20, 28))),
        ("&lt;@U0BOT&gt;", "<@U0BOT>", ()),
        ("&nbsp; <@u0bot> <@> <@U0BOT", "&nbsp; <@u0bot> <@> <@U0BOT", ()),
        ("你好 &amp; 🙂 <@U0BOT>", "你好 & 🙂 <@U0BOT>", ((7, 15),)),
    ],
)
def test_text_is_decoded_and_mentions_stand_where_they_are(
    written: str, shown: str, calls: tuple[tuple[int, int], ...]
) -> None:
    found = read(message(text=written))

    assert (found.text, found.calls) == (shown, calls)


def test_own_user_of_the_settings_goes_first() -> None:
    assert read(message(text="<@U9> hi"), bot_user="U9").calls == ((0, 5),)


def test_mention_that_is_not_found_in_the_text_is_one_all_the_same() -> None:
    assert read(event(type="app_mention", text="hi", ts="1.2")).calls == ((0, 0),)


def test_slash_command_is_a_text() -> None:
    found = read(command(text="94070 &amp; more"))

    assert (found.type, found.text, found.calls) == ("message.text", "/weather 94070 & more", ((0, 0),))
    assert (found.id, found.user, found.timestamp) == ("1.2.abc", "U21", T)
    assert SLACK.fields["command"].value(found) == "weather"
    assert SLACK.fields["arguments"].value(found) == "94070 & more"
    respond = Way("respond", "https://hooks.slack.com/commands/1234/5678", until=T + 29 * 60_000, uses=5)
    assert found.ways == (respond, POST)


def test_slash_command_alone_with_the_bot_is_a_chat_with_a_person() -> None:
    found = read(command(channel_id="D1", channel_name="directmessage", text=""))

    assert (found.chat.kind, found.text) == ("user", "/weather")


@pytest.mark.parametrize(
    ("action", "data", "picked", "params"),
    [
        ({"type": "button", "action_id": "a", "value": "v=1"}, "v=1", None, {}),
        ({"type": "button", "action_id": "a"}, "a", None, {}),
        ({"type": "static_select", "action_id": "a", "selected_option": {"value": "two"}}, "two", None, {}),
        ({"type": "overflow", "action_id": "a", "selected_option": None}, "a", None, {}),
        (
            {"type": "checkboxes", "action_id": "a", "selected_options": [{"value": "x"}, {"value": "y"}]},
            "x,y",
            None,
            {},
        ),
        ({"type": "users_select", "action_id": "a", "selected_user": "U7"}, "U7", None, {}),
        ({"type": "multi_channels_select", "action_id": "a", "selected_channels": ["C1", "C2"]}, "C1,C2", None, {}),
        (
            {"type": "datepicker", "action_id": "a", "selected_date": "2026-12-24"},
            "a",
            "2026-12-24",
            {"date": "2026-12-24"},
        ),
        ({"type": "timepicker", "action_id": "a", "selected_time": "18:30"}, "a", "18:30", {"time": "18:30"}),
        (
            {"type": "datetimepicker", "action_id": "a", "selected_date_time": 1_628_633_820},
            "a",
            "2021-08-10T22:17Z",
            {"datetime": "2021-08-10T22:17Z"},
        ),
    ],
)
def test_what_is_tapped_chosen_or_picked_comes_back(
    action: dict[str, Any], data: str, picked: str | None, params: dict[str, str]
) -> None:
    found = read(tapped(action))

    assert (found.type, found.postback, found.picked) == ("postback", data, picked)
    assert found.postback_params == {"action_id": "a", "block_id": "=qXel", **params}
    assert found.calls == ((0, 0),)
    assert [way.name for way in found.ways] == ["respond", "post"]


def test_button_that_says_something_is_a_text() -> None:
    found = read(tapped({"type": "button", "action_id": "a", "value": "say=菜單"}))

    assert (found.type, found.text, found.postback) == ("message.text", "菜單", None)


def test_tap_on_a_link_brings_no_event() -> None:
    assert receive(tapped({"type": "button", "action_id": "opened.button.0"})) == []


def test_tap_in_a_thread_is_answered_there() -> None:
    place = {"type": "message", "message_ts": "2.2", "channel_id": "C024BE91L", "thread_ts": "1.1"}

    found = read(tapped({"type": "button", "action_id": "a", "value": "v"}, container=place))

    assert found.conversation == "C024BE91L:1.1"
    assert [way.to for way in found.ways] == [f"{HOOK} 1.1", "C024BE91L:1.1"]


@pytest.mark.parametrize("thread", ["x", "1.1 2.2", "1" * 3000, "1.1\n", 7, {}])
def test_odd_thread_is_none(thread: object) -> None:
    place = {"channel_id": "C024BE91L", "thread_ts": thread}

    found = read(tapped({"type": "button", "action_id": "a", "value": "v"}, container=place))

    assert [way.to for way in found.ways] == [HOOK, "C024BE91L"]


def test_view_that_asks_where_to_answer_is_answered_there() -> None:
    urls = [{"response_url": HOOK, "channel_id": "C024BE91L", "block_id": "b", "action_id": "a"}]

    found = read(interaction("view_submission", view=VIEW, response_urls=urls))

    assert [way.to for way in found.ways] == [HOOK, "C024BE91L"]
    assert SLACK.fields["values"].value(found) == ["two"]
    assert SLACK.fields["callback"].value(found) == "order"


def test_who_is_in_no_channel_is_answered_alone() -> None:
    found = read(EXAMPLES["shortcut"])

    assert (found.conversation, found.chat.kind) == ("U21", "user")
    assert found.ways == (Way("post", "U21"),)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com@evil.example/x",
        "https://hooks.slack.com:8443/x",
        "https://u:p@hooks.slack.com/x",
        "https://169.254.169.254/latest/meta-data",
        "https://hooks.slack.com\\@evil.example/",
        "https://hooks.slack.com/a b",
        "https://hooks.slack.com/\n",
        "https://[",
        "file:///etc/passwd",
        "https://hooks.slack.com/" + "x" * 3000,
    ],
)
def test_foreign_response_url_is_no_way(url: str) -> None:
    assert read(command(response_url=url)).ways == (POST,)


@pytest.mark.parametrize("host", ["hooks.slack.com", "hooks.slack-gov.com"])
def test_slacks_own_response_url_is_a_way(host: str) -> None:
    assert read(command(response_url=f"https://{host}/commands/1")).ways[0].name == "respond"


def test_whoever_stands_in_for_slack_takes_answers_at_his_own_address_alone() -> None:
    given = {"api_base": "http://127.0.0.1:9/api"}

    assert read(command(response_url="http://127.0.0.1:9/api/respond/1"), **given).ways[0].name == "respond"
    assert read(command(response_url="http://127.0.0.1:99/api/respond/1"), **given).ways == (POST,)


@pytest.mark.parametrize(
    ("to", "is_one"),
    [
        ("C123", True),
        ("D123", True),
        ("U123", True),
        ("C123:1700000000.000100", True),
        ("", False),
        ("#lobby", False),
        ("c123", False),
        ("C123:x", False),
        ("event:1", False),
        ("C１２", False),
        ("C123\n", False),
    ],
)
def test_pushes_go_to_channels_threads_and_people(to: str, is_one: bool) -> None:
    assert make_adapter().push_way(to) == (Way("post", to) if is_one else None)


@pytest.mark.parametrize("raw", [tapped({"type": "button", "value": "v"}), command(), interaction("view_closed")])
def test_what_has_no_id_is_known_again_by_its_content(raw: dict[str, Any]) -> None:
    first = read({name: value for name, value in raw.items() if name != "trigger_id"}).id
    again = read({**{name: value for name, value in raw.items() if name != "trigger_id"}, "token": "new"}).id

    assert first == again
    assert len(first) == 64


def test_first_message_of_a_thread_that_was_deleted_is_deleted() -> None:
    gone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}

    found = read(message(subtype="message_changed", message=gone, previous_message=BEFORE))

    assert (found.type, found.text, found.message_id) == ("unsend", None, BEFORE["ts"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths_of(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in paths_of(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], instead: Any) -> Any:
    if not path:
        return instead
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = changed(copied[path[0]], path[1:], instead)
    return copied


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(list(EXAMPLES.values())), st.data())
def test_changed_example_never_raises(raw: Mapping[str, Any], data: st.DataObject) -> None:
    for _ in range(2):
        raw = changed(raw, data.draw(st.sampled_from(paths_of(raw))), data.draw(JSON))
        if not isinstance(raw, dict):
            raw = {"type": "event_callback", "event": raw}
    body = json.dumps(raw).encode() if data.draw(st.booleans()) else urlencode({"payload": json.dumps(raw)}).encode()
    adapter = make_adapter()
    try:
        found = adapter.receive(Request(body, received_at=T))
    except NotAWebhookError:
        return

    for one in found:
        assert adapter.read(one.raw, T) == one
        adapter.read(adapter.redact(one.raw), T)
        for field in SLACK.fields.values():
            field.value(one)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_webhook_or_none(body: bytes) -> None:
    with suppress(NotAWebhookError):
        make_adapter().receive(Request(body, received_at=T))


@given(st.text(alphabet="&;amplgt<>@U0BOT| x", max_size=40))
def test_spans_always_hold_a_mention(written: str) -> None:
    shown, calls = read_text(written, "U0BOT")

    assert all(shown[start:end].startswith("<@U0BOT") and shown[end - 1] == ">" for start, end in calls)

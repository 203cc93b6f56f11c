"""Turn what Slack posts into events; unknown types, fields and shapes are kept.

Events come as JSON, slash commands as a form, and what people do with buttons as a form with JSON in it.
https://docs.slack.dev/apis/events-api/
https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from hookline import Attachment, Chat, Event, NotAWebhookError, Way
from hookline.adapters.payloads import identity, load_object, mapping, number, objects, text
from hookline.events import NO_CHAT
from hookline.neutral import SAID

from .hosts import Hosts
from .texts import read_text

Object = Mapping[str, Any]

EVENTS: Mapping[str, bool] = {
    "message.text": True,
    "message.image": True,
    "message.video": True,
    "message.audio": True,
    "message.file": True,
    "message.other": True,
    "postback": True,
    "app_mention": True,
    "message_changed": True,
    "unsend": True,
    "channel_join": True,
    "channel_leave": True,
    "member_joined_channel": True,
    "member_left_channel": True,
    "reaction_added": True,
    "reaction_removed": True,
    "pin_added": True,
    "pin_removed": True,
    "file_shared": True,
    "link_shared": True,
    "app_home_opened": True,
    "assistant_thread_started": True,
    "team_join": True,
    "shortcut": True,
    "message_action": True,
    "view_submission": True,
    "view_closed": True,
    "block_suggestion": False,
    "channel_created": False,
    "channel_deleted": False,
    "channel_archive": False,
    "channel_rename": False,
    "emoji_changed": False,
    "user_change": False,
    "tokens_revoked": False,
    "app_uninstalled": False,
}
"""Each event type and whether it can be answered: where it happened, or alone with whoever it is from."""

MEDIA = frozenset(f"message.{kind}" for kind in ("image", "video", "audio", "file"))
PARAMS = frozenset(["date", "time", "datetime", "action_id", "block_id"])
"""What may come beside the data of a postback."""
OPENED = "opened."
"""Begins the ``action_id`` of a button that opens a link, of which Slack tells, too."""

RESPOND_MILLISECONDS = 29 * 60_000
"""So long a ``response_url`` is used; it works for 30 minutes, and 5 times.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""
RESPONSES = 5

_EVENT, _VERIFICATION, _RATE_LIMITED = "event_callback", "url_verification", "app_rate_limited"
_WRITTEN = (None, "file_share", "me_message", "thread_broadcast", "assistant_app_thread")
"""The subtypes of messages that people write: https://docs.slack.dev/reference/events/message#subtypes"""
_SILENT = frozenset(["bot_message", "message_replied", "reply_broadcast"])
_SECRET = "token"  # noqa: S105  the name of a key, whose value signed requests long ago; it is kept nowhere
_FLEETING = frozenset(["trigger_id", "response_url", "response_urls"])
_IDS = frozenset(
    (
        *("type", "subtype", "ts", "thread_ts", "deleted_ts", "event_ts", "action_ts", "message_ts", "event_time"),
        *("id", "event_id", "trigger_id", "team_id", "api_app_id", "channel_id", "user_id", "bot_id", "file_id"),
        *("callback_id", "action_id", "block_id", "channel_type", "channel_name", "response_url", "response_urls"),
        *("event", "message", "previous_message", "item", "container", "channel", "user", "team", "view", "actions"),
        *("assistant_thread", "authorizations", "command"),
    )
)
"""What is left of what was taken back."""
_TS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_ADDRESS = re.compile(r"[CDGUW][A-Z0-9]{1,30}(:[0-9]{1,11}\.[0-9]{1,9})?")


def load(body: bytes) -> Object | None:
    """Return what stands in a webhook's body; None for what tells of nothing. Raises NotAWebhookError."""
    found = _form(body) if not body.lstrip().startswith(b"{") else load_object(body)
    if found.get("ssl_check") == "1" and "command" not in found:  # Slack looks whether somebody is there
        return None
    if text(found, "type") is None and text(found, "command") is None:
        raise NotAWebhookError("neither a `type` nor a `command`")
    if found.get("type") in (_VERIFICATION, _RATE_LIMITED):
        return None
    return {name: value for name, value in found.items() if name != _SECRET}


def challenge(body: bytes) -> str | None:
    """Return what Slack wants to hear when it is told the address of a bot; None for anything else.

    https://docs.slack.dev/reference/events/url_verification
    """
    if _VERIFICATION.encode() not in body:
        return None
    try:
        found = load_object(body)
    except NotAWebhookError:
        return None
    return text(found, "challenge") if found.get("type") == _VERIFICATION else None


def _form(body: bytes) -> dict[str, Any]:
    try:
        fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError as error:  # a UnicodeDecodeError is one
        raise NotAWebhookError("neither JSON nor a form") from error
    return load_object(fields["payload"].encode()) if "payload" in fields else dict(fields)


def is_address(to: str) -> bool:
    """Say whether something can be sent to *to*: a channel, a thread in one, or a person."""
    return _ADDRESS.fullmatch(to) is not None


def post_way(to: str) -> Way:
    """Return the way to a channel, a thread or a person; Slack notices no second attempt."""
    return Way("post", to)


def redact(raw: Object) -> Object:
    """Return *raw* without what was written: only ids, and what leads to them."""
    return {name: _bare(value) for name, value in raw.items() if name in _IDS}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return redact(value)
    return [_bare(one) for one in value] if isinstance(value, list) else value


@dataclass(slots=True)
class _Facts:
    """Hold what was found in one object, whatever brought it."""

    kind: str
    channel: str = ""
    thread: str | None = None
    user: str | None = None
    ts: object = None
    response_url: str | None = None
    is_direct: bool = False
    more: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Read what Slack posts to one bot, which may know its own user; only what *hosts* says is ever called."""

    def __init__(self, bot: str, own: str | None, hosts: Hosts) -> None:
        self._bot = bot
        self._own = own
        self._hosts = hosts

    def read(self, raw: Object, received_at: int) -> Event:
        """Turn what was posted into an Event; whatever is missing or odd becomes None or empty.

        Slack tries events again, with the same ``event_id``. Of commands and interactions it says no such thing; each
        has a ``trigger_id`` of its own, which the same request would bring again.
        """
        if raw.get("type") == _EVENT:
            facts, event_id = self._happened(raw), identity(raw, "event_id")
        elif text(raw, "type") is None:
            facts, event_id = _commanded(raw), text(raw, "trigger_id")
        else:
            facts, event_id = _done(raw), text(raw, "trigger_id")
        if facts.kind == "unsend":
            raw = redact(raw)  # it brings once more what was written
        return self._event(raw, facts, event_id or _hash(raw), received_at)

    def is_silent(self, raw: Object) -> bool:
        """Say whether nobody is to hear of *raw*: it is the bot's own doing, or that of another one.

        A bot that answered bots, or the unfolding of a link in its own message, might never end.
        """
        if raw.get("type") != _EVENT:
            actions = objects(raw, "actions") if raw.get("type") == "block_actions" else []
            return bool(actions) and "value" not in actions[0] and _is_link(actions[0])
        event, own = mapping(raw, "event"), self._own_of(raw)
        changed = mapping(event, "message") or mapping(event, "previous_message")
        if event.get("type") in ("message", "app_mention"):
            if text(event, "subtype") in _SILENT or any(one.get("bot_id") for one in (event, changed)):
                return True
            return own is not None and own in (identity(event, "user"), identity(changed, "user"))
        return own is not None and identity(event, "user") == own and event.get("type") != "member_joined_channel"

    def _own_of(self, raw: Object) -> str | None:
        told = objects(raw, "authorizations")
        return self._own or (identity(told[0], "user_id") if told else None)

    def _happened(self, raw: Object) -> _Facts:
        """Return what an event of the Events API tells."""
        event = mapping(raw, "event")
        kind = text(event, "type") or "unknown"
        facts = _Facts(kind, *_place(event), user=_person(event), ts=_first_time(event, "event_ts", "ts"))
        facts.is_direct = event.get("channel_type") == "im"
        if facts.ts is None:
            facts.ts = raw.get("event_time")
        if kind not in ("message", "app_mention"):
            facts.more["message_id"] = text(mapping(event, "item"), "ts") or text(event, "message_ts")
            return facts
        subtype = text(event, "subtype")
        message = mapping(event, "message") if subtype == "message_changed" else event
        if subtype == "message_deleted" or message.get("subtype") == "tombstone":  # a thread's first one leaves that
            before = mapping(event, "previous_message")
            facts.kind, facts.user, facts.thread = "unsend", identity(before, "user"), text(before, "thread_ts")
            facts.more["message_id"] = text(event, "deleted_ts") or text(before, "ts")
            return facts
        facts.thread = text(message, "thread_ts")
        facts.user = identity(message, "user")
        facts.more |= {"message_id": text(message, "ts"), **self._written(message, self._own_of(raw))}
        if kind == "message":
            facts.kind = subtype if subtype not in _WRITTEN and subtype is not None else _content(message)
            attachment = _attachment(message) if facts.kind in MEDIA else None
            facts.more["attachment"] = attachment
        elif not facts.more["calls"]:
            facts.more["calls"] = ((0, 0),)
        return facts

    def _written(self, message: Object, own: str | None) -> dict[str, Any]:
        written = text(message, "text")
        if written is None:
            return {"text": None, "calls": ()}
        shown, calls = read_text(written, own)
        return {"text": shown, "calls": calls}

    def _event(self, raw: Object, facts: _Facts, event_id: str, received_at: int) -> Event:
        channel, user = facts.channel, facts.user
        facts.thread = facts.thread if _TS.fullmatch(facts.thread or "") else None
        place = f"{channel}:{facts.thread}" if channel and facts.thread else channel or user or ""
        is_person = facts.is_direct or not channel or channel.startswith("D")
        chat = Chat("user" if is_person else "group", channel or user or "") if place else Chat("none", "")
        return Event(
            bot=self._bot,
            id=event_id,
            type=facts.kind,
            conversation=place or f"{NO_CHAT}{event_id}",
            chat=chat,
            user=user,
            timestamp=_milliseconds(facts.ts) or received_at,
            ways=tuple(self._ways(facts, place, received_at)),
            raw=raw,
            received_at=received_at,
            text=facts.more.pop("text", None),
            **facts.more,
        )

    def _ways(self, facts: _Facts, place: str, received_at: int) -> Iterator[Way]:
        if not EVENTS.get(facts.kind, True):
            return
        if facts.response_url is not None and self._hosts.is_response_url(facts.response_url):
            to = f"{facts.response_url} {facts.thread or ''}".strip()
            yield Way("respond", to, until=received_at + RESPOND_MILLISECONDS, uses=RESPONSES)
        if is_address(place):
            yield post_way(place)


def _commanded(raw: Object) -> _Facts:
    """Return what a slash command tells; its text is that of what was typed."""
    command, arguments = text(raw, "command") or "", read_text(text(raw, "text") or "", None)[0]
    return _Facts(
        "message.text",
        identity(raw, "channel_id") or "",
        user=identity(raw, "user_id"),
        response_url=text(raw, "response_url"),
        is_direct=raw.get("channel_name") == "directmessage",
        more={"text": f"{command} {arguments}".strip(), "calls": ((0, 0),)},
    )


def _done(raw: Object) -> _Facts:
    """Return what somebody did with a button, a shortcut or a view."""
    message, container = mapping(raw, "message"), mapping(raw, "container")
    kind = text(raw, "type") or "unknown"
    actions = objects(raw, "actions")
    response = next(iter(objects(raw, "response_urls")), {})  # of a view that asks where to answer
    channel = identity(mapping(raw, "channel"), "id") or identity(container, "channel_id")
    facts = _Facts(
        kind,
        channel or identity(response, "channel_id") or "",
        text(container, "thread_ts") or text(message, "thread_ts"),
        identity(mapping(raw, "user"), "id"),
        (actions[0].get("action_ts") if actions else None) or raw.get("action_ts"),
        text(raw, "response_url") or text(response, "response_url"),
        more={"message_id": text(message, "ts") or text(container, "message_ts")},
    )
    if kind == "block_actions":
        facts.kind = "postback"
        facts.more |= {"calls": ((0, 0),), **_tapped(actions[0] if actions else {})}
        if facts.more.get("text") is not None:
            facts.kind = "message.text"
    return facts


def _tapped(action: Object) -> dict[str, Any]:
    """Return what came of a button, a menu or a picker.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """
    value = text(action, "value")
    if value is not None and value.startswith(SAID):
        return {"text": value.removeprefix(SAID)}
    params = {name: found for name in ("action_id", "block_id") if (found := text(action, name)) is not None}
    picked = {
        "date": text(action, "selected_date"),
        "time": text(action, "selected_time"),
        "datetime": _moment(number(action, "selected_date_time")),
    }
    given = {name: found for name, found in picked.items() if found is not None}
    data = value if value is not None else ",".join(_selected(action)) or text(action, "action_id") or ""
    return {"postback": data, "postback_params": {**params, **given}, "picked": next(iter(given.values()), None)}


def _selected(action: Object) -> Iterator[str]:
    """Yield the options that were chosen, or the people or channels."""
    one = mapping(action, "selected_option")
    for option in [one, *objects(action, "selected_options")]:
        value = text(option, "value")
        if value is not None:
            yield value
    for name in ("user", "channel", "conversation"):
        found = text(action, f"selected_{name}")
        several = action.get(f"selected_{name}s")
        yield from [found] if found else []
        yield from (each for each in several if isinstance(each, str)) if isinstance(several, list) else ()


def _is_link(action: Object) -> bool:
    return (text(action, "action_id") or "").startswith(OPENED)


def _place(event: Object) -> tuple[str, str | None]:
    """Return the channel and the thread of an event: each type has them elsewhere."""
    assistant = mapping(event, "assistant_thread")
    for found in (
        identity(event, "channel"),
        identity(mapping(event, "channel"), "id"),
        identity(event, "channel_id"),
        identity(mapping(event, "item"), "channel"),
        identity(assistant, "channel_id"),
    ):
        if found is not None:
            return found, text(event, "thread_ts") or text(assistant, "thread_ts")
    return "", None


def _person(event: Object) -> str | None:
    return (
        identity(event, "user")
        or identity(mapping(event, "user"), "id")
        or identity(event, "user_id")
        or identity(mapping(event, "assistant_thread"), "user_id")
    )


def file_of(raw: Object) -> Object:
    """Return what the event in *raw* says of its first file."""
    return next(iter(objects(mapping(raw, "event"), "files")), {})


def _content(message: Object) -> str:
    files = objects(message, "files")
    if files:
        kind = (text(files[0], "mimetype") or "").partition("/")[0]
        return f"message.{kind}" if kind in ("image", "video", "audio") else "message.file"
    return "message.text" if text(message, "text") is not None else "message.other"


def _attachment(message: Object) -> Attachment:
    found = objects(message, "files")[0]
    kind = _content(message).removeprefix("message.")
    return Attachment(kind, text(found, "name"), number(found, "size"), text(found, "url_private"))


def _first_time(event: Object, *names: str) -> Any:
    """Return the first of *names* in *event* that is a time, or None."""
    return next((event[name] for name in names if _milliseconds(event.get(name))), None)


def _milliseconds(ts: object) -> int | None:
    if isinstance(ts, int) and not isinstance(ts, bool) and 0 < ts < 10**11:
        return ts * 1000
    return round(float(ts) * 1000) if isinstance(ts, str) and _TS.fullmatch(ts) else None


def _moment(seconds: int | None) -> str | None:
    """Return a moment as other platforms write it, but in UTC: Slack doesn't say where the person is."""
    if seconds is None or not 0 <= seconds < 10**11:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _hash(raw: Object) -> str:
    """Return the id of what has none, without what another attempt might have anew."""
    stable = {name: value for name, value in raw.items() if name not in _FLEETING}
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()

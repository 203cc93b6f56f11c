"""Turn Telegram's updates into events; unknown types, fields and shapes are kept.

https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hookline import Attachment, Chat, Event, NotAWebhookError, Way
from hookline.adapters.payloads import identity, load_object, mapping, number, objects, text
from hookline.events import NO_CHAT, ChatKind
from hookline.neutral import SAID

SERVICES = tuple(
    """
    new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo pinned_message
    group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed
    migrate_to_chat_id migrate_from_chat_id chat_owner_left chat_owner_changed
    successful_payment refunded_payment users_shared chat_shared web_app_data connected_website write_access_allowed
    passport_data proximity_alert_triggered boost_added chat_background_set gift unique_gift gift_upgrade_sent
    checklist_tasks_done checklist_tasks_added poll_option_added poll_option_deleted managed_bot_created
    direct_message_price_changed paid_message_price_changed suggested_post_approved suggested_post_approval_failed
    suggested_post_declined suggested_post_paid suggested_post_refunded giveaway_created giveaway_completed
    forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened
    general_forum_topic_hidden general_forum_topic_unhidden
    video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited
    """.split()  # noqa: SIM905  one a line, fifty of them would hide the rest
)
"""What a message says that nobody wrote: https://core.telegram.org/bots/api#message calls them service messages."""

UPDATES: Mapping[str, bool] = {
    "message": True,
    "edited_message": True,
    "channel_post": True,
    "edited_channel_post": True,
    "callback_query": True,
    "my_chat_member": True,
    "chat_member": True,
    "chat_join_request": True,
    "message_reaction": True,
    "message_reaction_count": True,
    "chat_boost": True,
    "removed_chat_boost": True,
    "inline_query": False,
    "chosen_inline_result": False,
    "shipping_query": False,
    "pre_checkout_query": False,
    "purchased_paid_media": False,
    "poll": False,
    "poll_answer": False,
    "business_connection": False,
    "business_message": False,
    "edited_business_message": False,
    "deleted_business_messages": False,
    "guest_message": False,
    "managed_bot": False,
}
"""What updates bring, and whether it can be answered by a message: https://core.telegram.org/bots/api#update"""

EVENTS: Mapping[str, bool] = {
    "message.text": True,
    "message.image": True,
    "message.video": True,
    "message.audio": True,
    "message.file": True,
    "message.sticker": True,
    "message.location": True,
    "message.contact": True,
    "message.other": True,
    "postback": True,
    **{name: can_answer for name, can_answer in UPDATES.items() if name != "message"},
    **dict.fromkeys(SERVICES, True),
}
"""Each event type and whether it can be answered: in the chat where it happened, but for ``chat_join_request``."""

MEDIA = frozenset(f"message.{kind}" for kind in ("image", "video", "audio", "file"))

_CONTENTS: Mapping[str, str] = {
    "text": "text",
    "photo": "image",
    "video": "video",
    "video_note": "video",
    "animation": "file",
    "audio": "audio",
    "voice": "audio",
    "document": "file",
    "sticker": "sticker",
    "location": "location",
    "venue": "location",
    "contact": "contact",
}
"""What a message may hold, and what hookline calls it; the first that is there counts, but ``animation`` comes with
a ``document``, and ``venue`` with a ``location``."""
_MESSAGES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_message",
    "edited_business_message",
    "guest_message",
)
_WHO = ("sender_chat", "actor_chat", "voter_chat", "from", "user")
"""Who did it. On behalf of a chat ``from`` is a stand-in that all groups share, so the chat comes first:
https://core.telegram.org/bots/api#message"""
_KINDS: Mapping[str, ChatKind] = {"private": "user", "group": "group", "supergroup": "group", "channel": "room"}
_ADDRESS = re.compile(r"-?\d{1,20}(:d?\d{1,20})?|@\w{4,64}", re.ASCII)
_JOINING = 5 * 60_000
"""So many milliseconds may somebody be written to who asks to join: https://core.telegram.org/bots/api#chatjoinrequest"""


def load(body: bytes) -> Mapping[str, Any]:
    """Return the update in a webhook's body, or raise NotAWebhookError."""
    update = load_object(body)
    if number(update, "update_id") is None:
        raise NotAWebhookError("no `update_id`")
    return update


def is_address(to: str) -> bool:
    """Say whether something can be sent to *to*."""
    return _ADDRESS.fullmatch(to) is not None


def send_way(to: str) -> Way:
    """Return the way to a chat; Telegram notices no second attempt."""
    return Way("send", to)


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* with only the ids of its message."""
    kept = ("message_id", "message_thread_id", "is_topic_message", "date", "chat", "from", "sender_chat")
    return {
        name: {key: value[key] for key in kept if key in value}
        if name in _MESSAGES and isinstance(value, dict)
        else value
        for name, value in raw.items()
    }


def source_of(raw: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return what kind of update *raw* is, and what it brings."""
    kind = next((name for name in raw if name != "update_id" and isinstance(raw[name], dict)), "unknown")
    return kind, mapping(raw, kind)


def message_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message that *raw* brings, or that was tapped; of other updates what they bring."""
    kind, found = source_of(raw)
    return mapping(found, "message") if kind == "callback_query" else found


def people_of(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return who did what *raw* tells, and whom it tells of."""
    _, found = source_of(raw)
    members = [mapping(found, "left_chat_member"), mapping(mapping(found, "new_chat_member"), "user")]
    return [_who(found), *objects(found, "new_chat_members"), *filter(None, members)]


def _who(source: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((found for name in _WHO if (found := mapping(source, name))), {})


class Reader:
    """Read the updates of one bot, which knows its own id and maybe its name."""

    def __init__(self, bot: str, own_id: str, username: str | None) -> None:
        self._bot = bot
        self._own_id = own_id
        self._name = (username or "").removeprefix("@").casefold()

    def is_own(self, raw: Mapping[str, Any]) -> bool:
        """Say whether *raw* brings a message of the bot itself."""
        kind, found = source_of(raw)
        return kind in _MESSAGES and self._is_me(found, "from")

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw update into an Event; whatever is missing or odd becomes None or empty."""
        kind, found = source_of(raw)
        if kind in _MESSAGES:
            return self._message(kind, raw, found, received_at)
        if kind == "callback_query":
            return self._callback(raw, found, received_at)
        event = self._event(raw, kind, found, found, received_at)
        return event if kind != "chat_join_request" else _joining(event, identity(found, "user_chat_id"))

    def _message(self, kind: str, raw: Mapping[str, Any], message: Mapping[str, Any], received_at: int) -> Event:
        content = next((_CONTENTS[name] for name in _CONTENTS if message.get(name)), "other")
        service = next((name for name in SERVICES if name in message), None)
        written, calls = self._written(message)
        quoted = mapping(message, "reply_to_message")
        if content == "text" and self._is_for_another(message, written or ""):
            content = "other"  # no keyword is to find it
        if "forum_topic_created" in quoted:  # what stands in a topic seems to quote what has opened it
            quoted = {}
        return self._event(
            raw,
            service or (f"message.{content}" if kind == "message" else kind),
            message,
            message,
            received_at,
            text=written,
            calls=(*calls, (0, 0)) if self._is_me(quoted, "from") else calls,
            quoted=identity(quoted, "message_id"),
            attachment=_attachment(message, content),
            picked=_picked(message),
        )

    def _callback(self, raw: Mapping[str, Any], query: Mapping[str, Any], received_at: int) -> Event:
        data = query.get("data")
        said = data.removeprefix(SAID) if isinstance(data, str) and data.startswith(SAID) else None
        is_postback = isinstance(data, str) and said is None
        event = self._event(
            raw,
            "message.text" if said is not None else "postback" if is_postback else "callback_query",
            query,
            mapping(query, "message"),
            received_at,
            text=said,
            postback=data if is_postback else None,
            calls=((0, 0),),
        )
        number_of, to = identity(query, "id"), event.ways[0].to if event.ways else ""
        owed = () if number_of is None else (Way("callback", f"{number_of} {to}".strip(), uses=1, is_owed=True),)
        return replace(event, ways=(*owed, *event.ways))

    def _event(
        self,
        raw: Mapping[str, Any],
        kind: str,
        source: Mapping[str, Any],
        message: Mapping[str, Any],
        received_at: int,
        **facts: Any,
    ) -> Event:
        chat_id, place = identity(mapping(message, "chat"), "id") or "", _place(message)
        event_id = identity(raw, "update_id") or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
        date = number(source, "edit_date") or number(source, "date")
        can_answer = is_address(place) and EVENTS.get(kind, False) and not self._is_out(kind, source)
        return Event(
            bot=self._bot,
            id=event_id,
            type=kind,
            conversation=place or f"{NO_CHAT}{event_id}",
            chat=Chat(_KINDS.get(str(mapping(message, "chat").get("type")), "none"), chat_id),
            user=identity(_who(source), "id"),
            timestamp=date * 1000 if date and 0 < date < 10**11 else received_at,
            ways=(send_way(place),) if can_answer else (),
            raw=raw,
            message_id=identity(message, "message_id"),
            received_at=received_at,
            text=facts.pop("text", None),
            **facts,
        )

    def _is_for_another(self, message: Mapping[str, Any], written: str) -> bool:
        first, *_ = written.split(maxsplit=1) or [""]
        is_alone = mapping(message, "chat").get("type") == "private"
        return bool(self._name) and not is_alone and first.startswith("/") and "@" in first

    def _is_me(self, source: Mapping[str, Any], name: str) -> bool:
        return identity(mapping(source, name), "id") == self._own_id

    def _is_out(self, kind: str, source: Mapping[str, Any]) -> bool:
        """Say whether the bot can't write there any more: it was blocked, or put out of the chat."""
        status = mapping(source, "new_chat_member").get("status")
        return (kind == "my_chat_member" and status in ("left", "kicked")) or self._is_me(source, "left_chat_member")

    def _written(self, message: Mapping[str, Any]) -> tuple[str | None, tuple[tuple[int, int], ...]]:
        """Return what was typed, and where the bot itself is called in it: by a mention, or by a command that is its.

        A command's ``@name`` is taken out; one with another's name is left as it was written, and calls nobody here.
        Offsets are in UTF-16 units: https://core.telegram.org/bots/api#messageentity
        """
        key = "text" if isinstance(message.get("text"), str) else "caption"
        written = text(message, key)
        if written is None:
            return None, ()
        calls: list[tuple[int, int]] = []
        for entity in objects(message, "entities" if key == "text" else "caption_entities"):
            span = _span(written, entity)
            if span is None:
                continue
            marked, kind = written[slice(*span)], entity.get("type")
            command, _, whose = marked.partition("@")
            if kind == "bot_command" and span[0] == 0 and (not whose or whose.casefold() == self._name):
                return command + written[span[1] :], ((0, 0),)  # what stands behind it has moved
            is_named = kind == "mention" and self._name and marked[1:].casefold() == self._name
            if is_named or (kind == "text_mention" and self._is_me(entity, "user")):
                calls.append(span)
        return written, tuple(calls)


def _span(written: str, entity: Mapping[str, Any]) -> tuple[int, int] | None:
    offset, length = number(entity, "offset"), number(entity, "length")
    if offset is None or length is None or offset < 0 or length <= 0:
        return None
    units = written.encode("utf-16-le", "surrogatepass")
    start = len(units[: 2 * offset].decode("utf-16-le", "replace"))
    return start, start + len(units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace"))


def file_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what *message* says of its file; of a picture its largest size."""
    sizes = objects(message, "photo")
    if sizes:
        return sizes[-1]
    names = ("video", "video_note", "animation", "audio", "voice", "document")
    return next((mapping(message, name) for name in names if message.get(name)), {})


def _attachment(message: Mapping[str, Any], content: str) -> Attachment | None:
    found = file_of(message)
    if f"message.{content}" not in MEDIA or not found:
        return None
    return Attachment(content, text(found, "file_name"), number(found, "file_size"))


def _picked(message: Mapping[str, Any]) -> str | None:
    """Return the place, or the person's own number: what buttons ask for. Anyone else's number may be sent, too."""
    place, contact = mapping(message, "location"), mapping(message, "contact")
    degrees = [place.get(name) for name in ("latitude", "longitude")]
    if all(isinstance(one, int | float) for one in degrees):
        return ",".join(map(str, degrees))
    is_own = identity(contact, "user_id") == identity(mapping(message, "from"), "id")
    return text(contact, "phone_number") if is_own else None


def _joining(event: Event, to: str | None) -> Event:
    """Return a request to join as one that is answered to whoever asks, as long as Telegram lets the bot write."""
    if to is None:
        return replace(event, ways=())
    until = event.timestamp + _JOINING
    return replace(event, conversation=to, ways=(send_way(to)._replace(until=until),))


def _place(message: Mapping[str, Any]) -> str:
    """Return where an answer to *message* goes: the chat, with the topic that it stands in.

    In General, which is no topic to the API, a message has no thread. Outside of forums threads are chains of replies,
    which can't be sent to. What stands in a business account's chat isn't ours to answer.
    """
    chat = identity(mapping(message, "chat"), "id") or ""
    thread = number(message, "message_thread_id") if message.get("is_topic_message") is True else None
    direct = number(mapping(message, "direct_messages_topic"), "topic_id")
    account = text(message, "business_connection_id")
    if not chat or account:
        return f"{account} {chat}" if chat else ""
    return f"{chat}:{thread}" if thread else f"{chat}:d{direct}" if direct else chat

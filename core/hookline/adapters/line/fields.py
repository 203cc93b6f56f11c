"""Say what LINE's events tell besides their text, by the names that bot.yaml has for it.

https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...events import Event
from ..fields import ALL, EventField, FieldKind, Quoting, RawPath

POSTBACK_PARAMS = frozenset(["date", "time", "datetime", "newRichMenuAliasId", "status"])
"""What a date picker, and a button that switches the rich menu, bring besides their data."""

QUOTING = Quoting("quoteToken", "quote_token", frozenset(["text", "textV2", "sticker"]))

_QUOTABLE = "message.text message.image message.video message.sticker messageEdited"
_WRITTEN = "message.text messageEdited"


def _at(
    path: str, types: str, doc: str, kind: FieldKind = "text", choices: str = "", *, is_telling: bool = False
) -> EventField:
    """Return the field that stands at *path* of LINE's object, in events of *types*; words are told apart by blanks."""
    return EventField(
        types=frozenset(types.split()) or ALL,
        kind=kind,
        doc=doc,
        read=RawPath.of(path),
        choices=tuple(choices.split()),
        is_telling=is_telling,
    )


def _each(types: str, kind: FieldKind, doc: str, read: Callable[[Event], Iterator[object]]) -> EventField:
    return EventField(frozenset(types.split()), kind, doc, lambda event: list(read(event)))


def _ids(name: str) -> Callable[[Event], Iterator[object]]:
    """Return what reads the ids of the members under *name*: of those who joined, or left."""
    path = RawPath.of(f"{name}.members")
    return lambda event: (member.get("userId") for member in _objects(path(event)))


def _mentioned_ids(event: Event) -> Iterator[object]:
    return (mention.get("userId") for mention in _mentions(event))


def _mentioned_names(event: Event) -> Iterator[object]:
    """Yield the mentions as they stand in the text, without the @; LINE counts in units of UTF-16."""
    units = (event.text or "").encode("utf-16-le", "surrogatepass")
    for mention in _mentions(event):
        start, length = mention.get("index"), mention.get("length")
        if isinstance(start, int) and isinstance(length, int) and start >= 0 and length > 0:
            yield units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace").lstrip("@＠")


def _mentions(event: Event) -> Iterator[Mapping[str, Any]]:
    """Yield who is mentioned besides the bot itself."""
    everybody = _objects(RawPath.of("message.mention.mentionees")(event))
    return (mention for mention in everybody if mention.get("isSelf") is not True)


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


FIELDS: Mapping[str, EventField] = {
    "mode": _at("mode", "", "Whether the bot has the chat.", choices="active standby"),
    "redelivered": _at("deliveryContext.isRedelivery", "", "Whether LINE sends the event once more.", "bool"),
    "quote_token": _at("message.quoteToken", _QUOTABLE, "What a reply quotes the message by: see `quote: true`."),
    "quoted_message": _at(
        "message.quotedMessageId", "message.text message.sticker messageEdited", "The id of the message that it quotes."
    ),
    "mentioned_names": _each(
        _WRITTEN, "texts", "Who is mentioned besides the bot, as it was written.", _mentioned_names
    ),
    "mentioned_ids": _each(_WRITTEN, "texts", "The user ids of who is mentioned besides the bot.", _mentioned_ids),
    "image_set": _at("message.imageSet.id", "message.image", "The id that images sent together share."),
    "image_number": _at("message.imageSet.index", "message.image", "Which of them it is, from 1.", "number"),
    "image_count": _at("message.imageSet.total", "message.image", "How many images were sent together.", "number"),
    "content_provider": _at(
        "message.contentProvider.type",
        "message.image message.video message.audio",
        "Who keeps the content.",
        choices="line external",
    ),
    "content_url": _at(
        "message.contentProvider.originalContentUrl",
        "message.image message.video message.audio",
        "Where it is, if LINE doesn't keep it.",
    ),
    "duration": _at("message.duration", "message.video message.audio", "Its length in milliseconds.", "number"),
    "file_name": _at("message.fileName", "message.file", "The file's name."),
    "file_size": _at("message.fileSize", "message.file", "Its size in bytes.", "number"),
    "title": _at("message.title", "message.location", "What the place is called."),
    "address": _at("message.address", "message.location", "Its address."),
    "latitude": _at("message.latitude", "message.location", "Its latitude.", "number"),
    "longitude": _at("message.longitude", "message.location", "Its longitude.", "number"),
    "sticker_package": _at("message.packageId", "message.sticker", "The id of the sticker's package."),
    "sticker_id": _at("message.stickerId", "message.sticker", "The id of the sticker."),
    "sticker_kind": _at(
        "message.stickerResourceType",
        "message.sticker",
        "How it moves and sounds.",
        choices="STATIC ANIMATION SOUND ANIMATION_SOUND POPUP POPUP_SOUND CUSTOM MESSAGE NAME_TEXT PER_STICKER_TEXT",
    ),
    "sticker_keywords": _at("message.keywords", "message.sticker", "Words for what it shows, 15 at most.", "texts"),
    "sticker_text": _at("message.text", "message.sticker", "What was typed into a message sticker."),
    "unblocked": _at("follow.isUnblocked", "follow", "Whether the person had blocked the bot before.", "bool"),
    "joined_names": _each("memberJoined", "names", "The names of those who joined, 20 at most.", _ids("joined")),
    "joined_ids": _each("memberJoined", "texts", "Their user ids.", _ids("joined")),
    "left_ids": _each("memberLeft", "texts", "The user ids of those who left.", _ids("left")),
    "picked_date": _at("postback.params.date", "postback", "The date that was picked, as 2026-12-24."),
    "picked_time": _at("postback.params.time", "postback", "The time that was picked, as 18:30."),
    "picked_datetime": _at("postback.params.datetime", "postback", "Both, as 2026-12-24T18:30."),
    "menu_alias": _at("postback.params.newRichMenuAliasId", "postback", "The rich menu that was switched to."),
    "menu_status": _at(
        "postback.params.status",
        "postback",
        "How the switch of the rich menu went.",
        choices="SUCCESS RICHMENU_ALIAS_ID_NOTFOUND RICHMENU_NOTFOUND FAILED",
    ),
    "tracking_id": _at("videoPlayComplete.trackingId", "videoPlayComplete", "The `trackingId` of the video."),
    "beacon_type": _at(
        "beacon.type",
        "beacon",
        "What the person does there; stay comes every ten seconds.",
        choices="enter banner stay",
        is_telling=True,
    ),
    "beacon_hwid": _at("beacon.hwid", "beacon", "Which beacon it is."),
    "beacon_message": _at("beacon.dm", "beacon", "The device message (`dm`) that the beacon sends."),
    "link_result": _at("link.result", "accountLink", "How linking the account went.", choices="ok failed"),
    "link_nonce": _at("link.nonce", "accountLink", "The nonce that the link was asked for with."),
    "membership_type": _at(
        "membership.type", "membership", "What became of it.", choices="joined left renewed", is_telling=True
    ),
    "membership_id": _at("membership.membershipId", "membership", "Which membership it is.", "number"),
    "delivery_data": _at("delivery.data", "delivery", "The tag, or hashed number, of a notification that arrived."),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.chatControl.expireAt}``."""
